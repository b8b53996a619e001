#!/usr/bin/env python3
"""The golden of `heatdrift doctor`: a narrow network's logits, input gradient and raw map, computed by PyTorch.

    python3 engine.py ../../Sources/CResources/Files/engine-golden.json

The network has what the architectures are made of: convolutions of several kinds, batch normalisation, maximum and
average pooling, a residual sum, a fully connected layer. Its weights and its image are made from a formula on both sides
(`generated`). Computed in double precision, stored as float32. Needs torch and what golden_networks.py needs.
"""

import base64
import json
import sys

import numpy as np
import torch
from torch import nn

from golden_networks import generated

SIZE, CLASSES, CLASS = 24, 10, 1
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Narrow(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 3, padding=1, bias=False)
        self.stem_bn = nn.BatchNorm2d(32, eps=1e-5)
        self.inner = nn.Conv2d(32, 32, 3, padding=1, bias=False)
        self.inner_bn = nn.BatchNorm2d(32, eps=1e-5)
        self.reduced = nn.Conv2d(32, 48, 1, stride=2, bias=True)
        self.depthwise = nn.Conv2d(48, 48, 3, padding=1, groups=48, bias=False)
        self.fc = nn.Linear(48, CLASSES)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = (image - torch.tensor(MEAN)[:, None, None]) / torch.tensor(DEVIATION)[:, None, None]
        x = torch.relu(self.stem_bn(self.stem(x)))
        x = nn.functional.max_pool2d(x, 3, 2, 1)
        x = torch.relu(self.inner_bn(self.inner(x)) + x)
        self.maps = x
        x = torch.relu(self.reduced(x))
        x = self.depthwise(x)
        return self.fc(x.mean((2, 3)))


def values(name: str, shape: torch.Size) -> torch.Tensor:
    u = generated(name, shape.numel())
    if len(shape) > 1:
        u = (2 * u - 1) * np.sqrt(6 / (shape.numel() // shape[0]))
    elif name.endswith("running_var"):
        u = 0.5 + u
    elif name.endswith(".weight"):
        u = 0.8 + 0.4 * u
    else:
        u = (2 * u - 1) * 0.1
    # Both sides round to float32 first.
    return torch.tensor(u.astype(np.float32), dtype=torch.float64).reshape(shape)


def packed(tensor: torch.Tensor) -> str:
    return base64.b64encode(tensor.detach().numpy().astype("<f4").tobytes()).decode()


def main() -> None:
    torch.set_default_dtype(torch.float64)
    network = Narrow().eval()
    for name, tensor in network.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            tensor.copy_(values(name, tensor.shape))
    pixels = generated("image", 3 * SIZE * SIZE).astype(np.float32)
    image = torch.tensor(pixels, dtype=torch.float64).reshape(1, 3, SIZE, SIZE).requires_grad_()
    logits = network(image)
    gradient, slopes = torch.autograd.grad(logits[0, CLASS], [image, network.maps])
    raw = torch.relu((slopes.mean((2, 3), keepdim=True) * network.maps).sum(1))[0]
    assert (raw > 0).sum() > raw.numel() // 4, "a map that is nearly dead says little"
    golden = {
        "reference": f"PyTorch {torch.__version__.split('+')[0]}",
        "logits": packed(logits[0]),
        "inputGradient": packed(gradient[0]),
        "rawMap": packed(raw),
    }
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(golden, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
