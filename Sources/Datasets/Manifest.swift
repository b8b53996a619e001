import Diagnostics
import Foundation

extension Dataset {
  /// Images that a CSV file lists: `path,label[,split][,name]`, the columns in any order under these heads.
  ///
  /// - `path` is relative to `root` and never outside it.
  /// - `label` is a class index from 0 in every row, or a class name in every row. Names are numbered by `classes` where
  ///   that is given, otherwise in the order of their UTF-8 bytes.
  /// - `split` is train, validation or test.
  /// - `name` is what a report calls the class.
  /// - Parameters:
  ///   - root: nil for the manifest's own folder.
  ///   - classes: a file of class names, see `ClassNames`.
  /// - Returns: images by label and path; `parts` where there is a column `split`.
  /// - Throws: `Problem` of kind `.usage` with the line of what is wrong.
  public static func manifest(_ url: URL, root: URL? = nil, classes: URL? = nil) throws(Problem) -> Dataset {
    let root = root ?? url.deletingLastPathComponent()
    let csv = try CSV(contentsOf: url)
    let names: ClassNames?
    if let classes { names = try ClassNames(contentsOf: classes) } else { names = nil }
    var reader = ManifestReader(csv: csv, root: root)
    try csv.forEachRecord { (record) throws(Problem) in try reader.read(record) }
    guard reader.columns != nil else {
      throw .usage(
        at: Place(file: url.path), "the manifest is empty", remedy: "Its first line must be `path,label`.")
    }
    guard !reader.rows.isEmpty else {
      throw .usage(at: Place(file: url.path), "the manifest lists no image", remedy: "Add a line for each image.")
    }
    return try reader.dataset(name: url.deletingPathExtension().lastPathComponent, classes: names)
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
  private var lines: [String: Int] = [:]

  init(csv: CSV, root: URL) {
    self.csv = csv
    self.root = root
  }

  mutating func read(_ record: CSV.Record) throws(Problem) {
    guard let columns else {
      columns = try head(record)
      return
    }
    let place = csv.place(record.line)
    guard record.fields.count == columns.count else {
      throw .usage(
        at: place, "the line has \(record.fields.count) fields, expected \(columns.count) as in the first line",
        remedy: "Put fields with a comma in quotes.")
    }
    let path = record.fields[columns.path]
    try check(path, place)
    if let other = lines.updateValue(record.line, forKey: path) {
      throw .usage(
        at: place, "`\(path)` is listed twice; the other time on line \(other)", remedy: "Keep one of them.")
    }
    var split: Split?
    if let column = columns.split {
      split = Split(rawValue: record.fields[column])
      guard let split, split != .all else {
        throw .usage(
          at: place, "the split is `\(record.fields[column])`", remedy: "Use train, validation or test.")
      }
    }
    let name = columns.name.map { record.fields[$0] }
    rows.append(
      Row(
        line: record.line, path: path, label: record.fields[columns.label], split: split,
        name: name?.isEmpty == true ? nil : name))
  }

  private func head(_ record: CSV.Record) throws(Problem) -> Columns {
    let place = csv.place(record.line)
    let known = ["path", "label", "split", "name"]
    for (index, field) in record.fields.enumerated() {
      guard known.contains(field) else {
        throw .usage(
          at: place, "unknown column `\(field)`; the first line must be `path,label[,split][,name]`",
          remedy: suggestion(for: field, among: known))
      }
      guard !record.fields[..<index].contains(field) else {
        throw .usage(at: place, "the column `\(field)` stands twice", remedy: "Keep one of them.")
      }
    }
    guard let path = record.fields.firstIndex(of: "path"), let label = record.fields.firstIndex(of: "label") else {
      throw .usage(
        at: place, "the first line names the columns \(record.fields.joined(separator: ",")); expected path and label",
        remedy: "Begin the file with `path,label`.")
    }
    return Columns(
      count: record.fields.count, path: path, label: label, split: record.fields.firstIndex(of: "split"),
      name: record.fields.firstIndex(of: "name"))
  }

  private func check(_ path: String, _ place: Place) throws(Problem) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard !path.isEmpty, !path.hasPrefix("/"), !parts.contains(".."), !parts.contains(""), !path.contains("\0") else {
      throw .usage(
        at: place, "the path `\(path)` does not stay inside the images' folder",
        remedy: "Paths are relative to \(root.lastPathComponent)/, without `..`; `data.root` sets another folder.")
    }
  }

  func dataset(name: String, classes: ClassNames?) throws(Problem) -> Dataset {
    let indices = rows.map { Int($0.label) }
    let labels: [Int]
    var keys: [String]
    var numbering = Numbering.sorted("class names in the manifest")
    if indices.allSatisfy({ $0 != nil }) {
      labels = indices.compactMap { $0 }
      // A greater index than any network's is a mistake that would fill the memory with names.
      if let bad = labels.firstIndex(where: { !(0..<1_000_000).contains($0) }) {
        throw .usage(
          at: csv.place(rows[bad].line), "the label is \(labels[bad])",
          remedy: "Labels are class indices, counted from 0, or class names.")
      }
      keys = (0...(labels.max() ?? 0)).map { String($0) }
      numbering = .given
    } else {
      if let numbered = classes?.indices {
        var found: [Int] = []
        for row in rows {
          guard let index = numbered[row.label] else {
            throw .usage(
              at: csv.place(row.line), "the class `\(row.label)` is not in the file of class names",
              remedy: suggestion(for: row.label, among: numbered.keys.sorted { $0.precedes($1) }))
          }
          found.append(index)
        }
        labels = found
        let byIndex = Dictionary(numbered.map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        keys = (0...(numbered.values.max() ?? 0)).map { byIndex[$0] ?? String($0) }
        numbering = .named
      } else {
        keys = Set(rows.map(\.label)).sorted { $0.precedes($1) }
        let byKey = Dictionary(keys.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        labels = rows.map { byKey[$0.label] ?? 0 }
      }
    }
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
    dataset.numbering = numbering
    if rows.contains(where: { $0.split != nil }) {
      dataset.parts = Dictionary(
        rows.compactMap { row in row.split.map { (row.path, $0) } }, uniquingKeysWith: { first, _ in first })
    }
    return dataset
  }
}
