#!/usr/bin/env python3
"""Goldens of the iterated attacks: torchattacks 3.5.1 in double precision, on a network of two logits whose first one is
sum(a x + q x^2), so that its gradient can be written down. And the signs of the noise, by nothing but Python.

    python3 Scripts/goldens/attacks.py

Image and coefficients come from `generated` in golden_networks.py and are not stored.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import torch
import torchattacks

sys.path.insert(0, str(Path(__file__).resolve().parent))
from golden_networks import generated  # noqa: E402

SHAPE = (3, 6, 5)
COUNT = 90


class Quadratic(torch.nn.Module):
    def __init__(self, linear, square):
        super().__init__()
        self.linear = torch.nn.Parameter(linear)
        self.square = torch.nn.Parameter(square)

    def forward(self, x):
        z = (self.linear * x + self.square * x * x).sum(dim=(1, 2, 3))
        return torch.stack([z, torch.zeros_like(z)], dim=1)


def signs(seed: int, sha256: str, count: int) -> list:
    """SplitMix64 from the first eight bytes of a hash; its bits, the lowest first."""
    mask = (1 << 64) - 1
    state = int.from_bytes(hashlib.sha256(f"noise\n{seed}\n{sha256}\n".encode()).digest()[:8], "big")
    found = []
    while len(found) < count:
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        z ^= z >> 31
        found += [1 if z >> bit & 1 else -1 for bit in range(64)]
    return found[:count]


def main():
    torch.set_default_dtype(torch.float64)
    # In Float32, as the tests have them.
    image = torch.from_numpy(generated("attack/image", COUNT).astype(np.float32).astype(np.float64).reshape(1, *SHAPE))
    linear = torch.from_numpy(((generated("attack/linear", COUNT) - 0.5) * 0.2).astype(np.float32)
                              .astype(np.float64).reshape(SHAPE))
    square = torch.from_numpy(((generated("attack/square", COUNT) - 0.5) * 0.4).astype(np.float32)
                              .astype(np.float64).reshape(SHAPE))
    model = Quadratic(linear, square).eval()
    label = torch.tensor([0])
    epsilon, steps = 0.1, 7
    runs = {
        "pgd": torchattacks.PGD(model, eps=epsilon, alpha=2.5 * epsilon / steps, steps=steps, random_start=False),
        "pgd, step-size 0.06": torchattacks.PGD(model, eps=epsilon, alpha=0.06, steps=steps, random_start=False),
        "mi-fgsm": torchattacks.MIFGSM(model, eps=epsilon, alpha=epsilon / steps, steps=steps, decay=1.0),
        "mi-fgsm, decay 0.5": torchattacks.MIFGSM(model, eps=epsilon, alpha=epsilon / steps, steps=steps, decay=0.5),
    }
    content = {
        "epsilon": epsilon, "steps": steps,
        "attacked": {name: attack(image, label).ravel().tolist() for name, attack in runs.items()},
        "noise": {"seed": 7, "sha256": "00ff" * 16, "signs": signs(7, "00ff" * 16, 100)},
    }
    path = Path(__file__).resolve().parents[2] / "Tests/AttacksTests/Goldens/attacks.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
