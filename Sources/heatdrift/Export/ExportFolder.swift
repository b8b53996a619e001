import Foundation
import Results
import Support

/// Where an export goes: names that say what a file is, an index of all, and nothing replaced that was not to be.
struct ExportFolder {
  let path: String
  let overwrites: Bool

  static let index = "index.csv"
  /// Of the index.
  static let columns = [
    "file", "kind", "model", "model_name", "image", "label", "attack", "epsilon", "explanation", "target", "layer",
    "prediction", "confidence", "shape", "minimum", "maximum", "made", "sha256",
  ]

  static func isThere(_ path: String, count: Int) -> Problem {
    .failure(
      at: Place(file: path),
      count == 1
        ? "a file of this name is there already; nothing was written"
        : "a file of this name is there already, and \(count - 1) more of the export; nothing was written",
      remedy: "Choose another place (--output), or replace what is there (--overwrite).")
  }

  /// Writes all files and the index, which keeps the lines of files that are not replaced.
  /// - Throws: `Problem` where something is in the way; then nothing was written.
  func write(_ files: [ExportedFile]) throws(Problem) {
    let names = Self.fileNames(files)
    let there = names.filter { FileKind(of: "\(path)/\($0)") != .missing }
    if let first = there.first(where: { FileKind(of: "\(path)/\($0)") != .file }) {
      throw .failure(
        at: Place(file: "\(path)/\(first)"), "a link or folder of this name is in the way; nothing was written",
        remedy: "Choose another folder (--output), or move it away.")
    }
    if let first = there.first, !overwrites { throw Self.isThere("\(path)/\(first)", count: there.count) }
    let kept = try keptLines(without: Set(names))
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw .failure(
        at: Place(file: path), "the folder cannot be made",
        remedy: "Check its permissions, or choose another folder (--output).")
    }
    var lines: [[String]] = []
    for (file, name) in zip(files, names) {
      try AtomicFile.write(file.bytes, to: "\(path)/\(name)")
      var fields = file.fields
      fields["file"] = name
      fields["sha256"] = Checksum.sha256(file.bytes)
      lines.append(Self.columns.map { fields[$0] ?? "" })
    }
    let text = (kept + lines).sorted { $0[0] < $1[0] }
      .map { $0.map(ResultsCSV.field).joined(separator: ",") + "\n" }.joined()
    try AtomicFile.write(Array((Self.columns.joined(separator: ",") + "\n" + text).utf8), to: "\(path)/\(Self.index)")
    if !there.isEmpty { Console.remark("replaced \(Console.count(there.count, "file")) in \(path)") }
    for name in names { Console.result("\(path)/\(name)") }
    Console.result("\(path)/\(Self.index)")
  }

  /// Of an index that is there already.
  /// - Throws: `Problem` where a file of its name is none of ours.
  private func keptLines(without names: Set<String>) throws(Problem) -> [[String]] {
    let place = "\(path)/\(Self.index)"
    switch FileKind(of: place) {
    case .missing: return []
    case .file: break
    case .folder, .special, .danglingLink:
      throw .failure(
        at: Place(file: place), "a link or folder is where the export writes its index; nothing was written",
        remedy: "Choose another folder (--output), or move it away.")
    }
    var lines: [[String]] = []
    var head: [String]?
    try CSV(contentsOf: URL(filePath: place)).forEachRecord { (record) throws(Problem) in
      guard let head else {
        head = record.fields
        return
      }
      if record.fields.count == head.count, let file = record.fields.first, !names.contains(file) {
        lines.append(record.fields)
      }
    }
    guard head == Self.columns else {
      throw .failure(
        at: Place(file: place), "this is no index of an export; nothing was written",
        remedy: "Choose another folder (--output), or move the file away.")
    }
    return lines
  }

  /// A name of each file that every file system takes; what would read the same gets a number.
  static func fileNames(_ files: [ExportedFile]) -> [String] {
    var taken: Set<String> = [index]
    return files.map { file in
      let base = plain(file.name)
      var name = "\(base).\(file.format.rawValue)"
      var number = 1
      while !taken.insert(name.lowercased()).inserted {
        number += 1
        name = "\(base)-\(number).\(file.format.rawValue)"
      }
      return name
    }
  }

  /// Without folders, or what a file system or a shell would take for more than a letter; of a long name the end, and before it
  /// a part of its hash.
  private static func plain(_ name: String) -> String {
    var text = String(
      String.UnicodeScalarView(
        visible(name).unicodeScalars.map { "/\\:*?\"<>| '$`;&()[]{}".unicodeScalars.contains($0) ? "-" : $0 }))
    while text.hasPrefix(".") || text.hasPrefix("-") { text = String(text.dropFirst()) }
    guard text.utf8.count > 180 else { return text.isEmpty ? "file" : text }
    var end = text
    while end.utf8.count > 160 { end.removeFirst() }
    return Checksum.sha256(Array(text.utf8)).prefix(12) + "_" + end
  }
}
