import Foundation
import Measures
import Results
import Support

/// How a store leaves SQLite.
public enum StoreExportFormat: String, Sendable, CaseIterable { case csv, json }

extension ResultsStore {
  /// Every stored measurement, those of former options too, with all that it depends on; the same store gives the same
  /// text.
  ///
  /// Columns: what keys are made of (`KeyMaker.ingredientNames`; empty where an ingredient has no part in a row), what was
  /// measured, a column for each number of each measure, and in which environment. As CSV with one head line, as JSON an array of
  /// objects, numbers in the fewest digits that read back as the same number.
  public func export(_ format: StoreExportFormat) throws(Problem) -> String {
    var text = ""
    try export(format) { text += $0 }
    return text
  }

  /// The same part by part: as much as a store holds need not fit into memory.
  /// - Parameter write: called with each part; nothing is read after it threw.
  public func export(_ format: StoreExportFormat, write: (String) throws -> Void) throws(Problem) {
    try reading { reader in
      // By what the rows depend on, since the order in which they came says nothing.
      var subjects: [Int64: (subject: KeyMaker.Subject, passes: [PassHead])] = [:]
      var names = KeyMaker.ingredientNames
      func learn(_ text: String) {
        for (name, _) in ContentKey.ingredients(of: text) where !names.contains(name) { names.append(name) }
      }
      var known: Set<Int64> = []
      try reader.forEachPass { head, subject in
        guard let subject else { throw StoreReader.damaged("the subject of a pass is missing") }
        subjects[subject.id, default: (subject.subject, [])].passes.append(head)
        if known.insert(head.layout).inserted {
          learn(subject.subject.text)
          try reader.layout(head.layout).layout.forEachRow { key, measure, _, _ in
            learn(try reader.settingsText(key, measure: measure))
          }
        }
      }
      if format == .csv {
        try write((names + ExportedRow.before + ExportedRow.measured + ExportedRow.after).joined(separator: ",") + "\n")
      }
      var isFirst = true
      for (subject, passes) in subjects.values.sorted(by: { $0.subject.text < $1.subject.text }) {
        var rows: [ExportedRow] = []
        for head in passes {
          let pass = try reader.pass(head, of: subject)
          let environment = RowEnvironment(text: try reader.text(head.environment))
          try pass.layout.layout.forEachRow { key, measure, pair, position in
            rows.append(try ExportedRow(pass, subject, environment, key, measure, pair, position, reader))
          }
        }
        rows.sort { $0.order.lexicographicallyPrecedes($1.order) }
        for row in rows {
          try write(format == .csv ? row.csv(names) : (isFirst ? "[\n  {" : ",\n  {") + row.json(names) + "}")
          isFirst = false
        }
      }
      if format == .json { try write(isFirst ? "[\n]\n" : "\n]\n") }
    }
  }
}

/// A measurement on its way out.
private struct ExportedRow {
  static let before = ["clean_prediction", "adversarial_prediction"]
  static let after = [
    "clean_peak", "adversarial_peak", "clean_confidence", "adversarial_confidence", "program", "instruction_set",
  ]
  /// Of all measures.
  static var measured: [String] { Measures.measures.all.flatMap { $0.columns } }

  /// Values by names.
  let ingredients: [String: String]
  private let numbers: [String: String]
  private let texts: [String: String]
  /// What the rows of a subject are sorted by.
  let order: [String]

  init(
    _ pass: StoredPass, _ subject: KeyMaker.Subject, _ environment: RowEnvironment, _ key: PassLayout.PairKey,
    _ measure: Int64, _ pair: Int, _ position: Int, _ reader: StoreReader
  ) throws {
    let settings = try reader.settingsText(key, measure: measure)
    let layer = try reader.text(key.series.layer)
    let (layout, found) = (pass.layout.layout.pairs[pair], pass.numbers)
    var ingredients: [String: String] = [:]
    for (name, value) in subject.ingredients + ContentKey.ingredients(of: settings) { ingredients[name] = value }
    ingredients["target"] = key.series.target.rawValue
    ingredients["layer"] = layer
    ingredients["epsilon"] = "\(key.level.epsilon)"
    self.ingredients = ingredients
    let level = found.levels[layout.level]
    var numbers = [
      "clean_prediction": "\(found.prediction)", "adversarial_prediction": "\(level.prediction)",
      "clean_peak": "\(Double(found.series[layout.series].peak))",
      "adversarial_peak": "\(Double(found.pairs[pair].peak))",
      "clean_confidence": "\(found.confidence)", "adversarial_confidence": "\(level.confidence)",
    ]
    let name =
      ContentKey.ingredients(of: try reader.text(measure)).first { $0.name == "measure" }?.value ?? standardMeasure.key
    let columns = Measures.measures[name]?.columns ?? []
    for (column, value) in zip(columns, found.pairs[pair].values[position]) where !value.isNaN {
      numbers[column] = "\(value)"
    }
    self.numbers = numbers
    texts = ["program": environment.program, "instruction_set": environment.instructionSet].compactMapValues { $0 }
    // Levels by their numbers: none is negative, and bits of such numbers go as they do.
    let bits = String(key.level.epsilon.bitPattern, radix: 16)
    order = [
      key.series.target.rawValue, layer, String(repeating: "0", count: 16 - bits.count) + bits, settings,
    ]
  }

  func csv(_ names: [String]) -> String {
    let fields =
      names.map { ResultsCSV.field(ingredients[$0] ?? "") }
      + (Self.before + Self.measured + Self.after).map { numbers[$0] ?? ResultsCSV.field(texts[$0] ?? "") }
    return fields.joined(separator: ",") + "\n"
  }

  func json(_ names: [String]) -> String {
    let fields = names.compactMap { name in
      ingredients[name].map { "\"\(name)\": " + (name == "epsilon" ? $0 : Self.quoted($0)) }
    }
    let measured = (Self.before + Self.measured + Self.after).compactMap { name in
      (numbers[name] ?? texts[name].map(Self.quoted)).map { "\"\(name)\": \($0)" }
    }
    return (fields + measured).joined(separator: ", ")
  }

  /// As RFC 8259 writes a string.
  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      // Exact for who reads it, and without effect on a terminal.
      case _ where visible(String(scalar)) != String(scalar):
        for unit in String(scalar).utf16 { quoted += String(format: "\\u%04x", unit) }
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
