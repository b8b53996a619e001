import Images

/// Which of an architecture's published forms a network has.
public enum ArchitectureVariant: String, CaseIterable, Sendable, Codable {
  /// torchvision's, or timm's for Xception.
  case standard
  /// A ResNet as its authors published it for Caffe, which the weights for VGGFace2 follow (Q. Cao, L. Shen, W. Xie,
  /// O. M. Parkhi, A. Zisserman, "VGGFace2: A dataset for recognising faces across pose and age", FG 2018): other strides
  /// and padding, channels in the order blue, green, red, values from 0 to 255.
  case caffe
}

extension Architecture {
  /// The forms that it is published in, the default first.
  public var variants: [ArchitectureVariant] {
    switch self {
    case .resnet50, .resnet101: [.standard, .caffe]
    case .vgg16, .inceptionV3, .xception: [.standard]
    }
  }

  /// As published: of ImageNet's training images, of [-1, 1], and of `caffe` the mean of VGGFace2's.
  public func normalisation(_ variant: ArchitectureVariant) -> Normalisation {
    switch (self, variant) {
    case (_, .caffe):
      Normalisation(
        mean: [91.4953, 103.8827, 131.0912], standardDeviation: [1, 1, 1], channels: .bgr, range: 255)
    case (.vgg16, _), (.resnet50, _), (.resnet101, _):
      Normalisation(mean: [0.485, 0.456, 0.406], standardDeviation: [0.229, 0.224, 0.225])
    case (.inceptionV3, _), (.xception, _):
      Normalisation(mean: [0.5, 0.5, 0.5], standardDeviation: [0.5, 0.5, 0.5])
    }
  }

  /// As a report calls it.
  public func displayName(_ variant: ArchitectureVariant) -> String {
    variant == .caffe ? "\(displayName) (Caffe)" : displayName
  }
}
