#!/usr/bin/env python3
"""Goldens of the measures beside NISSIM, by numpy in double precision, as PROTOCOL's table of measures defines them.

    python3 Scripts/goldens/map_measures.py

Heatmaps come from `generated` in golden_networks.py and are not stored: noise, noise in ten steps, so that many pixels are
equal, and a dead map.
"""

import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from golden_networks import generated  # noqa: E402

SIZE = 40


def heatmap(name: str) -> np.ndarray:
    if not name:
        return np.zeros(SIZE * SIZE)
    values = generated(name, SIZE * SIZE)
    if name.startswith("steps"):
        values = np.floor(values * 10) / 10
    return values.astype(np.float32).astype(np.float64)


def top(values: np.ndarray, share: float) -> set:
    k = max(1, round(share * len(values)))
    return set(np.argsort(-values, kind="stable")[:k].tolist())


def iou(a: np.ndarray, b: np.ndarray, threshold: float) -> float:
    either = ((a >= threshold) | (b >= threshold)).sum()
    return 1 - ((a >= threshold) & (b >= threshold)).sum() / either if either else 0.0


def main():
    cases = []
    for first, second in [("noise a", "noise b"), ("steps a", "steps b"), ("steps a", "noise a"), ("noise a", ""),
                          ("", "steps b"), ("", ""), ("noise a", "noise a")]:
        a, b = heatmap(first), heatmap(second)
        peaks = [float(np.float32(generated(f"peak {name}", 1)[0] * 3)) if name else 0.0 for name in (first, second)]
        cases.append({
            "first": first, "second": second, "peaks": peaks,
            "top-k": {str(share): 1 - len(top(a, share) & top(b, share)) / len(top(a, share))
                      for share in (0.05, 0.3, 1)},
            "iou": {str(threshold): iou(a, b, threshold) for threshold in (0.5, 0.1, 1)},
            "magnitude": abs(float(np.log2((peaks[1] + 1e-7) / (peaks[0] + 1e-7)))),
        })
    path = Path(__file__).resolve().parents[2] / "Tests/MeasuresTests/Goldens/map-measures.json"
    path.write_text(json.dumps({"size": SIZE, "cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    main()
