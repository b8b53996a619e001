import Support

/// What one attack level did to the images of one label.
public struct LabelSummary: Sendable, Hashable {
  /// Class index.
  public var label: Int
  /// Those of which every level was measured.
  public var imageCount: Int
  /// Over these images.
  public var mod: Estimate
  /// The attacked images whose prediction is the expected one (`LevelSummary.accuracy`).
  public var accuracy: Proportion
  /// The class that attacked images are most often taken for instead, the lowest of several; nil where there is none.
  public var wrongAnswer: Int?
  /// How often.
  public var wrongCount: Int
}

extension ExperimentResults {
  /// Of fewer images nothing is said of a label.
  public static let fewestOfLabel = IntervalRule.fewest

  /// By label, of those with `fewestOfLabel` images or more; the rows are read once, however often it is asked for.
  /// - Parameter epsilon: an attack level of the series.
  /// - Throws: `Problem` where a row is missing or damaged.
  public func labelSummaries(_ series: SeriesSummary, epsilon: Double) throws(Problem) -> [LabelSummary] {
    try found.labels(of: series.identity, epsilon: epsilon) { () throws(Problem) in
      try makeLabelSummaries(series, epsilon: epsilon)
    }
  }

  private func makeLabelSummaries(_ series: SeriesSummary, epsilon: Double) throws(Problem) -> [LabelSummary] {
    guard let place = place(of: series.identity), case let own = try tables.series[place],
      let level = own.levels.firstIndex(of: epsilon)
    else { return [] }
    let members = Dictionary(grouping: images.indices.filter(own.isComplete)) { images[$0].label }
      .filter { $0.value.count >= Self.fewestOfLabel }
    let labels = members.keys.sorted()
    let answers = try wrongAnswers(series, epsilon: epsilon)
    let samples = labels.map { label in
      let values = members[label, default: []].map { own.values[series.measureIndex][level][$0] }
      var sample = ImageSample(images: values.count)
      _ = sample.add(values)
      return sample
    }
    let estimates = IntervalMaker(seed: seed, resamples: resamples).estimates(of: samples)
    return labels.enumerated().map { index, label in
      let images = members[label, default: []]
      let most = answers[label, default: [:]].max { ($0.value, -$0.key) < ($1.value, -$1.key) }
      return LabelSummary(
        label: label, imageCount: images.count,
        mod: estimates[index][0].within(measureBounds(series.measure)),
        accuracy: Proportion(images.count { own.traits[level][$0].contains(.right) }, of: images.count),
        wrongAnswer: most?.key, wrongCount: most?.value ?? 0)
    }
  }

  /// By label, how often each class but the expected one was the answer.
  private func wrongAnswers(_ series: SeriesSummary, epsilon: Double) throws(Problem) -> [Int: [Int: Int]] {
    let complete = Set(completeImages(of: series.identity).map(\.path))
    var found: [Int: [Int: Int]] = [:]
    try rows.forEachPart(of: series.model.key) { [labels] (rows) throws(Problem) in
      rows.filter { series.contains($0) && $0.epsilon == epsilon && $0.adversarialPrediction != labels.expected($0) }
        .map { ($0.image, $0.label, $0.adversarialPrediction) }
    } consume: { part in
      for (image, label, answer) in part where complete.contains(image) {
        found[label, default: [:]][answer, default: 0] += 1
      }
    }
    return found
  }
}
