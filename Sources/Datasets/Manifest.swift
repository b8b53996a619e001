import Foundation
import Support

extension Dataset {
  /// Images that a CSV file lists: `path,label[,split][,name]`, the columns in any order under these heads.
  ///
  /// - `path` is relative to `root` and never outside it; `./a/1.png` and `a//1.png` are `a/1.png`.
  /// - `label` is a class index from 0 in every row (`3`, `3.0`), or a class name in every row. Names are numbered by
  ///   `classes` where that is given, otherwise in the order of their UTF-8 bytes.
  /// - `split` is train, validation or test.
  /// - `name` is what a report calls the class.
  /// An image that is listed again with the same label is one image, which `notes` say.
  /// - Parameters:
  ///   - root: nil for the manifest's own folder.
  ///   - classes: what numbers labels that are names, and what a report calls the classes.
  /// - Returns: images by label and path; `parts` where there is a column `split`.
  /// - Throws: `Problem` of kind `.usage` with the line of what is wrong.
  public static func manifest(_ url: URL, root: URL? = nil, classes: ClassNames? = nil) throws(Problem) -> Dataset {
    let root = root ?? url.deletingLastPathComponent()
    let csv = try CSV(contentsOf: url)
    var reader = ManifestReader(csv: csv, root: root)
    try csv.forEachRecord { (record) throws(Problem) in try reader.read(record) }
    guard reader.columns != nil else {
      throw .usage(
        at: Place(file: url.path), "the manifest is empty", remedy: "Its first line must be `path,label`.")
    }
    guard !reader.rows.isEmpty else {
      throw .usage(at: Place(file: url.path), "the manifest lists no image", remedy: "Add a line for each image.")
    }
    return try reader.dataset(name: url.deletingPathExtension().lastPathComponent, classes: classes)
  }
}

private struct ManifestReader {
  struct Columns {
    var count: Int
    var path: Int
    var label: Int
    var split: Int?
    var name: Int?
  }

  struct Row {
    let line: Int
    let path: String
    let label: String
    let split: Split?
    let name: String?
  }

  let csv: CSV
  let root: URL
  var columns: Columns?
  var rows: [Row] = []
  /// Path to index of its row.
  private var known: [String: Int] = [:]
  /// Lines that list an image again: line, and the line before.
  private var again: [(line: Int, former: Int)] = []

  init(csv: CSV, root: URL) {
    self.csv = csv
    self.root = root
  }

  mutating func read(_ record: CSV.Record) throws(Problem) {
    guard let columns else {
      columns = try head(record)
      return
    }
    // Spreadsheets end with rows and columns of nothing.
    if record.fields.allSatisfy({ $0.allSatisfy(\.isWhitespace) }) { return }
    let place = csv.place(record.line)
    guard record.fields.count >= columns.count, record.fields.dropFirst(columns.count).allSatisfy(\.isEmpty) else {
      throw .usage(
        at: place, "the line has \(record.fields.count) fields, expected \(columns.count) as in the first line",
        remedy: "Put fields with \(csv.separatorInWords) in quotes.")
    }
    let path = try path(record.fields[columns.path], place)
    let label = trimmed(record.fields[columns.label])
    guard !label.isEmpty else {
      throw .usage(
        at: place, "the label is empty", remedy: "Write the class's index, counted from 0, or its name.")
    }
    var split: Split?
    if let column = columns.split {
      split = Split(rawValue: trimmed(record.fields[column]).lowercased())
      guard let split, split != .all else {
        throw .usage(
          at: place, "the split is `\(record.fields[column])`", remedy: "Use train, validation or test.")
      }
    }
    let name = columns.name.map { trimmed(record.fields[$0]) }
    let row = Row(line: record.line, path: path, label: label, split: split, name: name?.isEmpty == true ? nil : name)
    if let index = known[path] {
      let other = rows[index]
      guard ManifestLabels.areSame(label, other.label), split == other.split else {
        throw .usage(
          at: place,
          "`\(path)` is listed twice, with the \(split == other.split ? "label `\(other.label)`" : "split `\(other.split?.rawValue ?? "none")`") "
            + "on line \(other.line) and with `\(split == other.split ? label : split?.rawValue ?? "none")` here",
          remedy: "Keep one of them.")
      }
      again.append((record.line, other.line))
      return
    }
    known[path] = rows.count
    rows.append(row)
  }

  private func trimmed(_ text: String) -> String { text.trimmingCharacters(in: .whitespacesAndNewlines) }

  private func head(_ record: CSV.Record) throws(Problem) -> Columns {
    let place = csv.place(record.line)
    let known = ["path", "label", "split", "name"]
    var fields = record.fields.map { trimmed($0).lowercased() }
    while fields.count > 1, fields.last?.isEmpty == true { fields.removeLast() }
    if !fields.contains(where: { closestMatch(to: $0, in: known) != nil }) {
      throw .usage(
        at: place,
        "the first line is `\(printable(record.fields.joined(separator: csv.separatorText)))`; expected the names of "
          + "the columns",
        remedy: "Begin the file with the line `path,label`, or `path,label,split,name`.")
    }
    for (index, field) in fields.enumerated() {
      guard !field.isEmpty else {
        throw .usage(
          at: place, "column \(index + 1) has no name; the first line must be `path,label[,split][,name]`",
          remedy: "Take it out. A table of pandas has its index there: write it by `to_csv(index=False)`.")
      }
      guard known.contains(field) else {
        throw .usage(
          at: place, "unknown column `\(record.fields[index])`; the first line must be `path,label[,split][,name]`",
          remedy: suggestion(for: field, among: known))
      }
      guard !fields[..<index].contains(field) else {
        throw .usage(at: place, "the column `\(field)` stands twice", remedy: "Keep one of them.")
      }
    }
    guard let path = fields.firstIndex(of: "path"), let label = fields.firstIndex(of: "label") else {
      throw .usage(
        at: place, "the first line names the columns \(fields.joined(separator: ",")); expected path and label",
        remedy: "Begin the file with `path,label`.")
    }
    return Columns(
      count: fields.count, path: path, label: label, split: fields.firstIndex(of: "split"),
      name: fields.firstIndex(of: "name"))
  }

  /// The one way to write a path: without `.`, `..` and doubled slashes.
  private func path(_ written: String, _ place: Place) throws(Problem) -> String {
    var parts: [Substring] = []
    var leadsOut = written.isEmpty
    for part in written.split(separator: "/") where part != "." {
      if part == ".." {
        if parts.popLast() == nil { leadsOut = true }
      } else {
        parts.append(part)
      }
    }
    let isAbsolute = written.hasPrefix("/") || written.contains(/^[A-Za-z]:[\\\/]/)
    guard !isAbsolute else {
      throw .usage(
        at: place, "the path `\(printable(written))` is absolute",
        remedy: "Paths are relative to \(root.lastPathComponent)/; `data.root` sets another folder.")
    }
    guard !leadsOut, !parts.isEmpty else {
      throw .usage(
        at: place, "the path `\(printable(written))` does not stay inside the images' folder",
        remedy: "Paths are relative to \(root.lastPathComponent)/; `data.root` sets another folder.")
    }
    return parts.joined(separator: "/")
  }

  func dataset(name: String, classes: ClassNames?) throws(Problem) -> Dataset {
    let read = try ManifestLabels(rows.map { ($0.label, $0.line) }, classes: classes, place: csv.place)
    let labels = read.labels
    var keys = read.keys
    var named: [Int: (name: String, line: Int)] = [:]
    for (row, label) in zip(rows, labels) {
      guard let name = row.name else { continue }
      if let other = named[label], other.name != name {
        throw .usage(
          at: csv.place(row.line),
          "class \(label) is called `\(name)` here and `\(other.name)` on line \(other.line)",
          remedy: "Give a class one name.")
      }
      named[label] = (name, row.line)
    }
    if let classes { keys = try classes.names(for: keys) }
    for (label, entry) in named { keys[label] = entry.name }
    let images = zip(rows, labels).map { row, label in
      LabelledImage(
        path: row.path, url: root.appendingPathComponent(row.path), label: label, listed: csv.place(row.line))
    }
    var dataset = Dataset(
      name: name, root: root, classNames: keys,
      images: images.sorted { $0.label != $1.label ? $0.label < $1.label : $0.path.precedes($1.path) })
    dataset.numbering = read.numbering
    if rows.contains(where: { $0.split != nil }) {
      dataset.parts = Dictionary(
        rows.compactMap { row in row.split.map { (row.path, $0) } }, uniquingKeysWith: { first, _ in first })
    }
    if let first = again.first {
      dataset.notes.append(
        (again.count == 1 ? "1 line of the manifest lists" : "\(again.count) lines of the manifest list")
          + " an image again (line \(first.line) that of line \(first.former)); each image is measured once.")
    }
    return dataset
  }
}

/// The labels of a manifest: indices in every row, or names in every row.
struct ManifestLabels {
  var labels: [Int] = []
  /// By label: what the class is called without a file of names.
  var keys: [String] = []
  var numbering = Numbering.given

  /// A label written as a number, also with a decimal comma or in the digits of other scripts. Nil for text.
  private static func number(_ label: String) -> Double? {
    let plain = String(
      label.map { character in
        guard character.unicodeScalars.first?.properties.generalCategory == .decimalNumber else { return character }
        return character.wholeNumberValue.flatMap { String($0).first } ?? character
      })
    guard plain.utf8.allSatisfy({ "0123456789.,eE+-".utf8.contains($0) }), plain.contains(where: \.isNumber) else {
      return nil
    }
    return Double(plain) ?? Double(plain.replacing(",", with: ".", maxReplacements: 1))
  }

  /// The number that a name holds between quotation marks or brackets, which would be sorted as text.
  private static func dressedNumber(_ label: String) -> String? {
    let marks = CharacterSet(charactersIn: "\"'`“”„‘’‚«»()[]{}#").union(.whitespaces)
    let bare = label.trimmingCharacters(in: marks)
    return bare != label && number(bare) != nil ? bare : nil
  }

  /// `3`, `3.0` and `03` are one label.
  static func areSame(_ first: String, _ second: String) -> Bool {
    if let first = number(first), let second = number(second) { return first == second }
    return first == second
  }

  /// - Parameters:
  ///   - rows: label and line, at least one.
  ///   - place: of a line.
  /// - Throws: `Problem` of kind `.usage` with the line of a label that is of another kind than the first, no index, or
  ///   not among the classes.
  init(
    _ rows: [(label: String, line: Int)], classes: ClassNames?, place: (Int) -> Place
  ) throws(Problem) {
    let numbers = rows.map { Self.number($0.label) }
    let isNumbered = numbers[0] != nil
    if let index = numbers.firstIndex(where: { ($0 != nil) != isNumbered }) {
      let (row, first) = (rows[index], rows[0])
      throw .usage(
        at: place(row.line),
        "the label `\(printable(row.label))` is \(isNumbered ? "a name" : "a number"), but that of line \(first.line) is "
          + "\(isNumbered ? "the number" : "the name") `\(printable(first.label))`",
        remedy: "Write class indices in every row, counted from 0, or class names in every row.")
    }
    guard isNumbered else {
      try setNames(rows, classes: classes, place: place)
      return
    }
    for (row, number) in zip(rows, numbers) {
      guard let number, number >= 0, number == number.rounded(), number < 1_000_000 else {
        // A greater index than any network's is a mistake that would fill the memory with names.
        throw .usage(
          at: place(row.line), "the label is \(row.label)",
          remedy: "Labels are class indices, counted from 0, or class names.")
      }
      labels.append(Int(number))
    }
    // Names of classes may be numbers themselves.
    if let indices = classes?.indices,
      let ambiguous = zip(rows, labels).first(where: { row, label in
        indices[row.label].map { $0 != label } ?? false
      })
    {
      let (row, label) = ambiguous
      throw .usage(
        at: place(row.line),
        "the label `\(row.label)` may be class \(label), or class \(indices[row.label] ?? 0), whose name it is",
        remedy: "Write indices as labels, counted from 0, and names that are no numbers; or leave `data.classes` out.")
    }
    keys = (0...(labels.max() ?? 0)).map { String($0) }
  }

  private mutating func setNames(
    _ rows: [(label: String, line: Int)], classes: ClassNames?, place: (Int) -> Place
  ) throws(Problem) {
    if let numbered = classes?.indices {
      for row in rows {
        guard let index = numbered[row.label] else {
          throw .usage(
            at: place(row.line), "the class `\(printable(row.label))` is not among the class names",
            remedy: suggestion(for: row.label, among: numbered.keys.sorted { $0.precedes($1) }))
        }
        labels.append(index)
      }
      let byIndex = Dictionary(numbered.map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
      keys = (0...(numbered.values.max() ?? 0)).map { byIndex[$0] ?? String($0) }
      numbering = .named
    } else {
      for row in rows {
        guard let bare = Self.dressedNumber(row.label) else { continue }
        throw .usage(
          at: place(row.line), "the label `\(printable(row.label))` is a text that holds the number \(bare)",
          remedy:
            "Write class indices as bare numbers. If it is a name, give the names in their order in `data.classes`.")
      }
      keys = Set(rows.map(\.label)).sorted { $0.precedes($1) }
      let byKey = Dictionary(keys.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
      labels = rows.map { byKey[$0.label] ?? 0 }
      numbering = .sorted("class names in the manifest")
    }
  }
}
