import Datasets
import Foundation
import Results
import Store
import Support

/// Why reports differ: what `provenance.json` and `results.csv` of some output folders say that is not the same.
public struct ReportComparison: Sendable, Equatable {
  /// What is one thing in one report and another in another. Sections are "experiment", "options", "software", "rendering", "fonts",
  /// "weights", "runs", "data", "numbers" and "pages".
  public typealias Difference = RunOverview.Difference

  /// In the order in which provenance has them; rows of results last.
  public var differences: [Difference] = []
  /// Rows of `results.csv` that all have.
  public var commonRows = 0
  /// Of these, how many are the same to the last digit in all.
  public var equalRows = 0

  /// - Parameters: output folders, or `provenance.json` files with a `results.csv` beside them.
  /// - Throws: `Problem` for a folder without these files, or when they are not ours.
  public init(_ first: String, _ second: String) throws(Problem) { try self.init([first, second]) }

  /// - Parameter folders: at least two output folders, or `provenance.json` files with a `results.csv` beside them.
  /// - Throws: `Problem` for a folder without these files, or when they are not ours.
  public init(_ folders: [String]) throws(Problem) {
    var records: [ReportRecord] = []
    for folder in folders { records.append(try ReportRecord(folder: folder)) }
    let documents = records.map(\.document)
    compare("experiment", documents.map { ["file": $0.experiment.file] })
    compare("experiment", documents.map { ["SHA-256": $0.experiment.sha256] })
    compare("experiment", documents.map { ["title": $0.experiment.title] })
    compare("experiment", documents.map { ["--set": $0.experiment.overrides.joined(separator: " ")] })
    compare(
      "experiment", documents.map { $0.experiment.templateSHA256.map { ["template SHA-256": $0] } ?? [:] })
    compare("options", documents.map(\.options))
    let renderings = documents.map { RenderingRecord($0) }
    compare("software", renderings.map(\.software))
    if renderings.contains(where: \.isOld) {
      // An old file does not tell of all: what one of them does not tell is no difference.
      let names = renderings.dropFirst().reduce(into: Set(renderings.first?.libraries.keys.map { $0 } ?? [])) {
        $0.formIntersection($1.libraries.keys)
      }
      compare("rendering", renderings.map { $0.libraries.filter { names.contains($0.key) } })
    } else {
      compare("rendering", renderings.map(\.libraries))
      compare("fonts", renderings.map(\.fonts))
    }
    compare("weights", documents.map(Self.weights))
    compare("runs", documents.map(Self.runs))
    compare("data", documents.map(Self.images))
    compare("data", documents.map(Self.skipped))
    compare("weights", documents.map(Self.modelNames))
    let names = documents.map { $0.classNames.joined(separator: ", ") }
    if Set(documents.map(\.classNames)).count > 1 {
      differences.append(Difference(section: "data", name: "class names", values: names))
    }
    try compareNumbers(records)
    if differences.isEmpty { comparePages(folders) }
  }

  /// What the same results, options, libraries and fonts give is the same file.
  private mutating func comparePages(_ folders: [String]) {
    let sums = folders.map { folder in
      let folder = ReportRecord.folder(folder)
      return (try? Checksum.sha256(contentsOf: URL(filePath: "\(folder)/report.pdf"))).map { "SHA-256 \($0)" }
    }
    guard !sums.contains(nil), Set(sums).count > 1 else { return }
    differences.append(
      Difference(section: "pages", name: "report.pdf, which nothing above explains", values: sums))
  }

  private static func weights(_ document: ProvenanceDocument) -> [String: String] {
    Dictionary(
      document.models.map { model in
        (
          "\(model.key) (\(model.weightsFile))",
          model.weightsSHA256 + (model.weightsState?.chosen.map { ", \($0)" } ?? "")
        )
      },
      uniquingKeysWith: { first, _ in first })
  }

  private static func modelNames(_ document: ProvenanceDocument) -> [String: String] {
    Dictionary(
      document.models.map { ("name of \($0.key)", $0.name) }, uniquingKeysWith: { first, _ in first })
  }

  /// Of a report on several runs, by their names.
  private static func runs(_ document: ProvenanceDocument) -> [String: String] {
    Dictionary(
      (document.runs ?? []).map { ($0.name, "rows SHA-256 \($0.rowsSHA256)") }, uniquingKeysWith: { first, _ in first })
  }

  private static func images(_ document: ProvenanceDocument) -> [String: String] {
    Dictionary(
      document.images.map { image in
        (image.path, "\(image.sha256), label \(image.label)" + (image.alignment.map { ", \($0)" } ?? ""))
      }, uniquingKeysWith: { first, _ in first })
  }

  private static func skipped(_ document: ProvenanceDocument) -> [String: String] {
    Dictionary(
      document.skipped.map { ("\($0.path) (skipped)", $0.reason) }, uniquingKeysWith: { first, _ in first })
  }

  private mutating func compare(_ section: String, _ values: [[String: String]]) {
    for name in Set(values.flatMap { $0.keys }).sorted() {
      let own = values.map { $0[name] }
      guard Set(own).count > 1 else { continue }
      differences.append(Difference(section: section, name: name, values: own))
    }
  }

  /// Rows that not all have, and of each model and level with a difference MOD, changed predictions and the row that
  /// moved most.
  private mutating func compareNumbers(_ records: [ReportRecord]) throws(Problem) {
    let numbers = try ReportNumbers(records)
    commonRows = numbers.commonRows
    equalRows = numbers.equalRows
    if numbers.rowCounts.contains(where: { $0 != commonRows }) {
      let what = records.count == 2 ? "the other does not have" : "not every report has"
      differences.append(
        Difference(
          section: "numbers", name: "measurements that \(what)",
          values: numbers.rowCounts.map { String($0 - commonRows) }))
    }
    for series in numbers.series where series.differing > 0 {
      var label = "MOD of \(series.name)"
      if let moved = series.moved {
        label += "; most on \(moved.image): \(moved.spread)"
      } else if series.gaps == 0 {
        label += "; the measure is the same, other columns of \(series.differing) rows are not"
      }
      if series.gaps > 0 {
        label +=
          "; \(series.gaps) of \(series.rows) have a value in \(records.count == 2 ? "one of them" : "some of them") only"
      }
      if series.flips > 0 { label += "; \(series.flips) of \(series.rows) with other predictions" }
      differences.append(
        Difference(
          section: "numbers", name: label,
          values: series.sums.map { $0.count == 0 ? "no value" : "\($0.sum / Double($0.count))" }))
    }
  }
}

/// What one folder's text files say; the table of results is read when it is asked for.
struct ReportRecord {
  let document: ProvenanceDocument
  let folder: String
  /// Of `results.csv`, without those of names; older versions wrote fewer.
  let columns: Int

  /// That every version writes.
  private static let fewestColumns = 14

  /// - Parameter path: an output folder, or its `provenance.json`.
  static func folder(_ path: String) -> String {
    path.hasSuffix("/provenance.json") ? String(path.dropLast(16)) : path
  }

  init(folder path: String) throws(Problem) {
    folder = ReportRecord.folder(path)
    let text = try ReportRecord.read("\(folder)/provenance.json")
    do {
      document = try JSONDecoder().decode(ProvenanceDocument.self, from: text)
    } catch {
      throw .usage(
        at: Place(file: "\(folder)/provenance.json"), "this is no provenance of a report",
        remedy: "`heatdrift render \(shellWord(folder))` writes it again.")
    }
    columns = try ReportRecord.columns(in: folder)
  }

  /// Of the head of a table, which is short: of the rest nothing is read.
  private static func columns(in folder: String) throws(Problem) -> Int {
    let path = "\(folder)/results.csv"
    guard FileKind(of: path) == .file, let file = FileHandle(forReadingAtPath: path) else { return 0 }
    defer { try? file.close() }
    let start = ((try? file.read(upToCount: 1 << 16)) ?? nil) ?? Data()
    let head = start.prefix { $0 != UInt8(ascii: "\n") }
    let count = head.count { $0 == UInt8(ascii: ",") } + 1
    // What models and classes are called is compared by itself, not row by row.
    let names = ResultsCSV.names
    return head.suffix(names.joined(separator: ",").utf8.count).elementsEqual(names.joined(separator: ",").utf8)
      ? count - names.count : count
  }

  private var noTable: Problem {
    .usage(
      at: Place(file: "\(folder)/results.csv"), "this is no table of results",
      remedy: document.runs == nil
        ? "`heatdrift render \(shellWord(folder))` writes it again."
        : "`heatdrift compare` with the same runs writes it again.")
  }

  /// Reads the table row by row.
  /// - Parameter most: columns that are looked at: what others do not have yet tells nothing.
  /// - Throws: `Problem` where it is no table of ours, or damaged.
  func forEachRow(columns most: Int, _ body: (ReportRow) throws(Problem) -> Void) throws(Problem) {
    var head: (count: Int, measure: Int, methods: Int?)?
    try CSV(contentsOf: URL(filePath: "\(folder)/results.csv")).forEachRecord { (record) throws(Problem) in
      let fields = record.fields
      guard let known = head else {
        guard fields.count >= Self.fewestColumns, let measure = ResultsCSV.firstMeasure(in: fields) else {
          throw noTable
        }
        let methods = fields.indices.first { fields[$0...].starts(with: ResultsCSV.methods) }
        head = (
          fields.count, measure, methods.flatMap { $0 + ResultsCSV.methods.count <= most ? $0 : nil }
        )
        return
      }
      guard fields.count == known.count else { throw noTable }
      try body(ReportRow(fields: Array(fields.prefix(most)), measure: known.measure, methods: known.methods))
    }
    guard head != nil else { throw noTable }
  }

  private static func read(_ path: String) throws(Problem) -> Data {
    // A folder may come from a stranger: reading a pipe or a device may have no end.
    guard FileKind(of: path) == .file, let data = try? Data(contentsOf: URL(filePath: path)) else {
      throw .usage(
        at: Place(file: path), "the file cannot be read",
        remedy: "Give the output folder of a finished run; `heatdrift render` makes its files again.")
    }
    return data
  }
}

extension RunOverview.Difference {
  /// Of two folders.
  public init(section: String, name: String, former: String?, latter: String?) {
    self.init(section: section, name: name, values: [former, latter])
  }
}
