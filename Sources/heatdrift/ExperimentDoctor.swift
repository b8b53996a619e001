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
    var sources: [String] = []
    for named in file.experiment.report.templates {
      check("template \(named.fileName)") {
        let template = try TemplateFinder.find(named, experimentFile: file.path)
        sources.append(template.source)
        let problems = template.template.check()
        guard let first = problems.first else { return "every cell, option and value is known" }
        throw Problem.usage(
          at: first.place, first.message + (problems.count > 1 ? " (and \(problems.count - 1) more)" : ""),
          remedy: first.remedy)
      }
    }
    let folder = OutputCheck(path: output ?? "Reports/\(file.name)", isChosen: output != nil)
    check("output folder") { try Self.checkOutput(folder, file) }
    var warnings = found.plan?.warnings ?? []
    let fonts = FallbackFonts(for: found.names + sources)
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
  private static func checkOutput(_ check: OutputCheck, _ file: ExperimentFile) throws(Problem) -> String {
    try check.checkKind()
    try check.checkPermissions()
    try check.check(against: file)
    let path = check.path
    guard FileManager.default.fileExists(atPath: path) else { return "\(path) will be made" }
    let store = "\(path)/\(ResultsStore.fileName)"
    guard FileManager.default.fileExists(atPath: store) else { return "\(path), without results yet" }
    _ = try ResultsStore(readingAt: store)
    return "\(path), with results"
  }
}
