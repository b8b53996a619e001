#!/usr/bin/env python3
"""Goldens of the statistics, in double precision: Wilson's intervals and Holm's adjustment by statsmodels, Pearson's r and exact
sign-flip tests by scipy, and by numpy what is drawn: percentiles, studentised intervals, flips of signs.

    python3 Scripts/goldens/report_statistics.py

Inputs come from `generated` in golden_networks.py and are not stored; draws are those of SplitMix64.
"""

import json
import sys
from pathlib import Path

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

sys.path.insert(0, str(Path(__file__).resolve().parent))
from golden_networks import generated  # noqa: E402

TARGET = Path(__file__).resolve().parents[2] / "Tests" / "ResultsTests" / "Goldens" / "statistics.json"
SEED, DRAWS = 7, 2000
FLIPS_SEED = SEED ^ 0x5157464C49505321
MASK = 2**64 - 1


def split_mix(seed: int):
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & MASK
        z = ((seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def draws(images: int, count: int = DRAWS) -> np.ndarray:
    # Numbers of the incomplete last block would favour small indices.
    limit = MASK - MASK % images
    numbers = (number % images for number in split_mix(SEED) if number < limit)
    return np.fromiter(numbers, dtype=np.int64, count=count * images).reshape(count, images)


def table(name: str, images: int, levels: int) -> np.ndarray:
    return generated(name, images * levels).astype(np.float64).reshape(images, levels) / 2


def readings(values: np.ndarray) -> dict[str, float]:
    """Of images by levels: MOD of the third level, VID by its three readings, a difference, an r, and the mean of the third
    level over the images whose first number is below 0.2, and over the others."""
    low = values[:, 0] < 0.2
    return {"mod": values[:, 2].mean(), "vid": values.std(axis=1).mean(), "vidOfMOD": values.mean(axis=0).std(),
            "vidPooled": values.std(), "difference": (values[:, 3] - values[:, 1]).mean(),
            "r": stats.pearsonr(values[:, 0], values[:, 4]).statistic,
            "low": values[low, 2].mean() if low.any() else np.nan,
            "high": values[~low, 2].mean() if not low.all() else np.nan}


def jackknife_error(values: np.ndarray, name: str) -> float:
    """The standard error by the infinitesimal jackknife: how the statistic changes with each image's weight, by differences,
    with the sample's n - 1."""
    count = len(values)

    def weighted(weights: np.ndarray) -> float:
        w = weights / weights.sum()
        if name == "vidOfMOD":
            return (w[:, None] * values).sum(axis=0).std()
        if name == "vidPooled":
            mean = (w[:, None] * values).sum() / values.shape[1]
            return np.sqrt((w[:, None] * (values - mean) ** 2).sum() / values.shape[1])
        if name == "r":
            x, y = values[:, 0], values[:, 4]
            mx, my = (w * x).sum(), (w * y).sum()
            return (w * (x - mx) * (y - my)).sum() / np.sqrt((w * (x - mx) ** 2).sum() * (w * (y - my) ** 2).sum())
        column = {"mod": values[:, 2], "vid": values.std(axis=1), "difference": values[:, 3] - values[:, 1]}[name]
        return (w * column).sum()

    step = 1e-5
    influence = np.empty(count)
    for image in range(count):
        more, less = np.ones(count), np.ones(count)
        more[image] += step
        less[image] -= step
        influence[image] = (weighted(more) - weighted(less)) / (2 * step) * count
    return float(np.sqrt((influence**2).sum() / count / (count - 1)))


def percentile() -> dict:
    values = table("bootstrap", 37, 5)
    found = [readings(values[draw]) for draw in draws(37)]
    return {"images": 37, "levels": 5, "values": readings(values),
            "intervals": {name: list(np.percentile([one[name] for one in found], [2.5, 97.5]))
                          for name in found[0] if name not in ("low", "high")}}


def studentised() -> dict:
    """With few draws: the standard error of each is made by differences."""
    values, count = table("few", 12, 5), 200
    names = ["mod", "vid", "vidOfMOD", "vidPooled", "difference", "r"]
    whole = readings(values)
    errors = {name: jackknife_error(values, name) for name in names}
    distances = {name: [] for name in names}
    for draw in draws(12, count):
        own = readings(values[draw])
        for name in names:
            distances[name].append((own[name] - whole[name]) / jackknife_error(values[draw], name))
    intervals = {}
    for name in names:
        lower, upper = np.percentile(distances[name], [2.5, 97.5])
        intervals[name] = [whole[name] - upper * errors[name], whole[name] - lower * errors[name]]
    return {"images": 12, "levels": 5, "draws": count, "values": {name: whole[name] for name in names},
            "intervals": intervals}


def normal() -> dict:
    values = table("many", 10_007, 5)
    whole = readings(values)
    z = stats.norm.ppf(0.975)
    intervals = {}
    for name in ["mod", "vid", "difference"]:
        column = {"mod": values[:, 2], "vid": values.std(axis=1), "difference": values[:, 3] - values[:, 1]}[name]
        error = stats.sem(column)
        intervals[name] = [whole[name] - z * error, whole[name] + z * error]
    return {"images": 10_007, "levels": 5, "values": {name: whole[name] for name in intervals}, "intervals": intervals}


def flips() -> dict:
    few = table("few", 12, 5)
    exact = [float(stats.permutation_test((few[:, a], few[:, b]), lambda x, y, axis: (x - y).mean(axis=axis),
                                          permutation_type="samples", n_resamples=np.inf, vectorized=True).pvalue)
             for a, b in [(0, 1), (2, 3)]]
    some = table("bootstrap", 137, 5)
    words = split_mix(FLIPS_SEED)
    signs = np.empty((DRAWS, 137))
    for draw in range(DRAWS):
        bits = []
        while len(bits) < 137:
            word = next(words)
            bits += [word >> place & 1 for place in range(64)]
        signs[draw] = np.array(bits[:137]) * 2 - 1
    drawn = []
    for a, b in [(0, 1), (2, 3)]:
        difference = some[:, a] - some[:, b] + 0.03
        far = np.abs(signs @ difference) >= np.abs(difference.sum()) * (1 - 1e-10)
        drawn.append((1 + int(far.sum())) / (1 + DRAWS))
    many = table("many", 10_007, 5)
    difference = many[:, 0] - many[:, 1] + 0.002
    limit = 2 * stats.norm.sf(abs(difference.sum()) / np.sqrt((difference**2).sum()))
    return {"exact": exact, "drawn": drawn, "limit": float(limit)}


def main() -> None:
    counts = [(0, 1), (1, 1), (0, 40), (40, 40), (39, 40), (3, 7), (12, 40), (199_000, 200_000)]
    families = [[0.01, 0.04, 0.03, 0.005], [0.2, 0.9, 0.6], [0.0001] * 3, [0.5]]
    content = {
        "wilson": [[count, total, *map(float, proportion_confint(count, total, method="wilson"))]
                   for count, total in counts],
        "holm": [{"values": family, "adjusted": list(map(float, multipletests(family, method="holm")[1]))}
                 for family in families],
        "percentile": percentile(), "studentised": studentised(), "normal": normal(), "flips": flips()}
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
