"""Cases of the goldens of operators: activations, arithmetic with constants and of two values, sums over axes."""

import itertools
import math

import numpy as np

from onnx_builder import case

# --- Activations: op -> attributes; the image spans what bends them ------------------------------------------------------------

ACTIVATIONS = {
    "relu": ("Relu", {}), "leaky-relu": ("LeakyRelu", {"alpha": 0.2}), "leaky-relu-default": ("LeakyRelu", {}),
    "leaky-relu-negative": ("LeakyRelu", {"alpha": -0.5}),
    "elu": ("Elu", {}), "elu-alpha": ("Elu", {"alpha": 0.6}),
    "selu": ("Selu", {}), "selu-attributes": ("Selu", {"alpha": 1.5, "gamma": 1.2}),
    "celu": ("Celu", {"alpha": 0.7}), "celu-default": ("Celu", {}), "sigmoid": ("Sigmoid", {}),
    "hard-sigmoid": ("HardSigmoid", {}), "hard-sigmoid-sixth": ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}),
    "hard-swish": ("HardSwish", {}), "tanh": ("Tanh", {}), "softplus": ("Softplus", {}), "softsign": ("Softsign", {}),
    "exp": ("Exp", {}), "abs": ("Abs", {}), "neg": ("Neg", {}), "erf": ("Erf", {}),
    "thresholded-relu": ("ThresholdedRelu", {"alpha": 0.7}),
}
for name, (kind, attributes) in ACTIVATIONS.items():
    case(name, lambda g, x, kind=kind, attributes=attributes: g(kind, x, **attributes), shape=(5, 4, 6), span=(-4.0, 4.0),
         optional=name == "thresholded-relu")
for name, kind in {"log": "Log", "sqrt": "Sqrt", "reciprocal": "Reciprocal"}.items():
    case(name, lambda g, x, kind=kind: g(kind, x), shape=(5, 4, 6), span=(0.2, 3.0))
case("reciprocal-both-signs", lambda g, x: g("Reciprocal", g("Add", x, g.constant([[[-3.0]], [[3.0]], [[4.0]]]))), shape=(3, 4, 5))
case("gelu", lambda g, x: g("Gelu", x), shape=(5, 4, 6), span=(-4.0, 4.0), opsets=(20,))
case("gelu-tanh", lambda g, x: g("Gelu", x, approximate="tanh"), shape=(5, 4, 6), span=(-4.0, 4.0), opsets=(20,))
case("mish", lambda g, x: g("Mish", x), shape=(5, 4, 6), span=(-4.0, 4.0), opsets=(18,))
case("swish", lambda g, x: g("Swish", x), shape=(5, 4, 6), span=(-4.0, 4.0), opsets=(24,), optional=True)
# Far out, where a formula that is not careful overflows.
for name in ("sigmoid", "softplus", "tanh", "elu", "hard-swish"):
    case(f"{name}-far", lambda g, x, name=name: g(ACTIVATIONS[name][0], x), shape=(2, 4, 5), span=(-150.0, 150.0))


# --- Activations as chains, as exporters write them -------------------------------------------------------------------------------

def gelu_of_erf(g, x):
    y = g("Erf", g("Div", x, g.constant(math.sqrt(2))))
    return g("Mul", g("Mul", x, g("Add", y, g.constant(1.0))), g.constant(0.5))


def gelu_of_erf_in_front(g, x):
    y = g("Erf", g("Mul", x, g.constant(math.sqrt(0.5))))
    return g("Mul", g("Mul", g.constant(0.5), x), g("Add", g.constant(1.0), y))


def gelu_of_tanh(g, x):
    cube = g("Mul", g("Mul", x, x), x)
    y = g("Mul", g("Add", x, g("Mul", cube, g.constant(0.044715))), g.constant(math.sqrt(2 / math.pi)))
    return g("Mul", g("Mul", x, g.constant(0.5)), g("Add", g("Tanh", y), g.constant(1.0)))


PATTERNS = {
    "pattern-silu": lambda g, x: g("Mul", x, g("Sigmoid", x)), "pattern-silu-turned": lambda g, x: g("Mul", g("Sigmoid", x), x),
    "pattern-mish": lambda g, x: g("Mul", x, g("Tanh", g("Softplus", x))), "pattern-gelu": gelu_of_erf,
    "pattern-gelu-in-front": gelu_of_erf_in_front, "pattern-gelu-tanh": gelu_of_tanh,
    "pattern-hard-swish": lambda g, x: g("Mul", x, g("HardSigmoid", x, alpha=1 / 6)),
    "pattern-hard-swish-clip": lambda g, x: g(
        "Div", g("Mul", x, g.clip(g("Add", x, g.constant(3.0)), 0.0, 6.0)), g.constant(6.0)),
    "pattern-hard-sigmoid-clip": lambda g, x: g("Div", g.clip(g("Add", x, g.constant(3.0)), 0.0, 6.0), g.constant(6.0)),
    "pattern-swish-beta": lambda g, x: g("Mul", x, g("Sigmoid", g("Mul", x, g.constant(1.702)))),
    "pattern-relu-of-max": lambda g, x: g("Max", x, g.constant(0.0)),
    "pattern-leaky-of-max": lambda g, x: g("Max", x, g("Mul", x, g.constant(0.1))),
    "pattern-prelu-of-keras": lambda g, x: g("Add", g("Relu", x), g("Mul", g("Neg", g("Relu", g("Neg", x))), g.weight(5, 1, 1))),
    "pattern-square": lambda g, x: g("Mul", x, x), "pattern-double": lambda g, x: g("Add", x, x),
    "pattern-minus-itself": lambda g, x: g("Sub", g("Mul", x, g.constant(3.0)), x),
}
for name, build in PATTERNS.items():
    case(name, build, shape=(5, 4, 6), span=(-4.0, 4.0))

# --- Clip, PRelu --------------------------------------------------------------------------------------------------------------------

for name, bounds in {"both": (-0.5, 1.25), "low": (-0.5, None), "high": (None, 0.75), "six": (0.0, 6.0)}.items():
    case(f"clip-{name}", lambda g, x, bounds=bounds: g.clip(x, *bounds), shape=(5, 4, 6), span=(-4.0, 8.0), opsets=(9, 11, 13))
case("clip-none", lambda g, x: g("Relu", g.clip(x)), shape=(2, 3, 4))
case("clip-constants", lambda g, x: g(
    "Clip", x, g("Constant", outputs=1, value_float=-1.0), g("Constant", outputs=1, value_float=1.5)), shape=(2, 3, 4))
case("prelu-channels", lambda g, x: g("PRelu", x, g.weight(5, 1, 1, low=0.0, high=0.5)), opsets=(9, 17))
case("prelu-channels-negative", lambda g, x: g("PRelu", x, g.weight(5, 1, 1)))
case("prelu-scalar", lambda g, x: g("PRelu", x, g.constant(0.3)))
case("prelu-one", lambda g, x: g("PRelu", x, g.weight(1)))
case("prelu-one-of-three-axes", lambda g, x: g("PRelu", x, g.weight(1, 1, 1)))
case("prelu-last-axis", lambda g, x: g("PRelu", x, g.weight(7)))
case("prelu-whole", lambda g, x: g("PRelu", x, g.weight(5, 6, 7)))
case("prelu-vector", lambda g, x: g("PRelu", g("Flatten", x), g.weight(24)), shape=(2, 3, 4))

# --- Where two derivatives are as good as each other ----------------------------------------------------------------------------------

for name, kind in {"relu": "Relu", "leaky-relu": "LeakyRelu", "abs": "Abs"}.items():
    case(f"ties-{name}", lambda g, x, kind=kind: g(kind, x), shape=(3, 4, 5), ties=True)
case("ties-relu6", lambda g, x: g.clip(g("Mul", x, g.constant(3.0)), 0.0, 6.0), shape=(3, 4, 5), ties=True)
case("ties-prelu", lambda g, x: g("PRelu", x, g.weight(3, 1, 1)), shape=(3, 4, 5), ties=True)
case("ties-elu", lambda g, x: g("Elu", x), shape=(3, 4, 5), ties=True)
case("ties-max", lambda g, x: g("Max", x, g("Neg", x)), shape=(3, 4, 5), ties=True)
case("ties-min", lambda g, x: g("Min", x, g("Neg", x)), shape=(3, 4, 5), ties=True)
case("ties-max-of-halves", lambda g, x: g("Max", *g.split(x, 1)), shape=(6, 4, 5), ties=True)
case("ties-max-of-same", lambda g, x: g("Max", x, x), shape=(3, 4, 5), ties=True)

# --- Arithmetic with constants and of values --------------------------------------------------------------------------------------------

SHAPES = {"scalar": (), "one": (1,), "channel": (5, 1, 1), "channel-batch": (1, 5, 1, 1), "row": (7,), "column": (6, 1), "map": (1, 6, 7),
          "plane": (6, 7), "whole": (5, 6, 7)}
for kind, (name, shape) in itertools.product(("Add", "Sub", "Mul", "Div"), SHAPES.items()):
    # All shapes for a sum and a product; those of normalisation for the others.
    if kind in ("Sub", "Div") and name not in ("scalar", "channel", "map", "whole"):
        continue
    low = 0.5 if kind == "Div" else -2.0
    case(f"{kind.lower()}-constant-{name}", lambda g, x, kind=kind, shape=shape, low=low:
         g(kind, x, g.constant(g.random(*shape, low=low, high=2.0))))
    case(f"{kind.lower()}-constant-first-{name}", lambda g, x, kind=kind, shape=shape, low=low:
         g(kind, g.constant(g.random(*shape, low=low, high=2.0)), x), span=(0.5, 2.0) if kind == "Div" else (-2.0, 2.0))
for kind in ("Add", "Sub", "Mul", "Div", "Max", "Min"):
    def pair(g, x, kind=kind):
        """(5, 6, 7) and (5, 1, 1)."""
        return g(kind, x, g("Add", g("Sigmoid", g("GlobalAveragePool", x)), g.constant(0.25)))

    def turned(g, x, kind=kind):
        return g(kind, g("Add", g("Sigmoid", g("GlobalAveragePool", x)), g.constant(0.25)), g("Exp", x))

    def both(g, x, kind=kind):
        """(1, 5, 6, 1) and (1, 1, 1, 7): both are broadcast."""
        a = g.reduce("ReduceMean", x, [3])
        b = g("Exp", g.reduce("ReduceMean", x, [1, 2]))
        return g(kind, a, b)

    def same(g, x, kind=kind):
        return g(kind, x, g("Exp", g("Mul", x, g.constant(-0.5))))

    for name, build in {"gate": pair, "gate-turned": turned, "both-ways": both, "same-shape": same}.items():
        case(f"{kind.lower()}-values-{name}", build)
case("mul-values-one-channel", lambda g, x: g("Mul", x, g("Sigmoid", g.conv(x, 5, 1, (3, 3), pads=[1] * 4))))
case("mul-values-of-ranks", lambda g, x: g("Mul", x, g.reshape(g("Sigmoid", g("GlobalAveragePool", x)), 5, 1, 1)))
case("sum-of-three", lambda g, x: g("Sum", x, g("Relu", x), g("Mul", x, x)))
case("sum-of-one", lambda g, x: g("Relu", g("Sum", x)))
case("mean-of-three", lambda g, x: g("Mean", x, g("Relu", x), g("Mul", x, x)))
case("max-of-three", lambda g, x: g("Max", x, g("Mul", x, x), g("Neg", x)))
case("min-of-three", lambda g, x: g("Min", x, g("Mul", x, x), g("Neg", x)))
for kind in ("Max", "Min"):
    case(f"{kind.lower()}-constant", lambda g, x, kind=kind: g(kind, x, g.constant(0.3)))
    case(f"{kind.lower()}-constant-channel", lambda g, x, kind=kind: g(kind, g.weight(5, 1, 1), x))
case("max-out", lambda g, x: g("Max", *g.split(g.conv(x, 3, 8, (3, 3)), 1)), shape=(3, 6, 7), opsets=(9, 13, 18))
for exponent in (2.0, 3.0, 0.5, -1.0, 1.0, 2.7):
    case(f"pow-{exponent}", lambda g, x, exponent=exponent: g("Pow", x, g.constant(exponent)), shape=(5, 4, 6), span=(0.2, 2.0))
case("pow-two-of-negative", lambda g, x: g("Pow", x, g.constant(2.0)), shape=(5, 4, 6))
case("pow-three-of-negative", lambda g, x: g("Pow", x, g.constant(3.0)), shape=(5, 4, 6))
case("pow-integer-exponent", lambda g, x: g("Pow", x, g.constant(np.array(2, dtype=np.int64))), shape=(5, 4, 6))
case("pow-channel", lambda g, x: g("Pow", g.clip(x, 1e-3), g.weight(5, 1, 1, low=0.5, high=3.0)), shape=(5, 4, 6))
case("pow-channel-relu", lambda g, x: g("Pow", g("Relu", x), g.weight(5, 1, 1, low=1.5, high=3.0)), shape=(5, 4, 6))
case("pow-constant-base", lambda g, x: g("Pow", g.constant(2.0), x), shape=(5, 4, 6), optional=True)
case("pow-of-values", lambda g, x: g("Pow", x, g("Sigmoid", x)), shape=(5, 4, 6), span=(0.2, 2.0), optional=True)
case("affine-chain", lambda g, x: g("Add", g("Mul", g("Sub", x, g.weight(5, 1, 1)), g.weight(1, 5, 1, 1)), g.weight(5, 1, 1)))
case("scaled-residual", lambda g, x: g("Add", x, g("Mul", g.conv(x, 5, 5, (3, 3), pads=[1] * 4), g.constant(0.17))))
case("where-constant", lambda g, x: g("Where", g.constant(g.random(5, 6, 7) > 0), x, g("Mul", x, x)))
case("where-constant-value", lambda g, x: g("Where", g.constant(g.random(1, 6, 7) > 0), x, g.constant(0.5)))

# --- Sums over axes ---------------------------------------------------------------------------------------------------

for kind in ("ReduceMean", "ReduceSum", "ReduceMax", "ReduceL2"):
    for axes in itertools.chain.from_iterable(itertools.combinations((1, 2, 3), count) for count in (1, 2, 3)):
        name = "".join(map(str, axes))
        keep = 0 if sum(axes) % 2 else 1
        case(f"{kind.lower()}-{name}", lambda g, x, kind=kind, axes=axes, keep=keep: g.reduce(kind, x, axes, keepdims=keep),
             shape=(5, 4, 6), opsets=(18,) if kind != "ReduceMean" else (13, 18))
for opset in (9, 13, 18):
    case(f"reducemean-negative-keep-{opset}", lambda g, x: g("Mul", x, g.reduce("ReduceMean", x, [-1, -2])),
         shape=(5, 4, 6), opsets=(max(opset, 11),))
    case(f"reducesum-default-keep-{opset}", lambda g, x: g.reduce("ReduceSum", x, [2]), shape=(5, 4, 6), opsets=(opset,))
case("reducemean-all", lambda g, x: g.reshape(g.reduce("ReduceMean", x, None, keepdims=0), 1, 1), shape=(5, 4, 6))
case("reducemean-all-keep", lambda g, x: g("Mul", g.reduce("ReduceMean", x, None), x), shape=(5, 4, 6))
case("reducesum-noop", lambda g, x: g("Relu", g("ReduceSum", x, noop_with_empty_axes=1)), shape=(5, 4, 6))
case("reducemean-unordered", lambda g, x: g.reduce("ReduceMean", x, [3, 1], keepdims=0), shape=(5, 4, 6), opsets=(17, 18))
case("reducemean-pool-and-linear", lambda g, x: g(
    "Gemm", g.reduce("ReduceMean", x, [2, 3], keepdims=0), g.weight(3, 5), g.weight(3), transB=1), opsets=(9, 18))
for kind in ("ReduceMin", "ReduceL1", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp", "ReduceProd"):
    case(f"{kind.lower()}", lambda g, x, kind=kind: g.reduce(kind, x, [2, 3]), shape=(5, 3, 4), span=(0.3, 2.0), opsets=(18,),
         optional=kind == "ReduceProd")
case("l2-normalised", lambda g, x: g("Div", x, g.reduce("ReduceL2", x, [1])), shape=(5, 4, 6), opsets=(17, 18))
case("l2-normalised-clipped", lambda g, x: g("Div", g("Flatten", x), g("Expand", g.clip(
    g.reduce("ReduceL2", g("Flatten", x), [1]), 1e-12), g("Shape", g("Flatten", x)))), shape=(3, 2, 4))
case("lp-normalisation", lambda g, x: g("LpNormalization", x, axis=1, p=2), shape=(5, 4, 6))
case("lp-normalisation-one", lambda g, x: g("LpNormalization", x, axis=-1, p=1), shape=(5, 4, 6))
case("reducel1-drop", lambda g, x: g.reshape(
    g("Mul", g.squeeze(x, 0), g("ReduceL1", x, axes=[0, 1], keepdims=0)), 1, -1), shape=(5, 4, 6))
case("reducesumsquare-all", lambda g, x: g("Mul", x, g("ReduceSumSquare", x)), shape=(5, 4, 6))
# exp(500) is more than single precision holds.
case("reducelogsumexp-far", lambda g, x: g.reduce("ReduceLogSumExp", x, [1, 3], keepdims=0), shape=(5, 4, 6), span=(-500.0, 500.0),
     opsets=(13, 18))
