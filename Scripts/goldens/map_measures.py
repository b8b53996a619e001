#!/usr/bin/env python3
"""Goldens of the measures beside NISSIM, by numpy and scipy in double precision, each from its definition.

    python3 Scripts/goldens/map_measures.py

Heatmaps come from `generated` in golden_networks.py and are not stored: noise, noise in ten steps, so that many pixels are
equal, noise of which half is 0, a heatmap of one value, one of zeros that is not dead (a raw map of one value), and a dead map.
Where a measure has no value the golden has null.
"""

import json
import math
import sys
import warnings
from pathlib import Path

import numpy as np
from scipy import ndimage, stats

sys.path.insert(0, str(Path(__file__).resolve().parent))
from golden_networks import generated  # noqa: E402

SIZE = 40


def heatmap(name: str) -> np.ndarray:
    if name in ("", "zeros"):
        return np.zeros(SIZE * SIZE)
    if name == "one value":
        return np.full(SIZE * SIZE, 0.25)
    values = generated(name, SIZE * SIZE)
    if name.startswith("steps"):
        values = np.floor(values * 10) / 10
    if name.startswith("half"):
        values = np.maximum(0, values * 2 - 1)
    return values.astype(np.float32).astype(np.float64)


def top(values: np.ndarray, share: float) -> set:
    k = max(1, round(share * len(values)))
    return set(np.argsort(-values, kind="stable")[:k].tolist())


def iou(a: np.ndarray, b: np.ndarray, threshold: float) -> float:
    either = ((a >= threshold) | (b >= threshold)).sum()
    return 1 - ((a >= threshold) & (b >= threshold)).sum() / either if either else 0.0


def rank(a: np.ndarray, b: np.ndarray) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Of constant input, for which scipy gives NaN.
        return (1 - float(stats.spearmanr(a, b).statistic)) / 2


def centre(a: np.ndarray, b: np.ndarray) -> float:
    with np.errstate(invalid="ignore"):
        first, second = (np.array(ndimage.center_of_mass(values.reshape(SIZE, SIZE))) for values in (a, b))
    return float(np.linalg.norm(second - first)) / SIZE


def value(found: float, is_dead: bool) -> float | None:
    if is_dead:
        return 0.0
    return None if math.isnan(found) else found


def main():
    cases = []
    for first, second in [("noise a", "noise b"), ("steps a", "steps b"), ("steps a", "noise a"), ("noise a", ""),
                          ("", "steps b"), ("", ""), ("noise a", "noise a"), ("half a", "half b"), ("half a", "noise a"),
                          ("steps a", "half a"), ("one value", "noise a"), ("noise a", "zeros"), ("zeros", "zeros"),
                          ("zeros", "")]:
        a, b = heatmap(first), heatmap(second)
        peaks = [float(np.float32(generated(f"peak {name}", 1)[0] * 3)) if name else 0.0 for name in (first, second)]
        cases.append({
            "first": first, "second": second, "peaks": peaks,
            "rank": value(rank(a, b), first == second == ""),
            "centre": value(centre(a, b), first == second == ""),
            "top-k": {str(share): 1 - len(top(a, share) & top(b, share)) / len(top(a, share))
                      for share in (0.05, 0.3, 1)},
            "iou": {str(threshold): iou(a, b, threshold) for threshold in (0.5, 0.1, 1)},
            "magnitude": abs(float(np.log2((peaks[1] + 1e-7) / (peaks[0] + 1e-7)))),
        })
    path = Path(__file__).resolve().parents[2] / "Tests/MeasuresTests/Goldens/map-measures.json"
    path.write_text(json.dumps({"size": SIZE, "cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    main()
