import ExperimentFile
import Notebooks
import Support

/// A template with the text it was read from.
struct FoundTemplate {
  let template: Template
  let source: String
}

/// Finds templates by name or path; a name is looked up in the folders `Templates` of `SharedFolders`.
enum TemplateFinder {
  /// - Parameter experimentFile: nil when there is none.
  /// - Throws: `Problem` when there is no such template, or it is broken.
  static func find(_ nameOrPath: String, experimentFile: String?) throws(Problem) -> FoundTemplate {
    let template = try Template.load(
      nameOrPath, folders: SharedFolders.folders(.templates, beside: experimentFile))
    // What a store keeps for later.
    return FoundTemplate(template: template, source: template.source)
  }
}
