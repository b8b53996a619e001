import Datasets
import Foundation
import Results
import Store
import Support

/// Why two reports differ: what `provenance.json` and `results.csv` of two output folders say that is not the same.
public struct ReportComparison: Sendable, Equatable {
  /// What is one thing in one report and another in the other.
  public struct Difference: Sendable, Equatable {
    /// "experiment", "options", "software", "rendering", "fonts", "weights", "data", "numbers" or "pages".
    public var section: String
    /// Of the option, file, library or column.
    public var name: String
    /// Nil where the first folder has no such thing.
    public var former: String?
    /// Nil where the second folder has no such thing.
    public var latter: String?

    public init(section: String, name: String, former: String?, latter: String?) {
      self.section = section
      self.name = name
      self.former = former
      self.latter = latter
    }
  }

  /// In the order in which provenance has them; rows of results last.
  public var differences: [Difference] = []
  /// Rows of `results.csv` that both have.
  public var commonRows = 0
  /// Of these, how many are the same to the last digit.
  public var equalRows = 0

  /// - Parameters: output folders, or `provenance.json` files with a `results.csv` beside them.
  /// - Throws: `Problem` for a folder without these files, or when they are not ours.
  public init(_ first: String, _ second: String) throws(Problem) {
    let (a, b) = (try ReportRecord(folder: first), try ReportRecord(folder: second))
    let (x, y) = (a.document, b.document)
    compare("experiment", ["file": x.experiment.file], ["file": y.experiment.file])
    compare("experiment", ["SHA-256": x.experiment.sha256], ["SHA-256": y.experiment.sha256])
    compare("experiment", ["title": x.experiment.title], ["title": y.experiment.title])
    compare(
      "experiment", ["--set": x.experiment.overrides.joined(separator: " ")],
      ["--set": y.experiment.overrides.joined(separator: " ")])
    compare(
      "experiment", x.experiment.templateSHA256.map { ["template SHA-256": $0] } ?? [:],
      y.experiment.templateSHA256.map { ["template SHA-256": $0] } ?? [:])
    compare("options", x.options, y.options)
    let (former, latter) = (RenderingRecord(x), RenderingRecord(y))
    compare("software", former.software, latter.software)
    if former.isOld || latter.isOld {
      // An old file does not tell of all: what one of them does not tell is no difference.
      let names = Set(former.libraries.keys).intersection(latter.libraries.keys)
      compare(
        "rendering", former.libraries.filter { names.contains($0.key) },
        latter.libraries.filter { names.contains($0.key) })
    } else {
      compare("rendering", former.libraries, latter.libraries)
      compare("fonts", former.fonts, latter.fonts)
    }
    compare("weights", Self.weights(x), Self.weights(y))
    compare("data", Self.images(x), Self.images(y))
    compare("data", Self.skipped(x), Self.skipped(y))
    if x.classNames != y.classNames {
      differences.append(
        Difference(
          section: "data", name: "class names", former: x.classNames.joined(separator: ", "),
          latter: y.classNames.joined(separator: ", ")))
    }
    // Columns that one of them does not have yet tell nothing.
    let columns = min(a.columns, b.columns)
    compareNumbers(a.rows.map { $0.prefix(columns) }, b.rows.map { $0.prefix(columns) })
    if differences.isEmpty { comparePages(first, second) }
  }

  /// What the same results, options, libraries and fonts give is the same file.
  private mutating func comparePages(_ first: String, _ second: String) {
    func sum(_ folder: String) -> String? {
      let folder = folder.hasSuffix("/provenance.json") ? String(folder.dropLast(16)) : folder
      return (try? Checksum.sha256(contentsOf: URL(filePath: "\(folder)/report.pdf"))).map { "SHA-256 \($0)" }
    }
    guard let former = sum(first), let latter = sum(second), former != latter else { return }
    differences.append(
      Difference(section: "pages", name: "report.pdf, which nothing above explains", former: former, latter: latter))
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

  private mutating func compare(_ section: String, _ former: [String: String], _ latter: [String: String]) {
    for name in Set(former.keys).union(latter.keys).sorted() where former[name] != latter[name] {
      differences.append(Difference(section: section, name: name, former: former[name], latter: latter[name]))
    }
  }

  /// Rows that only one has, and of each model and level with a difference MOD, changed predictions and the row that
  /// moved most.
  private mutating func compareNumbers(_ former: [ReportRecord.Row], _ latter: [ReportRecord.Row]) {
    let second = Dictionary(latter.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let firstNames = Set(former.map(\.name))
    let onlyFirst = former.count { second[$0.name] == nil }
    let onlySecond = latter.count { !firstNames.contains($0.name) }
    if onlyFirst + onlySecond > 0 {
      differences.append(
        Difference(
          section: "numbers", name: "measurements that the other does not have", former: "\(onlyFirst)",
          latter: "\(onlySecond)"))
    }
    var groups: [(name: String, rows: [(ReportRecord.Row, ReportRecord.Row)])] = []
    var index: [String: Int] = [:]
    for row in former {
      guard let other = second[row.name] else { continue }
      commonRows += 1
      if row.fields == other.fields { equalRows += 1 }
      if index[row.series] == nil {
        index[row.series] = groups.count
        groups.append((row.series, []))
      }
      groups[index[row.series] ?? 0].rows.append((row, other))
    }
    for (name, rows) in groups where rows.contains(where: { $0.0.fields != $0.1.fields }) {
      func mod(_ values: [Double]) -> String {
        let found = values.filter { !$0.isNaN }
        return found.isEmpty ? "no value" : "\(found.reduce(0, +) / Double(found.count))"
      }
      let moved = rows.filter { !$0.0.dissimilarity.isNaN && !$0.1.dissimilarity.isNaN }.max {
        abs($0.0.dissimilarity - $0.1.dissimilarity) < abs($1.0.dissimilarity - $1.1.dissimilarity)
      }
      let flips = rows.count { $0.0.predictions != $0.1.predictions }
      var label = "MOD of \(name)"
      if let moved, moved.0.dissimilarity != moved.1.dissimilarity {
        label += "; most on \(moved.0.image): \(abs(moved.0.dissimilarity - moved.1.dissimilarity))"
      } else if rows.allSatisfy({ $0.0.dissimilarity.isNaN == $0.1.dissimilarity.isNaN }) {
        let others = rows.count { $0.0.fields != $0.1.fields }
        label += "; the measure is the same, other columns of \(others) rows are not"
      }
      let gaps = rows.count { $0.0.dissimilarity.isNaN != $0.1.dissimilarity.isNaN }
      if gaps > 0 { label += "; \(gaps) of \(rows.count) have a value in one of them only" }
      if flips > 0 { label += "; \(flips) of \(rows.count) with other predictions" }
      differences.append(
        Difference(
          section: "numbers", name: label, former: mod(rows.map(\.0.dissimilarity)),
          latter: mod(rows.map(\.1.dissimilarity))))
    }
  }
}

/// What one folder's text files say.
private struct ReportRecord {
  package struct Row {
    var fields: [String]
    /// Of the first measure, into the fields.
    var measure: Int
    /// Of what names attack and explanation, into the fields; nil in tables of the first versions.
    var methods: Int?
    var image: String { fields[1] }
    /// Model, image, target, layer, epsilon, attack and explanation.
    var name: [String] { [fields[0], fields[1], fields[3], fields[4], fields[5]] + named }
    /// All but the image.
    var series: String {
      "\(fields[0]) at \(fields[4]), \(fields[3]), \((named + ["epsilon \(fields[5])"]).joined(separator: ", "))"
    }
    private var named: [String] { methods.map { Array(fields[$0..<$0 + ResultsCSV.methods.count]) } ?? [] }
    var predictions: [String] { Array(fields[6...7]) }
    var dissimilarity: Double { Double(fields[measure]) ?? .nan }

    func prefix(_ columns: Int) -> Row {
      Row(
        fields: Array(fields.prefix(columns)), measure: measure,
        methods: methods.flatMap { $0 + ResultsCSV.methods.count <= columns ? $0 : nil })
    }
  }

  let document: ProvenanceDocument
  let rows: [Row]
  /// Of `results.csv`; older versions wrote fewer.
  let columns: Int

  /// That every version writes.
  private static let fewestColumns = 14

  init(folder: String) throws(Problem) {
    let folder = folder.hasSuffix("/provenance.json") ? String(folder.dropLast(16)) : folder
    let text = try ReportRecord.read("\(folder)/provenance.json")
    do {
      document = try JSONDecoder().decode(ProvenanceDocument.self, from: text)
    } catch {
      throw .usage(
        at: Place(file: "\(folder)/provenance.json"), "this is no provenance of a report",
        remedy: "`heatdrift render \(folder)` writes it again.")
    }
    var lines: [[String]] = []
    try CSV(contentsOf: URL(filePath: "\(folder)/results.csv")).forEachRecord { record in lines.append(record.fields) }
    columns = lines.first?.count ?? 0
    guard let head = lines.first, head.count >= Self.fewestColumns,
      let measure = ResultsCSV.firstMeasure(in: head),
      lines.allSatisfy({ $0.count == head.count })
    else {
      throw .usage(
        at: Place(file: "\(folder)/results.csv"), "this is no table of results",
        remedy: "`heatdrift render \(folder)` writes it again.")
    }
    let methods = head.indices.first { head[$0...].starts(with: ResultsCSV.methods) }
    rows = lines.dropFirst().map { Row(fields: $0, measure: measure, methods: methods) }
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
