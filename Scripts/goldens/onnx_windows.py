"""Convolutions, poolings and resizing of the interpreter in onnx_reference.py, for any number of spatial axes that PyTorch has."""

import math

import torch
import torch.nn.functional as F

from onnx_reference import numbers, operator


class Windows:
    """Where the windows of a node lie: its attributes with `auto_pad` and `ceil_mode` turned into plain pads.

    `pads` are those that the standard counts as padding, `beyond` what `ceil_mode` adds behind them."""

    def __init__(self, node, extents, kernel):
        rank = len(extents)
        self.kernel = list(kernel)
        self.strides = list(node.get("strides") or [1] * rank)
        self.dilations = list(node.get("dilations") or [1] * rank)
        pads = list(node.get("pads") or [0] * 2 * rank)
        self.pads = list(zip(pads[:rank], pads[rank:]))
        self.beyond = [0] * rank
        auto = node.get("auto_pad", "NOTSET")
        for axis, extent in enumerate(extents):
            reach = (self.kernel[axis] - 1) * self.dilations[axis] + 1
            if auto == "VALID":
                self.pads[axis] = (0, 0)
            elif auto != "NOTSET":
                total = max(0, (-(-extent // self.strides[axis]) - 1) * self.strides[axis] + reach - extent)
                small, large = total // 2, total - total // 2
                self.pads[axis] = (small, large) if auto == "SAME_UPPER" else (large, small)
            elif node.get("ceil_mode", 0):
                before, after = self.pads[axis]
                steps = -(-(extent + before + after - reach) // self.strides[axis])
                # A window that would begin behind the image and its padding in front is none.
                if steps * self.strides[axis] >= extent + before:
                    steps -= 1
                self.beyond[axis] = max(0, steps * self.strides[axis] + reach - extent - before - after)

    def padded(self, x, value):
        return F.pad(x, [pad for axis in reversed(range(len(self.pads)))
                         for pad in (self.pads[axis][0], self.pads[axis][1])], value=value)

    def extended(self, x, value):
        return F.pad(x, [pad for axis in reversed(range(len(self.pads))) for pad in (0, self.beyond[axis])], value=value)


def by_rank(x, *functions):
    """The function for one, two or three spatial axes."""
    return functions[x.dim() - 3]


@operator("Conv")
def convolved(node, x, weight, bias=None):
    windows = Windows(node, x.shape[2:], weight.shape[2:])
    function = by_rank(x, F.conv1d, F.conv2d, F.conv3d)
    return function(windows.padded(x, 0.0), weight, bias, windows.strides, 0, windows.dilations, node.get("group", 1))


@operator("ConvTranspose")
def transposed_convolution(node, x, weight, bias=None):
    rank = x.dim() - 2
    strides = list(node.get("strides") or [1] * rank)
    dilations = list(node.get("dilations") or [1] * rank)
    extra = list(node.get("output_padding") or [0] * rank)
    pads = list(node.get("pads") or [0] * 2 * rank)
    auto, wanted = node.get("auto_pad", "NOTSET"), node.get("output_shape")
    for axis in range(rank):
        whole = strides[axis] * (x.shape[2 + axis] - 1) + extra[axis] + (weight.shape[2 + axis] - 1) * dilations[axis] + 1
        total = None
        if wanted:
            total = whole - wanted[axis]
        elif auto.startswith("SAME"):
            total = max(0, whole - x.shape[2 + axis] * strides[axis])
        if total is not None:
            pads[axis] = total // 2 if auto == "SAME_UPPER" else total - total // 2
            pads[rank + axis] = total - pads[axis]
    function = by_rank(x, F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)
    y = function(x, weight, None, strides, 0, 0, node.get("group", 1), dilations)
    # Pads of a transposed convolution are cut off its result; output_padding is put behind it first.
    cut = []
    for axis in reversed(range(rank)):
        cut += [-pads[axis], extra[axis] - pads[rank + axis]]
    y = F.pad(y, cut)
    return y if bias is None else y + bias.reshape([-1] + [1] * rank)


@operator("MaxPool")
def largest(node, x):
    windows = Windows(node, x.shape[2:], node.get("kernel_shape"))
    function = by_rank(x, F.max_pool1d, F.max_pool2d, F.max_pool3d)
    padded = windows.extended(windows.padded(x, -math.inf), -math.inf)
    return [function(padded, windows.kernel, windows.strides, 0, windows.dilations), None]


def sums(x, windows):
    """The sum of each window, channel by channel."""
    channels = x.shape[1]
    ones = torch.ones([channels, 1] + windows.kernel, dtype=x.dtype)
    function = by_rank(x, F.conv1d, F.conv2d, F.conv3d)
    return function(x, ones, None, windows.strides, 0, windows.dilations, channels)


@operator("AveragePool")
def average(node, x):
    windows = Windows(node, x.shape[2:], node.get("kernel_shape"))
    inside = torch.ones_like(x[:, :1]).detach()
    # What lies behind the padding, where `ceil_mode` rounds up, is never counted.
    counted = windows.padded(inside, 1.0 if node.get("count_include_pad", 0) else 0.0)
    total = sums(windows.extended(windows.padded(x, 0.0), 0.0), windows)
    return total / sums(windows.extended(counted, 0.0), windows)


@operator("LpPool")
def lp_pooled(node, x):
    windows = Windows(node, x.shape[2:], node.get("kernel_shape"))
    p = node.get("p", 2)
    return sums(windows.extended(windows.padded(x.abs() ** p, 0.0), 0.0), windows) ** (1 / p)


@operator("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool")
def over_the_map(node, x):
    axes = list(range(2, x.dim()))
    if node.kind == "GlobalAveragePool":
        return x.mean(axes, True)
    if node.kind == "GlobalLpPool":
        return (x.abs() ** node.get("p", 2)).sum(axes, True) ** (1 / node.get("p", 2))
    return by_rank(x, F.adaptive_max_pool1d, F.adaptive_max_pool2d, F.adaptive_max_pool3d)(x, 1)


# --- Resizing --------------------------------------------------------------------------------------------------------------

def source(place, mode, before, after, scale):
    """Where an element of the result lies in the argument, by the coordinate modes of the standard."""
    if mode == "asymmetric":
        return place / scale
    if mode == "align_corners":
        return 0.0 if after == 1 else place * (before - 1) / (after - 1)
    if mode == "pytorch_half_pixel" and after == 1:
        return 0.0
    if mode == "half_pixel_symmetric":
        wanted = before * scale
        return before / 2 * (1 - after / wanted) + (place + 0.5) / scale - 0.5
    if mode in ("half_pixel", "pytorch_half_pixel"):
        return (place + 0.5) / scale - 0.5
    raise NotImplementedError(f"coordinate_transformation_mode {mode}")


def nearest(place, rounding):
    whole = math.floor(place)
    if rounding == "floor":
        return whole
    if rounding == "ceil":
        return math.ceil(place)
    return whole + (place - whole > 0.5 if rounding == "round_prefer_floor" else place - whole >= 0.5)


def taps(place, node):
    """(offset, weight) of the elements that a place between them is made of."""
    mode = node.get("mode", "nearest")
    if mode == "nearest":
        default = "round_prefer_floor" if node.kind == "Resize" and node.opset >= 11 else "floor"
        return [(nearest(place, node.get("nearest_mode", default)), 1.0)]
    whole, t = math.floor(place), place - math.floor(place)
    if mode in ("linear", "bilinear"):
        return [(whole, 1 - t), (whole + 1, t)]
    a = node.get("cubic_coeff_a", -0.75)

    def cubic(distance):
        d = abs(distance)
        if d <= 1:
            return ((a + 2) * d - (a + 3)) * d * d + 1
        return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a if d < 2 else 0.0

    return [(whole + k, cubic(t - k)) for k in (-1, 0, 1, 2)]


def resized_axis(x, axis, after, scale, node):
    before = x.shape[axis]
    default = "half_pixel" if node.kind == "Resize" and node.opset >= 11 else "asymmetric"
    matrix = torch.zeros(after, before, dtype=x.dtype)
    for place in range(after):
        at = source(place, node.get("coordinate_transformation_mode", default), before, after, scale)
        chosen = taps(at, node)
        if node.get("exclude_outside", 0):
            chosen = [(k, weight) for k, weight in chosen if 0 <= k < before]
            chosen = [(k, weight / sum(weight for _, weight in chosen)) for k, weight in chosen]
        for k, weight in chosen:
            matrix[place, min(max(k, 0), before - 1)] += weight
    return torch.movedim(torch.tensordot(matrix, x, ([1], [axis])), 0, axis)


@operator("Resize", "Upsample")
def resized(node, x, *inputs):
    if node.get("antialias", 0):
        raise NotImplementedError("antialias")
    if node.kind == "Upsample" or node.opset < 11:
        scales, sizes = inputs[0] if inputs else torch.tensor(node.get("scales")), None
    else:
        scales = inputs[1] if len(inputs) > 1 else None
        sizes = inputs[2] if len(inputs) > 2 else None
    axes = [axis % x.dim() for axis in node.get("axes") or range(x.dim())]
    if sizes is not None:
        after = numbers(sizes)
        factors = [extent / x.shape[axis] for axis, extent in zip(axes, after)]
        policy = node.get("keep_aspect_ratio_policy", "stretch")
        if policy != "stretch":
            factor = (min if policy == "not_larger" else max)(factors)
            factors = [factor] * len(axes)
            after = [math.floor(factor * x.shape[axis] + 0.5) for axis in axes]
    else:
        factors = [float(factor) for factor in scales]
        after = [math.floor(x.shape[axis] * factor) for axis, factor in zip(axes, factors)]
    for axis, extent, factor in zip(axes, after, factors):
        if extent != x.shape[axis] or factor != 1:
            x = resized_axis(x, axis, extent, factor, node)
    return x
