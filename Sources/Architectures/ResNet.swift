import Graphs
import Support

// K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", CVPR 2016, table 1, with the
// stride of a down-sampling block in its 3 x 3 convolution (torchvision's "v1.5"). Layer and parameter names are
// those of torchvision's `resnet50` and `resnet101`; the repeated ReLU of a block is called relu, relu_1, relu_2
// as torchvision's `create_feature_extractor` does.

private let batchNormalisationEpsilon = 1e-5

/// Channels of the 3 x 3 convolutions in the four stages; a block's output has four times as many.
private let stageChannels = [64, 128, 256, 512]

extension Architecture {
  /// He, Zhang, Ren and Sun (CVPR 2016), blocks (3, 4, 6, 3); torchvision's strides unless the variant is `caffe`.
  public static let resnet50 = resNet("resnet50", title: "ResNet50", depths: [3, 4, 6, 3])
  /// The same with blocks (3, 4, 23, 3).
  public static let resnet101 = resNet("resnet101", title: "ResNet101", depths: [3, 4, 23, 3])

  private static func resNet(_ key: String, title: String, depths: [Int]) -> Architecture {
    Architecture(
      key, title: title,
      references: [
        Publication(
          "K. He, X. Zhang, S. Ren, J. Sun",
          "Deep Residual Learning for Image Recognition",
          "IEEE Conference on Computer Vision and Pattern Recognition (CVPR), 770–778", 2016, "doi:10.1109/CVPR.2016.90"
        )
      ], inputSize: 224, resizeForCrop: 256, lastLayer: "layer4.2",
      forms: [(.standard, .imageNet), (.caffe, .vggFace2)],
      widthProbes: (["layer4.2.conv3.weight", "layer4.2.bn3.weight"], 2048)
    ) { builder, sizes, variant in
      buildResNet(&builder, classes: sizes.classes, depths: depths, isCaffe: variant == .caffe)
    }
  }
}

/// - Parameters:
///   - depths: blocks per stage, (3, 4, 6, 3) for ResNet-50 and (3, 4, 23, 3) for ResNet-101.
///   - isCaffe: the network as its authors published it for Caffe: a down-sampling block strides in its first 1 x 1
///     convolution, and the first pooling is not padded and rounds its size up. The published weights for VGGFace2
///     (Q. Cao et al., FG 2018) are of this form.
private func buildResNet(_ b: inout GraphBuilder, classes: Int, depths: [Int], isCaffe: Bool) {
  var x = b.image()
  x = b.convolution("conv1", x, channels: 64, kernel: 7, stride: 2, padding: 3)
  x = b.batchNormalisation("bn1", x, epsilon: batchNormalisationEpsilon)
  x = b.relu("relu", x)
  x = b.pooling("maxpool", .maximum, x, kernel: 3, stride: 2, padding: isCaffe ? 0 : 1, roundsUp: isCaffe)
  for (stage, depth) in depths.enumerated() {
    for block in 0..<depth {
      x = bottleneck(
        &b, "layer\(stage + 1).\(block)", x, channels: stageChannels[stage],
        stride: stage > 0 && block == 0 ? 2 : 1, downsample: block == 0, isCaffe: isCaffe)
    }
    b.alias("layer\(stage + 1)", x)
  }
  x = b.adaptiveAveragePooling("avgpool", x, size: 1)
  _ = b.linear("fc", x, features: classes)
}

private func bottleneck(
  _ b: inout GraphBuilder, _ name: String, _ input: NodeIndex, channels: Int, stride: Int, downsample: Bool,
  isCaffe: Bool
) -> NodeIndex {
  var identity = input
  if downsample {
    identity = b.convolution("\(name).downsample.0", input, channels: channels * 4, kernel: 1, stride: stride)
    identity = b.batchNormalisation("\(name).downsample.1", identity, epsilon: batchNormalisationEpsilon)
    b.alias("\(name).downsample", identity)
  }
  var x = b.convolution("\(name).conv1", input, channels: channels, kernel: 1, stride: isCaffe ? stride : 1)
  x = b.batchNormalisation("\(name).bn1", x, epsilon: batchNormalisationEpsilon)
  x = b.relu("\(name).relu", x)
  x = b.convolution("\(name).conv2", x, channels: channels, kernel: 3, stride: isCaffe ? 1 : stride, padding: 1)
  x = b.batchNormalisation("\(name).bn2", x, epsilon: batchNormalisationEpsilon)
  x = b.relu("\(name).relu_1", x)
  x = b.convolution("\(name).conv3", x, channels: channels * 4, kernel: 1)
  x = b.batchNormalisation("\(name).bn3", x, epsilon: batchNormalisationEpsilon)
  x = b.add("\(name).add", identity, x)
  x = b.relu("\(name).relu_2", x)
  b.canonicalName(name, x)
  return x
}
