#!/usr/bin/env python3
"""Goldens of ONNX operators: small models of one operator or of a pattern of few, and what they give.

    python3 Scripts/goldens/onnx_operators.py [CASE...]

Each case of onnx_cases_*.py becomes NAME.onnx in Tests/ONNXTests/Goldens/operators: input `image` of (1, C, H, W), output `logits` of
(1, n). `operators.json` holds what to expect: the logits by onnxruntime in single precision, and by PyTorch in double precision (an
interpreter of the graph, onnx_reference.py) the gradient of sum_i seed_i logits_i with respect to the image. The interpreter is held
to onnxruntime forwards and to finite differences backwards. Images keep away from kinks, but in cases of `ties`, where values are whole
and PyTorch's derivative at a kink is what is asked.

Numbers are float32, little endian, in base64 (`packed` of golden_networks.py). Needs torch, onnx, onnxruntime and what golden_networks.py
needs.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent))
import onnx_cases_constants  # noqa: E402, F401
import onnx_cases_products  # noqa: E402, F401
import onnx_cases_shapes  # noqa: E402, F401
import onnx_cases_values  # noqa: E402, F401
import onnx_cases_windows  # noqa: E402, F401
import onnx_reference  # noqa: E402
from golden_networks import generated, packed  # noqa: E402
from onnx_builder import CASES, Builder, bytes_of  # noqa: E402

TARGET = Path(__file__).resolve().parents[2] / "Tests" / "ONNXTests" / "Goldens" / "operators"
STEP = 1e-4  # of finite differences; a kink that is nearer than this shows


def image_of(case, attempt):
    """(1, C, H, W), float32."""
    u = generated(f"{case.name} image {attempt}", int(np.prod(case.shape)))
    values = case.span[0] + (case.span[1] - case.span[0]) * u
    if case.ties:
        values = np.round(values)
    return values.astype(np.float32).reshape(1, *case.shape)


def fed(case, image):
    """The image as the file's input has it."""
    return image if case.layout == "NCHW" else image.transpose(0, 2, 3, 1) if isinstance(image, np.ndarray) else image.permute(0, 2, 3, 1)


def by_onnxruntime(model, image):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(bytes_of(model), options, providers=["CPUExecutionProvider"])
    half = session.get_inputs()[0].type == "tensor(float16)"
    return session.run(["logits"], {"image": image.astype(np.float16) if half else image})[0].astype(np.float32)


def difference(values, truth):
    """The largest, in units of the largest."""
    return float(np.abs(values - truth).max() / max(np.abs(truth).max(), 1e-30))


class Differentiated:
    """A model at an image: its logits and the gradient of a weighted sum of them, in double precision."""

    def __init__(self, case, model, image, wanted):
        self.case, self.model, self.wanted = case, model, wanted
        self.image = torch.from_numpy(image).double().requires_grad_()
        self.logits = self.forward(self.image)
        self.seed = torch.from_numpy((2 * generated(f"{case.name} seed", self.logits.numel()) - 1).astype(np.float32)).double()
        self.gradient, = torch.autograd.grad((self.logits * self.seed).sum(), self.image)

    def forward(self, image, name=None):
        return onnx_reference.run(self.model, {"image": fed(self.case, image)})[name or self.wanted].reshape(-1)

    def error_of_differences(self):
        """Of the derivatives along five directions, against those by central differences."""
        worst = 0.0
        with torch.no_grad():
            for number in range(5):
                drawn = generated(f"{self.case.name} direction {number}", self.image.numel()) - 0.5
                direction = torch.from_numpy(drawn).reshape(self.image.shape)
                ahead, behind = (((self.forward(self.image + sign * STEP * direction)) * self.seed).sum() for sign in (1, -1))
                slope = (ahead - behind) / (2 * STEP)
                scale = (self.gradient * direction).square().sum().sqrt() + 1e-12
                worst = max(worst, abs(float(slope - (self.gradient * direction).sum())) / float(scale))
        return worst


def made(case, opset):
    builder = Builder(case.name, opset)
    result = case.build(builder, "image")
    model = builder.model(result, case)
    wanted = builder.before or "logits"
    for attempt in range(50):
        image = image_of(case, attempt)
        values = by_onnxruntime(model, fed(case, image)).reshape(-1)
        exact = Differentiated(case, model, image, wanted)
        with torch.no_grad():
            forwards = difference(values, exact.forward(exact.image, "logits").numpy())
        assert forwards < 1e-5, f"forwards {forwards}"
        assert exact.gradient.any() and exact.logits.any(), "nothing to compare"
        if case.ties:
            break
        backwards = exact.error_of_differences()
        if backwards < 1e-5:
            break
    else:
        raise AssertionError(f"finite differences {backwards}")
    if wanted != "logits":
        values = exact.logits.detach().numpy()
    record = {
        "name": case.name, "file": case.file(opset) + ".onnx", "opset": opset, "shape": list(case.shape), "image": packed(image),
        "logits": packed(values), "seed": packed(exact.seed.numpy()), "gradient": packed(exact.gradient.numpy()),
        "operators": sorted({node.op_type for node in model.graph.node})}
    record |= {key: True for key, value in (("optional", case.optional), ("ties", case.ties)) if value}
    if case.layout != "NCHW":
        record["layout"] = case.layout
    return model, record


def main() -> int:
    torch.set_num_threads(1)
    TARGET.mkdir(parents=True, exist_ok=True)
    chosen = set(sys.argv[1:])
    assert len({case.name for case in CASES}) == len(CASES), "a name that is used twice"
    records, failures = [], 0
    for case in CASES:
        if chosen and case.name not in chosen:
            continue
        for opset in case.opsets:
            try:
                model, record = made(case, opset)
            except Exception as problem:
                print(f"{case.file(opset)}: {type(problem).__name__}: {str(problem)[:400]}")
                failures += 1
                continue
            assert len(bytes_of(model)) < 20_000, case.name
            records.append((record, bytes_of(model)))
    print(len(records), "models,", failures, "failures")
    if failures or chosen:
        return int(failures > 0)
    for path in TARGET.glob("*.onnx"):
        path.unlink()
    for record, content in records:
        (TARGET / record["file"]).write_bytes(content)
    lines = ",\n".join(json.dumps(record, separators=(",", ":")) for record, _ in records)
    (TARGET / "operators.json").write_text(f"[\n{lines}\n]\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
