#!/usr/bin/env python3
"""Goldens of the explanations on the five networks, narrow: raw maps by pytorch-grad-cam 1.5.7's own classes, which run the
network themselves, in double precision.

    python3 Scripts/goldens/explained_networks.py

Each network is explained at its last convolutional layer and at a convolution within. In all that have batch normalisation
that convolution's has factors of both signs, so that whoever folds it into the convolution has to undo that channel by
channel: an explanation that looks at single elements does not survive a sign that was forgotten. VGG16 has none.

Weights, images and PyTorch's own error in single precision are as in golden_networks.py. Needs what that needs, and grad-cam.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from pytorch_grad_cam import GradCAM, GradCAMPlusPlus, HiResCAM, LayerCAM, XGradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

sys.path.insert(0, str(Path(__file__).resolve().parent))
from golden_networks import (  # noqa: E402
    ARCHITECTURES, CLASSES, NARROW_SIZE, disturbed, error, map_entry, networks, parameter, picture, ways)

METHODS = {
    "grad-cam": GradCAM, "hires-cam": HiResCAM, "xgrad-cam": XGradCAM, "grad-cam++": GradCAMPlusPlus,
    "layer-cam": LayerCAM,
}
WIDTH, HIDDEN, SAMPLES = 0.25, 48, 60

# A convolution within, and the factors of the normalisation behind it.
WITHIN = {
    "vgg16": ("features.17", None),
    "resnet50": ("layer3.1.conv2", "layer3.1.bn2.weight"),
    # Before a sum.
    "resnet101": ("layer4.1.conv3", "layer4.1.bn3.weight"),
    "inception_v3": ("Mixed_6c.branch7x7_2.conv", "Mixed_6c.branch7x7_2.bn.weight"),
    "xception": ("conv3", "bn3.weight"),
}


def alternating(flipped: str | None):
    """Generated parameters, of which those of one name are negative in every odd channel."""

    def value(name: str, shape: torch.Size) -> torch.Tensor:
        values = parameter(name, shape)
        if name == flipped:
            values[1::2] *= -1
        return values

    return value


def raw_map(method, network: torch.nn.Module, layer: str, x: torch.Tensor, c: int) -> np.ndarray:
    """What the class makes of a layer before it scales it; (h, w)."""
    cam = method(model=network, target_layers=[dict(network.network.named_modules())[layer]])
    images = []
    own = cam.get_cam_image

    def kept(*arguments, **options):
        images.append(own(*arguments, **options))
        return images[-1]

    cam.get_cam_image = kept
    cam(input_tensor=x, targets=[ClassifierOutputTarget(c)])
    cam.activations_and_grads.release()
    return np.maximum(images[0][0], 0)


def own_error(values: np.ndarray, truth: np.ndarray) -> float:
    """As `error`, and 0 of a map that is dead on both sides."""
    return 0.0 if not truth.any() and not values.any() else error(values, truth)


def golden(name: str) -> dict:
    within, flipped = WITHIN[name]
    network, exact = networks(name, WIDTH, HIDDEN, value=alternating(flipped))
    side = NARROW_SIZE[name]
    x = picture(side)
    with torch.no_grad():
        explained = int(exact(x.double()).argmax())

    def maps(net: torch.nn.Module, image: torch.Tensor) -> dict:
        return {(layer, key): raw_map(method, net, layer, image, explained)
                for layer in (within, ARCHITECTURES[name].last) for key, method in METHODS.items()}

    truth = maps(exact, x.double())
    singles = [maps(each, x) for each in ways(network)]
    singles += [maps(disturbed(exact, seed), x.double()) for seed in range(3)]
    return {
        "architecture": name, "width": WIDTH, "hiddenFeatures": HIDDEN, "inputSize": side, "classes": CLASSES,
        "explainedClass": explained, **({"flipped": flipped} if flipped else {}),
        "maps": [{"explanation": key,
                  **map_entry(layer, values, max(own_error(s[layer, key], values) for s in singles), SAMPLES)}
                 for (layer, key), values in truth.items()],
    }


def main():
    folder = Path(__file__).resolve().parent.parent.parent / "Tests/ArchitecturesTests/Goldens"
    torch.set_num_threads(2)
    for name in sys.argv[1:] or WITHIN:
        content = golden(name)
        for entry in content["maps"]:
            print(name, entry["name"], entry["explanation"], "norm", entry["norm"], "own", entry["errorOfPyTorch"])
        (folder / f"explained-{name}.json").write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
