import Measures
import Support

/// `results.csv`: a line per model, image, target, layer and epsilon, the control's included; RFC 4180, lines ended by a
/// line feed, numbers in the fewest digits that read back as the same number, and nothing for one that an older version did not store
/// and where a measure has no value for a pair.
public struct ResultsCSV: Sendable {
  private static let head = [
    "model", "image", "label", "target", "layer", "epsilon", "clean_prediction", "adversarial_prediction",
  ]
  private static let tail = [
    "clean_peak", "adversarial_peak", "clean_confidence", "adversarial_confidence", "clean_class_confidence",
  ]
  /// What the report calls the row's model, its label and its predictions, behind all other columns; a name is left out where
  /// nobody gave one. Not in tables of former versions.
  public static let names = ["model_name", "label_name", "clean_prediction_name", "adversarial_prediction_name"]
  /// What tells series apart beside model, target and layer; not in tables of the first versions.
  public static let methods = ["attack", "explanation"]

  /// The head line's fields: those of the first measure stand where they always stood, attack and
  /// explanation behind them, then those of further measures, the run where there are several, and names.
  public static func columns(of measures: [any Measure], hasRuns: Bool = false) -> [String] {
    head + (measures.first.map { type(of: $0).columns } ?? []) + tail + methods
      + measures.dropFirst().flatMap { type(of: $0).columns } + (hasRuns ? [run] : []) + names
  }

  /// In tables of several runs.
  public static let run = "run"

  /// Where the value of the first measure stands in a head line.
  /// - Parameter head: of this version or an older one, which have fewer columns at their end.
  /// - Returns: nil for the head of another kind of table.
  public static func firstMeasure(in head: [String]) -> Int? {
    guard head.starts(with: self.head), let peaks = head.firstIndex(of: tail[0]), peaks > self.head.count,
      tail.starts(with: head[peaks...].prefix(tail.count))
    else { return nil }
    return peaks - 1
  }

  private let measures: [any Measure]
  private let counts: [Int]

  /// The name of the run that a row's model is of; nil for tables of one run.
  private let runs: [String: String]?
  /// By `ModelRecord.key`.
  private let modelNames: [String: String]
  /// By class index; a label has the data's name, a prediction only where the data's classes are the models'.
  private let classNames: [String]
  private let labels: LabelMeaning

  /// The table of some results.
  public init(_ results: ExperimentResults) {
    measures = results.measures
    counts = measures.map { type(of: $0).columns.count }
    runs = results.runs.map { overview in
      Dictionary(
        overview.runs.flatMap { run in run.models.map { ($0, run.name) } }, uniquingKeysWith: { first, _ in first })
    }
    modelNames = Dictionary(results.models.map { ($0.key, $0.name) }, uniquingKeysWith: { first, _ in first })
    classNames = results.classNames
    labels = results.labels
  }

  /// The head line.
  public var head: [UInt8] {
    Array((Self.columns(of: measures, hasRuns: runs != nil).joined(separator: ",") + "\n").utf8)
  }

  /// The whole table of results that are known to be few.
  /// - Throws: `Problem` where a row is missing or damaged.
  public static func text(_ results: ExperimentResults) throws(Problem) -> String {
    let csv = ResultsCSV(results)
    var bytes = csv.head
    try results.rows.forEachPart(of: nil) { (rows) throws(Problem) in
      csv.lines(rows)
    } consume: {
      bytes += $0
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A line for each row.
  public func lines(_ rows: [Measurement]) -> [UInt8] {
    var lines = LineWriter()
    lines.bytes.reserveCapacity(256 * rows.count)
    for row in rows { add(row, &lines) }
    return lines.bytes
  }

  private func add(_ row: Measurement, _ line: inout LineWriter) {
    line.field(row.model)
    line.field(row.image)
    line.add(row.label)
    line.add(row.target.rawValue)
    line.field(row.layer)
    line.add(row.epsilon)
    line.add(row.cleanPrediction)
    line.add(row.adversarialPrediction)
    var part = 0
    for (index, value) in row.dissimilarities.enumerated() where index < counts.count {
      if index == 1 { addTail(row, &line) }
      for _ in 1..<max(1, counts[index]) where part < row.parts.count {
        add(row.parts[part], &line)
        part += 1
      }
      add(value, &line)
    }
    if row.dissimilarities.count < 2 || counts.count < 2 { addTail(row, &line) }
    if let runs { line.field(runs[row.model] ?? "") }
    line.field(modelNames[row.model] ?? "")
    line.field(className(row.label))
    for prediction in [row.cleanPrediction, row.adversarialPrediction] {
      line.field(labels == .classes ? className(prediction) : "")
    }
    line.end()
  }

  private func className(_ index: Int) -> String { classNames.indices.contains(index) ? classNames[index] : "" }

  private func add(_ value: Double, _ line: inout LineWriter) {
    if value.isNaN { line.addNothing() } else { line.add(value) }
  }

  private func addTail(_ row: Measurement, _ line: inout LineWriter) {
    line.add(row.cleanPeak)
    line.add(row.adversarialPeak)
    line.add(row.cleanConfidence)
    line.add(row.adversarialConfidence)
    if let confidence = row.cleanClassConfidence { line.add(confidence) } else { line.addNothing() }
    line.field(row.attack)
    line.field(row.explanation)
  }

  /// Quoted where RFC 4180 asks for it. A text that a spreadsheet would take for a formula, because it starts with
  /// = + - @ or a tab, gets an apostrophe before it.
  public static func field(_ text: String) -> String {
    // Nearly all are words, and looking at characters is slow.
    if let first = text.utf8.first, first > UInt8(ascii: "-"), !"=@".utf8.contains(first),
      text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "\"") })
    {
      return text
    }
    var text = text
    if let first = text.first, "=+-@\t\r".contains(first) { text = "'" + text }
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
