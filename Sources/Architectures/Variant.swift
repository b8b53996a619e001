import Networks

/// Which of an architecture's published forms a network has.
public enum ArchitectureVariant: String, CaseIterable, Sendable, Codable {
  /// torchvision's, or timm's for Xception.
  case standard
  /// A ResNet as its authors published it for Caffe, which the weights for VGGFace2 follow (Q. Cao, L. Shen, W. Xie,
  /// O. M. Parkhi, A. Zisserman, "VGGFace2: A dataset for recognising faces across pose and age", FG 2018): other strides
  /// and padding, channels in the order blue, green, red, values from 0 to 255.
  case caffe
}

/// What a network does with an image before its first layer: (range x - mean) / standardDeviation, x in [0, 1].
public struct Normalisation: Sendable, Hashable {
  /// Per channel in the order of `channels`, in units of [0, range].
  public var mean: [Double]
  /// As `mean`, in the same order and units.
  public var standardDeviation: [Double]
  /// The order in which the first layer takes the colours.
  public var channels: ChannelOrder
  /// 1 or 255: what white is.
  public var range: Double

  public init(mean: [Double], standardDeviation: [Double], channels: ChannelOrder = .rgb, range: Double = 1) {
    self.mean = mean
    self.standardDeviation = standardDeviation
    self.channels = channels
    self.range = range
  }

  /// The same mean and standard deviation of the same colours, written in another order and in units of another range.
  public func written(channels: ChannelOrder, range: Double) -> Normalisation {
    func rewritten(_ values: [Double]) -> [Double] {
      (channels == self.channels ? values : values.reversed()).map {
        range == self.range ? $0 : $0 * range / self.range
      }
    }
    return Normalisation(
      mean: rewritten(mean), standardDeviation: rewritten(standardDeviation), channels: channels, range: range)
  }
}

extension Architecture {
  /// The forms that it is published in, the default first.
  public var variants: [ArchitectureVariant] {
    switch self {
    case .resnet50, .resnet101: [.standard, .caffe]
    case .vgg16, .inceptionV3, .xception: [.standard]
    }
  }

  /// As published: of `caffe`, the mean of VGGFace2's training images.
  public func normalisation(_ variant: ArchitectureVariant) -> Normalisation {
    switch variant {
    case .standard: Normalisation(mean: mean, standardDeviation: standardDeviation)
    case .caffe:
      Normalisation(
        mean: [91.4953, 103.8827, 131.0912], standardDeviation: [1, 1, 1], channels: .bgr, range: 255)
    }
  }

  /// As a report calls it.
  public func displayName(_ variant: ArchitectureVariant) -> String {
    variant == .caffe ? "\(displayName) (Caffe)" : displayName
  }
}
