#!/usr/bin/env python3
"""How often a 95% interval of Spearman's correlation holds the correlation that the images were drawn from, for intervals of
Fisher's z, percentiles and a bootstrap-t: the numbers of Documentation/Statistics.md.

    python3 Scripts/rank-interval-coverage.py

Pairs are of the normal distribution with the correlations 0, 0.5 and 0.9; Spearman's is then 6 / pi arcsin(r / 2). Takes five
minutes.
"""

import numpy as np

from interval_tally import Tally

SAMPLES, DRAWS = 1000, 400
WAYS = ["Fisher's z", "percentile", "bootstrap-t"]


def estimate(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows are samples. Spearman's correlation of each with its error by the infinitesimal jackknife."""
    n = x.shape[1]
    first = 0.5 * np.sign(x[:, None, :] - x[:, :, None])
    second = 0.5 * np.sign(y[:, None, :] - y[:, :, None])
    a, b = first.mean(1), second.mean(1)
    product, u, v = ((p * q).mean(1, keepdims=True) for p, q in [(a, b), (a, a), (b, b)])

    def shifted(signs: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        return (signs * numbers[:, None, :]).mean(2)

    with np.errstate(all="ignore"):
        rho = product / np.sqrt(u * v)
        influence = (a * b + shifted(first, b) + shifted(second, a) - 3 * product) / np.sqrt(u * v)
        influence -= rho / 2 * ((a * a + 2 * shifted(first, a) - 3 * u) / u + (b * b + 2 * shifted(second, b) - 3 * v) / v)
        return rho[:, 0], np.sqrt((influence**2).sum(1) / n / (n - 1))


def intervals(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> list[tuple[float, float] | None]:
    rho, error = (float(part[0]) for part in estimate(x[None], y[None]))
    draws = rng.integers(0, len(x), (DRAWS, len(x)))
    drawn, errors = estimate(x[draws], y[draws])
    found = [None, tuple(np.percentile(drawn[np.isfinite(drawn)], [2.5, 97.5])), None]
    if abs(rho) < 1 - 1e-12:
        half = 1.959963984540054 * error / (1 - rho * rho)
        found[0] = (np.tanh(np.arctanh(rho) - half), np.tanh(np.arctanh(rho) + half))
    known = np.isfinite(drawn) & (errors > 1e-9 * error)
    if error > 1e-12 and 2 * known.sum() >= DRAWS:
        low, high = np.percentile((drawn[known] - rho) / errors[known], [2.5, 97.5])
        found[2] = (rho - high * error, rho - low * error)
    return found


def main() -> None:
    rng = np.random.default_rng(1)
    print("images  r    " + "  ".join(f"{way} (without, width)" for way in WAYS))
    for images in (5, 8, 12, 20, 29, 40):
        for r in (0.0, 0.5, 0.9):
            truth = 6 / np.pi * np.arcsin(r / 2)
            tally = Tally(WAYS)
            for _ in range(SAMPLES):
                x, noise = rng.normal(size=(2, images))
                tally.add(intervals(x, r * x + np.sqrt(1 - r * r) * noise, rng), truth)
            print(f"{images:6}  {r}  {tally}", flush=True)


if __name__ == "__main__":
    main()
