#!/usr/bin/env python3
"""Goldens of the explanations: raw maps by pytorch-grad-cam 1.5.7's own classes, in double precision, of activations and
gradients that are made up.

    python3 Scripts/goldens/explanations.py

Inputs come from `generated` in golden_networks.py and are not stored: activations of both signs, gradients of which a
tenth are 0. The second case has activations that were normalised away: what lies in memory is scale A + shift, with scales
of both signs and one of 0.
"""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from pytorch_grad_cam import GradCAM, GradCAMPlusPlus, HiResCAM, LayerCAM, XGradCAM

sys.path.insert(0, str(Path(__file__).resolve().parent))
from golden_networks import generated  # noqa: E402

CHANNELS, HEIGHT, WIDTH = 12, 5, 7
METHODS = {
    "grad-cam": GradCAM, "hires-cam": HiResCAM, "xgrad-cam": XGradCAM, "grad-cam++": GradCAMPlusPlus,
    "layer-cam": LayerCAM,
}


def inputs():
    count = CHANNELS * HEIGHT * WIDTH
    activations = (generated("cam/activations", count) * 4 - 1).astype(np.float32)
    gradients = (generated("cam/gradients", count) * 2 - 1).astype(np.float32)
    gradients[generated("cam/zeros", count) < 0.1] = 0
    shape = (CHANNELS, HEIGHT, WIDTH)
    return activations.reshape(shape).astype(np.float64), gradients.reshape(shape).astype(np.float64)


def raw_map(method, activations, gradients):
    # The classes want a model; what is asked of them here does not.
    cam = method.__new__(method)
    cam.uses_gradients = True
    cam.activations_and_grads = SimpleNamespace(release=lambda: None)
    image = cam.get_cam_image(None, None, None, activations[None], gradients[None], False)
    return np.maximum(image[0], 0)


def main():
    activations, gradients = inputs()
    # Multiples of a quarter: what is taken back in Float32 is exact but for the activations' own rounding.
    scales = np.array([0.5, -0.25, 2, 1, -1, 0.75, -2, 0.25, 1.5, 0, -0.5, 1])
    shifts = np.array([0, 0.25, -1, 2, 0.5, 0, 1, -0.25, 0, 0.75, -0.5, 0.25])
    folded = (activations * scales[:, None, None] + shifts[:, None, None]).astype(np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        known = np.where(scales[:, None, None] == 0, 0, (folded.astype(np.float64) - shifts[:, None, None])
                         / scales[:, None, None])
        own = np.where(scales[:, None, None] == 0, 0, gradients)
        in_memory = np.where(scales[:, None, None] == 0, 0, own / scales[:, None, None]).astype(np.float32)
    own = in_memory.astype(np.float64) * scales[:, None, None]
    content = {
        "channels": CHANNELS, "height": HEIGHT, "width": WIDTH,
        "scales": scales.tolist(), "shifts": shifts.tolist(),
        "maps": {name: raw_map(method, activations, gradients).ravel().tolist() for name, method in METHODS.items()},
        "folded": {name: raw_map(method, known, own).ravel().tolist() for name, method in METHODS.items()},
    }
    path = Path(__file__).resolve().parents[2] / "Tests/ExplanationsTests/Goldens/raw-maps.json"
    path.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
