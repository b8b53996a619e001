#!/usr/bin/env python3
"""What Heatdrift measures, measured with the reference tools, to compare its results.csv with.

    python3 evaluate.py ../../Models/vgg16.safetensors > vgg16.csv

PyTorch for the network, FGSM and Grad-CAM; OpenCV for enlarging the maps; scikit-image for SSIM. One row per image,
target, layer and epsilon on standard output, the summary (MOD, VID, accuracy, dead maps) on standard error.
"""

import argparse
import csv
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from skimage.metrics import structural_similarity

import networks
import orl

EPSILONS = [0.005, 0.01, 0.02, 0.05, 0.1]
COLUMNS = ["model", "image", "label", "target", "layer", "epsilon", "clean_prediction", "adversarial_prediction",
           "ssim", "nissim", "clean_peak", "adversarial_peak"]
TARGETS = ["predicted", "label", "clean-prediction"]


def read_image(path: Path, side: int) -> torch.Tensor:
    """A photograph from the cache as the picture in [0, 1] that is attacked."""
    values = np.frombuffer(orl.pixels(path.read_bytes()), dtype=np.uint8).reshape(1, 1, orl.HEIGHT, orl.WIDTH)
    image = torch.from_numpy(values.copy()).float().expand(1, 3, -1, -1) / 255
    return F.interpolate(image, size=(side, side), mode="bilinear", antialias=True, align_corners=False).clamp(0, 1)


class Explainer:
    """A network whose layers are watched, so that Grad-CAM can be read off one forward and one backward."""

    def __init__(self, network: networks.Normalised, layers: list[str]):
        self.network, self.layers = network, layers
        self.outputs: dict[str, torch.Tensor] = {}
        # Nothing may overwrite a layer's output after the hook has seen it.
        for module in network.modules():
            if getattr(module, "inplace", False):
                module.inplace = False
        for name in layers:
            network.network.get_submodule(name).register_forward_hook(self.watch(name))

    def watch(self, name: str):
        def hook(_module, _inputs, output):
            self.outputs[name] = output
        return hook

    def predict(self, x: torch.Tensor) -> int:
        with torch.no_grad():
            return int(self.network(x).argmax())

    def input_gradient(self, x: torch.Tensor, label: int) -> torch.Tensor:
        x = x.clone().requires_grad_()
        loss = F.cross_entropy(self.network(x), torch.tensor([label]))
        return torch.autograd.grad(loss, x)[0]

    def raw_maps(self, x: torch.Tensor, target: int) -> dict[str, np.ndarray]:
        logit = self.network(x.clone().requires_grad_())[0, target]
        activations = [self.outputs[name] for name in self.layers]
        gradients = torch.autograd.grad(logit, activations)
        maps = {}
        for name, activation, gradient in zip(self.layers, activations, gradients):
            weights = gradient.mean(dim=(2, 3), keepdim=True)
            maps[name] = (weights * activation).sum(dim=1)[0].clamp(min=0).detach().numpy()
        return maps


def stretched(values: np.ndarray) -> np.ndarray:
    values = values - values.min()
    return values / (1e-7 + values.max())


def heatmap(raw: np.ndarray, side: int) -> np.ndarray:
    enlarged = cv2.resize(stretched(raw), (side, side), interpolation=cv2.INTER_LINEAR)
    return stretched(enlarged).astype(np.float64)


def measure(path: Path, part: str, layers: list[str], targets: list[str], epsilons: list[float]) -> list[dict]:
    """The rows of results.csv for one weights file."""
    network, architecture, metadata = networks.load(path)
    explainer = Explainer(network, [architecture.last if layer == "last" else layer for layer in layers])
    root = orl.ensure()
    _, parts = orl.split(list(orl.manifest()), int(metadata["split_seed"]))
    rows = []
    for file, label in parts[part]:
        clean = read_image(root / file, architecture.size)
        sign = explainer.input_gradient(clean, label).sign()
        attacked = {epsilon: (clean + epsilon * sign).clamp(0, 1) for epsilon in [0.0, *epsilons]}
        before = explainer.predict(clean)
        after = {epsilon: explainer.predict(x) for epsilon, x in attacked.items()}
        for target in targets:
            def explained(prediction: int) -> int:
                return {"predicted": prediction, "label": label, "clean-prediction": before}[target]

            clean_maps = explainer.raw_maps(clean, explained(before))
            for epsilon, x in attacked.items():
                attacked_maps = explainer.raw_maps(x, explained(after[epsilon]))
                for layer in explainer.layers:
                    raw, drifted = clean_maps[layer], attacked_maps[layer]
                    ssim = structural_similarity(heatmap(raw, architecture.size),
                                                 heatmap(drifted, architecture.size), data_range=1.0)
                    rows.append({
                        "model": path.stem, "image": file, "label": label, "target": target, "layer": layer,
                        "epsilon": epsilon, "clean_prediction": before, "adversarial_prediction": after[epsilon],
                        "ssim": float(ssim), "nissim": float((1 - ssim) / 2),
                        "clean_peak": float(raw.max()), "adversarial_peak": float(drifted.max())})
    return rows


@dataclass(frozen=True)
class Summary:
    """MOD, accuracy, success and dead maps per epsilon, and the three readings of VID."""

    table: list[tuple[float, float, float, float, int]]
    vid: float
    vid_of_mod: float
    vid_pooled: float


def summarise(rows: list[dict]) -> Summary:
    """Of the rows of one model, target and layer."""
    table, drift = [], []
    for epsilon in dict.fromkeys(row["epsilon"] for row in rows):
        level = [row for row in rows if row["epsilon"] == epsilon]
        right = [row["clean_prediction"] == row["label"] for row in level]
        survived = [row["adversarial_prediction"] == row["label"] for row in level]
        fooled = sum(a and not b for a, b in zip(right, survived)) / max(1, sum(right))
        dead = sum(row["clean_peak"] <= 0 or row["adversarial_peak"] <= 0 for row in level)
        nissim = [row["nissim"] for row in level]
        table.append((epsilon, float(np.mean(nissim)), float(np.mean(survived)), fooled, dead))
        if epsilon > 0:
            drift.append(nissim)
    values = np.array(drift)  # (epsilons, images)
    return Summary(table, float(values.std(axis=0).mean()), float(values.mean(axis=1).std()), float(values.std()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path, nargs="+", help="safetensors files that train.py wrote")
    parser.add_argument("--part", choices=["train", "validation", "test"], default="test")
    parser.add_argument("--layers", nargs="+", default=["last"], metavar="LAYER")
    parser.add_argument("--targets", nargs="+", choices=TARGETS, default=["predicted"])
    parser.add_argument("--epsilons", nargs="+", type=float, default=EPSILONS)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for path in options.weights:
        rows = measure(path, options.part, options.layers, options.targets, options.epsilons)
        writer.writerows(rows)
        for target, layer in dict.fromkeys((row["target"], row["layer"]) for row in rows):
            summary = summarise([row for row in rows if (row["target"], row["layer"]) == (target, layer)])
            print(f"{path.stem}, {layer}, target {target}: VID {summary.vid:.4f}, of MOD {summary.vid_of_mod:.4f}, "
                  f"pooled {summary.vid_pooled:.4f}", file=sys.stderr)
            for epsilon, mod, accuracy, fooled, dead in summary.table:
                print(f"  epsilon {epsilon:<6g} MOD {mod:.4f}  accuracy {accuracy:.3f}  fooled {fooled:.3f}  "
                      f"dead {dead}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
