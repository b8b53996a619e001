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
  /// What tells series apart beside model, target and layer; not in tables of the first versions.
  public static let methods = ["attack", "explanation"]

  /// The head line's fields: those of the first measure stand where they always stood, attack and
  /// explanation behind them, and those of further measures behind all others.
  public static func columns(of measures: [any Measure]) -> [String] {
    head + (measures.first.map { type(of: $0).columns } ?? []) + tail + methods
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

  private let measures: [any Measure]
  private let counts: [Int]

  /// The name of the run that a row's model is of, behind all other columns; nil for tables of one run.
  private let runs: [String: String]?

  /// - Parameters:
  ///   - measures: of the results.
  ///   - runs: those that the results come from, where they are of several.
  public init(_ measures: [any Measure], runs: RunOverview? = nil) {
    self.measures = measures
    counts = measures.map { type(of: $0).columns.count }
    self.runs = runs.map { overview in
      Dictionary(
        overview.runs.flatMap { run in run.models.map { ($0, run.name) } }, uniquingKeysWith: { first, _ in first })
    }
  }

  /// The head line.
  public var head: [UInt8] {
    let columns = Self.columns(of: measures) + (runs == nil ? [] : ["run"])
    return Array((columns.joined(separator: ",") + "\n").utf8)
  }

  /// The whole table of results that are known to be few.
  /// - Throws: `Problem` where a row is missing or damaged.
  public static func text(_ results: ExperimentResults) throws(Problem) -> String {
    let csv = ResultsCSV(results.measures, runs: results.runs)
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
    line.end()
  }

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
