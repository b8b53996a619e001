/// The order in which a network takes the channels of an image. Images are always red, green, blue: a network that was
/// trained on blue, green, red takes them the other way round, inside of the gradient.
public enum ChannelOrder: String, CaseIterable, Sendable, Codable {
  /// Red first, as pictures are.
  case rgb
  case bgr

  /// The image's channel that is the network's `channel`.
  /// - Parameter count: how many channels there are.
  public func source(of channel: Int, count: Int = 3) -> Int { self == .rgb ? channel : count - 1 - channel }
}

/// What a network does with an image before its first layer: (range x - mean) / standardDeviation, x in [0, 1].
///
/// It belongs to the network, not to the image: attacks change x, and gradients go through this.
public struct Normalisation: Sendable, Hashable {
  /// Per channel in the order of `channels`, in units of [0, range].
  public var mean: [Double]
  /// Likewise; greater than 0.
  public var standardDeviation: [Double]
  /// The order in which the network takes the image's channels.
  public var channels: ChannelOrder
  /// What white is to the network before the mean is taken away: 1 or 255.
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
