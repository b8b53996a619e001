#!/usr/bin/env python3
"""Goldens of transferred attacks, by PyTorch in double precision: the gradient of one narrow network's loss with respect to the
image of another, which it sees resized by `interpolate(antialias=True)`; and that resize's own transpose, by autograd.

    python3 Scripts/goldens/transfer.py

Weights, images and gradients come from `generated` in golden_networks.py and are not stored.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent))
from golden_networks import ARCHITECTURES, CLASSES, NARROW_SIZE, Normalised, build, error, generated, packed, parameter  # noqa: E402

WIDTH, HIDDEN = 0.25, 48
LABEL = 3


def network(name: str) -> torch.nn.Module:
    own = build(name, CLASSES, width=WIDTH, hidden=HIDDEN).to_empty(device="cpu")
    own.load_state_dict({key: parameter(key, value.shape) for key, value in own.state_dict().items()
                         if not key.endswith("num_batches_tracked")}, strict=False)
    for module in own.modules():
        if isinstance(module, torch.nn.ReLU):
            module.inplace = False
    return Normalised(own, ARCHITECTURES[name]).eval()


def exact(single: torch.nn.Module, name: str) -> torch.nn.Module:
    double = single.double()
    double.mean = torch.tensor(ARCHITECTURES[name].mean, dtype=torch.float64).view(1, 3, 1, 1)
    double.std = torch.tensor(ARCHITECTURES[name].std, dtype=torch.float64).view(1, 3, 1, 1)
    return double


def image(name: str, side: int) -> torch.Tensor:
    return torch.from_numpy(generated(name, 3 * side * side).astype(np.float32)).reshape(1, 3, side, side)


def resized(x: torch.Tensor, height: int, width: int) -> torch.Tensor:
    return torch.nn.functional.interpolate(
        x, (height, width), mode="bilinear", antialias=True, align_corners=False)


def gradient(source: torch.nn.Module, x: torch.Tensor, side: int) -> np.ndarray:
    x = x.clone().requires_grad_(True)
    loss = torch.nn.functional.cross_entropy(source(resized(x, side, side).clamp(0, 1)), torch.tensor([LABEL]))
    return torch.autograd.grad(loss, x)[0].numpy().ravel()


def transposed(height: int, width: int, new_height: int, new_width: int) -> np.ndarray:
    x = torch.zeros(1, 3, height, width, dtype=torch.float64, requires_grad=True)
    g = generated("transfer/gradient", 3 * new_height * new_width).astype(np.float32).astype(np.float64) - 0.5
    out = resized(x, new_height, new_width)
    return torch.autograd.grad(out, x, torch.from_numpy(g).reshape(out.shape))[0].numpy().ravel()


def main():
    torch.set_num_threads(2)
    runs = []
    for name, side in [("xception", 75), ("vgg16", 107), ("resnet50", 96)]:
        own = NARROW_SIZE[name]
        x = image("image", side)
        single = gradient(network(name), x, own)
        truth = gradient(exact(network(name), name), x.double(), own)
        runs.append({
            "source": name, "width": WIDTH, "hiddenFeatures": HIDDEN, "classes": CLASSES, "sourceSize": own, "size": side,
            "label": LABEL, "stride": 13, "gradient": packed(truth[::13]), "norm": float(np.linalg.norm(truth)),
            "errorOfPyTorch": error(single, truth),
        })
    resizes = []
    for height, width, new_height, new_width in [(9, 7, 5, 4), (5, 4, 9, 7), (16, 12, 16, 5), (8, 8, 8, 8), (6, 10, 1, 3)]:
        resizes.append({"height": height, "width": width, "newHeight": new_height, "newWidth": new_width,
                        "values": transposed(height, width, new_height, new_width).tolist()})
    path = Path(__file__).resolve().parents[2] / "Tests/MeasuringTests/Goldens/transfer.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"runs": runs, "resizes": resizes}, indent=1) + "\n")
    for run in runs:
        print(run["source"], run["norm"], run["errorOfPyTorch"])


if __name__ == "__main__":
    main()
