"""Cases of the goldens of operators: what moves values about, layouts, resizing."""

import numpy as np

from onnx_builder import case

# --- Concat, Split, Slice ------------------------------------------------------------------------------------------------------

for axis in (1, 2, 3, -1, -3):
    case(f"concat-axis{axis}", lambda g, x, axis=axis: g("Concat", x, g("Relu", x), g("Neg", x), axis=axis), shape=(5, 3, 4))
case("concat-axis0", lambda g, x: g.reshape(g("Concat", x, g("Relu", x), axis=0), 1, -1), shape=(5, 3, 4))
case("concat-one", lambda g, x: g("Relu", g("Concat", x, axis=1)), shape=(5, 3, 4))
case("concat-same-twice", lambda g, x: g("Concat", x, x, axis=1), shape=(5, 3, 4))
case("concat-unequal", lambda g, x: g("Concat", g.conv(x, 5, 2, (1, 1)), x, g.conv(x, 5, 9, (1, 1)), axis=1), shape=(5, 3, 4))
case("concat-with-constant", lambda g, x: g("Concat", x, g.weight(1, 2, 3, 4), axis=1), shape=(5, 3, 4))


def dense(g, x, count=25):
    """As DenseNet joins what all layers before made."""
    parts = [x]
    for _ in range(count - 1):
        parts.append(g("Relu", g.conv(parts[-1], 3 if len(parts) == 1 else 2, 2, (1, 1))))
    return g("Concat", *parts, axis=1)


case("concat-twenty-five", dense, shape=(3, 3, 4))
for opset in (9, 13, 18):
    case(f"split-equal-{opset}", lambda g, x: g("Mul", *g.split(x, 1)), shape=(6, 3, 4), opsets=(opset,))
    case(f"split-sizes-{opset}", lambda g, x: split_joined(g, x, 1, [1, 3, 2]), shape=(6, 3, 4), opsets=(opset,))
case("split-unequal-rest", lambda g, x: split_joined(g, x, 1, None), shape=(8, 3, 4), opsets=(18,))
case("split-height", lambda g, x: split_joined(g, x, 2, [1, 2, 2]), shape=(3, 5, 4))
case("split-width-negative", lambda g, x: split_joined(g, x, -1, [1, 2, 2]), shape=(3, 4, 5))
case("split-one-unused", lambda g, x: g("Relu", g.split(x, 1, [2, 3, 1])[1]), shape=(6, 3, 4))


def split_joined(g, x, axis, sizes):
    """Three parts, treated differently and joined in another order."""
    a, b, c = g.split(x, axis, sizes, outputs=3)
    return g("Concat", g("Relu", c), g("Neg", a), g("Exp", b), axis=axis)


case("slice-channels", lambda g, x: g.slice(x, [1], [4], [1]), opsets=(9, 17))
case("slice-rectangle", lambda g, x: g.slice(x, [1, 2], [5, 2**31 - 1], [2, 3]), opsets=(9, 17))
case("slice-negative", lambda g, x: g.slice(x, [-4, -3], [-1, 1000], [-2, -1]), opsets=(9, 17))
case("slice-no-axes", lambda g, x: g.slice(x, [0, 1, 0, 2], [1, 5, 6, 7]), opsets=(9, 17))
case("slice-steps", lambda g, x: g.slice(x, [0, 1], [6, 7], [2, 3], [2, 3]))
case("slice-backwards", lambda g, x: g.slice(x, [-1], [-(2**63) + 1], [1], [-1]))
case("slice-backwards-steps", lambda g, x: g.slice(x, [4, 6], [0, -8], [1, 3], [-2, -3]))
case("slice-whole", lambda g, x: g("Relu", g.slice(x, [0], [2**63 - 1], [1])))
case("slice-crop-sum", lambda g, x: g("Add", g.slice(x, [1, 1], [-1, -1], [2, 3]), g.conv(x, 5, 5, (3, 3))))
case("slice-focus", lambda g, x: g("Concat", *[g.slice(x, [row, column], [2**31 - 1] * 2, [2, 3], [2, 2])
                                               for column in (0, 1) for row in (0, 1)],
                                   axis=1), shape=(3, 4, 6))
case("gather-channels", lambda g, x: g("Gather", x, g.integers(2, 0, -1, 2), axis=1))
case("gather-scalar", lambda g, x: g("Gather", x, g.constant(np.array(-2)), axis=2))
case("transform-input", lambda g, x: transform_input(g, x), shape=(3, 4, 5), opsets=(9, 17))


def transform_input(g, x):
    """What torchvision's Inception does to images, as it is written."""
    parts = []
    for channel, (scale, shift) in enumerate(((0.458, -0.03), (0.448, -0.088), (0.45, -0.188))):
        y = g.unsqueeze(g("Gather", x, g.constant(np.array(channel)), axis=1), 1)
        parts.append(g("Add", g("Mul", y, g.constant(scale)), g.constant(shift)))
    return g("Concat", *parts, axis=1)


# --- Pad -----------------------------------------------------------------------------------------------------------------------

PADS = {"plain": [0, 0, 1, 2, 0, 0, 3, 0], "channels": [0, 0, 0, 0, 0, 4, 0, 0], "channels-before": [0, 2, 0, 0, 0, 1, 0, 0],
        "negative": [0, 0, -1, 1, 0, 0, 0, -2], "all": [0, 1, 1, 1, 0, 1, 1, 1], "none": [0] * 8}
for name, pads in PADS.items():
    case(f"pad-{name}", lambda g, x, pads=pads: g("Relu", g.pad(x, pads)), opsets=(9, 17) if name in ("plain", "channels") else (17,))
case("pad-value", lambda g, x: g.pad(x, PADS["plain"], value=1.5), opsets=(9, 17))
for mode in ("reflect", "edge", "wrap"):
    case(f"pad-{mode}", lambda g, x, mode=mode: g.pad(x, [0, 0, 1, 2, 0, 0, 3, 0], mode=mode), opsets=(19,) if mode == "wrap" else (9, 17))
case("pad-reflect-conv", lambda g, x: g.conv(g.pad(x, [0, 0, 1, 1, 0, 0, 1, 1], mode="reflect"), 5, 4, (3, 3)))
case("pad-axes", lambda g, x: g.pad(x, [1, 2, 0, 1], axes=[-1, 2]), opsets=(18,))
case("pad-conv", lambda g, x: g.conv(g.pad(x, [0, 0, 0, 0, 0, 0, 1, 1]), 5, 4, (3, 3), strides=[2, 2], auto_pad="VALID"))
case("pad-conv-pads", lambda g, x: g.conv(g.pad(x, [0, 0, 2, 0, 0, 0, 0, 1]), 5, 4, (3, 3), pads=[1, 1, 1, 1]))
# In front of MaxPool it is zero, and not minus infinity.
case("pad-max-pool", lambda g, x: g("MaxPool", g.pad(g("Sub", x, g.constant(1.5)), [0, 0, 1, 1, 0, 0, 1, 1]), kernel_shape=[3, 3],
                                    strides=[2, 2]))
case("pad-average-pool", lambda g, x: g("AveragePool", g.pad(x, [0, 0, 1, 1, 0, 0, 1, 1]), kernel_shape=[3, 3], strides=[2, 2]))
case("pad-residual", lambda g, x: g("Add", g.pad(g("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2]), [0, 0, 0, 0, 0, 3, 0, 0]),
                                   g.conv(x, 5, 8, (3, 3), strides=[2, 2], pads=[1, 1, 0, 0])), shape=(5, 6, 8))

# --- Reshape and its like --------------------------------------------------------------------------------------------------------

for name, shape in {"zero-and-rest": (0, -1), "rest-first": (-1, 8, 9), "rank-five": (1, 2, 3, 4, 3), "rank-two": (1, 72)}.items():
    case(f"reshape-{name}", lambda g, x, shape=shape: g("Relu", g.reshape(g("Neg", x), *shape)), shape=(6, 3, 4))
case("reshape-allowzero", lambda g, x: g("Relu", g.reshape(x, 1, -1, allowzero=1)), shape=(6, 3, 4))
case("reshape-map", lambda g, x: g.conv(g.reshape(x, 0, 3, 6, -1), 3, 2, (3, 3)), shape=(6, 3, 4))
for axis in (1, 2, 3, -1):
    case(f"flatten-{axis}", lambda g, x, axis=axis: g.reshape(g("Relu", g("Flatten", x, axis=axis)), 1, -1), shape=(6, 3, 4),
         opsets=(13,))
case("flatten-default", lambda g, x: g("Gemm", g("Flatten", x), g.weight(72, 3)), shape=(6, 3, 4))
for opset in (9, 13):
    case(f"squeeze-{opset}", lambda g, x: g("Gemm", g.squeeze(g("GlobalAveragePool", x), 2, 3), g.weight(6, 4), g.weight(4)),
         shape=(6, 3, 4), opsets=(opset,))
    case(f"squeeze-negative-{opset}", lambda g, x: g("Gemm", g.squeeze(g("GlobalAveragePool", x), -1, -2), g.weight(6, 4)), shape=(6, 3, 4),
         opsets=(max(opset, 11),))
    case(f"unsqueeze-{opset}", lambda g, x: g("Mul", x, g("Sigmoid", g.unsqueeze(g.reduce("ReduceMean", x, [2, 3], keepdims=0), 2, 3))),
         shape=(6, 3, 4), opsets=(opset,))
case("unsqueeze-negative", lambda g, x: g("Mul", x, g("Sigmoid", g.unsqueeze(g.reduce("ReduceMean", x, [2, 3], keepdims=0), -1, -2))),
     shape=(6, 3, 4))
case("squeeze-all", lambda g, x: g.unsqueeze(g("Relu", g.squeeze(g("GlobalAveragePool", x))), 0), shape=(6, 3, 4))
case("efficient-channel-attention", lambda g, x: channel_attention(g, x), shape=(6, 3, 4))


def channel_attention(g, x):
    """ECA (Wang et al. 2020): a convolution along the channels."""
    y = g("Transpose", g.squeeze(g("GlobalAveragePool", x), 3), perm=[0, 2, 1])
    y = g("Transpose", g("Conv", y, g.weight(1, 1, 3), pads=[1, 1]), perm=[0, 2, 1])
    return g("Mul", x, g("Sigmoid", g.unsqueeze(y, 3)))


case("squeeze-and-excitation", lambda g, x: g("Mul", x, g("Sigmoid", g.conv(g("Relu", g.conv(g(
    "GlobalAveragePool", x), 6, 2, (1, 1))), 2, 6, (1, 1)))), shape=(6, 3, 4))
case("squeeze-and-excitation-linear", lambda g, x: g("Mul", x, g.reshape(g("Sigmoid", g("Gemm", g("Relu", g(
    "Gemm", g("Flatten", g("GlobalAveragePool", x)), g.weight(2, 6), g.weight(2), transB=1)), g.weight(6, 2), g.weight(6), transB=1)),
    0, 6, 1, 1)), shape=(6, 3, 4))
case("squeeze-and-excitation-hard", lambda g, x: g("Mul", g("HardSigmoid", g.conv(g.reduce(
    "ReduceMean", x, [2, 3]), 6, 6, (1, 1)), alpha=1 / 6), x), shape=(6, 3, 4), opsets=(17, 18))

# --- Transpose --------------------------------------------------------------------------------------------------------------------

case("transpose-default", lambda g, x: g.reshape(g("Relu", g("Transpose", x)), 1, -1), shape=(2, 3, 4))
case("transpose-swap", lambda g, x: g("Relu", g("Transpose", x, perm=[0, 1, 3, 2])), shape=(2, 3, 4))
case("channel-shuffle", lambda g, x: g.conv(g.reshape(g("Transpose", g.reshape(x, 1, 2, 3, 3, 4), perm=[0, 2, 1, 3, 4]), 1, 6, 3, 4), 6, 4,
                                            (2, 2), group=2),
     shape=(6, 3, 4))
case("channel-shuffle-rest", lambda g, x: g("Relu", g.reshape(g("Transpose", g.reshape(x, 0, 3, 2, 3, 4), perm=[0, 2, 1, 3, 4]),
                                                              0, -1, 3, 4)),
     shape=(6, 3, 4))


def channels_last(g, x):
    return g("Transpose", x, perm=[0, 2, 3, 1])


def channels_first(g, x):
    return g("Transpose", x, perm=[0, 3, 1, 2])


case("channels-last-round-trip", lambda g, x: g.conv(channels_first(g, g("Relu", channels_last(g, x))), 5, 4, (3, 3)))


def keras(g, x):
    """Each convolution between its Transposes, and in between what knows channels as the last axis."""
    y = channels_last(g, g.conv(x, 3, 6, (3, 3), auto_pad="SAME_UPPER", strides=[2, 2]))
    y = g("Relu", g("Add", g("Mul", y, g.weight(6, low=0.5, high=1.5)), g.weight(1, 1, 1, 6)))
    y = channels_last(g, g("MaxPool", channels_first(g, y), kernel_shape=[2, 2], strides=[1, 1]))
    z = channels_last(g, g.conv(channels_first(g, y), 6, 6, (3, 3), pads=[1] * 4))
    y = g("Concat", g("Add", y, z), g.clip(z, 0.0, 6.0), axis=3)
    y = g("Mul", y, g("Sigmoid", g.reduce("ReduceMean", y, [1, 2])))
    y = g("MatMul", g.reduce("ReduceMean", y, [1, 2], keepdims=0), g.weight(12, 4))
    return g("Add", y, g.weight(4))


case("channels-last-keras", keras, shape=(3, 9, 8), opsets=(13, 18))


def flattened_last(g, x):
    """Flattened with the channels last, so that the columns of the matrix are in another order."""
    y = channels_last(g, g("Relu", g.conv(x, 3, 4, (3, 3))))
    return g("Gemm", g.reshape(y, 1, -1), g.weight(48, 5), g.weight(5))


case("channels-last-flatten", flattened_last, shape=(3, 5, 6))
case("channels-last-pad", lambda g, x: g.conv(channels_first(g, g.pad(channels_last(g, x), [0, 1, 0, 0, 0, 0, 2, 1])), 6, 4, (3, 3)))
case("channels-last-prelu", lambda g, x: channels_first(g, g("PRelu", channels_last(g, x), g.weight(1, 1, 5))))
case("channels-last-split", lambda g, x: channels_first(g, g("Mul", *g.split(channels_last(g, x), 3))), shape=(6, 3, 4))
case("channels-last-slice", lambda g, x: channels_first(g, g.slice(channels_last(g, x), [1, 2], [2, 5], [1, 3])))
case("channels-last-softmax", lambda g, x: g("Mul", x, channels_first(g, g("Softmax", channels_last(g, x), axis=-1))))
case("channels-last-linear", lambda g, x: channels_first(g, g("MatMul",
                                                              g("Relu",
                                                                g("Add", g("MatMul", channels_last(g, x), g.weight(5, 8)),
                                                                  g.weight(8))), g.weight(8, 5))))
for block, mode in ((2, "DCR"), (2, "CRD"), (3, None)):
    channels = 2 * block * block
    case(f"depth-to-space-{block}-{mode or 'default'}", lambda g, x, block=block, mode=mode:
         g("DepthToSpace", x, blocksize=block, mode=mode),
         shape=(channels, 2, 3))
case("space-to-depth", lambda g, x: g("SpaceToDepth", x, blocksize=2), shape=(3, 4, 6))
case("pixel-unshuffle-pattern", lambda g, x: g.reshape(g("Transpose", g.reshape(x, 1, 3, 2, 2, 3, 2), perm=[0, 1, 3, 5, 2, 4]),
                                                       1, 12, 2, 3),
     shape=(3, 4, 6))

# --- Resize ------------------------------------------------------------------------------------------------------------------------

RESIZES = {
    "nearest-asymmetric-floor": ("nearest", "asymmetric", "floor", (2, 3)),
    "nearest-asymmetric-floor-uneven": ("nearest", "asymmetric", "floor", (1.5, 2.25)),
    "nearest-half-pixel-floor": ("nearest", "half_pixel", "round_prefer_floor", (2, 1.5)),
    "nearest-down": ("nearest", "asymmetric", "floor", (0.5, 0.5)),
    "nearest-align": ("nearest", "align_corners", "round_prefer_floor", (2, 2)),
    "linear-half-pixel": ("linear", "half_pixel", None, (2, 3)), "linear-half-pixel-uneven": ("linear", "half_pixel", None, (1.5, 1.75)),
    "linear-pytorch": ("linear", "pytorch_half_pixel", None, (2, 2)), "linear-align": ("linear", "align_corners", None, (2, 3)),
    "linear-asymmetric": ("linear", "asymmetric", None, (2, 2)), "linear-down": ("linear", "half_pixel", None, (0.5, 0.6)),
    "cubic-half-pixel": ("cubic", "half_pixel", None, (2, 1.5)), "cubic-align": ("cubic", "align_corners", None, (2, 2)),
}
for name, (mode, coordinates, rounding, factors) in RESIZES.items():
    case(f"resize-{name}", lambda g, x, mode=mode, coordinates=coordinates, rounding=rounding, factors=factors: g(
        "Resize", x, g.absent(), g.constant([1.0, 1.0, *factors]), mode=mode, coordinate_transformation_mode=coordinates,
        nearest_mode=rounding, cubic_coeff_a=-0.75 if mode == "cubic" else None), shape=(2, 4, 5),
        opsets=(11, 18) if name in ("nearest-asymmetric-floor", "linear-half-pixel") else (13,))
case("resize-default", lambda g, x: g("Resize", x, "", g.constant([1.0, 1.0, 2.0, 2.0])), shape=(2, 4, 5), opsets=(13,))
for mode, coordinates in (("nearest", "asymmetric"), ("linear", "half_pixel"), ("linear", "align_corners")):
    case(f"resize-sizes-{mode}-{coordinates}", lambda g, x, mode=mode, coordinates=coordinates: g(
        "Resize", x, g.absent(), g.absent(), g.integers(1, 2, 7, 11), mode=mode, coordinate_transformation_mode=coordinates,
        nearest_mode="floor" if mode == "nearest" else None), shape=(2, 4, 5), opsets=(11, 19))
case("resize-to-another", lambda g, x: resized_to_another(g, x), shape=(3, 6, 8))
case("resize-axes", lambda g, x: g("Resize", x, "", "", g.integers(7, 9), axes=[2, 3], mode="linear"), shape=(2, 4, 5), opsets=(18,))
case("resize-10", lambda g, x: g("Resize", x, g.constant([1.0, 1.0, 2.0, 3.0]), mode="nearest"), shape=(2, 4, 5), opsets=(10,))
case("resize-10-linear", lambda g, x: g("Resize", x, g.constant([1.0, 1.0, 2.0, 3.0]), mode="linear"), shape=(2, 4, 5), opsets=(10,))
for mode in ("nearest", "linear"):
    case(f"upsample-{mode}", lambda g, x, mode=mode: g("Upsample", x, g.constant([1.0, 1.0, 2.0, 3.0]), mode=mode), shape=(2, 4, 5),
         opsets=(9,))


def resized_to_another(g, x):
    """As HRNet and feature pyramids bring a small map to the size of a large one, by way of Shape."""
    small = g.conv(x, 3, 3, (3, 3), strides=[2, 2], pads=[1] * 4)
    size = g.slice(g("Shape", x), [2], [4], [0])
    size = g("Concat", g.slice(g("Shape", small), [0], [2], [0]), size, axis=0)
    return g("Add", x, g("Resize", small, "", "", size, mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"))
