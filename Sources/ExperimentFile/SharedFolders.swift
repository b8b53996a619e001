import Foundation
import Support

/// Where what comes with Heatdrift is found: templates, experiments, demo models.
///
/// The more specific first: beside the file in question and in each folder above it, in the working folder and above it,
/// beside the program and above it, and in `share/heatdrift` next to the folder that the program is installed in.
public enum SharedFolders {
  /// What is shared; its raw value is the folder's name.
  public enum Kind: String, CaseIterable, Sendable {
    /// Notebooks that reports are made by.
    case templates = "Templates"
    case experiments = "Experiments"
    case models = "Models"
  }

  /// The folders of a kind that exist.
  /// - Parameters:
  ///   - file: the file that asks, an experiment's.
  ///   - workingFolder: nil where somebody deleted it; then there is nothing to look through.
  ///   - program: its path with every link followed; this program's when nil.
  public static func folders(
    _ kind: Kind, beside file: String? = nil, workingFolder: String? = WorkingFolder.path, program: String? = nil
  ) -> [URL] {
    let executable = program ?? (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    var starts: [String] = []
    if let file {
      if file.hasPrefix("/") {
        starts.append("\(file)/..")
      } else if let workingFolder {
        starts.append("\(workingFolder)/\(file)/..")
      }
    }
    if let workingFolder { starts.append(workingFolder) }
    if let executable { starts.append("\(executable)/..") }
    var parents = starts.flatMap(WorkingFolder.andAbove)
    if let installed = executable.map({ WorkingFolder.andAbove("\($0)/../..") })?.first {
      parents.append(installed == "/" ? "/share/heatdrift" : "\(installed)/share/heatdrift")
    }
    var folders: [String] = []
    for parent in parents {
      let folder = parent == "/" ? "/\(kind.rawValue)" : "\(parent)/\(kind.rawValue)"
      if !folders.contains(folder) { folders.append(folder) }
    }
    var isFolder: ObjCBool = false
    return folders.filter {
      unsafe FileManager.default.fileExists(atPath: $0, isDirectory: &isFolder) && isFolder.boolValue
    }
    .map { URL(filePath: $0, directoryHint: .isDirectory) }
  }

  /// The files of a kind by name, each from the most specific folder that has it.
  public static func files(
    _ kind: Kind, endings: [String], in folders: [URL]
  ) -> [(name: String, folder: URL)] {
    var found: [String: URL] = [:]
    for folder in folders {
      for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
      where endings.contains(where: { name.hasSuffix($0) }) && !name.hasPrefix(".") && found[name] == nil {
        found[name] = folder
      }
    }
    return found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// An experiment file by its path or, where there is no such file, by what it is called: "orl", "orl.yaml" and
  /// "Experiments/orl.yaml" are that of the working folder, or the one that comes with Heatdrift.
  /// - Returns: the path as it was given where nothing is found.
  public static func experiment(_ path: String, in folders: [URL]? = nil) -> String {
    let prefix = Kind.experiments.rawValue + "/"
    let name = path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
    guard !isFile(path), !name.isEmpty, !name.contains("/") else { return path }
    for folder in folders ?? self.folders(.experiments) {
      for ending in ["", ".yaml", ".yml"] {
        let candidate = folder.appending(path: name + ending).path
        if (name + ending).hasSuffix(".yaml") || (name + ending).hasSuffix(".yml"), isFile(candidate) {
          return candidate
        }
      }
    }
    return path
  }

  /// A file of weights by its path; where there is no such file and its folder is called `Models`, the one of this name
  /// in the first of the folders that has it, so that the experiment out of a report finds the models that come with
  /// Heatdrift wherever it is run.
  /// - Returns: the path as it was given where nothing is found.
  public static func model(_ path: String, in folders: [URL]? = nil) -> String {
    let parts = path.split(separator: "/")
    guard !isFile(path), parts.count >= 2, parts[parts.count - 2] == Kind.models.rawValue, let name = parts.last
    else { return path }
    return (folders ?? self.folders(.models)).map { $0.appending(path: String(name)).path }.first(where: isFile) ?? path
  }

  private static func isFile(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
  }
}
