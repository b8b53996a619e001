import Graphs

// K. Simonyan, A. Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015,
// configuration D. Layer and parameter names are those of torchvision's `vgg16` (no batch normalisation).

/// The channels of the convolutions of each block; a 2 x 2 maximum pooling closes each.
private let blocks = [[64, 64], [128, 128], [256, 256, 256], [512, 512, 512], [512, 512, 512]]

/// - Parameters:
///   - hiddenFeatures: width of the two hidden fully connected layers, 4096 as published.
func buildVGG16(_ b: inout GraphBuilder, classes: Int, hiddenFeatures: (Int, Int)) {
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
  x = b.linear("classifier.0", x, features: hiddenFeatures.0)
  x = b.relu("classifier.1", x)
  x = b.linear("classifier.3", x, features: hiddenFeatures.1)
  x = b.relu("classifier.4", x)
  _ = b.linear("classifier.6", x, features: classes)
}
