#!/usr/bin/env python3
"""How often a 95% interval of Pearson's r holds the r that the images were drawn from, for intervals of Fisher's z (by the
infinitesimal jackknife, and by its textbook error of normal pairs), percentiles and a bootstrap-t: the numbers of
Documentation/Statistics.md.

    python3 Scripts/correlation-interval-coverage.py
    heatdrift store export Reports/orl > measurements.csv
    python3 Scripts/correlation-interval-coverage.py measurements.csv

Pairs are of the normal distribution, or skewed and bounded: x² / (1 + x²) of normal pairs, whose own r is taken from ten
million of them. Of an export: drift (NISSIM by Grad-CAM under FGSM) and confidence drop, drawn from all images of each network
at each level. Takes some minutes.
"""

import csv
import sys

import numpy as np

from interval_tally import Tally

SAMPLES, DRAWS = 1000, 400
WAYS = ["Fisher's z", "textbook z", "percentile", "bootstrap-t"]


def estimate(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows are samples. Pearson's r of each with its error by the infinitesimal jackknife."""
    n = x.shape[1]
    a, b = x - x.mean(1, keepdims=True), y - y.mean(1, keepdims=True)
    product, u, v = ((p * q).mean(1, keepdims=True) for p, q in [(a, b), (a, a), (b, b)])
    with np.errstate(all="ignore"):
        r = product / np.sqrt(u * v)
        influence = a * b / np.sqrt(u * v) - r / 2 * (a * a / u + b * b / v)
        return np.clip(r[:, 0], -1, 1), np.sqrt((influence**2).sum(1) / n / (n - 1))


def intervals(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> list[tuple[float, float] | None]:
    r, error = (float(part[0]) for part in estimate(x[None], y[None]))
    draws = rng.integers(0, len(x), (DRAWS, len(x)))
    drawn, errors = estimate(x[draws], y[draws])
    found = [None, None, tuple(np.percentile(drawn[np.isfinite(drawn)], [2.5, 97.5])), None]
    if abs(r) < 1 - 1e-12:
        for way, half in enumerate([1.959963984540054 * error / (1 - r * r), 1.959963984540054 / np.sqrt(len(x) - 3)]):
            found[way] = (np.tanh(np.arctanh(r) - half), np.tanh(np.arctanh(r) + half))
    known = np.isfinite(drawn) & (errors > 1e-9 * error)
    if error > 1e-12 and 2 * known.sum() >= DRAWS:
        low, high = np.percentile((drawn[known] - r) / errors[known], [2.5, 97.5])
        found[3] = (r - high * error, r - low * error)
    return found


def pairs(kind: str, r: float, shape: tuple[int, ...], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    x, noise = rng.normal(size=(2, *shape))
    y = r * x + np.sqrt(1 - r * r) * noise
    return (x, y) if kind == "normal" else (x * x / (1 + x * x), y * y / (1 + y * y))


def exported(path: str) -> dict[tuple[str, float], np.ndarray]:
    """By network and level: an image a row, confidence drop and drift."""
    found: dict[tuple[str, float], list[tuple[float, float]]] = {}
    for row in csv.DictReader(open(path)):
        if row["attack"] == "fgsm" and row["explain"] == "grad-cam" and row["nissim"] and float(row["epsilon"]) > 0:
            pair = (float(row["clean_confidence"]) - float(row["adversarial_confidence"]), float(row["nissim"]))
            found.setdefault((row["architecture"], float(row["epsilon"])), []).append(pair)
    return {key: np.array(rows) for key, rows in found.items()}


def of_export(path: str, rng: np.random.Generator) -> None:
    print("network, level, r: coverage and width of " + ", ".join(WAYS) + " at 8, 12, 20, 29 images")
    for (network, level), rows in sorted(exported(path).items()):
        truth = float(np.corrcoef(rows.T)[0, 1])
        parts = []
        for images in (8, 12, 20, 29):
            tally = Tally(WAYS)
            for _ in range(SAMPLES // 2):
                x, y = rows[rng.integers(0, len(rows), images)].T
                if np.ptp(x) > 0 and np.ptp(y) > 0:
                    tally.add(intervals(x, y, rng), truth)
            parts.append(tally.short())
        print(f"{network} {level} {truth:.2f}: " + "; ".join(parts), flush=True)


def main() -> None:
    rng = np.random.default_rng(1)
    if len(sys.argv) > 1:
        return of_export(sys.argv[1], rng)
    print("values  images  r     " + "  ".join(f"{way} (without, width)" for way in WAYS))
    for kind in ("normal", "skewed"):
        for r in (0.0, 0.5, 0.9):
            truth = r if kind == "normal" else float(np.corrcoef(*pairs(kind, r, (10_000_000,), rng))[0, 1])
            for images in (5, 8, 12, 20, 29):
                tally = Tally(WAYS)
                for _ in range(SAMPLES):
                    tally.add(intervals(*pairs(kind, r, (images,), rng), rng), truth)
                print(f"{kind:7} {images:6}  {truth:.2f}  {tally}", flush=True)


if __name__ == "__main__":
    main()
