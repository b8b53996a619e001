#!/usr/bin/env python3
"""The five networks, at any width, with the parameter names of torchvision and timm.

A narrow network is the library's own network with every channel count multiplied: the libraries build the modules, and
`narrow` replaces each convolution, batch-norm and linear layer by a smaller one. The topology and the forward pass
are theirs, so nothing can differ but the sizes. `networks.py --check` proves the rest.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import timm
import torch
import torchvision
from safetensors import safe_open
from torch import nn

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
HALVES = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


@dataclass(frozen=True)
class Architecture:
    size: int  # side of the square input
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    last: str  # the layer that Grad-CAM explains
    classifier: str  # the linear layer whose outputs are the classes


ARCHITECTURES = {
    "vgg16": Architecture(224, *IMAGENET, "features.29", "classifier.6"),
    "resnet50": Architecture(224, *IMAGENET, "layer4.2", "fc"),
    "resnet101": Architecture(224, *IMAGENET, "layer4.2", "fc"),
    "inception_v3": Architecture(299, *HALVES, "Mixed_7c", "fc"),
    "xception": Architecture(299, *HALVES, "act4", "fc"),
}

# VGG16's hidden features are not channels: the weights file says how many there are.
VGG16_HIDDEN = 4096


class Normalised(nn.Module):
    """A network that takes pictures in [0, 1]: mean and standard deviation are its first layer."""

    def __init__(self, network: nn.Module, architecture: Architecture):
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(architecture.mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(architecture.std).view(1, 3, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.network((x - self.mean) / self.std)


def library_network(name: str, classes: int) -> nn.Module:
    """The network at full width, as torchvision or timm makes it."""
    if name == "inception_v3":
        return torchvision.models.inception_v3(
            weights=None, num_classes=classes, aux_logits=False, transform_input=False, init_weights=False)
    if name == "xception":
        return timm.create_model("legacy_xception", pretrained=False, num_classes=classes)
    return torchvision.models.get_model(name, weights=None, num_classes=classes)


def build(name: str, classes: int, width: float = 1, hidden: int = VGG16_HIDDEN) -> nn.Module:
    """The network `name` with every channel count but the input's and the classes' multiplied by `width`."""
    with torch.device("meta"):
        network = library_network(name, classes)
    narrow(network, ARCHITECTURES[name].classifier, width, hidden)
    return network


def narrow(network: nn.Module, classifier: str, width: float, hidden: int) -> None:
    """Replaces every layer that has parameters by one `width` as wide."""

    def scaled(channels: int) -> int:
        product = channels * width
        if product != int(product):
            raise ValueError(f"{channels} channels x width {width} is not a whole number")
        return int(product)

    def features(count: int) -> int:
        return hidden if count == VGG16_HIDDEN else scaled(count)

    for name, module in list(network.named_modules()):
        if isinstance(module, nn.Conv2d):
            replacement = nn.Conv2d(
                3 if module.in_channels == 3 else scaled(module.in_channels), scaled(module.out_channels),
                module.kernel_size, module.stride, module.padding, module.dilation,
                1 if module.groups == 1 else scaled(module.groups), module.bias is not None)
        elif isinstance(module, nn.BatchNorm2d):
            replacement = nn.BatchNorm2d(scaled(module.num_features), module.eps, module.momentum)
        elif isinstance(module, nn.Linear):
            outputs = module.out_features if name == classifier else features(module.out_features)
            replacement = nn.Linear(features(module.in_features), outputs)
        else:
            continue
        parent, _, child = name.rpartition(".")
        setattr(network.get_submodule(parent), child, replacement)


def initialise(network: nn.Module, classifier: str) -> None:
    """He's initialisation; the last layer starts small, so that no class is favoured at first."""
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out" if module.groups == 1 else "fan_in",
                                    nonlinearity="relu")
        elif isinstance(module, nn.Linear):
            if name == classifier:
                nn.init.normal_(module.weight, std=0.01)
            else:
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)
        else:
            continue
        if getattr(module, "bias", None) is not None:
            nn.init.zeros_(module.bias)


def load(path: Path) -> tuple[Normalised, Architecture, dict[str, str]]:
    """The network in a weights file of ours, in evaluation mode, and the file's metadata."""
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
        state = {name: file.get_tensor(name).float() for name in file.keys()}
    name = metadata["architecture"]
    hidden = state["classifier.0.weight"].shape[0] if name == "vgg16" else VGG16_HIDDEN
    network = build(name, len(json.loads(metadata["classes"])), float(metadata["width"]), hidden)
    missing, unexpected = network.load_state_dict(state, strict=False)
    missing = [key for key in missing if not key.endswith("num_batches_tracked")]
    if missing or unexpected:
        raise ValueError(f"{path}: missing {missing}, left over {unexpected}")
    return Normalised(network, ARCHITECTURES[name]).eval(), ARCHITECTURES[name], metadata


# Checking


def check(name: str) -> None:
    """At width 1 the same keys, shapes and outputs as the library; narrow, the same keys, and it runs."""
    torch.manual_seed(7)
    reference = library_network(name, 10).eval()
    ours = build(name, 10).eval()
    expected = {key: value.shape for key, value in reference.state_dict().items()}
    found = {key: value.shape for key, value in ours.state_dict().items()}
    assert list(expected.items()) == list(found.items()), f"{name}: keys or shapes differ"
    ours.load_state_dict(reference.state_dict())
    size = ARCHITECTURES[name].size
    x = torch.rand(1, 3, size, size)
    with torch.inference_mode():
        assert torch.equal(reference(x), ours(x)), f"{name}: outputs differ"
        slim = build(name, 10, width=0.25, hidden=512).eval()
        assert list(slim.state_dict()) == list(expected), f"{name}: keys differ at width 0.25"
        assert slim(x).shape == (1, 10), f"{name}: wrong output shape at width 0.25"
    for (key, small), full in zip(slim.state_dict().items(), expected.values()):
        ratios = {(a, b) for a, b in zip(small.shape, full) if a != b}
        assert all(4 * a == b or (a, b) == (512, 4096) for a, b in ratios), f"{name}: {key} has shape {small.shape}"
    assert any(True for _ in slim.get_submodule(ARCHITECTURES[name].last).named_modules())
    print(f"{name}: {len(expected)} tensors, keys, shapes and outputs agree")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with torchvision and timm")
    if parser.parse_args().check:
        for each in ARCHITECTURES:
            check(each)
    else:
        parser.print_help()
