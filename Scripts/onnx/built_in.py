#!/usr/bin/env python3
"""The five networks that Heatdrift has itself, exported and given to it as ONNX files beside them.

    built_in.py HEATDRIFT FOLDER [--images N]

The shipped networks go through PyTorch's older exporter, as it is used most (batch normalisation folded by the exporter) and
without folding, and through the newer one. One experiment measures all four forms on the ORL faces by the same layer's name.
Printed: for each network and form the greatest differences of a NISSIM and of a MOD, and how many predictions differ.
Exit code 1 where a MOD differs by more than 1e-6, of the older exporter's folding by more than 1e-3: it takes its square roots from
PyTorch, where MKL's are off by one in the last place in one of 160 channels.
"""

import argparse
import csv
import statistics
import subprocess
import sys
import warnings
from collections import defaultdict
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Scripts/demo-models"))
from networks import load  # noqa: E402

EPSILONS = [0.005, 0.02, 0.1]
FORMS = {"unfolded": 1e-6, "folded": 1e-3, "dynamo": 1e-6}


def export(weights: Path, folder: Path) -> tuple[dict[str, Path], dict]:
    model, architecture, _ = load(weights)
    network, side = model.network, architecture.size
    image = torch.zeros(1, 3, side, side)
    files = {form: folder / f"{weights.stem}-{form}.onnx" for form in FORMS}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(network, (image,), str(files["folded"]), dynamo=False, opset_version=17)
        torch.onnx.export(
            network, (image,), str(files["unfolded"]), dynamo=False, opset_version=17, do_constant_folding=False,
            training=torch.onnx.TrainingMode.PRESERVE)
        torch.onnx.export(network, (image,), str(files["dynamo"]), dynamo=True, opset_version=20, verbose=False)
    return files, {"size": side, "mean": list(architecture.mean), "std": list(architecture.std), "last": architecture.last}


def experiment(folder: Path, images: int) -> Path:
    models = []
    for weights in sorted((ROOT / "Models").glob("*.safetensors")):
        files, about = export(weights, folder)
        name = weights.stem
        models.append(f"  - {{architecture: {name}, weights: {weights}, width: 0.25, name: {name}, layers: [{about['last']}]}}")
        for form, file in files.items():
            models.append(
                f"  - {{network: {file}, name: {name} {form}, layers: [{about['last']}], "
                f"input: {{size: {about['size']}, mean: {about['mean']}, std: {about['std']}}}}}")
    path = folder / "built-in.yaml"
    path.write_text(
        f"title: Built-in networks as ONNX files\ndata: {{source: orl, split: test, split-seed: 7, limit: {images}}}\nmodels:\n"
        + "\n".join(models) + f"\nattack: {{method: fgsm, epsilons: {EPSILONS}}}\nreport: {{formats: [pdf]}}\n")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("heatdrift", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=40)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    output = options.folder / "report"
    subprocess.run(
        [str(options.heatdrift), "run", str(experiment(options.folder, options.images)), "--output", str(output), "--quiet"],
        check=True)
    rows: dict[str, dict] = defaultdict(dict)
    with open(output / "results.csv") as file:
        for row in csv.DictReader(file):
            rows[row["model"]][(row["image"], row["epsilon"])] = row
    names = {weights.stem for weights in (ROOT / "Models").glob("*.safetensors")}
    keys = {key.replace("-", "_").replace(" ", "_"): key for key in rows}
    failed = False
    for name in sorted(names):
        own = rows[keys[name]]
        for form, bound in FORMS.items():
            other = rows[next(key for key in rows if key not in names and key.replace("-", "_").startswith(f"{name}_{form}"))]
            assert own.keys() == other.keys(), f"{name} {form}: other rows"
            differences = [abs(float(own[key]["nissim"]) - float(other[key]["nissim"])) for key in own]
            flipped = sum(own[key]["adversarial_prediction"] != other[key]["adversarial_prediction"] for key in own)
            means = []
            for epsilon in {key[1] for key in own}:
                level = [key for key in own if key[1] == epsilon]
                means.append(abs(statistics.fmean(float(own[key]["nissim"]) - float(other[key]["nissim"]) for key in level)))
            failed = failed or max(means) > bound
            print(f"{name:13} {form:9} NISSIM {max(differences):.1e}, MOD {max(means):.1e}, {flipped} of {len(own)} predictions")
    sys.exit(failed)


if __name__ == "__main__":
    main()
