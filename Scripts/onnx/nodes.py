#!/usr/bin/env python3
"""The node tests of the ONNX standard as networks: what others wrote down that each operator gives.

    python3 Scripts/onnx/nodes.py WORK

Takes every node test of the installed `onnx` package and wraps it: the first floating-point input becomes the image, of (1, C, H, W), which
a Reshape brings to the test's own shape; all others become constants; one floating-point output, flattened, becomes the logits, and a test
of several such outputs makes a model of each. Operators whose newest version is newer than is read are written as the newest that is.
onnxruntime has to agree with the test where it knows the operator, so that no test is held against us that the wrapping spoiled.

Makes WORK/NAME.onnx, WORK/NAME.inputs.safetensors (`image`) and WORK/nodes.json: for each test its models with shape, expected values' file
and tolerances, or the reason why it makes none. Needs onnx, onnxruntime, numpy and safetensors.
"""

import argparse
import json
import math
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.backend.test.case.node import collect_testcases
from safetensors.numpy import save_file

NEWEST, OLDEST = 21, 9  # opsets that are read
IMAGE, LOGITS = "wrapped.image", "wrapped.logits"  # no test has such names
FLOATS = {TensorProto.FLOAT: None, TensorProto.DOUBLE: TensorProto.DOUBLE, TensorProto.FLOAT16: TensorProto.FLOAT16}
IR_VERSIONS = {9: 4, 10: 5, 11: 6, 12: 7, 13: 7, 14: 7, 15: 8, 16: 8, 17: 8, 18: 8, 19: 9, 20: 9, 21: 10}
CONTROL = {"If", "Loop", "Scan", "SequenceMap"}
RANDOM = {"Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"}


class Unfit(Exception):
    """Why a test makes no network."""


def image_shape(shape):
    """(C, H, W) of as many elements, as the test's own where that is a map."""
    shape = list(shape)
    if len(shape) >= 4:
        return [math.prod(shape[:-2]), *shape[-2:]]
    return ([1] * 3 + shape)[-3:]


def opset_of(model):
    versions = {item.domain: item.version for item in model.opset_import}
    foreign = sorted({node.domain for node in model.graph.node} - {"", "ai.onnx"})
    if foreign:
        raise Unfit(f"domain {foreign[0]}")
    return versions.get("", versions.get("ai.onnx"))


def is_trained(node):
    attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    return bool(attributes.get("training_mode", 0)) or (node.op_type == "Dropout" and len(node.input) > 2 and node.input[2] != "")


def checked(test):
    """What must hold of a test before it is wrapped."""
    graph = test.model.graph
    kinds = {node.op_type for node in graph.node}
    if kinds & CONTROL:
        raise Unfit("control flow")
    if kinds & RANDOM:
        raise Unfit("random numbers")
    if len(test.model.functions):
        raise Unfit("functions of the model's own")
    for value in [*graph.input, *graph.output]:
        if not value.type.HasField("tensor_type"):
            raise Unfit("sequences or optional values")
        if value.type.tensor_type.elem_type == TensorProto.STRING:
            raise Unfit("strings")


def array_of(value):
    return numpy_helper.to_array(value) if isinstance(value, TensorProto) else np.asarray(value)


def wrapped(test, name, output, opset):
    """A model whose image is the test's first floating-point input, and that input."""
    graph = test.model.graph
    arrays = [array_of(value) for value in test.data_sets[0][0]]
    chosen = next((index for index, value in enumerate(graph.input) if value.type.tensor_type.elem_type in FLOATS), None)
    if chosen is None:
        raise Unfit("no input of floating-point numbers")
    image = arrays[chosen]
    if image.size == 0:
        raise Unfit("an input without elements")
    kind = graph.input[chosen].type.tensor_type.elem_type
    shape = image_shape(image.shape)
    inside = graph.input[chosen].name
    nodes, constants = [], [numpy_helper.from_array(array, value.name) for index, (array, value)
                            in enumerate(zip(arrays, graph.input)) if index != chosen]
    before = IMAGE
    if kind != TensorProto.FLOAT:
        nodes.append(helper.make_node("Cast", [before], ["wrapped.image_cast"], to=kind))
        before = "wrapped.image_cast"
    constants.append(numpy_helper.from_array(np.array(image.shape, dtype=np.int64), "wrapped.image_shape"))
    nodes.append(helper.make_node("Reshape", [before, "wrapped.image_shape"], [inside], name="wrapped.to_the_test"))
    nodes += graph.node
    after = output.name
    if output.type.tensor_type.elem_type != TensorProto.FLOAT:
        nodes.append(helper.make_node("Cast", [after], ["wrapped.output_cast"], to=TensorProto.FLOAT))
        after = "wrapped.output_cast"
    constants.append(numpy_helper.from_array(np.array([1, -1], dtype=np.int64), "wrapped.logits_shape"))
    nodes.append(helper.make_node("Reshape", [after, "wrapped.logits_shape"], [LOGITS], name="wrapped.to_logits"))
    made = helper.make_graph(
        nodes, name, [helper.make_tensor_value_info(IMAGE, TensorProto.FLOAT, [1, *shape])],
        [helper.make_tensor_value_info(LOGITS, TensorProto.FLOAT, [1, None])], [*graph.initializer, *constants])
    model = helper.make_model(made, producer_name="onnx node tests", ir_version=IR_VERSIONS[opset],
                              opset_imports=[helper.make_opsetid("", opset)])
    return model, image.astype(np.float32).reshape(1, *shape)


def by_onnxruntime(model, image):
    """None where onnxruntime has no kernel."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return session.run([LOGITS], {IMAGE: image})[0].ravel()
    except Exception:  # its exceptions have no common type
        return None


def models(test, work):
    """A record for each floating-point output."""
    checked(test)
    declared = opset_of(test.model)
    opset = min(max(declared, OLDEST), NEWEST)
    if any(is_trained(node) for node in test.model.graph.node):
        raise Unfit("training")
    outputs = [(index, output) for index, output in enumerate(test.model.graph.output)
               if output.type.tensor_type.elem_type in FLOATS]
    if not outputs:
        raise Unfit("no output of floating-point numbers")
    records = []
    for index, output in outputs:
        name = test.name + (f"-{output.name}" if len(outputs) > 1 else "")
        expected = array_of(test.data_sets[0][1][index]).astype(np.float32).ravel()
        if expected.size == 0:
            raise Unfit("an output without elements")
        model, image = wrapped(test, name, output, opset)
        try:
            onnx.checker.check_model(model, full_check=False)
        except onnx.checker.ValidationError as problem:
            raise Unfit(f"needs opset {declared}") if declared > NEWEST else Unfit(str(problem).splitlines()[0]) from problem
        found = by_onnxruntime(model, image)
        half = TensorProto.FLOAT16 in {value.type.tensor_type.elem_type for value in [*test.model.graph.input, output]}
        rtol = max(test.rtol or 1e-3, 5e-3 if half else 0)
        atol = max(test.atol or 1e-7, 1e-3 if half else 1e-6)
        agrees = found is not None and found.shape == expected.shape and np.allclose(found, expected, rtol, atol, equal_nan=True)
        (work / f"{name}.onnx").write_bytes(model.SerializeToString())
        save_file({"image": image}, work / f"{name}.inputs.safetensors")
        save_file({"logits": expected}, work / f"{name}.expected.safetensors")
        records.append({
            "name": name, "opset": opset, "declared": declared, "shape": list(image.shape[1:]), "rtol": rtol, "atol": atol,
            "onnxruntime": "no kernel" if found is None else "agrees" if agrees else "differs",
            "operators": sorted({node.op_type for node in test.model.graph.node})})
    return records


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    work = parser.parse_args().work
    work.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        # Tests of infinities and overflows.
        warnings.simplefilter("ignore", RuntimeWarning)
        tests = collect_testcases()
    listed = []
    for test in sorted(tests, key=lambda test: test.name):
        entry = {"test": test.name, "models": []}
        try:
            entry["models"] = models(test, work)
        except Unfit as reason:
            entry["unfit"] = str(reason)
        listed.append(entry)
    (work / "nodes.json").write_text(json.dumps({"onnx": onnx.__version__, "tests": listed}, indent=1) + "\n")
    reasons = {}
    for entry in listed:
        if "unfit" in entry:
            reasons[entry["unfit"]] = reasons.get(entry["unfit"], 0) + 1
    made = [model for entry in listed for model in entry["models"]]
    print(f"{len(listed)} node tests of onnx {onnx.__version__}: {len(made)} models")
    for reason, count in sorted(reasons.items(), key=lambda item: -item[1]):
        print(f"{count:5} make none: {reason}")
    for kind in ("agrees", "no kernel", "differs"):
        names = [model["name"] for model in made if model["onnxruntime"] == kind]
        print(f"{len(names):5} of which onnxruntime {kind}" + (": " + " ".join(names[:400]) if kind == "differs" else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
