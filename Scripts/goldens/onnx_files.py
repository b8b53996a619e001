#!/usr/bin/env python3
"""ONNX files as exporters write them, and what is in them, for the tests of the reader.

    python3 onnx_files.py ../../Tests/ONNXTests/Goldens

Each file's nodes and the values of its constants, read back by onnx.numpy_helper, stand in `models.json`. Needs torch, onnx,
onnxscript and NumPy; everything is seeded.
"""

import argparse
import json
import struct
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper


class Block(torch.nn.Module):
    """A residual block of a ResNet (He et al. 2016), with a projection."""

    def __init__(self, inside, outside):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(inside, outside, 3, stride=2, padding=1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(outside)
        self.conv2 = torch.nn.Conv2d(outside, outside, 3, padding=1, bias=False)
        self.bn2 = torch.nn.BatchNorm2d(outside)
        self.downsample = torch.nn.Sequential(
            torch.nn.Conv2d(inside, outside, 1, stride=2, bias=False), torch.nn.BatchNorm2d(outside))

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(y)) + self.downsample(x))


class Network(torch.nn.Module):
    """A ResNet of 3, 4 and 5 channels."""

    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, 3, 3, stride=2, padding=1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(3)
        self.layer1 = Block(3, 4)
        self.layer2 = Block(4, 5)
        self.fc = torch.nn.Linear(5, 3)

    def forward(self, x):
        x = self.layer2(self.layer1(torch.relu(self.bn1(self.conv1(x)))))
        x = torch.nn.functional.adaptive_avg_pool2d(x, 1)
        # Shape, Gather, Concat and Reshape where the batch is of any size.
        return self.fc(x.view(x.size(0), -1))


def network():
    torch.manual_seed(1)
    made = Network()
    for module in made.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, 0, 0.1)
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return made.eval()


def export(made, path, dynamo, opset):
    image = torch.zeros(1, 3, 32, 32, dtype=next(made.parameters()).dtype)
    if dynamo:
        torch.onnx.export(made, (image,), str(path), dynamo=True, opset_version=opset, input_names=["image"],
                          output_names=["logits"], external_data=False, verbose=False)
        # Where each line of Python was: most of the file, and not of this test.
        model = onnx.load(path)
        for node in model.graph.node:
            del node.metadata_props[:]
        for tensor in [*model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer]:
            del tensor.metadata_props[:]
        onnx.save(model, path)
    else:
        torch.onnx.export(made, (image,), str(path), dynamo=False, opset_version=opset, input_names=["image"],
                          output_names=["logits"], dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}})


def value(name, kind=TensorProto.FLOAT, shape=(1, 2)):
    return helper.make_tensor_value_info(name, kind, shape)


def model(nodes, initializers=(), opsets=(("", 17),), functions=(), inputs=None, outputs=None):
    graph = helper.make_graph(nodes, "made", inputs or [value("x")], outputs or [value("y")], list(initializers))
    return helper.make_model(graph, producer_name="onnx_files", producer_version="1", ir_version=8,
                             opset_imports=[helper.make_opsetid(*opset) for opset in opsets], functions=list(functions))


def types():
    """Constants of every type that is read, as raw bytes and in the typed fields."""
    cases = [
        ("float", TensorProto.FLOAT, [1.5, -0.0, 1e-45, 3.4e38, float("inf"), 0.1]),
        ("float16", TensorProto.FLOAT16, [1.5, -0.0, 6e-8, 65504, float("-inf"), 0.1]),
        ("bfloat16", TensorProto.BFLOAT16, [1.5, -0.0, 1e-40, 3e38, float("inf"), 0.1]),
        ("double", TensorProto.DOUBLE, [1 / 3, -0.0, 1e-300, 1.0000000596046448, -2.5, 0.1]),
        ("uint8", TensorProto.UINT8, [0, 255, 128, 1, 2, 3]), ("int8", TensorProto.INT8, [0, -128, 127, -1, 2, 3]),
        ("uint16", TensorProto.UINT16, [0, 65535, 32768, 1, 2, 3]),
        ("int16", TensorProto.INT16, [0, -32768, 32767, -1, 2, 3]),
        ("int32", TensorProto.INT32, [0, -2**31, 2**31 - 1, -1, 2, 3]),
        ("int64", TensorProto.INT64, [0, -2**63, 2**63 - 1, -1, 2, 3]), ("bool", TensorProto.BOOL, [0, 1, 1, 0, 0, 1]),
        ("uint32", TensorProto.UINT32, [0, 2**32 - 1, 2**31, 1, 2, 3]),
        ("uint64", TensorProto.UINT64, [0, 2**63 - 1, 2**31, 1, 2, 3]),
    ]
    made = []
    for name, kind, values in cases:
        array = np.array(values).astype(helper.tensor_dtype_to_np_dtype(kind))
        raw = numpy_helper.from_array(array.reshape(2, 3), f"{name}.raw")
        made.append(raw)
        made.append(helper.make_tensor(f"{name}.typed", kind, [2, 3], array))
    made.append(helper.make_tensor("empty", TensorProto.FLOAT, [0, 3], []))
    made.append(helper.make_tensor("scalar", TensorProto.INT64, [], [7]))
    made.append(helper.make_tensor("text", TensorProto.STRING, [2], ["a", "b"]))
    return model([helper.make_node("Identity", ["x"], ["y"])], made)


def varint(number):
    number &= 2**64 - 1
    encoded = b""
    while number > 127:
        encoded += bytes([number & 127 | 128])
        number >>= 7
    return encoded + bytes([number])


def field(number, content):
    """A field of a length and its bytes."""
    return varint(number * 8 + 2) + varint(len(content)) + content


def unpacked():
    """As encoders write it that know nothing of packing: an element a field, others in between."""
    floats = (field(8, b"floats") + varint(2 * 8) + varint(1) + varint(1 * 8) + varint(2)
              + b"".join(varint(4 * 8 + 5) + struct.pack("<f", number) for number in (1.5, -2.0, 0.25, 8.0))
              + varint(1 * 8) + varint(2))
    doubles = (field(8, b"doubles") + varint(2 * 8) + varint(11) + field(1, varint(2))
               + b"".join(varint(10 * 8 + 1) + struct.pack("<d", number) for number in (0.5, -3.0)))
    # Half of them packed.
    halves = (field(8, b"halves") + varint(2 * 8) + varint(10) + field(1, varint(3))
              + varint(5 * 8) + varint(0x3C00) + field(5, varint(0xC000) + varint(0x0001)))
    integers = (field(8, b"integers") + varint(2 * 8) + varint(7) + field(1, varint(3))
                + b"".join(varint(7 * 8) + varint(number) for number in (-1, 0, 2**40)))
    graph = field(1, field(1, b"x") + field(2, b"y") + field(4, b"Identity")) + field(2, b"made")
    for tensor in (floats, doubles, halves, integers):
        graph += field(5, tensor)
    for number, name in ((11, b"x"), (12, b"y")):
        graph += field(number, field(1, name) + field(2, field(1, varint(8) + varint(1))))
    return varint(8) + varint(8) + field(7, graph) + field(8, varint(16) + varint(17))


def merged():
    """A graph in two halves, a version that is said twice, fields that no one knows."""
    first = field(1, field(1, b"x") + field(2, b"h") + field(4, b"Relu") + field(3, b"first"))
    second = (field(1, field(1, b"h") + field(2, b"y") + field(4, b"Clip") + field(4, b"Neg"))
              + field(11, field(1, b"x")) + field(12, field(1, b"y")))
    unknown = varint(999 * 8) + varint(5) + varint(998 * 8 + 1) + bytes(8) + varint(997 * 8 + 5) + bytes(4) + field(996, b"?")
    return (varint(8) + varint(3) + field(7, first) + unknown + varint(8) + varint(8)
            + field(7, unknown + second) + field(8, varint(16) + varint(17)))


def branches():
    then = helper.make_graph([helper.make_node("Relu", ["x"], ["t"])], "then", [], [value("t")])
    other = helper.make_graph([helper.make_node("Neg", ["x"], ["e"])], "else", [], [value("e")])
    nodes = [
        helper.make_node("ReduceSum", ["x"], ["s"], name="sum", keepdims=0),
        helper.make_node("Cast", ["s"], ["c"], name="cast", to=TensorProto.BOOL),
        helper.make_node("If", ["c"], ["y"], name="choice", then_branch=then, else_branch=other),
    ]
    return model(nodes)


def functions():
    body = [helper.make_node("Sigmoid", ["a"], ["s"]), helper.make_node("Mul", ["a", "s"], ["b"])]
    function = helper.make_function("local", "Swish", ["a"], ["b"], body, [helper.make_opsetid("", 17)])
    nodes = [helper.make_node("Swish", ["x"], ["h"], domain="local", name="swish1"),
             helper.make_node("Swish", ["h"], ["y"], domain="local", name="swish2")]
    return model(nodes, opsets=(("", 17), ("local", 1)), functions=[function])


def constants():
    """A constant of each kind of attribute."""
    nodes = [
        helper.make_node("Constant", [], ["c"], name="shape", value=numpy_helper.from_array(np.array([1, -1]), "value")),
        helper.make_node("Constant", [], ["unused"], value_floats=[0.5, 0.25], name="floats"),
        helper.make_node("Conv", ["x", "w"], ["h"], name="conv", kernel_shape=[1, 1], group=1, auto_pad="SAME_UPPER"),
        helper.make_node("LeakyRelu", ["h"], ["l"], name="leaky", alpha=0.125),
        helper.make_node("Reshape", ["l", "c"], ["y"], name="reshape"),
    ]
    weight = numpy_helper.from_array(np.array([[[[2.0]]]], dtype=np.float32), "w")
    return model(nodes, [weight], inputs=[value("x", shape=("N", 1, None, 2))], outputs=[value("y", shape=("N", "M"))])


def number(item):
    item = float(item) if isinstance(item, (float, np.floating)) or item.dtype.kind not in "iub" else int(item)
    # JSON has no infinity, and some readers take -0.0 for the integer 0.
    is_special = isinstance(item, float) and (not np.isfinite(item) or item == 0)
    return str(item) if is_special else item


def described(path):
    """What onnx reads of a file."""
    read = onnx.load(path)
    constants = {tensor.name: tensor for tensor in read.graph.initializer}
    for node in read.graph.node:
        if node.op_type == "Constant":
            constants.update({node.output[0]: attribute.t for attribute in node.attribute if attribute.name == "value"})
    tensors = {}
    for name, tensor in constants.items():
        kind = TensorProto.DataType.Name(tensor.data_type)
        array = numpy_helper.to_array(tensor)
        if kind == "DOUBLE":
            array = array.astype(np.float32)
        numbers = [] if kind == "STRING" else [number(item) for item in array.reshape(-1)]
        tensors[name] = {"type": kind, "shape": list(tensor.dims), "values": numbers}
    return {
        "opset": next(opset.version for opset in read.opset_import if opset.domain == ""),
        "producer": f"{read.producer_name} {read.producer_version}".strip(),
        "nodes": [[node.op_type, node.name, list(node.input), list(node.output)] for node in read.graph.node],
        "tensors": tensors,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    export(network(), folder / "torchscript.onnx", dynamo=False, opset=17)
    export(network(), folder / "opset9.onnx", dynamo=False, opset=9)
    export(network(), folder / "dynamo.onnx", dynamo=True, opset=20)
    export(network().half(), folder / "half.onnx", dynamo=False, opset=17)
    (folder / "external.bin").unlink(missing_ok=True)
    onnx.save(onnx.load(folder / "torchscript.onnx"), folder / "external.onnx", save_as_external_data=True,
              location="external.bin", size_threshold=64)
    (folder / "external.bin").chmod(0o644)
    relu = helper.make_node("Relu", ["x"], ["y"], name="relu")
    made = {
        "types": types(), "branches": branches(), "functions": functions(), "constants": constants(),
        "foreign-unused": model([relu], opsets=(("", 17), ("com.microsoft", 1))),
        "foreign-used": model([helper.make_node("Gelu", ["x"], ["y"], domain="com.microsoft", name="gelu")],
                              opsets=(("", 17), ("com.microsoft", 1))),
    }
    for name, proto in made.items():
        if name != "foreign-used":
            onnx.checker.check_model(proto)
        (folder / f"{name}.onnx").write_bytes(proto.SerializeToString(deterministic=True))
    (folder / "unpacked.onnx").write_bytes(unpacked())
    (folder / "merged.onnx").write_bytes(merged())
    found = {path.name: described(path) for path in sorted(folder.glob("*.onnx"))}
    (folder / "models.json").write_text(json.dumps(found, separators=(",", ":"), sort_keys=True) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
