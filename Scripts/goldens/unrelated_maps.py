#!/usr/bin/env python3
"""Goldens of what is said of maps of many images, in double precision: how far apart unrelated clean maps lie, by scikit-image
and scipy over all pairs; and of shifts the ellipse, by numpy's covariance and eigenvectors, and R with its exact p, by going
through all signs.

    python3 Scripts/goldens/unrelated_maps.py

Raw maps and shifts come from `generated` in golden_networks.py and are not stored.
"""

import itertools
import json
import sys
from pathlib import Path

import numpy as np
import scipy.stats
from scipy import ndimage
from skimage.metrics import structural_similarity

sys.path.insert(0, str(Path(__file__).resolve().parent))
from golden_networks import generated  # noqa: E402

SIZE = 40
LABELS = [0, 0, 0, 1, 1, 2, 2, 2, 3, 4, 4, 4]
DEAD = [5, 8]


def raw_map(name: str) -> np.ndarray:
    values = np.maximum(0, generated(name, 49) - 0.4) * 3
    return values.astype(np.float32).astype(np.float64).reshape(7, 7)


def stretched(values: np.ndarray) -> np.ndarray:
    values = values - values.min()
    return values / (1e-7 + values.max())


def enlarged(values: np.ndarray) -> np.ndarray:
    """Bilinear, half-pixel centres, edges clamped."""
    places = np.clip((np.arange(SIZE) + 0.5) * len(values) / SIZE - 0.5, 0, len(values) - 1)
    grid = np.meshgrid(places, places, indexing="ij")
    return ndimage.map_coordinates(values, grid, order=1, mode="nearest")


def heatmap(name: str) -> np.ndarray:
    return stretched(enlarged(stretched(raw_map(name))))


def nissim(a: np.ndarray, b: np.ndarray) -> float:
    return (1 - structural_similarity(a, b, data_range=1)) / 2


def centre(values: np.ndarray) -> np.ndarray:
    """x, y in widths."""
    return (np.array(ndimage.center_of_mass(values))[::-1] + 0.5) / SIZE


def unrelated() -> dict:
    maps = [None if image in DEAD else heatmap(f"unrelated {image}") for image in range(len(LABELS))]
    found = {}
    for name, measure in [("nissim", nissim), ("centre", lambda a, b: float(np.linalg.norm(centre(a) - centre(b))))]:
        for kind, wanted in [("same", True), ("different", False)]:
            pairs = [pair for pair in itertools.combinations(range(len(LABELS)), 2)
                     if (LABELS[pair[0]] == LABELS[pair[1]]) == wanted]
            alive = [(a, b) for a, b in pairs if maps[a] is not None and maps[b] is not None]
            found[f"{name} {kind}"] = {"value": float(np.mean([measure(maps[a], maps[b]) for a, b in alive])),
                                       "pairs": len(alive), "all": len(pairs)}
    return found


def shifts(name: str, count: int, x: float, y: float) -> np.ndarray:
    return (generated(name, 2 * count).reshape(count, 2) - 0.5) * 0.1 + [x, y]


def statistics(name: str, count: int, x: float, y: float) -> dict:
    own = shifts(name, count, x, y)
    # Hotelling's T squared of two dimensions.
    values, vectors = np.linalg.eigh(np.cov(own.T) / count)
    scale = 2 * (count - 1) / (count - 2) * scipy.stats.f.ppf(0.95, 2, count - 2)
    major = vectors[:, 1]
    angle = float(np.arctan2(major[1], major[0]))
    directions = own / np.linalg.norm(own, axis=1, keepdims=True)
    length = np.linalg.norm(directions.sum(axis=0))
    found = {"name": name, "count": count, "x": x, "y": y, "mean": own.mean(axis=0).tolist(),
             "half": np.sqrt(scale * values[::-1]).tolist(), "angle": angle, "consistency": float(length / count)}
    if count <= 13:
        signs = np.array(list(itertools.product([1, -1], repeat=count)))
        lengths = np.linalg.norm(signs @ directions, axis=1)
        found["probability"] = float(np.mean(lengths >= length * (1 - 1e-10)))
    return found


def main():
    path = Path(__file__).resolve().parents[2] / "Tests/ResultsTests/Goldens/unrelated-maps.json"
    cases = [("shifts a", 9, 0.02, -0.01), ("shifts b", 13, 0.0, 0.03), ("shifts c", 60, 0.005, 0.005), ("shifts d", 6, 0, 0)]
    path.write_text(json.dumps({
        "size": SIZE, "labels": LABELS, "dead": DEAD, "unrelated": unrelated(),
        "shifts": [statistics(*case) for case in cases],
    }, indent=1) + "\n")


if __name__ == "__main__":
    main()
