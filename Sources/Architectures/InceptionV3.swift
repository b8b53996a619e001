import Graphs
import Support

// C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna, "Rethinking the Inception Architecture for Computer
// Vision", CVPR 2016, with torchvision's `inception_v3` deciding the details. Layer and parameter names are
// torchvision's; the auxiliary classifier plays no part in evaluation mode.

private let batchNormalisationEpsilon = 0.001

extension Architecture {
  /// Szegedy et al. (CVPR 2016), without the auxiliary classifier.
  public static let inceptionV3 = Architecture(
    "inception_v3", title: "InceptionV3",
    references: [
      Publication(
        "C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna",
        "Rethinking the Inception Architecture for Computer Vision",
        "IEEE Conference on Computer Vision and Pattern Recognition (CVPR), 2818–2826", 2016,
        "doi:10.1109/CVPR.2016.308")
    ], inputSize: 299, resizeForCrop: 342, lastLayer: "Mixed_7c",
    forms: [(.standard, .symmetric)],
    widthProbes: (["Mixed_7c.branch1x1.conv.weight", "Mixed_7c.branch1x1.bn.weight"], 320)
  ) { builder, sizes, _ in buildInceptionV3(&builder, classes: sizes.classes) }
}

private func buildInceptionV3(_ b: inout GraphBuilder, classes: Int) {
  var x = b.image()
  x = unit(&b, "Conv2d_1a_3x3", x, 32, kernel: 3, stride: 2)
  x = unit(&b, "Conv2d_2a_3x3", x, 32, kernel: 3)
  x = unit(&b, "Conv2d_2b_3x3", x, 64, kernel: 3, padding: 1)
  x = b.pooling("maxpool1", .maximum, x, kernel: 3, stride: 2)
  x = unit(&b, "Conv2d_3b_1x1", x, 80, kernel: 1)
  x = unit(&b, "Conv2d_4a_3x3", x, 192, kernel: 3)
  x = b.pooling("maxpool2", .maximum, x, kernel: 3, stride: 2)
  for (name, poolChannels) in [("Mixed_5b", 32), ("Mixed_5c", 64), ("Mixed_5d", 64)] {
    x = blockA(&b, name, x, poolChannels: poolChannels)
  }
  x = blockB(&b, "Mixed_6a", x)
  for (name, channels) in [("Mixed_6b", 128), ("Mixed_6c", 160), ("Mixed_6d", 160), ("Mixed_6e", 192)] {
    x = blockC(&b, name, x, channels: channels)
  }
  x = blockD(&b, "Mixed_7a", x)
  for name in ["Mixed_7b", "Mixed_7c"] { x = blockE(&b, name, x) }
  x = b.adaptiveAveragePooling("avgpool", x, size: 1)
  _ = b.linear("fc", x, features: classes)
}

/// Convolution, batch normalisation, ReLU: torchvision's BasicConv2d.
private func unit(
  _ b: inout GraphBuilder, _ name: String, _ input: NodeIndex, _ channels: Int, kernel: Int, stride: Int = 1,
  padding: Int = 0
) -> NodeIndex {
  let x = b.convolution("\(name).conv", input, channels: channels, kernel: kernel, stride: stride, padding: padding)
  return normalised(&b, name, x)
}

private func unit(
  _ b: inout GraphBuilder, _ name: String, _ input: NodeIndex, _ channels: Int, kernel: (Int, Int)
) -> NodeIndex {
  let x = b.convolution(
    "\(name).conv", input, channels: channels, kernelHeight: kernel.0, kernelWidth: kernel.1)
  return normalised(&b, name, x)
}

private func normalised(_ b: inout GraphBuilder, _ name: String, _ input: NodeIndex) -> NodeIndex {
  let x = b.batchNormalisation("\(name).bn", input, epsilon: batchNormalisationEpsilon)
  return b.relu(name, x)
}

/// Figure 5: 1x1, 5x5, double 3x3 and pooling branches.
private func blockA(_ b: inout GraphBuilder, _ name: String, _ x: NodeIndex, poolChannels: Int) -> NodeIndex {
  let first = unit(&b, "\(name).branch1x1", x, 64, kernel: 1)
  var second = unit(&b, "\(name).branch5x5_1", x, 48, kernel: 1)
  second = unit(&b, "\(name).branch5x5_2", second, 64, kernel: 5, padding: 2)
  var third = unit(&b, "\(name).branch3x3dbl_1", x, 64, kernel: 1)
  third = unit(&b, "\(name).branch3x3dbl_2", third, 96, kernel: 3, padding: 1)
  third = unit(&b, "\(name).branch3x3dbl_3", third, 96, kernel: 3, padding: 1)
  let fourth = poolBranch(&b, name, x, poolChannels)
  return b.concatenation(name, [first, second, third, fourth], inAll: true)
}

/// Figure 10: the grid of 35 becomes 17.
private func blockB(_ b: inout GraphBuilder, _ name: String, _ x: NodeIndex) -> NodeIndex {
  let first = unit(&b, "\(name).branch3x3", x, 384, kernel: 3, stride: 2)
  var second = unit(&b, "\(name).branch3x3dbl_1", x, 64, kernel: 1)
  second = unit(&b, "\(name).branch3x3dbl_2", second, 96, kernel: 3, padding: 1)
  second = unit(&b, "\(name).branch3x3dbl_3", second, 96, kernel: 3, stride: 2)
  let third = b.pooling("\(name).max_pool2d", .maximum, x, kernel: 3, stride: 2)
  return b.concatenation(name, [first, second, third], inAll: true)
}

/// Figure 6 with n = 7: factorised 7x7 convolutions.
private func blockC(_ b: inout GraphBuilder, _ name: String, _ x: NodeIndex, channels: Int) -> NodeIndex {
  let first = unit(&b, "\(name).branch1x1", x, 192, kernel: 1)
  var second = unit(&b, "\(name).branch7x7_1", x, channels, kernel: 1)
  second = unit(&b, "\(name).branch7x7_2", second, channels, kernel: (1, 7))
  second = unit(&b, "\(name).branch7x7_3", second, 192, kernel: (7, 1))
  var third = unit(&b, "\(name).branch7x7dbl_1", x, channels, kernel: 1)
  third = unit(&b, "\(name).branch7x7dbl_2", third, channels, kernel: (7, 1))
  third = unit(&b, "\(name).branch7x7dbl_3", third, channels, kernel: (1, 7))
  third = unit(&b, "\(name).branch7x7dbl_4", third, channels, kernel: (7, 1))
  third = unit(&b, "\(name).branch7x7dbl_5", third, 192, kernel: (1, 7))
  let fourth = poolBranch(&b, name, x, 192)
  return b.concatenation(name, [first, second, third, fourth], inAll: true)
}

/// The grid of 17 becomes 8.
private func blockD(_ b: inout GraphBuilder, _ name: String, _ x: NodeIndex) -> NodeIndex {
  var first = unit(&b, "\(name).branch3x3_1", x, 192, kernel: 1)
  first = unit(&b, "\(name).branch3x3_2", first, 320, kernel: 3, stride: 2)
  var second = unit(&b, "\(name).branch7x7x3_1", x, 192, kernel: 1)
  second = unit(&b, "\(name).branch7x7x3_2", second, 192, kernel: (1, 7))
  second = unit(&b, "\(name).branch7x7x3_3", second, 192, kernel: (7, 1))
  second = unit(&b, "\(name).branch7x7x3_4", second, 192, kernel: 3, stride: 2)
  let third = b.pooling("\(name).max_pool2d", .maximum, x, kernel: 3, stride: 2)
  return b.concatenation(name, [first, second, third], inAll: true)
}

/// Figure 7: the expanded filter bank.
private func blockE(_ b: inout GraphBuilder, _ name: String, _ x: NodeIndex) -> NodeIndex {
  let first = unit(&b, "\(name).branch1x1", x, 320, kernel: 1)
  let second = unit(&b, "\(name).branch3x3_1", x, 384, kernel: 1)
  let secondParts = [
    unit(&b, "\(name).branch3x3_2a", second, 384, kernel: (1, 3)),
    unit(&b, "\(name).branch3x3_2b", second, 384, kernel: (3, 1)),
  ]
  let secondJoined = b.concatenation("\(name).cat", secondParts, inAll: false)
  var third = unit(&b, "\(name).branch3x3dbl_1", x, 448, kernel: 1)
  third = unit(&b, "\(name).branch3x3dbl_2", third, 384, kernel: 3, padding: 1)
  let thirdParts = [
    unit(&b, "\(name).branch3x3dbl_3a", third, 384, kernel: (1, 3)),
    unit(&b, "\(name).branch3x3dbl_3b", third, 384, kernel: (3, 1)),
  ]
  let thirdJoined = b.concatenation("\(name).cat_1", thirdParts, inAll: false)
  let fourth = poolBranch(&b, name, x, 192)
  return b.concatenation(name, [first, secondJoined, thirdJoined, fourth], inAll: true)
}

private func poolBranch(_ b: inout GraphBuilder, _ name: String, _ x: NodeIndex, _ channels: Int) -> NodeIndex {
  let pooled = b.pooling("\(name).avg_pool2d", .average, x, kernel: 3, stride: 1, padding: 1)
  return unit(&b, "\(name).branch_pool", pooled, channels, kernel: 1)
}
