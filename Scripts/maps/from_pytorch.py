#!/usr/bin/env python3
"""The five shipped networks run by Heatdrift, and by PyTorch, whose answers and maps Heatdrift reads.

    from_pytorch.py HEATDRIFT FOLDER [--images N] [--networks NAME...]

One experiment runs the networks on ORL faces under FGSM and PGD, explains them in two ways and two classes, and compares maps in
every way. The same images are attacked and explained by PyTorch in double precision, the truth, and in single precision, written by
Python/heatdrift_maps.py, and a second experiment reads both. Printed for each network, and for PyTorch in single precision beside
it: the greatest difference from the truth of a MOD, of a VID, and of a NISSIM alone, and how many predictions differ. Exit code 1
where a row is missing, or a MOD or VID of NISSIM is off by more than the measurement protocol's bound: 2e-3, or twice PyTorch's own
error where that is more.
"""

import argparse
import csv
import statistics
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Scripts/demo-models"))
sys.path.insert(0, str(ROOT / "Python"))
from heatdrift_maps import Writer  # noqa: E402
from networks import load  # noqa: E402
from orl import ensure  # noqa: E402

EPSILONS = {"fgsm": ["2/255", "8/255", "0.1"], "pgd": ["4/255"]}
STEPS = 5
EXPLANATIONS, TARGETS = ["grad-cam", "layer-cam"], ["predicted", "label"]
MEASURES = ["nissim", "rank", "centre", "iou", "magnitude"]
BOUND = 2e-3


def experiment(path: Path, models: list[str], images: int) -> Path:
    attacks = "\n".join(
        f"  - {{method: {name}, epsilons: [{', '.join(levels)}]{f', steps: {STEPS}' if name == 'pgd' else ''}}}"
        for name, levels in EPSILONS.items())
    path.write_text(
        f"title: Networks here and elsewhere\ndata: {{source: orl, split: test, split-seed: 7, limit: {images}}}\nmodels:\n"
        + "\n".join(models) + f"\nattacks:\n{attacks}\nexplain: {{methods: [{', '.join(EXPLANATIONS)}], targets: [{', '.join(TARGETS)}]}}\n"
        + f"compare: {{measures: [{', '.join(MEASURES)}]}}\nreport: {{formats: [pdf]}}\n")
    return path


def run(heatdrift: Path, file: Path, output: Path) -> list[dict]:
    subprocess.run([str(heatdrift), "run", str(file), "--output", str(output), "--quiet"], check=True)
    with open(output / "results.csv") as table:
        return list(csv.DictReader(table))


class Network:
    """A network with what class activation maps need of one layer."""

    def __init__(self, weights: Path, precision: torch.dtype):
        self.model, self.about, metadata = load(weights)
        self.model.to(precision)
        self.precision = precision
        self.classes = len(__import__("json").loads(metadata["classes"]))
        self.model.network.get_submodule(self.about.last).register_forward_hook(self.keep)

    def keep(self, _module, _inputs, output):
        # What comes later may overwrite the layer's output in place: it gets a copy.
        self.activations = output
        return output + 0

    def input(self, path: Path) -> torch.Tensor:
        with open(path, "rb") as file:
            assert file.readline() == b"P5\n"
            width, height = map(int, file.readline().split())
            assert file.readline() == b"255\n"
            grey = np.frombuffer(file.read(), np.uint8).reshape(height, width)
        x = torch.from_numpy(grey.astype(np.float32) / 255)[None, None].expand(1, 3, -1, -1)
        return F.interpolate(x, (self.about.size,) * 2, mode="bilinear", antialias=True, align_corners=False).clamp(0, 1).to(self.precision)

    def look(self, x: torch.Tensor, label: int):
        """Logits, and the maps by (explanation, target, layer)."""
        x = x.detach().requires_grad_()
        logits = self.model(x)
        maps = {}
        for target, explained in (("predicted", int(logits.argmax())), ("label", label)):
            gradients, = torch.autograd.grad(logits[0, explained], self.activations, retain_graph=True)
            activations = self.activations.detach()
            means = gradients.mean((2, 3), keepdim=True)
            maps["grad-cam", target, self.about.last] = (means * activations).sum(1).clamp(min=0)[0]
            maps["layer-cam", target, self.about.last] = (gradients.clamp(min=0) * activations).sum(1).clamp(min=0)[0]
        return logits[0].detach(), maps

    def sign(self, x: torch.Tensor, label: int) -> torch.Tensor:
        x = x.detach().requires_grad_()
        gradient, = torch.autograd.grad(F.cross_entropy(self.model(x), torch.tensor([label])), x)
        return gradient.sign()

    def attacked(self, attack: str, x: torch.Tensor, label: int, epsilon: float) -> torch.Tensor:
        if attack == "fgsm":
            return (x + epsilon * self.sign(x, label)).clamp(0, 1)
        own = x
        for _ in range(STEPS):
            step = own + 2.5 * epsilon / STEPS * self.sign(own, label)
            own = (x + (step - x).clamp(-epsilon, epsilon)).clamp(0, 1)
        return own


def value(text: str) -> float:
    above, _, below = text.partition("/")
    return float(above) / float(below or 1)


def write(weights: Path, images: dict[str, int], faces: Path, folder: Path, precision: torch.dtype) -> None:
    network = Network(weights, precision)
    with Writer(folder, producer=f"PyTorch in {precision}", size=network.about.size, classes=network.classes, root=faces, libraries=["torch"],
                options={"pgd": {"steps": STEPS}}) as writer:
        for number, (name, label) in enumerate(images.items()):
            x = network.input(faces / name)
            # The pictures of some, as for figures.
            picture = (lambda own: own) if number % 2 == 0 else (lambda own: None)
            with writer.image(faces / name, label) as image:
                image.clean(*network.look(x, label), picture=picture(x))
                image.control(*network.look(x, label), picture=picture(x))
                for attack, levels in EPSILONS.items():
                    for level in levels:
                        own = network.attacked(attack, x, label, value(level))
                        image.attacked(attack, level, *network.look(own, label), picture=picture(own))


def series(rows: list[dict], measure: str) -> dict[tuple, dict[str, dict[float, float]]]:
    """By model, attack, explanation, target and layer: of each image the measure at each level."""
    found: dict = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        key = tuple(row[name] for name in ("model", "attack", "explanation", "target", "layer"))
        if row[measure] and float(row["epsilon"]) > 0:
            found[key][row["image"]][float(row["epsilon"])] = float(row[measure])
    return found


def drift(images: dict[str, dict[float, float]]) -> tuple[dict[float, float], float]:
    levels = sorted({level for own in images.values() for level in own})
    mods = {level: statistics.fmean(own[level] for own in images.values() if level in own) for level in levels}
    spreads = [statistics.pstdev(own.values()) for own in images.values() if len(own) == len(levels)]
    return mods, statistics.fmean(spreads) if spreads else 0


def compare(name: str, here: list[dict], there: list[dict]) -> float:
    """Greatest difference of a MOD or VID of NISSIM; infinite where the rows are not the same."""
    keys = ("image", "attack", "explanation", "target", "layer", "epsilon")
    one, two = ({tuple(row[key] for key in keys): row for row in rows} for rows in (here, there))
    if one.keys() != two.keys():
        print(f"{name}: {len(one)} rows here, {len(two)} elsewhere, {len(one.keys() & two.keys())} in both")
        return float("inf")
    flipped = sum(one[key][column] != two[key][column] for key in one for column in ("clean_prediction", "adversarial_prediction"))
    alone = max(abs(float(one[key]["nissim"]) - float(two[key]["nissim"])) for key in one)
    worst = {}
    for measure in MEASURES:
        mod = vid = 0.0
        first, second = series(list(one.values()), measure), series(list(two.values()), measure)
        for key in first:
            (mods, own), (others, other) = drift(first[key]), drift(second[key])
            mod = max([mod] + [abs(mods[level] - others[level]) for level in mods])
            vid = max(vid, abs(own - other))
        worst[measure] = (mod, vid)
    print(f"{name:21} {len(one)} rows: NISSIM alone {alone:.1e}, {flipped} predictions differ; MOD, VID: "
          + "; ".join(f"{measure} {mod:.1e}, {vid:.1e}" for measure, (mod, vid) in worst.items()))
    # The bound is NISSIM's: rank and threshold move further where maps differ in their last bits.
    return max(worst["nissim"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("heatdrift", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=8)
    parser.add_argument("--networks", nargs="*")
    options = parser.parse_args()
    weights = [file for file in sorted((ROOT / "Models").glob("*.safetensors")) if file.stem in (options.networks or [file.stem])]
    options.folder.mkdir(parents=True, exist_ok=True)
    here = run(options.heatdrift, experiment(
        options.folder / "here.yaml",
        [f"  - {{architecture: {file.stem}, weights: {file}, width: 0.25, name: {file.stem}}}" for file in weights], options.images),
        options.folder / "here")
    faces = ensure()
    images = {row["image"]: int(row["label"]) for row in here}
    names = {}
    for file in weights:
        for precision in (torch.float32, torch.float64):
            name = f"{file.stem.replace('_', '-')}-{str(precision)[11:]}"
            names[file.stem, precision] = name
            folder = options.folder / "maps" / name
            for old in folder.glob("*.safetensors"):
                old.unlink()
            write(file, images, faces, folder, precision)
    there = run(options.heatdrift, experiment(
        options.folder / "elsewhere.yaml", [f"  - {{maps: maps/{name}}}" for name in names.values()], options.images),
        options.folder / "elsewhere")

    def of(rows: list[dict], model: str) -> list[dict]:
        return [{**row, "model": ""} for row in rows if row["model"] == model]

    failed = False
    for file in weights:
        truth = of(there, names[file.stem, torch.float64])
        own = compare("PyTorch's own error", of(there, names[file.stem, torch.float32]), truth)
        error = compare(file.stem, of(here, file.stem), truth)
        failed = failed or not error <= max(BOUND, 2 * own)
    print(f"{len(weights)} networks, {len(images)} images")
    sys.exit(failed)


if __name__ == "__main__":
    main()
