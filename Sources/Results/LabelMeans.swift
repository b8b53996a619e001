import Support

/// What is left of `results.csv` where it is too large for a report.
extension ResultsCSV {
  /// A line per series, level and label, with how many images there are, the mean and the population standard deviation of the
  /// measure over those that have it, accuracy on the attacked images, and dead pairs.
  /// - Parameter byLabel: whether each label has lines of its own; `label` is empty where not.
  /// - Throws: `Problem` where a row is missing or damaged.
  public static func means(_ results: ExperimentResults, byLabel: Bool = true) throws(Problem) -> String {
    let tables = try results.tables
    var text =
      "model,attack,explanation,target,layer,measure,epsilon,label,images,mean,standard_deviation,accuracy,dead\n"
    for (index, model) in results.models.enumerated() {
      // Labels in the order of the model's rows.
      var labels: [Int] = []
      var members: [Int: [Int]] = [:]
      for image in results.images.indices where tables.cleanPredictions[results.ownPlace(of: index)][image] >= 0 {
        let label = byLabel ? results.images[image].label : 0
        if members[label] == nil { labels.append(label) }
        members[label, default: []].append(image)
      }
      let series = results.rowSeries(of: model).map(\.identity)
      for label in labels {
        for identity in series {
          guard let place = results.place(of: identity) else { continue }
          add(
            tables.series[place], identity, results, label: byLabel ? "\(label)" : "", of: members[label] ?? [],
            to: &text)
        }
      }
    }
    return text
  }

  private static func add(
    _ series: MeasurementTables.Series, _ identity: SeriesIdentity, _ results: ExperimentResults, label: String,
    of images: [Int], to text: inout String
  ) {
    for (level, epsilon) in series.levels.enumerated() {
      let traits = series.traits[level]
      let own = images.filter { traits[$0].contains(.measured) }
      guard !own.isEmpty else { continue }
      let right = own.count { traits[$0].contains(.right) }
      for (index, measure) in results.measures.enumerated() {
        let values = own.map { series.values[index][level][$0] }.filter(\.isFinite)
        let fields = [
          field(identity.model), field(identity.attack), field(identity.explanation), identity.target.rawValue,
          field(identity.layer), type(of: measure).key, "\(epsilon)", label, "\(own.count)",
          values.isEmpty ? "" : "\(Drift.mean(values))", values.isEmpty ? "" : "\(Drift.standardDeviation(values))",
          "\(Double(right) / Double(own.count))", "\(own.count { traits[$0].contains(.dead) })",
        ]
        text += fields.joined(separator: ",") + "\n"
      }
    }
  }
}
