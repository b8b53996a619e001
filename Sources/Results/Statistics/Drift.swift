/// MOD and VID, as a paper at the CVPR workshops of 2022 defines them (doi:10.1109/CVPRW56347.2022.00031), over the values
/// of a measure by image and attack level.
public enum Drift {
  /// MOD(e): the mean of the measure over images.
  public static func mod(_ values: [Double]) -> Double { mean(values) }

  /// VID, the paper's formula read per image: the mean over images of the population standard deviation of an image's
  /// values over the attack levels.
  /// - Parameter values: by image, then by level.
  public static func vid(_ values: [[Double]]) -> Double { DriftTable(values).vid(of: Array(values.indices)) }

  /// `vid-of-mod`: the same formula over MOD(e).
  public static func vidOfMOD(_ values: [[Double]]) -> Double {
    standardDeviation(DriftTable(values).mods(of: Array(values.indices)))
  }

  /// `vid-pooled`: the population standard deviation over all images and levels.
  public static func vidPooled(_ values: [[Double]]) -> Double {
    DriftTable(values).vidPooled(of: Array(values.indices))
  }

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

/// A measure by image and attack level, with what the drift measures of any resample of the images are made of, so that
/// 2,000 resamples cost sums over images only.
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

  /// MOD(e) of these images, by level.
  /// - Parameter draw: image indices, each as often as it was drawn.
  public func mods(of draw: [Int]) -> [Double] { levels.map { mean($0, of: draw) } }

  /// VID of these images, read per image.
  public func vid(of draw: [Int]) -> Double { mean(deviations, of: draw) }

  /// The population standard deviation of the measure over these images and all levels: the variance within images plus
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
