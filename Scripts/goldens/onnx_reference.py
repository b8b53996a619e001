"""A plain interpreter of ONNX graphs in PyTorch, in double precision: what the gradients of goldens are taken through.

It follows the standard's text operator by operator (https://onnx.ai/onnx/operators/), knows batches of any size, and keeps
integers as int64 and all kinds of floating-point numbers as float64. What a graph computes of constants alone it computes like
everything else. Where two derivatives are as good as each other it has PyTorch's: half to each of two equal arguments of Max,
the first of equal elements in a pooled window, 0 at both ends of a Clip as `nn.ReLU6` has it.

    run(model, {"image": tensor}) -> every value of the graph by name

Windows (convolutions, poolings, resizing) stand in onnx_windows.py.
"""

import math

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper

OPERATORS = {}
FLOATS = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.DOUBLE)


def operator(*names):
    def register(function):
        OPERATORS.update(dict.fromkeys(names, function))
        return function
    return register


class Node:
    """A node's attributes and the version of the standard; `node.get(name, default)`."""

    def __init__(self, node, opset):
        self.kind, self.opset, self.outputs = node.op_type, opset, len(node.output)
        self.attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}

    def get(self, name, default=None):
        value = self.attributes.get(name, default)
        return value.decode() if isinstance(value, bytes) else value


def tensor_of(proto):
    array = numpy_helper.to_array(proto)
    if array.dtype == bool:
        return torch.from_numpy(array.copy())
    return torch.from_numpy(np.array(array, dtype=np.float64 if proto.data_type in FLOATS else np.int64))


def run(model, inputs, replaced=None):
    """Every value of a graph by its name. `replaced` is asked about each value (name, value) and returns what goes on."""
    opset = next(item.version for item in model.opset_import if item.domain in ("", "ai.onnx"))
    values = {tensor.name: tensor_of(tensor) for tensor in model.graph.initializer}
    values.update(inputs)
    values[""] = None
    for proto in model.graph.node:
        node = Node(proto, opset)
        if proto.op_type not in OPERATORS:
            raise NotImplementedError(f"{proto.op_type} of node {proto.name or proto.output[0]}")
        results = OPERATORS[proto.op_type](node, *[values[name] for name in proto.input])
        results = results if isinstance(results, (list, tuple)) else [results]
        for name, result in zip(proto.output, results):
            values[name] = replaced(name, result) if replaced else result
    return values


def numbers(tensor):
    """A tensor of integers as a list."""
    return [int(value) for value in tensor.reshape(-1).tolist()]


def axes_of(node, given, rank):
    """Axes as an attribute or as an input, made positive; None where there are none."""
    axes = numbers(given) if given is not None else node.get("axes")
    return None if axes is None else [int(axis) % rank for axis in axes]


# --- Element by element -------------------------------------------------------------------------------------------------

POINTWISE = {
    "Relu": torch.relu, "Sigmoid": torch.sigmoid, "Tanh": torch.tanh, "Softplus": F.softplus, "Softsign": F.softsign,
    "Mish": F.mish, "Exp": torch.exp, "Log": torch.log, "Sqrt": torch.sqrt, "Abs": torch.abs, "Neg": torch.neg,
    "Reciprocal": torch.reciprocal, "Erf": torch.erf, "Ceil": torch.ceil, "Floor": torch.floor, "Identity": lambda x: x,
    "HardSwish": F.hardswish, "Not": torch.logical_not, "Sin": torch.sin, "Cos": torch.cos, "Round": torch.round,
    "Sign": torch.sign,
}
for _name, _function in POINTWISE.items():
    OPERATORS[_name] = lambda node, x, function=_function: function(x)

PAIRS = {
    "Add": torch.add, "Sub": torch.sub, "Mul": torch.mul, "Pow": torch.pow, "Equal": torch.eq, "Less": torch.lt,
    "Greater": torch.gt, "LessOrEqual": torch.le, "GreaterOrEqual": torch.ge, "And": torch.logical_and, "Or": torch.logical_or,
}
for _name, _function in PAIRS.items():
    OPERATORS[_name] = lambda node, a, b, function=_function: function(a, b)


@operator("Div")
def divided(node, a, b):
    return a / b if a.is_floating_point() else torch.div(a, b, rounding_mode="trunc")


@operator("Mod")
def remainder(node, a, b):
    return torch.fmod(a, b) if node.get("fmod", 0) else torch.remainder(a, b)


@operator("Max", "Min", "Sum", "Mean")
def variadic(node, first, *others):
    function = {"Max": torch.maximum, "Min": torch.minimum}.get(node.kind, torch.add)
    for other in others:
        first = function(first, other)
    return first / (1 + len(others)) if node.kind == "Mean" else first


@operator("LeakyRelu")
def leaky(node, x):
    return F.leaky_relu(x, node.get("alpha", 0.01))


@operator("PRelu")
def parametric(node, x, slope):
    return torch.where(x > 0, x, slope * x)


@operator("ThresholdedRelu")
def thresholded(node, x):
    return torch.where(x > node.get("alpha", 1.0), x, torch.zeros_like(x))


@operator("Elu", "Celu")
def exponential(node, x):
    return (F.elu if node.kind == "Elu" else F.celu)(x, node.get("alpha", 1.0))


@operator("Selu")
def scaled_exponential(node, x):
    alpha, gamma = node.get("alpha", 1.6732632423543772), node.get("gamma", 1.0507009873554805)
    return gamma * torch.where(x > 0, x, alpha * (torch.exp(x) - 1))


@operator("HardSigmoid")
def hard_sigmoid(node, x):
    return F.hardtanh(node.get("alpha", 0.2) * x + node.get("beta", 0.5), 0, 1)


@operator("Gelu")
def gelu(node, x):
    return F.gelu(x, approximate=node.get("approximate", "none"))


@operator("Swish")
def swish(node, x):
    return x * torch.sigmoid(node.get("alpha", 1.0) * x)


@operator("Clip")
def clip(node, x, low=None, high=None):
    low = node.get("min", -math.inf) if low is None else float(low)
    high = node.get("max", math.inf) if high is None else float(high)
    return F.hardtanh(x, low, high)


@operator("Where")
def where(node, condition, a, b):
    return torch.where(condition, a, b)


@operator("Dropout")
def dropout(node, x, *rest):
    return [x, torch.ones_like(x, dtype=torch.bool)]


@operator("Cast")
def cast(node, x):
    """To any floating-point type: nothing. Exact where the numbers have that type's precision already."""
    if node.get("to") in FLOATS:
        return x.double()
    return x.bool() if node.get("to") == TensorProto.BOOL else x.long()


@operator("DequantizeLinear")
def dequantised(node, x, scale, zero=None):
    axis, block = node.get("axis", 1), node.get("block_size", 0)

    def along(values):
        if block:
            return values.repeat_interleave(block, axis).narrow(axis, 0, x.shape[axis])
        shape = [1] * x.dim()
        if values.numel() > 1:
            shape[axis] = -1
        return values.reshape(shape)

    return (x.double() - (0 if zero is None else along(zero).double())) * along(scale)


# --- Sums and products ---------------------------------------------------------------------------------------------------

@operator("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum",
          "ReduceLogSumExp", "ReduceProd")
def reduced(node, x, axes=None):
    axes = axes_of(node, axes, x.dim())
    if not axes:
        if node.get("noop_with_empty_axes", 0):
            return x
        axes = list(range(x.dim()))
    keep = bool(node.get("keepdims", 1))
    if node.kind == "ReduceProd":
        for axis in sorted(axes, reverse=True):
            x = x.prod(axis, keepdim=keep)
        return x
    return {
        "ReduceMean": lambda: x.mean(axes, keep), "ReduceSum": lambda: x.sum(axes, keep), "ReduceMax": lambda: x.amax(axes, keep),
        "ReduceMin": lambda: x.amin(axes, keep), "ReduceL1": lambda: x.abs().sum(axes, keep),
        "ReduceL2": lambda: x.square().sum(axes, keep).sqrt(), "ReduceSumSquare": lambda: x.square().sum(axes, keep),
        "ReduceLogSumExp": lambda: torch.logsumexp(x, axes, keep), "ReduceLogSum": lambda: x.sum(axes, keep).log(),
    }[node.kind]()


@operator("MatMul")
def product(node, a, b):
    return torch.matmul(a, b)


@operator("Gemm")
def general_product(node, a, b, c=None):
    a = a.T if node.get("transA", 0) else a
    b = b.T if node.get("transB", 0) else b
    y = node.get("alpha", 1.0) * (a @ b)
    return y if c is None else y + node.get("beta", 1.0) * c


@operator("Softmax", "LogSoftmax")
def softmax(node, x):
    function = torch.softmax if node.kind == "Softmax" else torch.log_softmax
    if node.opset >= 13:
        return function(x, node.get("axis", -1))
    # Before version 13 the argument is taken as a matrix, and each of its rows has the sum 1.
    axis = node.get("axis", 1) % x.dim()
    return function(x.reshape(math.prod(x.shape[:axis]), -1), 1).reshape(x.shape)


# --- Normalisation -------------------------------------------------------------------------------------------------------

def channels(values, x):
    return values.reshape([1, -1] + [1] * (x.dim() - 2))


@operator("BatchNormalization")
def batch_normalised(node, x, scale, bias, mean, variance):
    deviation = torch.sqrt(channels(variance, x) + node.get("epsilon", 1e-5))
    return (x - channels(mean, x)) / deviation * channels(scale, x) + channels(bias, x)


@operator("InstanceNormalization")
def instance_normalised(node, x, scale, bias):
    return F.instance_norm(x, weight=scale, bias=bias, eps=node.get("epsilon", 1e-5))


@operator("GroupNormalization")
def group_normalised(node, x, scale, bias):
    groups = node.get("num_groups")
    if node.opset < 21:  # a factor for each group; since then one for each channel
        scale, bias = (values.repeat_interleave(x.shape[1] // groups) for values in (scale, bias))
    return F.group_norm(x, groups, scale, bias, node.get("epsilon", 1e-5))


@operator("LayerNormalization")
def layer_normalised(node, x, scale, bias=None):
    axis = node.get("axis", -1) % x.dim()
    shape = x.shape[axis:]
    return F.layer_norm(x, shape, scale.expand(shape), None if bias is None else bias.expand(shape), node.get("epsilon", 1e-5))


@operator("LpNormalization")
def lp_normalised(node, x):
    return F.normalize(x, p=node.get("p", 2), dim=node.get("axis", -1), eps=0)


@operator("MeanVarianceNormalization")
def standardised(node, x):
    axes = [axis % x.dim() for axis in node.get("axes", [0, 2, 3])]
    away = x - x.mean(axes, keepdim=True)
    return away / (away.square().mean(axes, keepdim=True).sqrt() + 1e-9)


@operator("LRN")
def local_response(node, x):
    size = node.get("size")
    before = (size - 1) // 2
    squares = F.pad(x.square(), [0, 0, 0, 0, before, size - 1 - before])
    sums = sum(squares[:, start : start + x.shape[1]] for start in range(size))
    return x / (node.get("bias", 1.0) + node.get("alpha", 1e-4) / size * sums) ** node.get("beta", 0.75)


# --- Shapes --------------------------------------------------------------------------------------------------------------

@operator("Constant")
def constant(node):
    for name, value in node.attributes.items():
        if name == "value":
            return tensor_of(value)
        if name in ("value_float", "value_floats"):
            return torch.tensor(np.array(value, dtype=np.float64))
        if name in ("value_int", "value_ints"):
            return torch.tensor(np.array(value, dtype=np.int64))
    raise NotImplementedError(f"Constant of {list(node.attributes)}")


@operator("ConstantOfShape")
def constant_of_shape(node, shape):
    value = node.get("value")
    value = torch.zeros(1, dtype=torch.float64) if value is None else tensor_of(value)
    return value.reshape(()).expand(numbers(shape)).clone()


@operator("Shape")
def shape_of(node, x):
    return torch.tensor(list(x.shape)[node.get("start", 0) : node.get("end", x.dim())], dtype=torch.int64)


@operator("Size")
def size_of(node, x):
    return torch.tensor(x.numel())


@operator("Range")
def range_of(node, start, limit, step):
    return torch.arange(start.item(), limit.item(), step.item())


@operator("Reshape")
def reshaped(node, x, shape):
    wanted = numbers(shape)
    if not node.get("allowzero", 0):
        wanted = [x.shape[index] if extent == 0 else extent for index, extent in enumerate(wanted)]
    return x.reshape(wanted)


@operator("Flatten")
def flattened(node, x):
    axis = node.get("axis", 1)
    axis += x.dim() if axis < 0 else 0
    return x.reshape(math.prod(x.shape[:axis]), -1)


@operator("Squeeze")
def squeezed(node, x, axes=None):
    axes = axes_of(node, axes, x.dim())
    axes = [axis for axis, extent in enumerate(x.shape) if extent == 1] if axes is None else axes
    return x.reshape([extent for axis, extent in enumerate(x.shape) if axis not in axes])


@operator("Unsqueeze")
def unsqueezed(node, x, axes=None):
    count = len(node.get("axes")) if axes is None else axes.numel()
    for axis in sorted(axes_of(node, axes, x.dim() + count)):
        x = x.unsqueeze(axis)
    return x


@operator("Transpose")
def transposed(node, x):
    return x.permute(node.get("perm", list(reversed(range(x.dim())))))


@operator("Concat")
def joined(node, *values):
    return torch.cat(values, node.get("axis"))


@operator("Split")
def split(node, x, sizes=None):
    axis = node.get("axis", 0)
    sizes = numbers(sizes) if sizes is not None else node.get("split")
    if sizes is None:
        # The last one is smaller where they cannot be equal.
        each = -(-x.shape[axis] // node.outputs)
        sizes = [each] * (node.outputs - 1)
        sizes.append(x.shape[axis] - sum(sizes))
    return list(torch.split(x, list(sizes), axis))


@operator("Slice")
def sliced(node, x, starts=None, ends=None, axes=None, steps=None):
    starts = node.get("starts") if starts is None else numbers(starts)
    ends = node.get("ends") if ends is None else numbers(ends)
    axes = axes_of(node, axes, x.dim()) or list(range(len(starts)))
    steps = [1] * len(starts) if steps is None else numbers(steps)
    for axis, start, end, step in zip(axes, starts, ends, steps):
        chosen = range(*slice(start, None if step < 0 and end < -x.shape[axis] else end, step).indices(x.shape[axis]))
        x = x.index_select(axis, torch.tensor(list(chosen), dtype=torch.int64))
    return x


@operator("Gather")
def gathered(node, x, indices):
    axis = node.get("axis", 0) % x.dim()
    flat = indices.reshape(-1) % x.shape[axis]
    return x.index_select(axis, flat).reshape(x.shape[:axis] + indices.shape + x.shape[axis + 1 :])


@operator("Expand")
def expanded(node, x, shape):
    return x.expand(torch.broadcast_shapes(x.shape, numbers(shape)))


@operator("Tile")
def tiled(node, x, repeats):
    return x.repeat(numbers(repeats))


@operator("Pad")
def padded(node, x, pads=None, value=None, axes=None):
    pads = node.get("pads") if pads is None else numbers(pads)
    value = node.get("value", 0.0) if value is None else float(value)
    axes = list(range(x.dim())) if axes is None else axes_of(node, axes, x.dim())
    mode = node.get("mode", "constant")
    for axis, before, after in zip(axes, pads[: len(axes)], pads[len(axes) :]):
        places = np.arange(-before, x.shape[axis] + after)
        last = x.shape[axis] - 1
        inside = torch.from_numpy((places >= 0) & (places <= last))
        if mode == "reflect":
            places = last - np.abs(last - np.abs(places))
        elif mode == "wrap":
            places = places % (last + 1)
        x = x.index_select(axis, torch.from_numpy(np.clip(places, 0, last)))
        if mode == "constant":
            shape = [1] * x.dim()
            shape[axis] = -1
            x = torch.where(inside.reshape(shape), x, torch.full((), value, dtype=x.dtype))
    return x


@operator("DepthToSpace")
def depth_to_space(node, x):
    n, c, h, w = x.shape
    b = node.get("blocksize")
    if node.get("mode", "DCR") == "DCR":
        x = x.reshape(n, b, b, c // b // b, h, w).permute(0, 3, 4, 1, 5, 2)
    else:
        x = x.reshape(n, c // b // b, b, b, h, w).permute(0, 1, 4, 2, 5, 3)
    return x.reshape(n, c // b // b, h * b, w * b)


@operator("SpaceToDepth")
def space_to_depth(node, x):
    n, c, h, w = x.shape
    b = node.get("blocksize")
    return x.reshape(n, c, h // b, b, w // b, b).permute(0, 3, 5, 1, 2, 4).reshape(n, c * b * b, h // b, w // b)


import onnx_windows  # noqa: E402, F401  registers its operators
