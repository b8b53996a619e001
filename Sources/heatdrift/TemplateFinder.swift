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
    var starts: [URL] = []
    if let experimentFile { starts.append(URL(filePath: experimentFile).deletingLastPathComponent()) }
    starts.append(URL(filePath: FileManager.default.currentDirectoryPath, directoryHint: .isDirectory))
    if let executable = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
      starts.append(URL(filePath: executable).deletingLastPathComponent())
    }
    var folders: [URL] = []
    for start in starts {
      var folder = start.absoluteURL.standardizedFileURL
      while true {
        let templates = folder.appending(path: "Templates", directoryHint: .isDirectory)
        if !folders.contains(templates) { folders.append(templates) }
        guard folder.path != "/" else { break }
        folder = folder.deletingLastPathComponent().standardizedFileURL
      }
    }
    return folders.filter { FileManager.default.fileExists(atPath: $0.path) }
  }
}
