import Graphs
import Support
import Tensors

// K. Simonyan, A. Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015,
// configuration D. Layer and parameter names are those of torchvision's `vgg16` (no batch normalisation).

/// The channels of the convolutions of each block; a 2 x 2 maximum pooling closes each.
private let blocks = [[64, 64], [128, 128], [256, 256, 256], [512, 512, 512], [512, 512, 512]]

extension Architecture {
  /// Configuration D of Simonyan and Zisserman (ICLR 2015), without batch normalisation.
  public static let vgg16 = Architecture(
    "vgg16", title: "VGG16",
    references: [
      Publication(
        "K. Simonyan, A. Zisserman",
        "Very Deep Convolutional Networks for Large-Scale Image Recognition",
        "International Conference on Learning Representations (ICLR)", 2015, "arXiv:1409.1556")
    ], inputSize: 224, resizeForCrop: 256, lastLayer: "features.29",
    forms: [(.standard, .imageNet)], classifier: "classifier.6",
    hiddenLayers: [("classifier.0", 4096), ("classifier.3", 4096)],
    widthProbes: (["features.28.weight", "features.28.bias"], 512), otherNames: [.timmVGG16]
  ) { builder, sizes, _ in
    buildVGG16(&builder, classes: sizes.classes, hiddenFeatures: sizes.hiddenFeatures)
  }
}

extension TensorNames {
  /// timm's `vgg16`, whose hidden fully connected layers are convolutions of 7 x 7 and 1 x 1.
  static let timmVGG16 = TensorNames(
    "timm",
    prefixes: [
      ("pre_logits.fc1.", "classifier.0."), ("pre_logits.fc2.", "classifier.3."), ("head.fc.", "classifier.6."),
    ],
    ownShape: { shape, name in
      guard name.hasPrefix("classifier."), shape.rank == 4 else { return shape }
      return [shape[0], shape[1] * shape[2] * shape[3]]
    },
    // Its convolution of 7 x 7 slides over a larger map, where torchvision averages the map to 7 x 7 first.
    mostPixels: 255,
    isUsed: { $0.shape(of: "pre_logits.fc1.weight") != nil })
}

/// - Parameters:
///   - hiddenFeatures: widths of the two hidden fully connected layers, 4096 as published.
private func buildVGG16(_ b: inout GraphBuilder, classes: Int, hiddenFeatures: [Int]) {
  var x = b.image()
  var index = 0
  for channels in blocks {
    for count in channels {
      x = b.convolution("features.\(index)", x, channels: count, kernel: 3, padding: 1, bias: true)
      x = b.relu("features.\(index + 1)", x)
      index += 2
    }
    x = b.pooling("features.\(index)", .maximum, x, kernel: 2, stride: 2)
    index += 1
  }
  b.alias("features", x)
  x = b.adaptiveAveragePooling("avgpool", x, size: 7)
  x = b.linear("classifier.0", x, features: hiddenFeatures[0])
  x = b.relu("classifier.1", x)
  x = b.linear("classifier.3", x, features: hiddenFeatures[1])
  x = b.relu("classifier.4", x)
  _ = b.linear("classifier.6", x, features: classes)
}
