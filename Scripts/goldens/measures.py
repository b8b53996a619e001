#!/usr/bin/env python3
"""Goldens of the measures: heatmaps by OpenCV as pytorch-grad-cam scales them, SSIM by scikit-image, and
weights files by safetensors.

    python3 Scripts/goldens/measures.py

Inputs come from `generated` in golden_networks.py and are not stored.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from pytorch_grad_cam.utils.image import scale_cam_image
from safetensors.torch import save_file
from skimage.metrics import structural_similarity

sys.path.insert(0, str(Path(__file__).resolve().parent))
from golden_networks import generated, packed  # noqa: E402

TESTS = Path(__file__).resolve().parents[2] / "Tests"


def raw_map(name: str, height: int, width: int) -> np.ndarray:
    """Sparse, non-negative, as a raw map is."""
    values = (generated(name, height * width) - 0.4).clip(min=0) * 3
    return values.astype(np.float32).reshape(height, width)


def heatmap(raw: np.ndarray, size: int) -> np.ndarray:
    """As pytorch_grad_cam's BaseCAM does: scaled for the layer, then for the aggregate."""
    once = scale_cam_image(raw[None], (size, size))
    return scale_cam_image(np.maximum(once, 0))[0].astype(np.float32)


def write(folder: str, name: str, content) -> None:
    path = TESTS / folder / "Goldens" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n")


def heatmaps() -> None:
    cases = []
    for height, width, size in [(14, 14, 224), (7, 7, 224), (8, 8, 299), (10, 10, 299), (1, 1, 16), (3, 5, 20),
                                (149, 149, 96), (2, 2, 7),
                                (149, 149, 299), (112, 112, 224)]:
        result = heatmap(raw_map(f"raw {height} {width}", height, width), size)
        stride = max(1, size * size // 300) | 1
        cases.append({"height": height, "width": width, "size": size, "stride": stride,
                      "values": packed(result.ravel()[::stride])})
    write("ExplanationsTests", "heatmaps.json", cases)


def similarities() -> None:
    cases = []
    for size, first, second in [(224, "a", "b"), (299, "a", "c"), (33, "d", "e"), (11, "f", "g"), (40, "h", "h")]:
        x = heatmap(raw_map(first, 7, 7), size).astype(np.float64)
        y = heatmap(raw_map(second, 7, 7), size).astype(np.float64)
        gaussian = structural_similarity(x, y, data_range=1, gaussian_weights=True, sigma=1.5,
                                         use_sample_covariance=False)
        cases.append({"size": size, "first": first, "second": second, "gaussian": gaussian,
                      "uniform": structural_similarity(x, y, data_range=1), "x": packed(x), "y": packed(y)}
                     if size <= 40 else
                     {"size": size, "first": first, "second": second, "gaussian": gaussian,
                      "uniform": structural_similarity(x, y, data_range=1)})
    # Noise whose values are the same Float32 on both sides, at the sizes of the networks; against a dead map too.
    for size, first, second in [(224, "noise a", "noise b"), (299, "noise a", "noise c"), (96, "noise a", None)]:
        x = generated(first, size * size).reshape(size, size)
        y = generated(second, size * size).reshape(size, size) if second else np.zeros((size, size))
        cases.append({"size": size, "first": first, "second": second or "", "isNoise": True,
                      "uniform": structural_similarity(x, y, data_range=1),
                      "gaussian": structural_similarity(x, y, data_range=1, gaussian_weights=True, sigma=1.5,
                                                        use_sample_covariance=False)})
    write("MeasuresTests", "ssim.json", cases)


def weights() -> None:
    folder = TESTS / "WeightsTests" / "Fixtures"
    folder.mkdir(parents=True, exist_ok=True)
    special = torch.tensor([0, -0.0, 1, -2.5, 65504, 6.1e-5, 5.96e-8, float("inf"), float("-inf"), float("nan"), 1 / 3])
    save_file({"half": special.half(), "brain": special.bfloat16(), "single": special.reshape(1, 11),
               "scalar": torch.tensor(2.0), "empty": torch.zeros(0, 3)}, str(folder / "types.safetensors"),
              metadata={"made": "by safetensors"})


if __name__ == "__main__":
    heatmaps()
    similarities()
    weights()
