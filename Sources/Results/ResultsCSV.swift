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

  /// Quoted where RFC 4180 asks for it. A text that a spreadsheet would take for a formula, because it starts with
  /// = + - @ or a tab, gets an apostrophe before it.
  public static func field(_ text: String) -> String {
    var text = text
    if let first = text.first, "=+-@\t\r".contains(first) { text = "'" + text }
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
