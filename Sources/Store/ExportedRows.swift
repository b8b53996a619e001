import Foundation
import Measures
import Results
import Support

/// How measurements are written: whatever many of them share was made ready once.
struct ExportedRows: Sendable {
  private static let before = ["clean_prediction", "adversarial_prediction"]
  private static let after = ["clean_peak", "adversarial_peak", "clean_confidence", "adversarial_confidence"]
  private static let environment = ["program", "instruction_set"]
  private static let origin = "origin"
  /// Of all measures.
  private static let measured: [String] = Measures.measures.all.flatMap { $0.columns }

  /// A measurement of a layout.
  private struct Row: Sendable {
    /// What the rows of a subject are sorted by.
    var order: [String]
    /// By name; nil for those that it does not have.
    var values: [String?]
    var pair: Int
    var position: Int
    /// Of its values, into `measured`; nil for those that have no column.
    var columns: [Int?]
  }

  private let format: StoreExportFormat
  private let names: [String]
  private let places: [String: Int]
  private let layouts: [Int64: (layout: StoredLayout, rows: [Row])]
  private let environments: [Int64: (digest: Data, values: [String?])]
  private let digests: [(network: Data, preparation: Data)]
  /// Of networks and preparations.
  private let heads: [[String?]]
  /// Where passes come from; empty in a store whose rows were all measured into it, which has no column for it.
  private let origins: OriginRanges

  /// The CSV's first line.
  var head: String {
    (names + Self.before + Self.measured + Self.after + Self.environment + (origins.isEmpty ? [] : [Self.origin]))
      .joined(separator: ",") + "\n"
  }

  /// - Throws: `Problem` where a text or a layout is missing.
  init(_ subjects: ExportedSubjects, _ format: StoreExportFormat, _ reader: StoreReader) throws {
    self.format = format
    var names = KeyMaker.ingredientNames
    func learn(_ text: String) {
      for (name, _) in ContentKey.ingredients(of: text) where !names.contains(name) { names.append(name) }
    }
    for entry in subjects.firstOfLayouts {
      learn(subjects.subject(entry).text)
      try reader.layout(entry.head.layout).layout.forEachRow { key, measure, _, _ in
        learn(try reader.settingsText(key, measure: measure))
      }
    }
    let places = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    func values(_ ingredients: [(name: String, value: String)]) -> [String?] {
      var values = [String?](repeating: nil, count: names.count)
      for (name, value) in ingredients {
        if let place = places[name] { values[place] = Self.written(name, value, format) }
      }
      return values
    }
    var layouts: [Int64: (layout: StoredLayout, rows: [Row])] = [:]
    for entry in subjects.firstOfLayouts {
      let layout = try reader.layout(entry.head.layout)
      var rows: [Row] = []
      try layout.layout.forEachRow { key, measure, pair, position in
        let settings = try reader.settingsText(key, measure: measure)
        let layer = try reader.text(key.series.layer)
        let target = key.series.target.rawValue
        let name =
          ContentKey.ingredients(of: try reader.text(measure)).first { $0.name == "measure" }?.value
          ?? standardMeasure.key
        // Levels by their numbers: none is negative, and bits of such numbers go as they do.
        let bits = String(key.level.epsilon.bitPattern, radix: 16)
        rows.append(
          Row(
            order: [target, layer, String(repeating: "0", count: 16 - bits.count) + bits, settings],
            values: values(
              ContentKey.ingredients(of: settings) + [
                ("target", target), ("layer", layer), ("epsilon", "\(key.level.epsilon)"),
              ]),
            pair: pair, position: position,
            columns: (Measures.measures[name]?.columns ?? []).map { Self.measured.firstIndex(of: $0) }))
      }
      rows.sort { $0.order.lexicographicallyPrecedes($1.order) }
      layouts[entry.head.layout] = (layout, rows)
    }
    var environments: [Int64: (digest: Data, values: [String?])] = [:]
    for index in 0..<subjects.count {
      for entry in subjects[index] where environments[entry.head.environment] == nil {
        let text = try reader.text(entry.head.environment)
        let own = RowEnvironment(text: text)
        environments[entry.head.environment] = (
          reader.digest(text),
          zip(Self.environment, [own.program, own.instructionSet]).map { name, value in
            value.map { Self.written(name, $0, format) }
          }
        )
      }
    }
    self.names = names
    self.places = places
    self.layouts = layouts
    self.environments = environments
    origins = try OriginRanges(reader)
    digests = subjects.heads.map { (reader.digest($0.network), reader.digest($0.preparation)) }
    heads = subjects.heads.map { values(ContentKey.ingredients(of: $0.text)) }
  }

  /// A value as it stands in a line, for JSON with its name.
  private static func written(_ name: String, _ value: String, _ format: StoreExportFormat) -> String {
    switch format {
    case .csv: ResultsCSV.field(value)
    case .json: "\"\(name)\": " + (name == "epsilon" ? value : quoted(value))
    }
  }

  // MARK: - Lines

  /// - Throws: `Problem` where numbers are not those that were stored.
  func text(of part: ExportedPart, _ subjects: ExportedSubjects) throws -> String {
    var text = ""
    var pass = 0
    for index in part.start..<part.end {
      let entries = subjects[index]
      guard let first = entries.first else { continue }
      let subject = subjects.subject(first)
      var own: [(place: Int, value: String)] = []
      for (name, value) in ContentKey.ingredients(of: subject.own) {
        if let place = places[name] { own.append((place, Self.written(name, value, format))) }
      }
      var rows: [(row: Row, numbers: PassNumbers, environment: [String?], layout: PassLayout)] = []
      for entry in entries {
        defer { pass += 1 }
        guard let (layout, written) = layouts[entry.head.layout],
          let environment = environments[entry.head.environment]
        else { continue }
        let numbers = try numbers(part.bytes[pass], layout, digests[Int(entry.network)], environment.digest, subject)
        var made = environment.values
        if !origins.isEmpty {
          made.append(origins[entry.head.id].map { Self.written(Self.origin, $0.words, format) })
        }
        for row in written { rows.append((row, numbers, made, layout.layout)) }
      }
      if entries.count > 1 { rows.sort { $0.row.order.lexicographicallyPrecedes($1.row.order) } }
      for row in rows { add(row, heads[Int(first.network)], own, to: &text) }
    }
    return text
  }

  private func numbers(
    _ bytes: (digest: Data, numbers: Data), _ layout: StoredLayout, _ head: (network: Data, preparation: Data),
    _ environment: Data, _ subject: KeyMaker.Subject
  ) throws -> PassNumbers {
    var hash = SHA256()
    for part in [head.network, head.preparation, Data(subject.own.utf8), environment, layout.digest, bytes.numbers] {
      hash.update(data: part)
    }
    guard Data(hash.finalize()) == bytes.digest,
      let numbers = PassNumbers(bytes.numbers, layout: layout.layout, keepsMaps: false)
    else { throw StoreReader.damaged("numbers are not those that were stored") }
    return numbers
  }

  private func add(
    _ row: (row: Row, numbers: PassNumbers, environment: [String?], layout: PassLayout), _ head: [String?],
    _ own: [(place: Int, value: String)], to text: inout String
  ) {
    var isFirst = true
    func field(_ value: String?) {
      switch format {
      case .csv:
        if !isFirst { text += "," }
        text += value ?? ""
      case .json:
        guard let value else { return }
        text += isFirst ? ",\n  {" : ", "
        text += value
      }
      isFirst = false
    }
    func number(_ name: String, _ value: String?) {
      field(format == .csv ? value : value.map { "\"\(name)\": \($0)" })
    }
    let (found, pair) = (row.numbers, row.layout.pairs[row.row.pair])
    let level = found.levels[pair.level]
    for place in names.indices {
      field(row.row.values[place] ?? own.last { $0.place == place }?.value ?? head[place])
    }
    number(Self.before[0], "\(found.prediction)")
    number(Self.before[1], "\(level.prediction)")
    let columns = Self.measured
    var measured = [String?](repeating: nil, count: columns.count)
    for (column, value) in zip(row.row.columns, found.pairs[row.row.pair].values[row.row.position]) where !value.isNaN {
      if let column { measured[column] = "\(value)" }
    }
    for (name, value) in zip(columns, measured) { number(name, value) }
    number(Self.after[0], "\(Double(found.series[pair.series].peak))")
    number(Self.after[1], "\(Double(found.pairs[row.row.pair].peak))")
    number(Self.after[2], "\(found.confidence)")
    number(Self.after[3], "\(level.confidence)")
    for value in row.environment { field(value) }
    text += format == .csv ? "\n" : "}"
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
