"""What both peers are given: a network with its weights, and photographs as the network's input in [0, 1]."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import timm
import torch
import torch.nn.functional as F
import torchvision
from PIL import Image
from safetensors.torch import load_file

IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
HALVES = ([0.5] * 3, [0.5] * 3)


@dataclass(frozen=True)
class Kind:
    size: int
    normalisation: tuple[list[float], list[float]]
    last: str  # the last convolutional layer
    onnx: bool = False  # given to Heatdrift as an ONNX file, having no architecture of its own there

    def bare(self, name: str) -> torch.nn.Module:
        if name == "xception":
            return timm.create_model("legacy_xception", pretrained=False)
        if name == "densenet121":
            return timm.create_model("densenet121", pretrained=False)
        if name == "inception_v3":
            return torchvision.models.inception_v3(weights=None, init_weights=True, transform_input=False)
        return getattr(torchvision.models, name)(weights=None)


KINDS = {
    "vgg16": Kind(224, IMAGENET, "features.29"),
    "resnet50": Kind(224, IMAGENET, "layer4.2"),
    "resnet101": Kind(224, IMAGENET, "layer4.2"),
    "inception_v3": Kind(299, HALVES, "Mixed_7c"),
    "xception": Kind(299, HALVES, "act4"),
    "mobilenet_v2": Kind(224, IMAGENET, "features.18", onnx=True),
    "efficientnet_b0": Kind(224, IMAGENET, "features.8", onnx=True),
    "densenet121": Kind(224, IMAGENET, "features.norm5", onnx=True),
    "convnext_tiny": Kind(224, IMAGENET, "features.7", onnx=True),
}


class Normalised(torch.nn.Module):
    """Mean and deviation inside the network, so that epsilon is in units of the pixel range."""

    def __init__(self, network: torch.nn.Module, mean: list[float], deviation: list[float]):
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor(deviation).view(1, 3, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.network((x - self.mean) / self.deviation)


@dataclass(frozen=True)
class Task:
    """Read from the JSON file that `benchmark.py` writes."""

    name: str
    weights: str
    images: list[tuple[str, int]]  # path and label
    epsilons: list[float]
    threads: int
    output: str
    format: str = "contiguous_format"  # of the tuned peer's memory

    @staticmethod
    def read() -> "Task":
        return Task(**json.loads(Path(sys.argv[1]).read_text()))

    @property
    def kind(self) -> Kind:
        return KINDS[self.name]

    def model(self) -> Normalised:
        network = self.kind.bare(self.name)
        network.load_state_dict(load_file(self.weights))
        return Normalised(network, *self.kind.normalisation).eval()

    def image(self, path: str) -> torch.Tensor:
        """(1, 3, S, S) in [0, 1]."""
        pixels = np.array(Image.open(path).convert("RGB"), dtype=np.float32) / 255
        x = torch.from_numpy(pixels).permute(2, 0, 1)[None]
        side = self.kind.size
        return F.interpolate(x, size=(side, side), mode="bilinear", antialias=True, align_corners=False).clamp(0, 1)

    def finish(self, rows: list[dict], seconds: float, compiling: float = 0) -> None:
        Path(self.output).write_text(json.dumps({"seconds": seconds, "rows": rows, "compiling": compiling}))
