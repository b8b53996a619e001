"""Cases of the goldens of operators: convolutions and poolings, with the traps of every attribute."""

import numpy as np

from onnx_builder import case

# name: (kernel, attributes)
CONVOLUTIONS = {
    "plain": ((3, 2), {}),
    "pads-even": ((3, 3), {"pads": [1, 1, 1, 1]}),
    "pads-uneven": ((3, 3), {"pads": [0, 0, 1, 1]}),
    "pads-uneven-strides": ((5, 5), {"pads": [1, 1, 2, 2], "strides": [2, 2]}),
    "pads-wide": ((2, 3), {"pads": [0, 3, 2, 1]}),
    "strides-two": ((3, 3), {"strides": [2, 3], "pads": [1, 0, 0, 2]}),
    "strides-beyond-kernel": ((1, 1), {"strides": [2, 2]}),
    "strides-beyond-kernel-pads": ((1, 2), {"strides": [3, 3], "pads": [1, 1, 0, 0]}),
    "dilations": ((3, 3), {"dilations": [2, 1], "pads": [2, 1, 2, 1]}),
    "dilations-two-strides": ((2, 3), {"dilations": [3, 2], "pads": [1, 2, 3, 0], "strides": [1, 2]}),
    "auto-valid": ((3, 3), {"auto_pad": "VALID", "strides": [2, 1]}),
    "auto-same-upper": ((3, 4), {"auto_pad": "SAME_UPPER"}),
    "auto-same-upper-strides": ((3, 3), {"auto_pad": "SAME_UPPER", "strides": [2, 3]}),
    "auto-same-lower": ((2, 4), {"auto_pad": "SAME_LOWER"}),
    "auto-same-lower-strides": ((3, 3), {"auto_pad": "SAME_LOWER", "strides": [2, 3]}),
    "auto-notset": ((3, 3), {"auto_pad": "NOTSET", "pads": [1, 0, 1, 0]}),
    "whole-map": ((6, 7), {}),
    "row": ((1, 7), {"pads": [0, 3, 0, 3]}),
    "column": ((5, 1), {"pads": [2, 0, 2, 0]}),
    "one": ((1, 1), {}),
}
for name, (kernel, attributes) in CONVOLUTIONS.items():
    case(f"conv-{name}", lambda g, x, kernel=kernel, attributes=attributes: g.conv(x, 5, 4, kernel, **attributes),
         opsets=(9, 17) if name == "pads-uneven" else (17,))
for name, kernel, attributes in (
        ("same-upper-wide", (3, 3), {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
        ("same-lower-wide", (3, 3), {"auto_pad": "SAME_LOWER", "strides": [2, 2]})):
    # Even extents need one row of padding, odd ones two.
    case(f"conv-auto-{name}", lambda g, x, kernel=kernel, attributes=attributes: g.conv(x, 3, 8, kernel, **attributes), shape=(3, 8, 9))
case("conv-no-bias", lambda g, x: g.conv(x, 5, 4, (3, 3), bias=False))
case("conv-no-kernel-shape", lambda g, x: g.conv(x, 5, 4, (3, 2), named=False, pads=[1, 0, 1, 1]))
case("conv-nothing-said", lambda g, x: g.conv(x, 5, 4, (3, 2), named=False, bias=False))
case("conv-one-channel", lambda g, x: g.conv(x, 1, 3, (3, 3), pads=[1, 1, 1, 1]), shape=(1, 5, 8))
case("conv-groups", lambda g, x: g.conv(x, 6, 8, (3, 3), group=2, pads=[1, 1, 1, 1]), shape=(6, 5, 7))
case("conv-groups-strides", lambda g, x: g.conv(x, 8, 4, (3, 2), group=4, pads=[0, 1, 1, 0], strides=[2, 1]), shape=(8, 6, 5))
case("conv-groups-dilations", lambda g, x: g.conv(x, 6, 6, (3, 3), group=3, pads=[2, 2, 2, 2], dilations=[2, 2]), shape=(6, 5, 7))
DEPTHWISE = {
    "plain": ((3, 3), {"pads": [1, 1, 1, 1]}), "strides": ((3, 3), {"pads": [1, 1, 1, 1], "strides": [2, 2]}),
    "uneven": ((5, 5), {"pads": [1, 1, 2, 2], "strides": [2, 2]}), "same": ((3, 3), {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
    "dilations": ((3, 3), {"pads": [2, 2, 2, 2], "dilations": [2, 2]}), "whole-map": ((6, 7), {}),
    "two-strides": ((3, 2), {"strides": [3, 1], "pads": [0, 1, 1, 0]}), "one": ((1, 1), {}),
}
for name, (kernel, attributes) in DEPTHWISE.items():
    case(f"conv-depthwise-{name}",
         lambda g, x, kernel=kernel, attributes=attributes: g.conv(x, 5, 5, kernel, group=5, **attributes))
case("conv-depthwise-multiplier", lambda g, x: g.conv(x, 5, 10, (3, 3), group=5, pads=[1, 1, 1, 1]))
case("conv-depthwise-multiplier-strides", lambda g, x: g.conv(x, 3, 9, (3, 3), group=3, pads=[0, 0, 1, 1], strides=[2, 2]),
     shape=(3, 6, 7))
case("conv-depthwise-no-bias", lambda g, x: g.conv(x, 8, 8, (3, 3), group=8, bias=False), shape=(8, 5, 6))
case("conv-chain", lambda g, x: g.conv(g("Relu", g.conv(x, 3, 8, (3, 3), pads=[1] * 4)), 8, 5, (3, 3), strides=[2, 2]),
     shape=(3, 7, 8))


def long_signal(g, x):
    """A convolution of one axis over the rows of a map."""
    return g("Conv", g.reshape(x, 1, 5, 42), g.weight(4, 5, 3), g.weight(4), kernel_shape=[3], pads=[1, 0], strides=[2])


case("conv-one-axis", long_signal)
# Extents that the file leaves open, as tf2onnx and Keras write them.
for name in ("auto-same-upper-strides", "auto-same-lower"):
    kernel, attributes = CONVOLUTIONS[name]
    case(f"conv-{name}-open", lambda g, x, kernel=kernel, attributes=attributes: g.conv(x, 5, 4, kernel, **attributes),
         batch="batch", open_extents=True)
case("conv-shared-weight", lambda g, x: shared(g, x), shape=(4, 5, 6))


def shared(g, x):
    """One initialiser for two convolutions, under another name by way of Identity."""
    weight = g.weight(4, 4, 3, 3, low=-0.3, high=0.3)
    y = g("Relu", g("Conv", x, weight, pads=[1, 1, 1, 1]))
    return g("Conv", y, g("Identity", weight), pads=[1, 1, 1, 1])


TRANSPOSED = {"plain": {}, "strides": {"strides": [2, 2]}, "pads": {"strides": [2, 3], "pads": [1, 0, 0, 1]},
              "output-padding": {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]}}
for name, attributes in TRANSPOSED.items():
    case(f"conv-transpose-{name}", lambda g, x, attributes=attributes:
         g("ConvTranspose", x, g.weight(5, 3, 3, 3), g.weight(3), kernel_shape=[3, 3], **attributes), shape=(5, 4, 5))

TRANSPOSED_MORE = {
    "no-bias": ((3, 3), {"strides": [2, 1]}, 1), "groups": ((2, 3), {"group": 2, "strides": [2, 2], "pads": [0, 1, 1, 0]}, 2),
    "depthwise": ((4, 4), {"group": 6, "strides": [2, 2], "pads": [1, 1, 1, 1]}, 6),
    "dilations": ((3, 2), {"dilations": [2, 3], "strides": [1, 2], "pads": [3, 0, 1, 2]}, 1),
    "same-upper": ((3, 4), {"auto_pad": "SAME_UPPER", "strides": [2, 3]}, 1),
    "same-lower": ((4, 3), {"auto_pad": "SAME_LOWER", "strides": [3, 2]}, 1),
    "output-shape": ((3, 3), {"output_shape": [8, 9], "strides": [2, 2]}, 1),
    "one": ((1, 1), {"strides": [2, 2]}, 1), "beyond-kernel": ((2, 1), {"strides": [3, 2], "output_padding": [1, 1]}, 1)}
for name, (kernel, attributes, groups) in TRANSPOSED_MORE.items():
    case(f"conv-transpose-{name}", lambda g, x, kernel=kernel, attributes=attributes, groups=groups:
         g("ConvTranspose", x, g.weight(6, 12 // groups, *kernel), kernel_shape=list(kernel), **attributes), shape=(6, 4, 5))
case("conv-transpose-between", lambda g, x: g.conv(g("Relu", g("ConvTranspose", x, g.weight(4, 3, 2, 2), g.weight(3), strides=[2, 2])),
                                                   3, 4, (3, 3), strides=[2, 2]), shape=(4, 3, 4))
case("conv-transpose-one-axis", lambda g, x: g(
    "ConvTranspose", g.reshape(x, 1, 4, 15), g.weight(4, 2, 3), g.weight(2), strides=[2], pads=[1, 0]), shape=(4, 3, 5))

# --- Poolings ---------------------------------------------------------------------------------------------------------------

MAXIMA = {
    "plain": {"kernel_shape": [2, 2], "strides": [2, 2]},
    "no-strides": {"kernel_shape": [2, 3]},
    "pads": {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]},
    "pads-uneven": {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [0, 0, 1, 1]},
    "two-strides": {"kernel_shape": [3, 2], "strides": [1, 3], "pads": [1, 0, 0, 1]},
    "ceil": {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1},
    "ceil-pads": {"kernel_shape": [3, 3], "strides": [2, 3], "ceil_mode": 1, "pads": [1, 1, 0, 1]},
    "ceil-last-window-none": {"kernel_shape": [1, 2], "strides": [3, 3], "ceil_mode": 1, "pads": [0, 0, 0, 1]},
    "dilations": {"kernel_shape": [2, 3], "dilations": [2, 2]},
    "dilations-ceil": {"kernel_shape": [2, 2], "dilations": [3, 2], "strides": [2, 2], "ceil_mode": 1, "pads": [1, 0, 0, 1]},
    "same-upper": {"kernel_shape": [3, 3], "strides": [2, 2], "auto_pad": "SAME_UPPER"},
    "same-lower": {"kernel_shape": [2, 2], "strides": [1, 2], "auto_pad": "SAME_LOWER"},
    "valid": {"kernel_shape": [3, 2], "strides": [2, 2], "auto_pad": "VALID"},
    "whole-map": {"kernel_shape": [6, 7]},
    "strides-beyond-kernel": {"kernel_shape": [1, 2], "strides": [2, 3]},
}
for name, attributes in MAXIMA.items():
    case(f"max-pool-{name}", lambda g, x, attributes=attributes: g("MaxPool", x, **attributes),
         opsets=(10,) if "dilations" in name else (12,) if "ceil" in name else (9, 17) if name == "pads" else (17,))
for name in ("plain", "ceil", "pads"):
    # After a Relu whole windows are equal; the first of them is taken.
    case(f"max-pool-ties-{name}", lambda g, x, attributes=MAXIMA[name]: g("MaxPool", g("Relu", x), **attributes), ties=True)
case("max-pool-stem", lambda g, x: g("MaxPool", g("Relu", g.conv(x, 3, 6, (3, 3), pads=[1] * 4, strides=[2, 2])),
                                     kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]), shape=(3, 12, 10))

AVERAGES = {
    "plain": {"kernel_shape": [2, 2], "strides": [2, 2]},
    "no-strides": {"kernel_shape": [2, 3]},
    "pads": {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]},
    "pads-uneven": {"kernel_shape": [3, 3], "strides": [2, 1], "pads": [0, 2, 1, 1]},
    "ceil": {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1},
    "ceil-pads": {"kernel_shape": [3, 3], "strides": [2, 3], "ceil_mode": 1, "pads": [1, 1, 1, 1]},
    "ceil-pads-uneven": {"kernel_shape": [3, 4], "strides": [2, 3], "ceil_mode": 1, "pads": [1, 0, 0, 2]},
    "ceil-wide": {"kernel_shape": [2, 2], "strides": [4, 5], "ceil_mode": 1},
    "same-upper": {"kernel_shape": [3, 3], "strides": [2, 2], "auto_pad": "SAME_UPPER"},
    "same-lower": {"kernel_shape": [2, 4], "strides": [1, 2], "auto_pad": "SAME_LOWER"},
    "valid": {"kernel_shape": [3, 2], "strides": [2, 2], "auto_pad": "VALID"},
    "whole-map": {"kernel_shape": [6, 7]},
    "two-strides": {"kernel_shape": [3, 2], "strides": [3, 1]},
}
for name, attributes in AVERAGES.items():
    opsets = (19,) if "ceil" in name else (9, 17) if name == "pads" else (17,)
    case(f"average-pool-{name}", lambda g, x, attributes=attributes: g("AveragePool", x, **attributes), opsets=opsets)
    if "pads" in name or "ceil" in name or "same" in name:
        case(f"average-pool-{name}-counted", lambda g, x, attributes=attributes:
             g("AveragePool", x, count_include_pad=1, **attributes), opsets=opsets)
for counted in (0, 1):
    case(f"average-pool-dilations-{counted}", lambda g, x, counted=counted:
         g("AveragePool", x, kernel_shape=[2, 3], dilations=[3, 2], pads=[1, 1, 0, 1], count_include_pad=counted),
         opsets=(19,))
for kind in ("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"):
    case(f"{kind.lower()}", lambda g, x, kind=kind: g(kind, x))
case("globallppool-three", lambda g, x: g("GlobalLpPool", x, p=3))
case("lp-pool", lambda g, x: g("LpPool", x, kernel_shape=[2, 3], strides=[2, 2], p=2), opsets=(18,))
case("lp-pool-one", lambda g, x: g("LpPool", x, kernel_shape=[3, 2], pads=[1, 0, 1, 1], p=1), opsets=(18,))
case("lp-pool-three", lambda g, x: g("LpPool", x, kernel_shape=[2, 2], strides=[2, 1], p=3), opsets=(9, 18))
case("globalmaxpool-ties", lambda g, x: g("GlobalMaxPool", g("Relu", x)), ties=True)


def generalised_mean(g, x):
    """GeM (Radenovic et al. 2018), as PyTorch writes it."""
    y = g("Pow", g.clip(x, 1e-6), g.constant(3.0))
    y = g("AveragePool", y, kernel_shape=[6, 7], strides=[6, 7])
    return g("Pow", y, g.constant(1 / 3))


case("generalised-mean", generalised_mean, span=(0.1, 2.0))


def generalised_mean_of_axes(g, x):
    y = g("Pow", g.clip(x, 1e-6), g.constant(np.array([2.5], dtype=np.float32)))
    return g("Pow", g.reduce("ReduceMean", y, [-1, -2], keepdims=0), g.constant(0.4))


case("generalised-mean-of-axes", generalised_mean_of_axes, span=(0.1, 2.0), opsets=(17, 18))
