"""Small ONNX models, a node a line, for the goldens of operators.

A case is a function of a `Builder` and the name of the image's value, and gives the name of what it makes of it; the builder
brings that to the shape (1, n) and calls it `logits`. Constants come from `generated`. Helpers write a node as the opset of the
model wants it: Squeeze's axes as an attribute or as an input, and so on.
"""

from dataclasses import dataclass
from typing import Callable

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from golden_networks import generated

# The version of the file format that was new when an opset was.
IR_VERSIONS = {9: 4, 10: 5, 11: 6, 12: 7, 13: 7, 14: 7, 15: 8, 16: 8, 17: 8, 18: 8, 19: 9, 20: 9, 21: 10, 22: 10, 23: 11, 24: 12}


@dataclass
class Case:
    name: str
    build: Callable
    shape: tuple = (5, 6, 7)  # of the image, without the batch
    opsets: tuple = (17,)
    span: tuple = (-2.0, 2.0)  # of the image's values
    optional: bool = False  # an import may refuse it
    ties: bool = False  # the image's values are whole: kinks are met on purpose
    batch: str | int = 1  # as the file declares it
    open_extents: bool = False  # height and width are not declared
    check: bool = True  # by onnx's checker
    listed: bool = False  # constants stand among the inputs, as versions of the format before 4 had it
    layout: str = "NCHW"  # of the file's input; `shape` is (C, H, W) all the same
    half: bool = False  # input and output are float16

    def file(self, opset):
        return self.name if len(self.opsets) == 1 else f"{self.name}-{opset}"


CASES: list[Case] = []


def case(name, build, **options):
    options.setdefault("opsets", (17,))
    CASES.append(Case(name, build, **options))


class Builder:
    def __init__(self, name, opset):
        self.name, self.opset = name, opset
        self.nodes, self.initializers, self.count = [], [], 0
        self.before = None  # what the logits are, where the graph ends in what an import takes off

    # --- Values ---

    def fresh(self, what):
        self.count += 1
        return f"{what}{self.count}"

    def random(self, *shape, low=-1.0, high=1.0):
        """An array of the formula's numbers, in single precision."""
        self.count += 1
        u = generated(f"{self.name} {self.count}", int(np.prod(shape)))
        return (low + (high - low) * u).astype(np.float32).reshape(shape)

    def constant(self, values, kind=np.float32):
        """An initialiser."""
        array = values if isinstance(values, np.ndarray) else np.array(values, dtype=kind)
        name = self.fresh("constant")
        self.initializers.append(numpy_helper.from_array(array, name))
        return name

    def integers(self, *values):
        return self.constant(np.array(values, dtype=np.int64))

    def weight(self, *shape, low=-1.0, high=1.0):
        return self.constant(self.random(*shape, low=low, high=high))

    def __call__(self, kind, *inputs, outputs=1, **attributes):
        """A node; the name of its output, or their names where there are more."""
        names = [self.fresh(kind.lower()) for _ in range(outputs)] if isinstance(outputs, int) else list(outputs)
        domain = attributes.pop("domain", "")
        attributes = {key: value for key, value in attributes.items() if value is not None}
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=f"{kind}_{len(self.nodes)}", domain=domain, **attributes))
        return names[0] if len(names) == 1 else names

    # --- Nodes whose form depends on the version ---

    def with_axes(self, kind, x, axes, since=13, **attributes):
        if axes is None:
            return self(kind, x, **attributes)
        if self.opset < since:
            return self(kind, x, axes=list(axes), **attributes)
        return self(kind, x, self.integers(*axes), **attributes)

    def squeeze(self, x, *axes):
        return self.with_axes("Squeeze", x, axes or None)

    def unsqueeze(self, x, *axes):
        return self.with_axes("Unsqueeze", x, axes)

    def reduce(self, kind, x, axes, **attributes):
        return self.with_axes(kind, x, axes, 13 if kind == "ReduceSum" else 18, **attributes)

    def clip(self, x, low=None, high=None):
        if self.opset < 11:
            return self("Clip", x, min=low, max=high)
        bounds = ["" if bound is None else self.constant(bound) for bound in (low, high)]
        return self("Clip", x, *(bounds[:1] if high is None else bounds))

    def slice(self, x, starts, ends, axes=None, steps=None):
        if self.opset < 10:
            return self("Slice", x, starts=starts, ends=ends, axes=axes)
        lists = [starts, ends, axes or list(range(len(starts))), steps]
        return self("Slice", x, *[self.integers(*values) for values in lists if values])

    def split(self, x, axis, sizes=None, outputs=2):
        if sizes is None:
            return self("Split", x, axis=axis, outputs=outputs, num_outputs=outputs if self.opset >= 18 else None)
        if self.opset < 13:
            return self("Split", x, axis=axis, split=sizes, outputs=len(sizes))
        return self("Split", x, self.integers(*sizes), axis=axis, outputs=len(sizes))

    def pad(self, x, pads, value=None, mode=None, axes=None):
        if self.opset < 11:
            return self("Pad", x, pads=pads, value=value, mode=mode)
        inputs = [x, self.integers(*pads)]
        if value is not None or axes:
            inputs.append("" if value is None else self.constant(value))
        if axes:
            inputs.append(self.integers(*axes))
        return self("Pad", *inputs, mode=mode)

    def absent(self):
        """An optional input that is left out; in front of others Resize 11 wants a tensor without elements."""
        return "" if self.opset > 11 else self.constant([])

    def reshape(self, x, *shape, **attributes):
        return self("Reshape", x, self.integers(*shape), **attributes)

    def conv(self, x, inputs, outputs, kernel, bias=True, named=True, group=1, **attributes):
        bound = (3 / (inputs // group * np.prod(kernel))) ** 0.5
        names = [x, self.weight(outputs, inputs // group, *kernel, low=-bound, high=bound)]
        if bias:
            names.append(self.weight(outputs))
        return self("Conv", *names, kernel_shape=kernel if named else None, group=group if group > 1 else None, **attributes)

    def batch_normalisation(self, x, channels, outputs=1, **attributes):
        values = [self.weight(channels, low=0.5, high=1.5), self.weight(channels), self.weight(channels),
                  self.weight(channels, low=0.5, high=1.5)]
        return self("BatchNormalization", x, *values, outputs=outputs, **attributes)

    # --- The file ---

    def model(self, result, case):
        kind = TensorProto.FLOAT16 if case.half else TensorProto.FLOAT
        # Names that mean something to who reads a failure.
        self.nodes.append(helper.make_node("Flatten", [result], ["logits"], name="logits"))
        shape = [case.shape[0], "height", "width"] if case.open_extents else list(case.shape)
        if case.layout == "NHWC":
            shape = [*shape[1:], shape[0]]
        inputs = [helper.make_tensor_value_info("image", kind, [case.batch, *shape])]
        if case.listed:
            inputs += [helper.make_tensor_value_info(each.name, each.data_type, each.dims) for each in self.initializers]
        graph = helper.make_graph(
            self.nodes, self.name, inputs, [helper.make_tensor_value_info("logits", kind, [case.batch, None])], self.initializers)
        model = helper.make_model(graph, producer_name="onnx_operators", ir_version=3 if case.listed else IR_VERSIONS[self.opset],
                                  opset_imports=[helper.make_opsetid("", self.opset)])
        if case.check:
            onnx.checker.check_model(model, full_check=True)
        return model


def bytes_of(model):
    return model.SerializeToString(deterministic=True)
