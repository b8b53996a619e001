import Foundation
import Support

/// A folder with a report and without a store, of a comparison or rendered elsewhere than beside its results.
public enum RenderedFolder {
  private struct Document: Decodable { var files: [String]? }

  /// The files that it was left with, relative to it, by its `provenance.json`; empty for a folder that is none.
  public static func files(_ folder: String) -> [String] { read(Document.self, in: folder)?.files ?? [] }

  /// Its `provenance.json`, or a part of it; nil where it is none, or not of this form.
  fileprivate static func read<Document: Decodable>(_: Document.Type, in folder: String) -> Document? {
    let path = "\(folder)/provenance.json"
    // A folder may come from a stranger: reading a pipe or a device may have no end.
    guard FileKind(of: path) == .file, let data = try? Data(contentsOf: URL(filePath: path)) else { return nil }
    return try? JSONDecoder().decode(Document.self, from: data)
  }
}

/// A folder that holds the report of a comparison: files alone, without a store.
public enum ComparisonFolder {
  /// Of its `provenance.json`, what tells it from a run's.
  private struct Document: Decodable {
    struct Run: Decodable { var name: String }
    var runs: [Run]
  }

  private static func document(_ folder: String) -> Document? { RenderedFolder.read(Document.self, in: folder) }

  /// Whether a folder is one, by its `provenance.json`.
  public static func isOne(_ folder: String) -> Bool { document(folder) != nil }

  /// What the runs are called; nil for a folder that is none.
  public static func runs(_ folder: String) -> [String]? { document(folder)?.runs.map(\.name) }

  /// Why a command that needs a store has nothing to do with such a folder.
  /// - Returns: nil for a folder that is none, or has a store as well.
  public static func refusal(_ folder: String) -> Problem? {
    guard FileKind(of: "\(folder)/\(ResultsStore.fileName)") == .missing else { return nil }
    guard let runs = runs(folder) else {
      guard !RenderedFolder.files(folder).isEmpty else { return nil }
      return .usage(
        at: Place(file: folder), "this is a report without its results (`heatdrift render FOLDER --output` made it)",
        remedy: "Give the folder that it was rendered from, which has \(ResultsStore.fileName).")
    }
    return .usage(
      at: Place(file: folder),
      "this is the report of a comparison of \(listInWords(runs.map { "“\($0)”" })), which has no results of its own",
      remedy: "`heatdrift compare` of the same folders makes it again; `verify` holds each run to its own store.")
  }
}
