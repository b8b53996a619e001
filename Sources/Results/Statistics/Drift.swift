/// What the drift measures are made of.
public enum Drift {
  /// 0 for none.
  public static func mean(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
  }

  /// Of the population; 0 for none.
  public static func standardDeviation(_ values: [Double]) -> Double { variance(values).squareRoot() }

  static func variance(_ values: [Double]) -> Double {
    let centre = mean(values)
    return mean(values.map { ($0 - centre) * ($0 - centre) })
  }
}

/// MOD and VID, as a paper at the CVPR workshops of 2022 defines them (doi:10.1109/CVPRW56347.2022.00031), of a measure's
/// values by image and attack level: what they are of any resample of the images is made of sums over images, so that
/// 2,000 resamples cost no more than that.
public struct DriftTable: Sendable {
  /// By level, then by image.
  private let levels: [[Double]]
  /// Over the levels, by image.
  private let means: [Double]
  private let variances: [Double]
  private let deviations: [Double]

  /// - Parameter values: by image, then by level; as many levels for each image.
  public init(_ values: [[Double]]) {
    levels = (values.first ?? []).indices.map { level in values.map { $0[level] } }
    means = values.map(Drift.mean)
    variances = values.map(Drift.variance)
    deviations = variances.map { $0.squareRoot() }
  }

  /// MOD(e), the mean over these images, by level. Its standard deviation is VID read as `vid-of-mod`.
  /// - Parameter draw: image indices, each as often as it was drawn.
  public func mods(of draw: [Int]) -> [Double] { levels.map { mean($0, of: draw) } }

  /// VID, the paper's formula read per image: the mean over these images of the population standard deviation of an
  /// image's values over the levels.
  public func vid(of draw: [Int]) -> Double { mean(deviations, of: draw) }

  /// VID read as `vid-pooled`: the population standard deviation of the measure over these images and all levels: the variance within images plus
  /// that of their means, since each has as many levels.
  public func vidPooled(of draw: [Int]) -> Double {
    let centre = mean(means, of: draw)
    guard !draw.isEmpty else { return 0 }
    let sum = draw.reduce(0.0) { $0 + variances[$1] + (means[$1] - centre) * (means[$1] - centre) }
    return (sum / Double(draw.count)).squareRoot()
  }

  private func mean(_ values: [Double], of draw: [Int]) -> Double {
    draw.isEmpty ? 0 : draw.reduce(0.0) { $0 + values[$1] } / Double(draw.count)
  }
}
