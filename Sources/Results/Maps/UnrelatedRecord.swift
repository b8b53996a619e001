import Support

/// What a report found of unrelated maps, for who has the report and not the maps: numbers that its tables and texts are made of.
public struct UnrelatedRecord: Sendable, Hashable, Codable {
  /// `UnrelatedMaps.Mean`.
  public struct Mean: Sendable, Hashable, Codable {
    /// Nil where no pair has a value.
    public var mean: Double?
    /// Pairs that it is over.
    public var pairs: Int
    /// Pairs that there are.
    public var all: Int
    /// Pairs left out.
    public var valueless: Int

    init(_ mean: UnrelatedMaps.Mean) {
      self.mean = mean.value.isFinite ? mean.value : nil
      (pairs, all, valueless) = (mean.pairCount, mean.allCount, mean.valuelessCount)
    }

    var found: UnrelatedMaps.Mean {
      UnrelatedMaps.Mean(value: mean ?? .nan, pairCount: pairs, allCount: all, valuelessCount: valueless)
    }
  }

  /// `ModelRecord.key`, as the report shows it.
  public var model: String
  /// `Explanation.key`.
  public var explanation: String
  /// Which class is explained.
  public var target: ExplanationTarget
  /// As the report shows it.
  public var layer: String
  /// `Measure.key`.
  public var measure: String
  /// Over pairs of images of one label; nil where there is none.
  public var sameLabel: Mean?
  /// Over pairs of images of different labels; nil where there is none.
  public var differentLabels: Mean?
}

extension ExperimentResults {
  /// What was found so far, in an order of its own; the first measure of each series first.
  public var foundUnrelated: [UnrelatedRecord] {
    carriedUnrelated
      ?? found.knownUnrelated.sorted { first, second in
        let (a, b) = (first.series, second.series)
        return [a.model, a.explanation, a.target.rawValue, a.layer].lexicographicallyPrecedes(
          [b.model, b.explanation, b.target.rawValue, b.layer])
      }.flatMap { series, maps in
        zip(measureKeys, maps).map { measure, maps in
          UnrelatedRecord(
            model: series.model, explanation: series.explanation, target: series.target, layer: series.layer,
            measure: measure, sameLabel: maps.sameLabel.map { .init($0) },
            differentLabels: maps.differentLabels.map { .init($0) })
        }
      }
  }

  /// What a report says of a series' unrelated maps; nil where it says nothing.
  func carriedUnrelated(of series: SeriesSummary) -> UnrelatedMaps? {
    carriedUnrelated?.first { record in
      record.model == series.model.key && record.explanation == series.explanation && record.target == series.target
        && record.layer == series.layer && record.measure == series.measure
    }.map { UnrelatedMaps(sameLabel: $0.sameLabel?.found, differentLabels: $0.differentLabels?.found) }
  }
}
