"""Cases of the goldens of operators: fully connected layers, normalisation, softmax."""

import numpy as np

from onnx_builder import case

SMALL = (3, 2, 4)


def gemm(g, x, bias=None, trans_a=0, trans_b=0, **attributes):
    a = g("Flatten", x)
    if trans_a:
        a = g("Transpose", a, perm=[1, 0])
    inputs = [a, g.weight(*((5, 24) if trans_b else (24, 5)))]
    if bias is not None:
        inputs.append(g.constant(g.random(*bias)))
    return g("Gemm", *inputs, transA=trans_a or None, transB=trans_b or None, **attributes)


for name, options in {
        "plain": {"bias": (5,)}, "no-bias": {}, "trans-b": {"bias": (5,), "trans_b": 1}, "trans-a": {"bias": (5,), "trans_a": 1},
        "trans-both": {"bias": (5,), "trans_a": 1, "trans_b": 1}, "alpha": {"bias": (5,), "alpha": 0.5},
        "beta": {"bias": (5,), "trans_b": 1, "beta": -2.0}, "alpha-beta": {"bias": (5,), "alpha": 1.5, "beta": 0.25},
        "bias-scalar": {"bias": (), "trans_b": 1}, "bias-one": {"bias": (1,), "beta": 3.0}, "bias-matrix": {"bias": (1, 5)},
        "bias-column": {"bias": (1, 1), "trans_b": 1}, "beta-zero": {"bias": (5,), "beta": 0.0},
        "alpha-no-bias": {"alpha": -0.75, "trans_b": 1}}.items():
    case(f"gemm-{name}", lambda g, x, options=options: gemm(g, x, **options), shape=SMALL,
         opsets=(9, 17) if name == "trans-b" else (17,))
case("gemm-no-bias-empty-name", lambda g, x: g("Gemm", g("Flatten", x), g.weight(24, 5), ""), shape=SMALL)
case("gemm-two", lambda g, x: g("Gemm", g("Relu", gemm(g, x, bias=(5,))), g.weight(4, 5), g.weight(4), transB=1), shape=SMALL)
case("matmul", lambda g, x: g("MatMul", g("Flatten", x), g.weight(24, 5)), shape=SMALL)
case("matmul-add", lambda g, x: g("Add", g("MatMul", g("Flatten", x), g.weight(24, 5)), g.weight(5)), shape=SMALL)
case("matmul-add-first", lambda g, x: g("Add", g.weight(5), g("MatMul", g("Flatten", x), g.weight(24, 5))), shape=SMALL)
case("matmul-transposed-weight", lambda g, x: g(
    "Add", g("MatMul", g("Flatten", x), g("Transpose", g.weight(5, 24), perm=[1, 0])), g.weight(1, 5)), shape=SMALL)
case("matmul-last-axis", lambda g, x: g("MatMul", x, g.weight(7, 4)))
case("matmul-last-axis-channels", lambda g, x: g("Transpose", g("Add", g("MatMul", g(
    "Transpose", x, perm=[0, 2, 3, 1]), g.weight(5, 8)), g.weight(8)), perm=[0, 3, 1, 2]))
case("matmul-constant-first", lambda g, x: g("MatMul", g.weight(4, 6), x))
case("matmul-stack", lambda g, x: g("MatMul", x, g.weight(5, 7, 3)))
case("matmul-values", lambda g, x: g("MatMul", x, g("Transpose", x, perm=[0, 1, 3, 2])), shape=(3, 4, 5))
case("matmul-values-attention", lambda g, x: attention(g, x), shape=(4, 3, 5))
case("matmul-rows", lambda g, x: g("MatMul", g.reshape(x, 1, 6, 35), g.weight(35, 3)), shape=(6, 5, 7))
case("matmul-stack-first", lambda g, x: g("MatMul", g.weight(5, 3, 6), x))
case("matmul-stack-broadcast", lambda g, x: g.reshape(
    g("MatMul", g.reshape(x, 1, 1, 6, 35), g.weight(2, 1, 35, 3)), 1, -1), shape=(6, 5, 7))
case("matmul-one-of-stack", lambda g, x: g("MatMul", g.reshape(x, 1, 6, 35), g.weight(1, 35, 3)), shape=(6, 5, 7))
case("matmul-learned-query", lambda g, x: learned_query(g, x), shape=(4, 3, 5))


def learned_query(g, x):
    """A map pooled by what two learned queries attend to (Lee et al. 2019)."""
    rows = g("Transpose", g.reshape(x, 1, 2, 2, 15), perm=[0, 1, 3, 2])
    weights = g("Softmax", g("MatMul", g.weight(1, 2, 3, 2), g("Transpose", rows, perm=[0, 1, 3, 2])), axis=-1)
    return g("MatMul", weights, rows)


def attention(g, x):
    """The products of a non-local block (Wang et al. 2018)."""
    rows = g("Transpose", g.reshape(x, 0, 4, -1), perm=[0, 2, 1])
    weights = g("Softmax", g("MatMul", rows, g.reshape(x, 0, 4, -1)), axis=-1)
    return g("MatMul", weights, rows)


# --- Normalisation ------------------------------------------------------------------------------------------------------------

case("batch-norm", lambda g, x: g.batch_normalisation(x, 5), opsets=(9, 14, 15))
case("batch-norm-epsilon", lambda g, x: g.batch_normalisation(x, 5, epsilon=0.01, momentum=0.9))
case("batch-norm-behind-conv", lambda g, x: g.batch_normalisation(g.conv(x, 5, 8, (3, 3)), 8))
case("batch-norm-behind-conv-no-bias", lambda g, x: g("Relu", g.batch_normalisation(g.conv(x, 5, 8, (3, 3), bias=False), 8)))
case("batch-norm-behind-depthwise", lambda g, x: g.batch_normalisation(g.conv(x, 5, 5, (3, 3), group=5), 5))
case("batch-norm-before-conv", lambda g, x: g.conv(g.batch_normalisation(x, 5), 5, 4, (3, 3), pads=[1, 1, 1, 1]))
case("batch-norm-relu-conv", lambda g, x: g.conv(g("Relu", g.batch_normalisation(x, 5)), 5, 4, (3, 3), pads=[1, 1, 1, 1]))
case("batch-norm-twice", lambda g, x: g.batch_normalisation(g.batch_normalisation(g.conv(x, 5, 4, (1, 1)), 4), 4))
case("batch-norm-used-twice", lambda g, x: used_twice(g, x))
case("batch-norm-behind-gemm", lambda g, x: g.batch_normalisation(gemm(g, x, bias=(5,)), 5), shape=SMALL, opsets=(9, 17))
case("batch-norm-before-gemm", lambda g, x: g("Gemm", g("Flatten", g.batch_normalisation(x, 3)), g.weight(24, 5)), shape=SMALL)
case("batch-norm-of-vector", lambda g, x: g.batch_normalisation(g("Flatten", x), 24), shape=SMALL)
case("batch-norm-of-sequence", lambda g, x: g.batch_normalisation(g.reshape(x, 0, 5, -1), 5))
case("batch-norm-behind-pool", lambda g, x: g.batch_normalisation(g("AveragePool", x, kernel_shape=[2, 2]), 5))
case("batch-norm-behind-sum", lambda g, x: g.batch_normalisation(g("Add", x, g("Relu", x)), 5))
case("batch-norm-behind-concat", lambda g, x: g.batch_normalisation(g("Concat", x, g("Relu", x), axis=1), 10))
case("batch-norm-negative-scale", lambda g, x: g("Relu", g(
    "BatchNormalization", g.conv(x, 5, 4, (3, 3)), g.constant([-1.5, 0.5, -0.25, 2.0]), g.weight(4), g.weight(4),
    g.weight(4, low=0.5, high=1.5))))
case("batch-norm-zero-scale", lambda g, x: g(
    "BatchNormalization", g.conv(x, 5, 4, (3, 3)), g.constant([0.0, 0.5, 0.0, 2.0]), g.weight(4), g.weight(4),
    g.weight(4, low=0.5, high=1.5)))


def used_twice(g, x):
    """The convolution's own value is used beside that of its normalisation: folding would change it."""
    y = g.conv(x, 5, 4, (3, 3))
    return g("Add", g("Relu", y), g.batch_normalisation(y, 4))


def keras_normalisation(g, x):
    """As Keras on PyTorch writes it: the last axis is that of channels."""
    y = g("Transpose", x, perm=[0, 2, 3, 1])
    y = g("Add", g("Mul", g("Sub", y, g.weight(1, 1, 1, 5)), g.weight(1, 1, 1, 5)), g.weight(5))
    return g("Transpose", g("Relu", y), perm=[0, 3, 1, 2])


case("batch-norm-keras", keras_normalisation)
case("instance-norm", lambda g, x: g("InstanceNormalization", x, g.weight(5), g.weight(5)))
case("instance-norm-epsilon", lambda g, x: g("InstanceNormalization", x, g.weight(5), g.weight(5), epsilon=0.1))
case("group-norm-18", lambda g, x: g("GroupNormalization", x, g.weight(3), g.weight(3), num_groups=3), shape=(6, 4, 5),
     opsets=(18,), check=False)
case("group-norm-21", lambda g, x: g("GroupNormalization", x, g.weight(6), g.weight(6), num_groups=3, epsilon=0.01), shape=(6, 4, 5),
     opsets=(21,))


def group_pattern(g, x):
    """GroupNorm as PyTorch writes it where there is no operator for it."""
    y = g("InstanceNormalization", g.reshape(x, 0, 3, -1), g.constant([1.0] * 3), g.constant([0.0] * 3))
    y = g("Reshape", y, g("Shape", x))
    return g("Add", g("Mul", y, g.weight(6, 1, 1)), g.weight(6, 1, 1))


case("group-norm-pattern", group_pattern, shape=(6, 4, 5))


def layer_norm(g, x, **attributes):
    """Between Transposes, over the channels, as ConvNeXt has it."""
    y = g("LayerNormalization", g("Transpose", x, perm=[0, 2, 3, 1]), g.weight(5, low=0.5, high=1.5), g.weight(5), axis=-1, **attributes)
    return g("Transpose", y, perm=[0, 3, 1, 2])


case("layer-norm", layer_norm)
case("layer-norm-epsilon", lambda g, x: layer_norm(g, x, epsilon=0.1))
case("layer-norm-last-axis", lambda g, x: g("LayerNormalization", x, g.weight(7), g.weight(7)))
case("layer-norm-no-bias", lambda g, x: g("LayerNormalization", x, g.weight(7)))
case("layer-norm-three-axes", lambda g, x: g("LayerNormalization", x, g.weight(5, 6, 7), g.weight(5, 6, 7), axis=1))
case("layer-norm-vector", lambda g, x: g("LayerNormalization", g("Flatten", x), g.weight(24), g.weight(24)), shape=SMALL)


def layer_norm_pattern(g, x, axis, channels_last):
    y = g("Transpose", x, perm=[0, 2, 3, 1]) if channels_last else x
    factors = (5,) if channels_last else (5, 1, 1)
    centred = g("Sub", y, g.reduce("ReduceMean", y, [axis]))
    variance = g.reduce("ReduceMean", g("Pow", centred, g.constant(2.0)), [axis])
    y = g("Div", centred, g("Sqrt", g("Add", variance, g.constant(1e-6))))
    y = g("Add", g("Mul", y, g.weight(*factors, low=0.5, high=1.5)), g.weight(*factors))
    return g("Transpose", y, perm=[0, 3, 1, 2]) if channels_last else y


case("layer-norm-pattern", lambda g, x: layer_norm_pattern(g, x, -1, True), opsets=(13, 18))
case("layer-norm-pattern-channels-first", lambda g, x: layer_norm_pattern(g, x, 1, False), opsets=(13, 18))
for size, attributes in {"five": {"size": 5, "alpha": 0.1}, "attributes": {"size": 3, "alpha": 0.2, "beta": 0.5, "bias": 2.0},
                         "one": {"size": 1, "alpha": 0.3},
                         "default": {"size": 3}, "wider-than-channels": {"size": 21, "alpha": 1.0}}.items():
    case(f"lrn-{size}", lambda g, x, attributes=attributes: g("LRN", x, **attributes), shape=(8, 3, 4), span=(-3.0, 3.0))

case("mean-variance-norm", lambda g, x: g("MeanVarianceNormalization", x), check=False)  # which the checker knows with axes alone
case("mean-variance-norm-axes", lambda g, x: g("MeanVarianceNormalization", x, axes=[1, 2, 3]), opsets=(9, 17))

# --- Softmax: something follows, or it would be that of the logits ----------------------------------------------------

for kind in ("Softmax", "LogSoftmax"):
    def scaled(g, x, kind=kind, **attributes):
        return g("Mul", g(kind, x, **attributes), g.weight(5, 6, 7, low=-20.0, high=20.0))

    for axis in (1, 2, 3, -1):
        case(f"{kind.lower()}-axis{axis}", lambda g, x, axis=axis, scaled=scaled: scaled(g, x, axis=axis), opsets=(13,))
    case(f"{kind.lower()}-default", scaled, opsets=(9, 13))
    # Before version 13 the axes from this one on are one.
    for axis in (2, 3):
        case(f"{kind.lower()}-before-13-axis{axis}", lambda g, x, axis=axis, scaled=scaled: scaled(g, x, axis=axis), opsets=(11,))


def split_attention(g, x):
    """The radix softmax of ResNeSt (Zhang et al. 2020): two halves of the channels weighted against each other."""
    pooled = g("GlobalAveragePool", x)
    gates = g("Softmax", g("Transpose", g.reshape(pooled, 1, 1, 2, 3), perm=[0, 2, 1, 3]), axis=1)
    parts = g.reshape(x, 1, 2, 3, 4, 5)
    return g.reduce("ReduceSum", g("Mul", parts, g.reshape(gates, 1, 2, 3, 1, 1)), [1], keepdims=0)


case("softmax-split-attention", split_attention, shape=(6, 4, 5))


def selective_kernel(g, x):
    """The two branches of SKNet (Li et al. 2019), chosen between channel by channel."""
    a, b = g("Relu", x), g.conv(x, 5, 5, (3, 3), pads=[1] * 4)
    stacked = g("Concat", g.unsqueeze(a, 1), g.unsqueeze(b, 1), axis=1)
    pooled = g.reduce("ReduceMean", g.reduce("ReduceSum", stacked, [1], keepdims=0), [2, 3])
    gates = g("Softmax", g.reshape(g.conv(pooled, 5, 10, (1, 1)), 1, 2, 5, 1, 1), axis=1)
    return g.reduce("ReduceSum", g("Mul", stacked, gates), [1], keepdims=0)


case("softmax-selective-kernel", selective_kernel, opsets=(13, 18))


def probabilities(g, x, *behind):
    """The network's own Softmax, which is taken off: what is explained are the logits in front of it."""
    g.before = gemm(g, x, bias=(5,))
    y = g.before
    for kind, attributes in behind:
        y = g.reshape(y, 1, 5) if kind == "Reshape" else g(kind, y, **attributes)
    return y


# The logarithm of a softmax of these would be that of 0.
case("logsoftmax-far", lambda g, x: g("Mul", g("LogSoftmax", x, axis=1), g.constant(0.01)), shape=SMALL, span=(-300.0, 300.0),
     opsets=(12, 13))
case("logits-softmax", lambda g, x: probabilities(g, x, ("Softmax", {"axis": 1})), shape=SMALL)
case("logits-log-softmax", lambda g, x: probabilities(g, x, ("LogSoftmax", {"axis": -1})), shape=SMALL)
case("logits-softmax-and-more", lambda g, x: probabilities(
    g, x, ("Reshape", {}), ("Softmax", {"axis": -1}), ("Identity", {}), ("Cast", {"to": 1})), shape=SMALL)
