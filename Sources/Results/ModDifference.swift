import Measures

/// How much more one series drifts than another at one attack level.
public struct LevelDifference: Sendable, Hashable {
  public var epsilon: Double
  /// MOD of the first series minus MOD of the second, over the images that both have.
  public var mod: Estimate
}

extension ExperimentResults {
  /// MOD of one series minus that of another, level by level, paired by image: both are resampled with the same
  /// images, so that what makes an image hard for both falls out of the difference.
  /// - Returns: one for each level at which both were attacked, with the number of images of which both series have every level; no
  ///   differences where there is no such image.
  public func modDifferences(
    _ first: SeriesSummary, _ second: SeriesSummary
  ) -> (levels: [LevelDifference], imageCount: Int) {
    let epsilons = first.levels.map(\.epsilon).filter { level in second.levels.contains { $0.epsilon == level } }
    let (ours, theirs) = (dissimilarityByImage(first), dissimilarityByImage(second))
    let pairs: [[Double]] = images.compactMap { image in
      guard let own = ours[image.path], let other = theirs[image.path] else { return nil }
      let differences = epsilons.compactMap { epsilon -> Double? in
        guard let a = own[epsilon], let b = other[epsilon] else { return nil }
        return a - b
      }
      // The control too must be there: only then does the image count in either series' MOD.
      return own[0] != nil && other[0] != nil && differences.count == epsilons.count ? differences : nil
    }
    guard !pairs.isEmpty else { return ([], 0) }
    func means(_ draw: [Int]) -> [Double] {
      epsilons.indices.map { level in draw.reduce(0.0) { $0 + pairs[$1][level] } / Double(draw.count) }
    }
    let intervals = Bootstrap(imageCount: pairs.count, seed: seed).intervals(means)
    let values = means(Array(pairs.indices))
    let levels = epsilons.indices.map { level in
      LevelDifference(
        epsilon: epsilons[level],
        mod: Estimate(value: values[level], lower: intervals[level].lower, upper: intervals[level].upper))
    }
    return (levels, pairs.count)
  }

  private func dissimilarityByImage(_ series: SeriesSummary) -> [String: [Double: Double]] {
    var values: [String: [Double: Double]] = [:]
    for row in measurements where series.contains(row) {
      values[row.image, default: [:]][row.epsilon] = series.value(of: row)
    }
    return values
  }
}
