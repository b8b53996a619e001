#!/usr/bin/env python3
"""Networks at their published sizes as ONNX files by both of PyTorch's exporters, and what they give.

    python3 Scripts/onnx/families.py WORK [--checker PROGRAM] [--engine ENGINE]... [--keep] [--times] [--trials COUNT] [NAME...]

Weights are seeded. Of each file, at one seeded image: the logits by onnxruntime and by the exported module in double precision; of that module
the gradient of the highest logit with respect to the image, and activations, gradients and raw maps at `last` (by the rule of
onnx_graph.py) and at two layers within; how far PyTorch in single precision is from all of that; how long a pass forwards in onnxruntime
with one forwards and backwards in PyTorch takes, both in single precision. WORK/NAME-EXPORTER.json has the numbers, .reference.safetensors the
arrays, .inputs.safetensors the image.

With a checker each file is given to it, what it writes is compared, and WORK/NAME-EXPORTER-ENGINE.checked.json says how far it is off.
Files are deleted when they are done with, unless they are to be kept. With --times only seconds are taken, all of a network's within a
minute of each other, and put into the records of an earlier run. Needs what Scripts/goldens/onnx_networks.py needs, and safetensors.
"""

import argparse
import copy
import json
import subprocess
import sys
import time
import traceback
import warnings
import zlib
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from safetensors.numpy import load_file, save_file

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
import onnx_reference  # noqa: E402
from full_families import FULL  # noqa: E402
from golden_networks import disturbed, error, generated, raw_map, ways  # noqa: E402
from onnx_graph import Flow  # noqa: E402
from onnx_narrow import seeded  # noqa: E402
from onnx_networks import Watched, modules_of  # noqa: E402

OPSETS = {"torchscript": 17, "dynamo": 20}
FOLDED = 2e-4  # what folding normalisations in single precision does to a value of a deep network


def export(network, image, exporter, path):
    """With a batch of any size by the older one; by the newer one weights lie in a file beside it where they are large."""
    common = {"opset_version": OPSETS[exporter], "input_names": ["image"], "output_names": ["logits"]}
    if exporter == "dynamo":
        torch.onnx.export(network, (image,), str(path), dynamo=True, external_data=True, verbose=False, **common)
    else:
        axes = {"image": {0: "batch"}, "logits": {0: "batch"}}
        torch.onnx.export(network, (image,), str(path), dynamo=False, dynamic_axes=axes, **common)


def seconds(function, times=5):
    """The shortest of so many."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        function()
        taken.append(time.perf_counter() - start)
    return min(taken)


class Timed:
    """onnxruntime's logits, and the seconds of a pass there and of one forwards and backwards in PyTorch."""

    def __init__(self, path, network, image, chosen):
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = torch.get_num_threads()
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.logits = session.run(["logits"], {"image": image.numpy()})[0].ravel()
        self.forwards = seconds(lambda: session.run(["logits"], {"image": image.numpy()}))
        x = image.clone().requires_grad_()
        self.both = seconds(lambda: torch.autograd.grad(network(x)[0, chosen], x))


def gradient_at(network, image):
    x = image.clone().requires_grad_()
    logits = network(x)
    return torch.autograd.grad(logits[0, int(logits.argmax())], x)[0].double().numpy()


def best_image(full, network):
    """Of five generated images the first whose gradient rounding hardly moves, or that which it moves least: a single ReLU that opens
    on one side and not on the other moves a whole gradient by thousandths, in PyTorch as in any other program."""
    doubled = copy.deepcopy(network).double()
    best = None
    for number in range(5):
        name = f"{full.name}.{number}"
        pixels = generated(name, full.channels * full.side**2).astype(np.float32)
        image = torch.from_numpy(pixels).reshape(1, full.channels, full.side, full.side)
        truth = gradient_at(doubled, image.double())
        away = error(gradient_at(network, image), truth) if truth.any() else float("inf")
        if best is None or away < best[0]:
            best = away, name, image
        if away < 1e-4:
            break
    return best[1:]


class Truth:
    """A network in double precision at an image, and how far PyTorch in single precision is from it; both files are held to it."""

    def __init__(self, network, image, trials):
        self.network, self.image, self.trials = network, image, trials
        self.doubled = copy.deepcopy(network).double()
        self.exact = Watched(self.doubled, image.double())
        self.own = {}

    def measure(self, modules):
        """The worst of PyTorch's ways to convolve and of the trials that stand for other processors."""
        if all(module in self.own for module in modules):
            return
        chosen = self.exact.chosen
        self.own = dict.fromkeys(["logits", "gradient", *modules], 0.0)
        for number in range(self.trials):
            self.compare(Watched(disturbed(self.doubled, number), self.image.double(), chosen, modules), modules)
        for each in ways(copy.deepcopy(self.network)):
            self.compare(Watched(each, self.image, chosen, modules), modules)

    def compare(self, run, modules):
        found = {"logits": error(run.logits, self.exact.logits), "gradient": error(run.gradient, self.exact.gradient)}
        for module in modules:
            truth = self.exact.map(module)
            found[module] = error(run.map(module), truth) if truth.any() else 0.0
        for key, value in found.items():
            self.own[key] = max(self.own[key], value)


def layers_of(flow, truth):
    """`last`, a convolution at a third of the way and something else at two thirds; each with the modules that give it. Those
    modules that another file of this network was explained at are taken again."""
    last = flow.last()
    matched = {last: modules_of(flow.values[last], truth.exact, FOLDED)}
    names = [name for name in flow.layers() if flow.makes_layer(name) and name != last]

    def first_matched(place, wanted):
        by_place = sorted(range(len(names)), key=lambda index: abs(index - place * len(names)))
        order = [names[index] for index in by_place if (flow.makers[names[index]][0].op_type == "Conv") == wanted]
        fits = [(name, modules_of(flow.values[name], truth.exact, FOLDED)) for name in order[:8]]
        fits = [(name, modules) for name, modules in fits if modules and truth.exact.map(modules[0]).any()]
        fits.sort(key=lambda fit: fit[1][0] not in truth.own)
        if fits:
            matched.setdefault(*fits[0])

    first_matched(1 / 3, True)
    first_matched(2 / 3, False)
    return matched


def references(full, truth, path):
    """The record of a file, and its arrays."""
    exact = truth.exact
    model = onnx.load(path)
    with torch.no_grad():
        values = onnx_reference.run(model, {"image": truth.image.double()})
    flow = Flow(model, values)
    layers = layers_of(flow, truth)
    truth.measure([names[0] for names in layers.values() if names])
    arrays = {"logits": exact.logits, "gradient": exact.gradient[0]}
    described = []
    for number, (value, names) in enumerate(layers.items()):
        described.append({"value": value, "modules": names, "operator": flow.makers[value][0].op_type, "key": f"layer{number}"})
        if names:
            activation, gradient = exact.values[names[0]].detach(), exact.gradients[names[0]]
            arrays |= {f"layer{number}.activations": activation[0].numpy(), f"layer{number}.gradient": gradient[0].numpy(),
                       f"layer{number}.map": raw_map(activation, gradient)}
            described[-1]["errorOfPyTorch"] = truth.own[names[0]]
    timed = Timed(path, truth.network, truth.image, exact.chosen)
    arrays["runtime"] = timed.logits
    operators = [node.op_type for node in model.graph.node]
    record = {
        "name": full.name, "shape": [full.channels, full.side, full.side], "class": exact.chosen, "layers": described,
        "operators": {kind: operators.count(kind) for kind in sorted(set(operators))}, "logitsOfPyTorch": truth.own["logits"],
        "gradientOfPyTorch": truth.own["gradient"], "fileAway": error(values["logits"].numpy().ravel(), exact.logits),
        "runtimeAway": error(timed.logits, exact.logits), "secondsOfOnnxruntime": timed.forwards, "secondsOfPyTorch": timed.both}
    return record, {key: np.ascontiguousarray(array, dtype=np.float32) for key, array in arrays.items()}


def compared(checker, engine, stem, record, reference):
    """What the checker makes of a file: errors as norms of differences by norms, or why it refuses."""
    output = Path(f"{stem}.{engine}.safetensors")
    layers = [entry for entry in record["layers"] if entry["modules"]]
    command = [checker, f"{stem}.onnx", "--inputs", f"{stem}.inputs.safetensors", "--class", str(record["class"]), "--engine", engine,
               "--layers", ",".join(entry["value"] for entry in layers), "--output", str(output), "--times", "5"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        return {"engine": engine, "refused" if done.returncode == 64 else "failed": done.stderr.strip()[-2000:]}
    found = load_file(output)
    output.unlink()
    report = json.loads(done.stdout)
    line = {"engine": engine, "seconds": report["forwardSeconds"] + report["gradientSeconds"], "forwards": report["forwardSeconds"],
            "last": report["last"], "logits": error(found["logits"].ravel(), reference["runtime"].astype(np.float64)),
            "gradient": error(found["gradient"].ravel(), reference["gradient"].astype(np.float64).ravel())}
    for entry in layers:
        truth = reference[f"{entry['key']}.map"].astype(np.float64)
        line[entry["key"]] = error(found[f"{entry['value']}.map"].reshape(truth.shape), truth) if truth.any() else 0.0
    return line


def take_times(full, network, options):
    """Seconds alone, into the records that are there; how many files have none."""
    missing = 0
    for exporter in options.exporter or OPSETS:
        stem = options.work / f"{full.name}-{exporter}"
        path, written = Path(f"{stem}.onnx"), Path(f"{stem}.json")
        if not written.exists():
            print(f"{stem.name}: no record of an earlier run", flush=True)
            missing += 1
            continue
        record = json.loads(written.read_text())
        image = torch.from_numpy(load_file(f"{stem}.inputs.safetensors")["image"])
        export(network, image, exporter, path)
        timed = Timed(path, network, image, record["class"])
        record |= {"secondsOfOnnxruntime": timed.forwards, "secondsOfPyTorch": timed.both}
        written.write_text(json.dumps(record, indent=1) + "\n")
        for engine in options.engine or ["onednn", "openblas"]:
            checked = Path(f"{stem}-{engine}.checked.json")
            line = json.loads(checked.read_text()) if checked.exists() else {}
            if "seconds" in line:
                now = compared(options.checker, engine, stem, record, load_file(f"{stem}.reference.safetensors"))
                checked.write_text(json.dumps(line | {key: now[key] for key in ("seconds", "forwards")}, indent=1) + "\n")
                print(f"{stem.name}, {engine}: {now['seconds']:.3f} s beside {timed.forwards:.3f} + {timed.both:.3f} s", flush=True)
        for file in options.work.glob(f"{full.name}-{exporter}.onnx*"):
            file.unlink()
    return missing


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--checker")
    parser.add_argument("--engine", action="append")
    parser.add_argument("--exporter", action="append", choices=OPSETS)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--times", action="store_true")
    parser.add_argument("--trials", type=int, default=2, help="of rounding otherwise, in each file's network; default 2")
    parser.add_argument("names", nargs="*")
    options = parser.parse_intermixed_args()
    if options.times and not options.checker:
        parser.error("--times needs --checker")
    unknown = sorted(set(options.names) - {full.name for full in FULL})
    if unknown:
        parser.error(f"no network {', '.join(unknown)}; there are {', '.join(full.name for full in FULL)}")
    warnings.simplefilter("ignore")
    options.work.mkdir(parents=True, exist_ok=True)
    failures = 0
    for full in FULL:
        if options.names and full.name not in options.names:
            continue
        network = seeded(full.build(), torch.zeros(1, full.channels, full.side, full.side), zlib.crc32(full.name.encode()))
        if options.times:
            failures += take_times(full, network, options)
            continue
        image_name, image = best_image(full, network)
        truth = Truth(network, image, options.trials)
        for exporter in options.exporter or OPSETS:
            stem = options.work / f"{full.name}-{exporter}"
            path = Path(f"{stem}.onnx")
            try:
                export(network, image, exporter, path)
                record, reference = references(full, truth, path)
            except Exception:  # one network does not stop the others
                failures += 1
                print(f"{stem.name}: {traceback.format_exc(limit=3)[-600:]}", flush=True)
                continue
            record |= {"exporter": exporter, "opset": OPSETS[exporter], "image": image_name}
            save_file({"image": image.numpy()}, f"{stem}.inputs.safetensors")
            save_file(reference, f"{stem}.reference.safetensors")
            Path(f"{stem}.json").write_text(json.dumps(record, indent=1) + "\n")
            print(f"{stem.name}: {sum(record['operators'].values())} nodes, file {record['fileAway']:.1e}, onnxruntime "
                  f"{record['runtimeAway']:.1e}, PyTorch's own {record['gradientOfPyTorch']:.1e}, "
                  f"{record['secondsOfOnnxruntime']:.3f} + {record['secondsOfPyTorch']:.3f} s, last {record['layers'][0]['value']} "
                  f"{record['layers'][0]['modules'][:1]}", flush=True)
            for engine in (options.engine or ["onednn", "openblas"]) if options.checker else []:
                line = {"name": full.name, "exporter": exporter, **compared(options.checker, engine, stem, record, reference)}
                Path(f"{stem}-{engine}.checked.json").write_text(json.dumps(line, indent=1) + "\n")
                failures += "failed" in line
                print(f"  {line}", flush=True)
            if not options.keep:
                for file in options.work.glob(f"{full.name}-{exporter}.onnx*"):
                    file.unlink()
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
