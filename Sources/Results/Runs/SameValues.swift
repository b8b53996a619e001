import Support

/// How the values of two models compare, row by row.
public struct SameValues: Sendable, Hashable {
  /// Rows that both have.
  public var rows = 0
  /// Of these, in which any measure, a prediction's outcome or whether a map is dead is not the same.
  public var differing = 0
  /// The greatest |difference| of a measure; infinite where one of both has no value.
  public var greatest = 0.0
  /// `Measure.key` of those that were compared in any row.
  public var measures: Set<String> = []

  public init(rows: Int = 0, differing: Int = 0, greatest: Double = 0, measures: Set<String> = []) {
    self.rows = rows
    self.differing = differing
    self.greatest = greatest
    self.measures = measures
  }
}

extension ExperimentResults {
  /// Holds the values of one model to those of another, at the levels and layers that both have.
  /// - Parameters:
  ///   - first: `ModelRecord.key`
  ///   - second: Likewise.
  ///   - isSame: whether a series (its measure empty) is measured in the same way in both, and by which measures (their keys).
  /// - Throws: `Problem` where a row is missing or damaged.
  public func sameValues(
    of first: String, _ second: String, isSame: (SeriesIdentity) -> Set<String>
  ) throws(Problem) -> SameValues {
    let tables = try self.tables
    var found = SameValues()
    guard let model = models.first(where: { $0.key == first }) else { return found }
    for (identity, _) in rowSeries(of: model) {
      var its = identity
      its.model = second
      let measures = isSame(identity)
      guard !measures.isEmpty, let own = place(of: identity), let other = place(of: its) else { continue }
      let (x, y) = (tables.series[own], tables.series[other])
      found.measures.formUnion(measures)
      let places = measureKeys.indices.filter { measures.contains(measureKeys[$0]) }
      for (level, epsilon) in x.levels.enumerated() {
        guard let theirs = y.levels.firstIndex(of: epsilon) else { continue }
        for image in images.indices {
          let (a, b) = (x.traits[level][image], y.traits[theirs][image])
          guard a.contains(.measured), b.contains(.measured) else { continue }
          found.rows += 1
          var differs = a != b
          for measure in places {
            let (u, v) = (x.values[measure][level][image], y.values[measure][theirs][image])
            guard u.bitPattern != v.bitPattern, !(u.isNaN && v.isNaN) else { continue }
            differs = true
            found.greatest = max(found.greatest, u.isNaN || v.isNaN ? .infinity : abs(u - v))
          }
          if differs { found.differing += 1 }
        }
      }
    }
    return found
  }
}
