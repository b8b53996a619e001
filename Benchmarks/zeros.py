#!/usr/bin/env python3
"""How much of what a network's convolutions are given is 0: forwards behind ReLUs, and of the gradients that come back to them.

    Benchmarks/zeros.py resnet50 Models/resnet50.safetensors
    Benchmarks/zeros.py inception_v3 Benchmarks/.work/inception_v3.safetensors

Shares of zeros by multiply-adds, over four photographs of the ORL faces, of 1 x 1 convolutions and of all others; the gradient is
that of the highest logit. Needs what `requirements.txt` names.
"""

import os
import sys
from pathlib import Path

import numpy as np
import torch
import torchvision
from PIL import Image
from safetensors.torch import load_file

FACES = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "heatdrift/orl"


def network(name: str, weights: dict[str, torch.Tensor]) -> torch.nn.Module:
    """torchvision's, as wide as the weights are."""
    options = {"init_weights": False} if name == "inception_v3" else {}
    made = torchvision.models.get_model(name, **options)
    for path, module in made.named_modules():
        if hasattr(module, "inplace"):
            module.inplace = False
        for part in ("weight", "bias", "running_mean", "running_var"):
            if (value := weights.get(f"{path}.{part}")) is not None:
                setattr(module, part, value if part.startswith("running") else torch.nn.Parameter(value))
        if isinstance(module, torch.nn.Conv2d):
            module.out_channels, module.in_channels = module.weight.shape[0], module.weight.shape[1] * module.groups
    return made.eval()


def main() -> None:
    name, path = sys.argv[1], sys.argv[2]
    made = network(name, {key: value.float() for key, value in load_file(path).items()})
    found: list[dict] = []

    def look(module: torch.nn.Module, inputs: tuple, output: torch.Tensor) -> None:
        row = {
            "pointwise": module.kernel_size == (1, 1),
            "work": output.numel() * module.weight[0].numel(),
            "forwards": (inputs[0] == 0).double().mean().item(),
        }
        found.append(row)
        output.register_hook(lambda gradient: row.update(backwards=(gradient == 0).double().mean().item()))

    for module in made.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(look)
    size = 299 if name == "inception_v3" else 224
    pictures = sorted(path for path in FACES.rglob("*") if path.suffix in (".pgm", ".png"))[::100][:4]
    squares = [Image.open(path).convert("RGB").resize((size, size)) for path in pictures]
    images = np.stack([np.asarray(square, np.float32) / 255 for square in squares])
    images = (images - np.float32([0.485, 0.456, 0.406])) / np.float32([0.229, 0.224, 0.225])
    made(torch.from_numpy(images.transpose(0, 3, 1, 2)).requires_grad_()).max(1).values.sum().backward()
    for title, pointwise in (("1 x 1", True), ("others", False)):
        rows = [row for row in found if row["pointwise"] == pointwise and "backwards" in row]
        work = sum(row["work"] for row in rows)
        shares = {way: sum(row["work"] * row[way] for row in rows) / work for way in ("forwards", "backwards")}
        print(f"{title}: {shares['forwards']:.0%} of what they are given is 0, {shares['backwards']:.0%} of the gradients")


if __name__ == "__main__":
    main()
