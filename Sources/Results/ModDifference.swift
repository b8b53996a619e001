import Measures

/// How much more one series drifts than another at one attack level.
public struct LevelDifference: Sendable, Hashable {
  /// The attack level.
  public var epsilon: Double
  /// MOD of the first series minus MOD of the second, over the images that both have.
  public var mod: Estimate
}

extension ExperimentResults {
  /// MOD of one series minus that of another, level by level, paired by image: both are resampled with the same
  /// images, so that what makes an image hard for both falls out of the difference.
  /// - Returns: one for each level at which both were attacked, with the number of images of which both series have a value at every level; no
  ///   differences where there is no such image.
  public func modDifferences(
    _ first: SeriesSummary, _ second: SeriesSummary
  ) -> (levels: [LevelDifference], imageCount: Int) {
    let epsilons = first.levels.map(\.epsilon).filter { level in second.levels.contains { $0.epsilon == level } }
    guard let tables = try? tables, let ours = place(of: first.identity), let theirs = place(of: second.identity) else {
      return ([], 0)
    }
    func values(_ place: Int, _ summary: SeriesSummary) -> [[Double]] {
      epsilons.map { epsilon in
        tables.series[place].levels.firstIndex(of: epsilon).map {
          tables.series[place].values[summary.measureIndex][$0]
        } ?? []
      }
    }
    let (own, other) = (values(ours, first), values(theirs, second))
    // The control too must be there: only then does the image count in either series' MOD.
    let paired = images.indices.filter { image in
      tables.series[ours].counts(image, measure: first.measureIndex)
        && tables.series[theirs].counts(image, measure: second.measureIndex)
    }
    guard !paired.isEmpty else { return ([], 0) }
    var table = ResampledTable(images: paired.count, width: epsilons.count)
    for (row, image) in paired.enumerated() {
      for level in epsilons.indices { table[row, level] = own[level][image] - other[level][image] }
    }
    let sums = Resamples(imageCount: paired.count, seed: seed).sums(of: [table])[0]
    let levels = zip(epsilons.indices, sums.whole).map { level, sum in
      let (lower, upper) = Bootstrap.interval(sums.draws.map { $0[level] / Double(paired.count) })
      return LevelDifference(
        epsilon: epsilons[level], mod: Estimate(value: sum / Double(paired.count), lower: lower, upper: upper))
    }
    return (levels, paired.count)
  }
}
