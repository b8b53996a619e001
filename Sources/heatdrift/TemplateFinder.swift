import Diagnostics
import Experiments
import Foundation
import Notebooks

/// A template with the text it was read from.
struct FoundTemplate {
  let template: Template
  let source: String
}

/// Finds templates by name or path.
///
/// A name is looked up in the folder `Templates` beside the experiment file and in each folder above it, in the current
/// folder and above it, and above the executable.
enum TemplateFinder {
  /// - Parameter experimentFile: nil when there is none.
  /// - Throws: `Problem` when there is no such template, or it is broken.
  static func find(_ nameOrPath: String, experimentFile: String?) throws(Problem) -> FoundTemplate {
    let template = try Template.load(nameOrPath, folders: folders(experimentFile: experimentFile))
    // What a store keeps for later.
    return FoundTemplate(template: template, source: template.source)
  }

  static func folders(experimentFile: String?) -> [URL] {
    // There may be no working folder: somebody deleted it. Then there is nothing to look through.
    let working = WorkingFolder.path
    var starts: [String] = []
    if let experimentFile {
      if experimentFile.hasPrefix("/") {
        starts.append(parent(experimentFile))
      } else if let working {
        starts.append(parent("\(working)/\(experimentFile)"))
      }
    }
    if let working { starts.append(working) }
    if let executable = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
      starts.append(parent(executable))
    }
    var folders: [String] = []
    for start in starts {
      for folder in WorkingFolder.andAbove(start) {
        let templates = folder == "/" ? "/Templates" : "\(folder)/Templates"
        if !folders.contains(templates) { folders.append(templates) }
      }
    }
    return folders.filter { FileManager.default.fileExists(atPath: $0) }
      .map { URL(filePath: $0, directoryHint: .isDirectory) }
  }

  private static func parent(_ path: String) -> String {
    path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/"
  }
}
