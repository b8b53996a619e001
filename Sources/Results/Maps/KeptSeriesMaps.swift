import Support

/// What is found of the maps of very many images, as it is kept for reports that are made later: level by level, since what is written
/// at once should not take much memory.
extension SeriesMaps {
  /// - Returns: nil where nothing is kept of a series.
  init?(keptOf series: SeriesSummary, _ results: ExperimentResults) {
    size = series.model.inputSize
    levels = []
    (clean, deadCount, images) = ([], 0, [])
    guard results.kept(finding(nil, series, results), { read(&$0, results) ? true : nil }) == true else { return nil }
    for level in series.levels {
      let own = results.kept(finding(level.epsilon, series, results)) { self.level(level.epsilon, &$0, results) }
      guard var own else { return nil }
      // Those of millions of maps are seldom asked for, and a level's at a time.
      own.shifts = nil
      levels.append(own)
    }
  }

  func keptShifts(of series: SeriesSummary, epsilon: Double, _ results: ExperimentResults) -> Shifts? {
    results.kept(finding(epsilon, series, results)) { level(epsilon, &$0, results) }?.shifts
  }

  func keep(of series: SeriesSummary, _ results: ExperimentResults) {
    results.keep(finding(nil, series, results)) { writer in
      writer.add(images.count)
      writer.add(images.map { Int32(truncatingIfNeeded: $0) })
      writer.add(clean)
      writer.add(deadCount)
    }
    for level in levels {
      results.keep(finding(level.epsilon, series, results)) { writer in
        writer.add(level.mean)
        writer.add(level.deadCount)
        writer.add(level.shifts?.numbers ?? [])
      }
    }
  }

  /// - Parameter epsilon: nil for what all levels share.
  private func finding(_ epsilon: Double?, _ series: SeriesSummary, _ results: ExperimentResults) -> Finding? {
    Finding(.seriesMaps, of: series.identity.ofAllMeasures, part: epsilon.map { "\($0)" } ?? "", results)
  }

  /// - Returns: false for bytes that are none of such a series.
  private mutating func read(_ reader: inout ByteReader, _ results: ExperimentResults) -> Bool {
    guard let count = reader.count(), let images = reader.numbers(Int32.self, count: count)?.map({ Int($0) }),
      images.allSatisfy(results.images.indices.contains), let clean = reader.doubles(size * size),
      let dead = reader.count()
    else { return false }
    (self.images, self.clean, deadCount) = (images, clean, dead)
    return true
  }

  /// - Returns: nil for bytes that are none of such a level.
  private func level(_ epsilon: Double, _ reader: inout ByteReader, _ results: ExperimentResults) -> Level? {
    guard let mean = reader.doubles(size * size), let dead = reader.count(),
      let shifts = reader.doubles(2 * images.count).flatMap({ Shifts(numbers: $0) })
    else { return nil }
    return Level(
      epsilon: epsilon, mean: mean, shifts: shifts,
      statistics: ShiftStatistics(shifts, seed: results.seed, flips: results.resamples), deadCount: dead)
  }
}
