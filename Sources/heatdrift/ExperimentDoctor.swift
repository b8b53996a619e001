import ExperimentFile
import Foundation
import Measuring
import Notebooks
import Rendering
import Store
import Support

/// The part of `doctor` that looks at an experiment: whatever `run --dry-run` would find, all of it at once.
struct ExperimentDoctor {
  let path: String
  let output: String?

  /// - Parameter check: prints a line, and the problem under it.
  /// - Returns: the experiment's warnings, which stop nothing.
  /// - Throws: `Problem` when the file itself cannot be read.
  func run(check: (String, () throws -> String) -> Void) throws -> [Warning] {
    let file = try ExperimentFile(path: path)
    check("experiment") { "\(path): \(Console.count(file.experiment.models.count, "model"))" }
    let found = ExperimentCheck(file)
    for part in found.parts { check(part.name) { try part.result.get() } }
    let named = file.experiment.report.template
    var source = ""
    check("template \(named.fileName)") {
      let template = try TemplateFinder.find(named.resolved, experimentFile: file.path)
      source = template.source
      let problems = template.template.check()
      guard let first = problems.first else { return "every cell, option and value is known" }
      throw Problem.usage(
        at: first.place, first.message + (problems.count > 1 ? " (and \(problems.count - 1) more)" : ""),
        remedy: first.remedy)
    }
    check("output folder") { try Self.checkOutput(output ?? "Reports/\(file.name)") }
    var warnings = found.plan?.warnings ?? []
    let fonts = FallbackFonts(for: found.names + [source])
    check("names") {
      if !fonts.missing.isEmpty {
        return "\(Console.count(fonts.missing.count, "character")) in no font, see the warning"
      }
      return fonts.files.isEmpty
        ? "the report's own fonts have every character"
        : "other fonts have what the report's own have not: \(fonts.files.map(\.name).joined(separator: ", "))"
    }
    warnings += fonts.warnings
    return warnings
  }

  /// Whether a run could write there, without writing.
  private static func checkOutput(_ path: String) throws(Problem) -> String {
    let files = FileManager.default
    var isFolder: ObjCBool = false
    guard unsafe files.fileExists(atPath: path, isDirectory: &isFolder) else {
      // The folder above that is there decides.
      var parent = URL(filePath: path).standardizedFileURL.deletingLastPathComponent()
      while !files.fileExists(atPath: parent.path), parent.path != "/" { parent.deleteLastPathComponent() }
      guard files.isWritableFile(atPath: parent.path) else {
        throw .usage(
          at: Place(file: path), "the folder cannot be made in \(parent.path)",
          remedy: "Check the permissions, or choose another folder (--output).")
      }
      return "\(path) will be made"
    }
    guard isFolder.boolValue else {
      throw .usage(
        at: Place(file: path), "this is a file, not a folder",
        remedy: "Choose another folder (--output), or move it away.")
    }
    guard files.isWritableFile(atPath: path) else {
      throw .usage(
        at: Place(file: path), "the folder cannot be written to",
        remedy: "Check its permissions, or choose another folder (--output).")
    }
    let store = "\(path)/\(ResultsStore.fileName)"
    guard files.fileExists(atPath: store) else { return "\(path), without results yet" }
    _ = try ResultsStore(readingAt: store)
    return "\(path), with results"
  }
}
