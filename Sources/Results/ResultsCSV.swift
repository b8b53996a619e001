import Measures

/// `results.csv`: a line per model, image, target, layer and epsilon, the control's included; RFC 4180, lines ended by a
/// line feed, numbers in the fewest digits that read back as the same number, and nothing for one that an older version did not store.
public enum ResultsCSV {
  private static let head = [
    "model", "image", "label", "target", "layer", "epsilon", "clean_prediction", "adversarial_prediction",
  ]
  private static let tail = [
    "clean_peak", "adversarial_peak", "clean_confidence", "adversarial_confidence", "clean_class_confidence",
  ]

  /// The head line's fields: those of the first measure stand where they always stood, those of further measures
  /// behind all others.
  public static func columns(of measures: [any Measure]) -> [String] {
    head + (measures.first.map { type(of: $0).columns } ?? []) + tail
      + measures.dropFirst().flatMap { type(of: $0).columns }
  }

  /// Where the value of the first measure stands in a head line.
  /// - Parameter head: of this version or an older one, which have fewer columns at their end.
  /// - Returns: nil for the head of another kind of table.
  public static func firstMeasure(in head: [String]) -> Int? {
    guard head.starts(with: self.head), let peaks = head.firstIndex(of: tail[0]), peaks > self.head.count,
      tail.starts(with: head[peaks...].prefix(tail.count))
    else { return nil }
    return peaks - 1
  }

  public static func text(_ results: ExperimentResults) -> String {
    let counts = results.measures.map { type(of: $0).columns.count }
    var text = columns(of: results.measures).joined(separator: ",") + "\n"
    for row in results.measurements {
      var measured: [[String]] = []
      var part = 0
      for (count, value) in zip(counts, row.dissimilarities) {
        measured.append(row.parts[part..<min(part + count - 1, row.parts.count)].map { "\($0)" } + ["\(value)"])
        part += count - 1
      }
      let fields =
        [
          field(row.model), field(row.image), "\(row.label)", row.target.rawValue, field(row.layer), "\(row.epsilon)",
          "\(row.cleanPrediction)", "\(row.adversarialPrediction)",
        ] + (measured.first ?? []) + [
          "\(row.cleanPeak)", "\(row.adversarialPeak)", "\(row.cleanConfidence)", "\(row.adversarialConfidence)",
          row.cleanClassConfidence.map { "\($0)" } ?? "",
        ] + measured.dropFirst().flatMap { $0 }
      text += fields.joined(separator: ",") + "\n"
    }
    return text
  }

  /// What is left of the table where it is too large for a report: a line per series, level and label, with how many images
  /// there are, the mean and the population standard deviation of the measure over those that have it, accuracy on the
  /// attacked images, and dead pairs.
  public static func means(_ results: ExperimentResults) -> String {
    struct Group: Hashable {
      var series: SeriesIdentity
      var epsilon: Double
      var label: Int
    }
    struct Found {
      var images = 0
      var right = 0
      var dead = 0
      /// Of each measure, where it has one.
      var values: [[Double]]

      mutating func add(_ row: Measurement) {
        images += 1
        if row.adversarialPrediction == row.label { right += 1 }
        if row.isDead { dead += 1 }
        for (index, value) in row.dissimilarities.enumerated() where values.indices.contains(index) && value.isFinite {
          values[index].append(value)
        }
      }
    }
    var order: [Group] = []
    var groups: [Group: Found] = [:]
    for row in results.measurements {
      let group = Group(series: SeriesIdentity(row), epsilon: row.epsilon, label: row.label)
      if groups[group] == nil { order.append(group) }
      groups[group, default: Found(values: results.measures.map { _ in [] })].add(row)
    }
    var text =
      "model,attack,explanation,target,layer,measure,epsilon,label,images,mean,standard_deviation,accuracy,dead\n"
    for group in order {
      guard let found = groups[group] else { continue }
      for (measure, values) in zip(results.measures, found.values) {
        let fields = [
          field(group.series.model), field(group.series.attack), field(group.series.explanation),
          group.series.target.rawValue, field(group.series.layer), type(of: measure).key, "\(group.epsilon)",
          "\(group.label)", "\(found.images)", values.isEmpty ? "" : "\(Drift.mean(values))",
          values.isEmpty ? "" : "\(Drift.standardDeviation(values))",
          "\(Double(found.right) / Double(found.images))", "\(found.dead)",
        ]
        text += fields.joined(separator: ",") + "\n"
      }
    }
    return text
  }

  /// Quoted where RFC 4180 asks for it. A text that a spreadsheet would take for a formula, because it starts with
  /// = + - @ or a tab, gets an apostrophe before it.
  public static func field(_ text: String) -> String {
    var text = text
    if let first = text.first, "=+-@\t\r".contains(first) { text = "'" + text }
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
