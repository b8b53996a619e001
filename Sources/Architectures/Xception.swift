import Graphs
import Support

// F. Chollet, "Xception: Deep Learning with Depthwise Separable Convolutions", CVPR 2017, figure 5, with timm's
// `legacy_xception` deciding the details (padding of the stem, batch normalisation epsilon). Layer and parameter
// names are timm's.

private let batchNormalisationEpsilon = 1e-5

/// A row of the table: a residual block of separable convolutions.
private struct Block {
  var channels: Int
  var repetitions: Int
  var stride: Int
  var startsWithReLU = true
  /// Whether the first separable convolution, rather than the last, widens to `channels`.
  var growsFirst = true
}

private let blocks: [Block] =
  [
    Block(channels: 128, repetitions: 2, stride: 2, startsWithReLU: false),
    Block(channels: 256, repetitions: 2, stride: 2),
    Block(channels: 728, repetitions: 2, stride: 2),
  ]
  + [Block](repeating: Block(channels: 728, repetitions: 3, stride: 1), count: 8)
  + [Block(channels: 1024, repetitions: 2, stride: 2, growsFirst: false)]

extension Architecture {
  /// Chollet (CVPR 2017), with timm's `legacy_xception` deciding details.
  public static let xception = Architecture(
    "xception", title: "Xception",
    references: [
      Publication(
        "F. Chollet",
        "Xception: Deep Learning with Depthwise Separable Convolutions",
        "IEEE Conference on Computer Vision and Pattern Recognition (CVPR), 1800–1807", 2017,
        "doi:10.1109/CVPR.2017.195")
    ], inputSize: 299, resizeForCrop: 333, lastLayer: "act4",
    forms: [(.standard, .symmetric)], widthProbes: (["conv4.pointwise.weight", "bn4.weight"], 2048),
    otherNames: [.pretrainedModels]
  ) { builder, sizes, _ in buildXception(&builder, classes: sizes.classes) }
}

extension TensorNames {
  /// Xception with `last_linear` for `fc` and, in older files, pointwise weights without their two extents of 1
  /// (R. Cadene's pretrainedmodels).
  package static let pretrainedModels = TensorNames(
    "pretrainedmodels", prefixes: [("last_linear.", "fc.")],
    ownShape: { shape, name in
      name.hasSuffix(".pointwise.weight") && shape.rank == 2 ? [shape[0], shape[1], 1, 1] : shape
    },
    isUsed: {
      $0.shape(of: "last_linear.weight") != nil || $0.shape(of: "conv3.pointwise.weight")?.rank == 2
    })
}

private func buildXception(_ b: inout GraphBuilder, classes: Int) {
  var x = b.image()
  x = b.convolution("conv1", x, channels: 32, kernel: 3, stride: 2)
  x = activated(&b, x, 1)
  x = b.convolution("conv2", x, channels: 64, kernel: 3)
  x = activated(&b, x, 2)
  var channels = 64
  for (index, block) in blocks.enumerated() {
    x = residual(&b, "block\(index + 1)", x, inputChannels: channels, block)
    channels = block.channels
  }
  x = separable(&b, "conv3", x, channels: 1536)
  x = activated(&b, x, 3)
  x = separable(&b, "conv4", x, channels: 2048)
  x = activated(&b, x, 4)
  x = b.adaptiveAveragePooling("global_pool", x, size: 1)
  _ = b.linear("fc", x, features: classes)
}

private func activated(_ b: inout GraphBuilder, _ input: NodeIndex, _ index: Int) -> NodeIndex {
  let x = b.batchNormalisation("bn\(index)", input, epsilon: batchNormalisationEpsilon)
  return b.relu("act\(index)", x)
}

/// A 3 x 3 filter per channel, then a 1 x 1 convolution; nothing between them.
private func separable(_ b: inout GraphBuilder, _ name: String, _ input: NodeIndex, channels: Int) -> NodeIndex {
  let x = b.depthwiseConvolution("\(name).conv1", input, kernel: 3, padding: 1)
  let y = b.convolution("\(name).pointwise", x, channels: channels, kernel: 1)
  b.alias(name, y)
  return y
}

private func residual(
  _ b: inout GraphBuilder, _ name: String, _ input: NodeIndex, inputChannels: Int, _ block: Block
) -> NodeIndex {
  var identity = input
  if block.channels != inputChannels || block.stride != 1 {
    identity = b.convolution("\(name).skip", input, channels: block.channels, kernel: 1, stride: block.stride)
    identity = b.batchNormalisation("\(name).skipbn", identity, epsilon: batchNormalisationEpsilon)
  }
  var x = input
  var index = 0
  func next() -> String {
    defer { index += 1 }
    return "\(name).rep.\(index)"
  }
  for repetition in 0..<block.repetitions {
    let isLast = repetition == block.repetitions - 1
    if repetition > 0 || block.startsWithReLU {
      // The first ReLU acts on the block's input, which is a residual sum and no convolution's own output.
      x = b.relu(next(), x, inAll: repetition > 0)
    }
    let channels = block.growsFirst || isLast ? block.channels : inputChannels
    x = separable(&b, next(), x, channels: channels)
    x = b.batchNormalisation(next(), x, epsilon: batchNormalisationEpsilon)
  }
  if block.stride != 1 {
    x = b.pooling(next(), .maximum, x, kernel: 3, stride: block.stride, padding: 1)
  }
  b.alias("\(name).rep", x)
  return b.add(name, identity, x, inAll: true)
}
