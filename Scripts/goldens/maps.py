#!/usr/bin/env python3
"""Files of maps for the tests of the command line, and the photographs that they are of.

    python3 maps.py ../../Tests/CommandLineTests/Maps

Of the network in `colour.onnx` (`onnx_small_networks.py`), run by PyTorch in double precision on six small photographs: clean, the
control, FGSM and PGD, explained by Grad-CAM and LayerCAM of two classes, written by Python/heatdrift_maps.py. Two of the photographs
have the pictures of their inputs. Needs torch and NumPy; everything is seeded.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Python"))
from heatdrift_maps import Writer, fraction, photographs  # noqa: E402
from onnx_small_networks import image as pattern  # noqa: E402
from onnx_small_networks import network as small_network  # noqa: E402

SIZE, STEPS = 32, 4
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
LEVELS = [("fgsm", "0.02"), ("fgsm", "8/255"), ("fgsm", "0.1"), ("pgd", "0.05")]


def write_photographs(folder: Path) -> None:
    random = np.random.default_rng(3)
    for label in ("anna", "boris", "clara"):
        for number in (1, 2):
            coarse = random.uniform(0, 255, (4, 5, 3))
            picture = (np.kron(coarse, np.ones((5, 4, 1))) + random.uniform(-20, 20, (20, 20, 3))).clip(0, 255).astype(np.uint8)
            path = folder / label / f"{number}.ppm"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"P6\n20 20\n255\n" + picture.tobytes())


class Explained(torch.nn.Module):
    """The network behind its normalisation, with the activations of its last convolution."""

    def __init__(self):
        super().__init__()
        own = small_network(3, 3).double()
        logits = json.loads((ROOT / "Tests/CommandLineTests/Networks/logits.json").read_text())["colour"]
        assert np.allclose(own(pattern(3))[0].tolist(), logits), "the network is not the one of the ONNX file"
        self.own = own
        self.mean = torch.tensor(MEAN, dtype=torch.float64).view(1, 3, 1, 1)
        self.std = torch.tensor(STD, dtype=torch.float64).view(1, 3, 1, 1)

    def forward(self, x):
        x = torch.relu(self.own.bn1(self.own.conv1((x - self.mean) / self.std)))
        self.activations = torch.relu(self.own.bn2(self.own.conv2(x)))
        return self.own.fc(torch.flatten(F.adaptive_avg_pool2d(self.activations, 1), 1))

    def look(self, x, label):
        logits = self(x)
        maps = {}
        for target, explained in (("predicted", int(logits.argmax())), ("label", label)):
            gradients, = torch.autograd.grad(logits[0, explained], self.activations, retain_graph=True)
            own = self.activations.detach()
            maps["grad-cam", target, "conv2"] = (gradients.mean((2, 3), keepdim=True) * own).sum(1).clamp(min=0)[0]
            maps["layer-cam", target, "conv2"] = (gradients.clamp(min=0) * own).sum(1).clamp(min=0)[0]
        return logits.detach(), maps

    def sign(self, x, label):
        x = x.detach().requires_grad_()
        gradient, = torch.autograd.grad(F.cross_entropy(self(x), torch.tensor([label])), x)
        return gradient.sign()

    def attacked(self, attack, x, label, epsilon):
        if attack == "fgsm":
            return (x + epsilon * self.sign(x, label)).clamp(0, 1)
        own = x
        for _ in range(STEPS):
            step = own + 2.5 * epsilon / STEPS * self.sign(own, label)
            own = (x + (step - x).clamp(-epsilon, epsilon)).clamp(0, 1)
        return own


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    shutil.rmtree(folder, ignore_errors=True)
    write_photographs(folder / "faces")
    network = Explained()
    with Writer(folder / "maps", producer="PyTorch in double precision", size=SIZE, classes=3, root=folder / "faces",
                software={"torch": "2"}, options={"fgsm": {"loss-label": "label"}, "pgd": {"steps": STEPS}}) as writer:
        for number, (path, label) in enumerate(photographs(folder / "faces")):
            pixels = np.frombuffer(Path(path).read_bytes()[-1200:], np.uint8).reshape(20, 20, 3)
            x = torch.from_numpy(pixels.transpose(2, 0, 1).astype(np.float64) / 255)[None]
            x = F.interpolate(x, (SIZE, SIZE), mode="bilinear", antialias=True, align_corners=False).clamp(0, 1)
            with writer.image(path, label) as image:
                def picture(own):
                    return own if number < 2 else None

                image.clean(*network.look(x, label), picture=picture(x))
                image.control(*network.look(x, label), picture=picture(x))
                for attack, level in LEVELS:
                    own = network.attacked(attack, x, label, fraction(level)).detach()
                    image.attacked(attack, level, *network.look(own, label), picture=picture(own))


if __name__ == "__main__":
    main()
