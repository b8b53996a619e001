"""Cases of the goldens of operators: what is computed of constants and of shapes, what passes through, other forms of a file."""

import numpy as np
from onnx import TensorProto, numpy_helper

from onnx_builder import case
from onnx_cases_shapes import channels_first

# --- What is computed of constants, and what passes through ------------------------------------------------------------------------------

case("identity", lambda g, x: g("Relu", g("Identity", x)), shape=(2, 3, 4))
case("dropout", lambda g, x: g("Relu", g("Dropout", x, ratio=0.5)), shape=(2, 3, 4), opsets=(9,))
case("dropout-inputs", lambda g, x: g("Relu", g("Dropout", x, g.constant(0.5), g.constant(np.array(False)))), shape=(2, 3, 4), opsets=(13,))
case("dropout-mask", lambda g, x: g("Relu", g("Dropout", x, outputs=2)[0]), shape=(2, 3, 4), opsets=(13,))
case("cast-float", lambda g, x: g("Relu", g("Cast", x, to=TensorProto.FLOAT)), shape=(2, 3, 4))
case("cast-half-and-back", lambda g, x: g("Cast", g("Relu", g("Cast", x, to=TensorProto.FLOAT16)), to=TensorProto.FLOAT), shape=(2, 3, 4),
     ties=True)
case("cast-double-and-back", lambda g, x: g("Cast", g("Mul", g("Cast", x, to=TensorProto.DOUBLE), g.constant(np.array(1 / 3))),
                                            to=TensorProto.FLOAT), shape=(2, 3, 4))
case("half-constants", lambda g, x: g("Conv", x, g("Cast", g.constant(g.random(4, 5, 3, 3).astype(np.float16)), to=TensorProto.FLOAT)))
case("half", lambda g, x: g("MaxPool", g("Relu", x), kernel_shape=[2, 2]), shape=(3, 4, 6), half=True, ties=True)
case("double-constants", lambda g, x: g("Conv", x, g("Cast", g.constant(g.random(4, 5, 3, 3).astype(np.float64) / 3),
                                                     to=TensorProto.FLOAT)))
case("constant-value", lambda g, x: g("Add", x, g("Constant", value=numpy_helper.from_array(g.random(5, 1, 1)))), opsets=(9, 17))
case("constant-value-float", lambda g, x: g("Add", x, g("Constant", value_float=0.75)), opsets=(12,))
case("constant-value-floats", lambda g, x: g("Add", x, g("Constant", value_floats=[0.5, 1.0, -1.0, 0.25, 2.0, 3.0, 4.0])), opsets=(12,))
case("constant-value-ints", lambda g, x: g("Reshape", g("Relu", x), g("Constant", value_ints=[0, 35, 6])), opsets=(12,))
case("constant-value-int", lambda g, x: g("Gather", x, g("Constant", value_int=-1), axis=1), opsets=(12,))
case("constant-of-shape", lambda g, x: g("Add", x, g("ConstantOfShape", g.integers(5, 1, 1),
                                                     value=numpy_helper.from_array(np.array([0.5], dtype=np.float32)))))
case("constant-of-shape-default", lambda g, x: g("Max", x, g("ConstantOfShape", g("Shape", x))))
case("constant-shared", lambda g, x: constant_shared(g, x))
case("constants-of-constants", lambda g, x: g("Conv", x, g("Transpose", g("Mul", g.weight(3, 3, 5, 4), g.constant(0.25)),
                                                           perm=[3, 2, 0, 1])))
case("constant-weight-normalised", lambda g, x: weight_normalised(g, x))


def constant_shared(g, x):
    """A scale that several nodes share by way of Identity, as untrained networks of PyTorch have it."""
    ones, zeros = g.constant([1.0] * 5), g.constant([0.0] * 5)
    y = g("BatchNormalization", x, g("Identity", ones), g("Identity", zeros), g.weight(5), g.weight(5, low=0.5, high=1.5))
    return g("BatchNormalization", g("Relu", y), g("Identity", ones), g("Identity", zeros), g.weight(5), g.weight(5, low=0.5, high=1.5))


def weight_normalised(g, x):
    """Standardised weights, computed in the graph (Qiao et al. 2019)."""
    weight = g.weight(4, 5, 3, 3)
    centred = g("Sub", weight, g.reduce("ReduceMean", weight, [1, 2, 3]))
    deviation = g("Sqrt", g("Add", g.reduce("ReduceMean", g("Mul", centred, centred), [1, 2, 3]), g.constant(1e-5)))
    return g("Conv", x, g("Div", centred, deviation), g.weight(4))


def dynamic_flatten(g, x):
    """`x.view(x.size(0), -1)`, exported with a batch of any size."""
    batch = g.unsqueeze(g("Gather", g("Shape", x), g.constant(np.array(0)), axis=0), 0)
    shape = g("Concat", batch, g.integers(-1), axis=0)
    return g("Gemm", g("Reshape", x, shape), g.weight(4, 72), g.weight(4), transB=1)


case("shape-dynamic-flatten", dynamic_flatten, shape=(6, 3, 4), opsets=(9, 13, 17), batch="batch")


def dynamic_shuffle(g, x):
    """ShuffleNet's, with all extents asked of the graph and the groups divided out."""
    shape = g("Shape", g("Relu", x))
    extents = [g("Gather", shape, g.constant(np.array(axis)), axis=0) for axis in range(4)]
    half = g("Div", extents[1], g.constant(np.array(2)))
    n, c, h, w, k = [g.unsqueeze(extent, 0) for extent in (*extents, half)]
    y = g("Reshape", x, g("Concat", n, g.integers(2), k, h, w, axis=0))
    return g("Reshape", g("Transpose", y, perm=[0, 2, 1, 3, 4]), g("Concat", n, g.integers(-1), h, w, axis=0))


case("shape-dynamic-shuffle", dynamic_shuffle, shape=(6, 3, 4), opsets=(11, 17), batch="batch")


def chunked(g, x):
    """`x.chunk(2, 1)` as PyTorch writes it for old opsets: halves by arithmetic on shapes."""
    extent = g("Gather", g("Shape", x), g.constant(np.array([1])), axis=0)
    half = g("Div", g("Add", extent, g.integers(1)), g.integers(2))
    first, axis = g.integers(0), g.integers(1)
    a = g("Slice", x, first, g("Mul", half, g.integers(1)), axis)
    b = g("Slice", x, g("Mul", half, g.integers(1)), g("Mul", half, g.integers(2)), axis)
    return g("Mul", a, g("Sigmoid", b))


case("shape-chunk", chunked, shape=(6, 3, 4), opsets=(11,), batch="batch")
case("shape-start-end", lambda g, x: g("Reshape", g("Relu", x), g("Concat", g("Shape", x, start=0, end=1), g("Shape", x, start=1, end=2),
                                                                  g.integers(-1), axis=0)), opsets=(15,), batch="batch")
case("shape-start-negative", lambda g, x: g("Reshape", g("Relu", x),
                                            g("Concat", g.integers(1), g("Shape", x, start=-2), g.integers(-1), axis=0)), opsets=(15,))
case("shape-size", lambda g, x: g("Mul", x, g("Div", g.constant(10.0), g("Cast", g("Size", x), to=TensorProto.FLOAT))))
case("shape-range", lambda g, x: g("Gather", x, g("Range", g.constant(np.array(4)), g.constant(np.array(-1)), g.constant(np.array(-2))),
                                   axis=1))
case("shape-expand", lambda g, x: g("Mul", x, g("Expand", g("Sigmoid", g("GlobalAveragePool", x)), g("Shape", x))))
case("shape-expand-constant", lambda g, x: g("Add", x, g("Expand", g.weight(5, 1, 1), g.integers(1, 5, 6, 7))))
case("shape-expand-one", lambda g, x: g("Expand", g("GlobalAveragePool", x), g.integers(1, 1, 2, 3)))
case("tile", lambda g, x: g("Tile", x, g.integers(1, 2, 1, 3)), shape=(2, 3, 4))
case("tile-constant", lambda g, x: g("Add", x, g("Tile", g.weight(1, 1, 6, 7), g.integers(1, 5, 1, 1))))
case("shape-ceil-pads", lambda g, x: ceil_pads(g, x), shape=(3, 5, 8), opsets=(11, 17))


def ceil_pads(g, x):
    """TensorFlow's padding as timm computes it: ceil(extent / stride) and so on, on the shape of the image."""
    def extra(axis, kernel, stride):
        extent = g("Cast", g("Gather", g("Shape", x), g.constant(np.array(axis)), axis=0), to=TensorProto.FLOAT)
        steps = g("Sub", g("Ceil", g("Div", extent, g.constant(float(stride)))), g.constant(1.0))
        total = g("Sub", g("Add", g("Mul", steps, g.constant(float(stride))), g.constant(float(kernel))), extent)
        total = g("Cast", g("Max", total, g.constant(0.0)), to=TensorProto.INT64)
        before = g("Div", total, g.constant(np.array(2)))
        return g.unsqueeze(before, 0), g.unsqueeze(g("Sub", total, before), 0)

    (top, bottom), (left, right) = extra(2, 3, 2), extra(3, 3, 2)
    pads = g("Concat", g.integers(0, 0), top, left, g.integers(0, 0), bottom, right, axis=0)
    return g.conv(g("Pad", x, pads), 3, 4, (3, 3), strides=[2, 2])


case("shape-where", lambda g, x: g("Reshape", g("Relu", x), g("Where", g("Equal", g.integers(1, -1, 6), g.integers(-1, -1, -1)),
                                                              g.integers(1, 35, 6),
                                                            g.integers(1, -1, 6))))
case("shape-floor", lambda g, x: g("Resize", x, "", "", g("Concat", g.integers(1, 2), g("Cast", g("Floor", g("Mul", g("Cast", g(
    "Shape", x, start=2), to=TensorProto.FLOAT), g.constant(1.7))), to=TensorProto.INT64), axis=0), mode="nearest",
    coordinate_transformation_mode="asymmetric", nearest_mode="floor"), shape=(2, 4, 5), opsets=(15,))
case("unused-nodes", lambda g, x: (g("Sigmoid", x), g("Relu", x))[1], shape=(2, 3, 4))
case("initialisers-among-inputs", lambda g, x: g.conv(g("Relu", g.conv(x, 3, 4, (3, 3))), 4, 2, (1, 1)), shape=(3, 5, 6), opsets=(9,),
     listed=True)
case("channels-last-image", lambda g, x: g.conv(channels_first(g, x), 3, 4, (3, 3), auto_pad="SAME_UPPER", strides=[2, 2]), shape=(3, 6, 7),
     layout="NHWC")
case("channels-last-image-normalised", lambda g, x: g.conv(channels_first(g,
    g("Div", g("Sub", x, g.weight(3)), g.constant([0.5, 2.0, 1.0]))), 3, 4, (3, 3)),
     shape=(3, 6, 7), layout="NHWC", batch="batch")
case("image-untouched-branch", lambda g, x: g("Add", g("Relu", x), g("Mul", g("Relu", g.weight(2, 3, 4)), g.constant(2.0))),
     shape=(2, 3, 4))

# --- DequantizeLinear of constants ------------------------------------------------------------------------------------


def dequantised(g, x, kind, per_channel, zero):
    array = np.round((g.random(4, 5, 3, 3) * 100 + (128 if kind == np.uint8 else 0))).astype(kind)
    scale = g.weight(4, low=0.002, high=0.006) if per_channel else g.constant(0.004)
    inputs = [g.constant(array), scale]
    if zero:
        inputs.append(g.constant(np.array([128, 120, 131, 99] if per_channel else 121).astype(kind)))
    weight = g("DequantizeLinear", *inputs, axis=0 if per_channel else None)
    return g("Conv", x, weight, g("DequantizeLinear", g.constant(np.array([100, -50, 7, 0], dtype=np.int32)), g.constant(0.01)))


case("dequantised-tensor", lambda g, x: dequantised(g, x, np.int8, False, False), opsets=(13,))
case("dequantised-tensor-zero", lambda g, x: dequantised(g, x, np.uint8, False, True), opsets=(13, 21))
case("dequantised-channels", lambda g, x: dequantised(g, x, np.int8, True, False), opsets=(13, 21))
case("dequantised-channels-zero", lambda g, x: dequantised(g, x, np.uint8, True, True), opsets=(13,))
case("dequantised-last-axis", lambda g, x: g("MatMul", g("Flatten", x),
                                             g("DequantizeLinear", g.constant(np.round(g.random(24, 5) * 100).astype(np.int8)),
                                               g.weight(5, low=0.01, high=0.03), axis=-1)),
     shape=(3, 2, 4), opsets=(13,))
case("dequantised-block", lambda g, x: g("MatMul", g("Flatten", x),
                                         g("DequantizeLinear", g.constant(np.round(g.random(24, 5) * 100).astype(np.int8)),
                                           g.weight(6, 5, low=0.01, high=0.03), axis=0, block_size=4)),
     shape=(3, 2, 4), opsets=(21,), optional=True)
