import ExperimentFile
import Foundation
import Notebooks
import Store
import Support

/// A template with the text it was read from.
struct FoundTemplate {
  let template: Template
  /// What a store keeps for later.
  let source: String
  /// As the experiment or the call names it.
  let path: ExperimentPath
}

/// Finds templates by name or path; a name is looked up in the folders `Templates` of `SharedFolders`.
enum TemplateFinder {
  /// - Parameter experimentFile: nil when there is none.
  /// - Throws: `Problem` when there is no such template, or it is broken.
  static func find(_ path: ExperimentPath, experimentFile: String?) throws(Problem) -> FoundTemplate {
    do throws(Problem) {
      return try load(path, experimentFile: experimentFile)
    } catch {
      var problem = error
      if problem.place == nil, let experimentFile { problem.place = Place(file: experimentFile) }
      throw problem
    }
  }

  private static func load(_ path: ExperimentPath, experimentFile: String?) throws(Problem) -> FoundTemplate {
    let template = try Template.load(
      path.resolved, folders: SharedFolders.folders(.templates, beside: experimentFile))
    return FoundTemplate(template: template, source: template.source, path: path)
  }

  /// The file that a template is read from; nil where there is none.
  static func file(of path: ExperimentPath, experimentFile: String?) -> String? {
    let named = path.resolved
    if named.contains("/") || named.hasSuffix(".md") { return FileKind(of: named) == .file ? named : nil }
    return SharedFolders.folders(.templates, beside: experimentFile).map { $0.appending(path: named + ".md").path }
      .first { FileKind(of: $0) == .file }
  }

  /// One that the call names: in place of all that an experiment has.
  static func find(_ nameOrPath: String, experimentFile: String?) throws(Problem) -> FoundTemplate {
    try load(ExperimentPath(written: nameOrPath, resolved: nameOrPath), experimentFile: experimentFile)
  }

  /// Those of a report's options, the first first.
  /// - Parameter chosen: by the call, in place of them.
  static func all(
    _ options: ReportOptions, chosen: String?, experimentFile: String?
  ) throws(Problem) -> [FoundTemplate] {
    if let chosen { return [try find(chosen, experimentFile: experimentFile)] }
    var found: [FoundTemplate] = []
    for path in options.templates { found.append(try find(path, experimentFile: experimentFile)) }
    return found
  }

  /// Those that a run's report was made with, out of its store; those at hand where an old store has none.
  static func all(of run: StoredRun) throws(Problem) -> [FoundTemplate] {
    let options = run.experiment.report
    guard let first = run.template else { return try all(options, chosen: nil, experimentFile: nil) }
    var found: [FoundTemplate] = []
    for (path, source) in zip(options.templates, [first] + (run.furtherTemplates ?? [])) {
      found.append(
        FoundTemplate(template: try Template(source: source, file: path.fileName), source: source, path: path))
    }
    return found
  }
}
