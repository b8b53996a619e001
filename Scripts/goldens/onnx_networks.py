#!/usr/bin/env python3
"""Goldens of networks from ONNX files: narrow ones of every family, by both of PyTorch's exporters, and what they give.

    python3 Scripts/goldens/onnx_networks.py [FAMILY...]

Makes Tests/ONNXTests/Goldens/networks/FAMILY-EXPORTER-OPSET[-batch][-unfolded].onnx and `networks.json`. Weights are seeded; the image is
`generated` of its name. Logits come from onnxruntime and from the module that was exported, in double precision; gradients, activations
and raw maps from that module alone, through hooks, and are compared with those of the file itself (onnx_reference.py). Beside
each stands how far PyTorch in single precision is from it, as in golden_networks.py; of some images that one is taken for which this is
least. With names of families only those are made anew, and the records of the others stay.

Numbers are float32, little endian, in base64; of long ones each `stride`th. Needs torch, torchvision, timm, onnx, onnxruntime,
onnxscript and what golden_networks.py needs.
"""

import copy
import json
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
import onnx
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent))
import onnx_reference  # noqa: E402
from golden_networks import disturbed, error, generated, packed, raw_map, ways  # noqa: E402
from onnx_families import DYNAMO, FAMILIES  # noqa: E402
from onnx_graph import Flow  # noqa: E402
from onnx_narrow import seeded  # noqa: E402
from onnx_operators import by_onnxruntime, difference  # noqa: E402

TARGET = Path(__file__).resolve().parents[2] / "Tests" / "ONNXTests" / "Goldens" / "networks"
LARGEST_MAP = 324  # elements of the maps within that are stored whole
GOOD = 1e-4  # an image is good enough where PyTorch in single precision is so near


def picture(name, family):
    count = family.channels * family.side**2
    return torch.from_numpy(generated(name, count).astype(np.float32)).reshape(1, family.channels, family.side, family.side)


# --- The file ----------------------------------------------------------------------------------------------------------------

def export(network, family, each, path):
    image = torch.zeros(1, family.channels, family.side, family.side)
    common = {"opset_version": each.opset, "input_names": ["image"], "output_names": ["logits"]}
    dynamic = isinstance(each.batch, str)
    if each.exporter == DYNAMO:
        shapes = ({0: torch.export.Dim.DYNAMIC},) if dynamic else None
        torch.onnx.export(network, (torch.zeros(2, *image.shape[1:]) if dynamic else image,), str(path), dynamo=True,
                          external_data=False, verbose=False, dynamic_shapes=shapes, **common)
    else:
        kept = {} if each.folded else {"do_constant_folding": False, "training": torch.onnx.TrainingMode.PRESERVE}
        axes = {"image": {0: each.batch}, "logits": {0: each.batch}} if dynamic else None
        torch.onnx.export(network, (image,), str(path), dynamo=False, dynamic_axes=axes, **common, **kept)
    model = onnx.load(path)
    # Where each line of Python was: most of the file, and not of this test.
    for item in [*model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer]:
        scopes = [(prop.key, prop.value) for prop in item.metadata_props if each.scopes and prop.key == "namespace"]
        del item.metadata_props[:]
        for key, value in scopes:
            item.metadata_props.add(key=key, value=value)
        if hasattr(item, "doc_string"):
            item.doc_string = ""
    del model.graph.value_info[:]
    del model.graph.metadata_props[:], model.metadata_props[:]
    path.write_bytes(model.SerializeToString(deterministic=True))
    return model


def file_name(family, each):
    parts = [family.name, each.exporter, str(each.opset)]
    parts += ["batch"] * isinstance(each.batch, str) + ["unfolded"] * (not each.folded) + ["scopes"] * each.scopes
    return "-".join(parts) + ".onnx"


# --- What the module gives -------------------------------------------------------------------------------------------------------

class Watched:
    """A network at an image: logits, and every module's value with the gradient of one logit, or those of the modules named."""

    def __init__(self, network, x, chosen=None, only=None):
        self.values = {}
        handles = [module.register_forward_hook(lambda module, inputs, output, name=name: self.keep(name, output))
                   for name, module in network.named_modules() if name and (only is None or name in only)]
        x = x.clone().requires_grad_()
        self.logits = network(x)
        for handle in handles:
            handle.remove()
        self.chosen = int(self.logits.argmax()) if chosen is None else chosen
        names = list(self.values)
        gradients = torch.autograd.grad(self.logits[0, self.chosen], [x] + [self.values[name] for name in names], allow_unused=True)
        self.gradient = gradients[0].double().numpy()
        self.gradients = dict(zip(names, gradients[1:]))
        self.logits = self.logits.detach().double().numpy().ravel()

    def keep(self, name, output):
        """The value as it is now; what comes later may overwrite its own copy in place. Of a module that is called again the last."""
        if not isinstance(output, torch.Tensor) or not output.requires_grad:
            return output
        self.values[name] = output
        return output.clone()

    def map(self, name):
        return raw_map(self.values[name].detach(), self.gradients[name])


class Reference:
    """The truth at an image, and PyTorch's own runs in single precision."""

    def __init__(self, network, image):
        exact = copy.deepcopy(network).double()
        self.exact = Watched(exact, image.double())
        chosen = self.exact.chosen
        self.singles = [Watched(each, image, chosen) for each in ways(copy.deepcopy(network))]
        self.singles += [Watched(disturbed(exact, number), image.double(), chosen) for number in range(2)]

    def worst(self, quantity):
        truth = quantity(self.exact)
        return max(error(np.asarray(quantity(single)), np.asarray(truth)) for single in self.singles)


def reference(family, network):
    """At the first image that is good enough, or the best of eight."""
    best = None
    for number in range(8):
        name = f"{family.name}.{number}"
        found = Reference(network, picture(name, family))
        found.image = name
        found.error = found.worst(lambda run: run.gradient) if found.exact.gradient.any() else float("inf")
        if best is None or found.error < best.error:
            best = found
        if best.error < GOOD:
            break
    return best


# --- Both together ------------------------------------------------------------------------------------------------------------------

def sampled(values, count):
    """Each `stride`th of the elements, the norm of all."""
    values = np.asarray(values, dtype=np.float64).ravel()
    stride = max(1, values.size // count)
    stride += stride > 1 and stride % 2 == 0
    return {"norm": float(np.linalg.norm(values)), "stride": stride, "values": packed(values[::stride])}


def modules_of(value, watched, tolerance=2e-5):
    """The modules that gave this value, those within first."""
    names = [name for name, other in watched.values.items()
             if other.shape == value.shape and watched.gradients[name] is not None
             and float((other - value).abs().max()) <= tolerance * float(value.abs().max())]
    return sorted(names, key=lambda name: -name.count("."))


def layer_record(kind, name, flow, found, gradients):
    value = flow.values[name].detach()
    names = modules_of(value, found.exact)
    record = {"layer": kind, "value": name, "operator": flow.makers[name][0].op_type, "modules": names}
    if names:
        module = names[0]
        value, gradient = found.exact.values[module].detach(), found.exact.gradients[module].detach()
        away = error(gradients[name].numpy(), gradient.numpy())
        assert away < 1e-3, f"{name}: the gradient of the file's value is {away} from that of {module}"
        own = found.worst(lambda run: run.map(module)) if raw_map(value, gradient).any() else 0.0
        record["errorOfPyTorch"] = own
        record["gradientErrorOfPyTorch"] = found.worst(lambda run: run.gradients[module].double().numpy())
    else:
        gradient = gradients[name]
    values = raw_map(value, gradient)
    assert (values > 0).sum() > values.size // 10, f"{name}: a map that is nearly dead says little"
    return record | {"shape": list(value.shape[1:]), "activations": sampled(value, 32), "gradient": sampled(gradient, 32),
                     "map": packed(values), "mapNorm": float(np.linalg.norm(values))}


def within(flow, found, last):
    """Two more layers: a convolution in front and something else behind, with maps that are small and alive."""
    names = [name for name in flow.layers() if name != last and flow.makes_layer(name)
             and flow.values[name].shape[2] * flow.values[name].shape[3] <= LARGEST_MAP
             and modules_of(flow.values[name].detach(), found.exact)]

    def nearest(place, wanted, taken=()):
        order = sorted(range(len(names)), key=lambda index: abs(index - place * len(names)))
        for strict in (True, False):
            for index in order:
                name = names[index]
                module = modules_of(flow.values[name].detach(), found.exact)[0]
                is_wanted = (flow.makers[name][0].op_type == "Conv") == wanted or not strict
                if is_wanted and name not in taken and (found.exact.map(module) > 0).sum() > found.exact.map(module).size // 10:
                    return [name]
        return []

    first = nearest(0.3, True)
    return first + nearest(0.65, False, first)


def record(family, each, network, found):
    path = TARGET / file_name(family, each)
    model = export(network, family, each, path)
    onnx.checker.check_model(model, full_check=True)
    image = picture(found.image, family)
    by_runtime = by_onnxruntime(model, image.numpy()).ravel()
    kept = {}

    def keep(name, value):
        if value is not None and value.requires_grad:
            kept[name] = value
        return value

    x = image.double().requires_grad_()
    values = onnx_reference.run(model, {"image": x}, keep)
    exact = found.exact
    names = list(kept)
    gradients = torch.autograd.grad(values["logits"][0, exact.chosen], [x] + [kept[name] for name in names], allow_unused=True)
    away = {"logits": difference(values["logits"].detach().numpy().ravel(), exact.logits), "runtime": difference(by_runtime, exact.logits),
            "gradient": error(gradients[0].numpy(), exact.gradient)}
    assert away["logits"] < 1e-5 and away["runtime"] < 5e-5 and away["gradient"] < 1e-3, away
    flow = Flow(model, values)
    of_values = dict(zip(names, gradients[1:]))
    last = flow.last()
    layers = [layer_record("last", last, flow, found, of_values)]
    layers += [layer_record("within", name, flow, found, of_values) for name in within(flow, found, last)]
    print(f"{path.name}: {path.stat().st_size // 1000} KB, {len(model.graph.node)} nodes, away {away}, last {last} "
          f"{layers[0]['modules'][:2]}, own {found.error:.1e}", flush=True)
    operators = [node.op_type for node in model.graph.node]
    return {
        "file": path.name, "family": family.name, "exporter": each.exporter, "opset": each.opset,
        "shape": [family.channels, family.side, family.side], **({"embedding": True} if family.embedding else {}),
        "operators": {kind: operators.count(kind) for kind in sorted(set(operators))},
        "image": found.image, "logits": packed(by_runtime), "exactLogits": packed(exact.logits), "class": exact.chosen,
        "gradient": sampled(exact.gradient, 64), "logitsErrorOfPyTorch": found.worst(lambda run: run.logits),
        "gradientErrorOfPyTorch": found.error, "positive": float((exact.gradient > 0).mean()), "layers": layers}


def main() -> int:
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    TARGET.mkdir(parents=True, exist_ok=True)
    chosen = set(sys.argv[1:])
    listed = TARGET / "networks.json"
    old = json.loads(listed.read_text()) if listed.exists() else []
    records = {entry["file"]: entry for entry in old}
    failures = 0
    for family in FAMILIES:
        if chosen and family.name not in chosen:
            continue
        image = torch.zeros(1, family.channels, family.side, family.side)
        for salt in range(10):
            network = seeded(family.build(), image, zlib.crc32(family.name.encode()) + family.seed + salt)
            found = reference(family, network)
            # Not where all logits are 0 behind a ReLU.
            if found.error < float("inf"):
                break
        for each in family.exports:
            try:
                records[file_name(family, each)] = record(family, each, network, found)
            except Exception as problem:
                print(f"{file_name(family, each)}: {type(problem).__name__}: {str(problem)[:300]}", flush=True)
                failures += 1
                # Neither a file without its record nor an old record beside a new file.
                records.pop(file_name(family, each), None)
                (TARGET / file_name(family, each)).unlink(missing_ok=True)
    files = [file_name(family, each) for family in FAMILIES for each in family.exports]
    for path in TARGET.glob("*.onnx"):
        if path.name not in files:
            path.unlink()
    lines = ",\n".join(json.dumps(records[name], separators=(",", ":")) for name in files if name in records)
    listed.write_text(f"[\n{lines}\n]\n")
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
