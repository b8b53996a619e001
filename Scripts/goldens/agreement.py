#!/usr/bin/env python3
"""Goldens of how models and rankings agree, in double precision: Spearman's correlation by scipy, its intervals by numpy out of
draws and out of scipy's correlation with weights that differ a little, Kendall's tau by scipy.

    python3 Scripts/goldens/agreement.py

Inputs come from `generated` in golden_networks.py and are not stored; draws are those of SplitMix64.
"""

import json
import sys
from pathlib import Path

import numpy as np
from scipy import stats

sys.path.insert(0, str(Path(__file__).resolve().parent))
from golden_networks import generated  # noqa: E402
from report_statistics import DRAWS, draws  # noqa: E402

TARGET = Path(__file__).resolve().parents[2] / "Tests" / "ResultsTests" / "Goldens" / "agreement.json"


def columns(images: int, steps: int, slope: float) -> tuple[np.ndarray, np.ndarray]:
    """Two columns that go together by `slope`; rounded to so many steps, which makes ties."""
    first = generated("agreement first", images).astype(np.float64)
    second = generated("agreement second", images).astype(np.float64) + slope * first
    return tuple(np.floor(column * steps) if steps else column for column in (first, second))


def weighted(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> float:
    """Spearman's correlation where images count by weights: of whole weights that of so many copies."""
    w = weights / weights.sum()
    ranks = [((w[:, None] * (column[:, None] < column[None, :])).sum(0)
              + (w[:, None] * (column[:, None] == column[None, :])).sum(0) / 2) for column in (x, y)]
    a, b = (rank - (w * rank).sum() for rank in ranks)
    return (w * a * b).sum() / np.sqrt((w * a * a).sum() * (w * b * b).sum())


def error(x: np.ndarray, y: np.ndarray) -> float:
    count, step = len(x), 1e-5
    influence = np.empty(count)
    for image in range(count):
        more, less = np.ones(count), np.ones(count)
        more[image] += step
        less[image] -= step
        influence[image] = (weighted(x, y, more) - weighted(x, y, less)) / (2 * step) * count
    return float(np.sqrt((influence**2).sum() / count / (count - 1)))


def spearman(images: int, steps: int, slope: float) -> dict:
    x, y = columns(images, steps, slope)
    rho = float(stats.spearmanr(x, y).statistic)
    assert abs(rho - weighted(x, y, np.ones(images))) < 1e-12
    if images < 5:
        ends = []
    elif images < 30:
        half = stats.norm.ppf(0.975) * error(x, y) / (1 - rho * rho)
        ends = [float(np.tanh(np.arctanh(rho) - half)), float(np.tanh(np.arctanh(rho) + half))]
    else:
        drawn = [stats.spearmanr(x[draw], y[draw]).statistic for draw in draws(images)]
        ends = list(map(float, np.percentile(drawn, [2.5, 97.5])))
    return {"images": images, "steps": steps, "slope": slope, "value": rho, "interval": ends}


def main() -> None:
    orders = [([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]), ([1, 2, 3, 4, 5], [5, 4, 3, 2, 1]), ([3, 1, 2, 5, 4], [2, 1, 3, 5, 4]),
              ([0.1, 0.1, 0.3, 0.2], [0.5, 0.4, 0.4, 0.6]), ([0.2, 0.2, 0.2, 0.5], [1, 2, 3, 3])]
    content = {
        "draws": DRAWS,
        "spearman": [spearman(*case) for case in
                     [(3, 0, 1.0), (5, 0, 1.0), (12, 0, 0.5), (12, 4, 0.5), (29, 0, -1.5), (37, 0, 0.5), (37, 5, 2.0)]],
        "kendall": [{"first": x, "second": y, "tau": float(stats.kendalltau(x, y).statistic)} for x, y in orders]}
    TARGET.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
