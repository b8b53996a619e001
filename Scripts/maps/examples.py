#!/usr/bin/env python3
"""Runs the examples of Python/heatdrift_maps.py as they stand there, on made-up photographs and an untrained network.

    examples.py FOLDER [--only pytorch-grad-cam captum tf-keras]

Needs what the examples import: torch, torchvision, grad-cam, torchattacks, captum, Pillow; TensorFlow for the last one. Leaves
FOLDER/faces and FOLDER/maps/*. Printed: what the first maps are, and how far the two of PyTorch lie apart.
"""

import argparse
import os
import re
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Python"))
import heatdrift_maps  # noqa: E402


def examples() -> dict[str, str]:
    """The code under each heading of the module's text."""
    found, name = {}, None
    lines = heatdrift_maps.__doc__.splitlines()
    for line, below in zip(lines, lines[1:] + [""]):
        if set(below) == {"-"}:
            name = re.split(r"[ ,]", line)[0]
            found[name] = ""
        elif name and (line.startswith("    ") or not line):
            found[name] += line[4:] + "\n"
        elif set(line) != {"-"}:
            name = None
    return found


def photographs(folder: Path) -> None:
    """Four, of two labels: smooth colours, written as PPM."""
    random = np.random.default_rng(7)
    for label in "ab":
        for number in range(2):
            coarse = random.uniform(0, 255, (6, 5, 3))
            picture = np.kron(coarse, np.ones((20, 20, 1))).astype(np.uint8)
            path = folder / "faces" / label / f"{number}.ppm"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"P6\n%d %d\n255\n" % picture.shape[1::-1] + picture.tobytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*")
    options = parser.parse_args()
    code = examples()
    chosen = options.only or list(code)
    options.folder.mkdir(parents=True, exist_ok=True)
    photographs(options.folder)
    os.chdir(options.folder)
    for old in Path("maps").glob("*/*.safetensors"):
        old.unlink()
    shared: dict = {}
    for name in chosen:
        # No weights are downloaded.
        text = code[name].replace('weights="DEFAULT"', "weights=None").replace("ResNet50()", "ResNet50(weights=None)")
        if "torch" in text and not shared:
            import torch

            torch.manual_seed(7)
        exec(compile(text, name, "exec"), shared)  # noqa: S102
    maps = {}
    for file in sorted(Path("maps").glob("*/*.safetensors")):
        about, tensors = heatdrift_maps.load(file)
        (layer,) = about["layers"]
        maps[file.parent.name] = tensors["maps." + layer], tensors["logits"]
        print(f"{file}: {about['producer']['name']}, {len(about['images'])} images, {len(about['levels'])} levels, maps of "
              f"{tensors['maps.' + layer].shape[-2:]}, greatest {float(tensors['maps.' + layer].max()):.3g}")
    if {"resnet50", "captum"} <= maps.keys():
        # Levels: clean, control, attacks; and the same without the control.
        (ours, logits), (others, answers) = maps["resnet50"], maps["captum"]
        ours, logits = np.delete(ours, 1, 1), np.delete(logits, 1, 1)
        apart = np.linalg.norm(ours - others) / np.linalg.norm(ours)
        print(f"the two of PyTorch: maps {apart:.1e} of the norm apart, logits {np.abs(logits - answers).max():.1e}")
        sys.exit(not apart < 1e-3)


if __name__ == "__main__":
    main()
