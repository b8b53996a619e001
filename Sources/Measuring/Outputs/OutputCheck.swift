import Datasets
import ExperimentFile
import Foundation
import Store
import Support

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Whether a folder can take a run's results without harm: looked at before anything is opened or computed, and without
/// changing anything.
public struct OutputCheck: Sendable {
  /// As it was given, or comes of the experiment file's name.
  public let path: String
  /// Whether somebody named it.
  public let isChosen: Bool

  public init(path: String, isChosen: Bool) {
    self.path = path
    self.isChosen = isChosen
  }

  private var place: Place { Place(file: path) }
  private var remedy: String {
    isChosen
      ? "Choose another folder (--output)."
      : "Choose another folder (--output), or call heatdrift in another one: Reports/ is made where it is called."
  }

  /// - Throws: `Problem` of kind `.usage` when what is there, or above it, is no folder, or has folders where files go.
  public func checkKind() throws(Problem) {
    switch FileKind(of: path) {
    case .missing: break
    case .folder:
      for name in [ResultsStore.fileName, "results.csv", "provenance.json", "report.pdf"] {
        guard FileKind(of: "\(path)/\(name)") == .folder else { continue }
        throw .usage(
          at: Place(file: "\(path)/\(name)"), "a folder is where the run writes a file",
          remedy: "Move it away, or choose another folder (--output).")
      }
    case .file, .special: throw .usage(at: place, "expected a folder for the results, found a file", remedy: remedy)
    case .danglingLink:
      throw .usage(
        at: place, "expected a folder for the results, found a link that leads nowhere",
        remedy: "Take the link away, or choose another folder (--output).")
    }
    // Nothing can be made below a file.
    var above = path[...]
    while let slash = above.dropLast().lastIndex(of: "/"), slash > above.startIndex {
      above = above[..<slash]
      switch FileKind(of: String(above)) {
      case .missing: continue
      case .folder: return
      case .danglingLink:
        throw .usage(
          at: place, "no folder can be made below \(above), a link that leads nowhere", remedy: remedy)
      case .file, .special:
        throw .usage(at: place, "no folder can be made below \(above), which is a file", remedy: remedy)
      }
    }
  }

  /// - Throws: `Problem` of kind `.failure` when results could not be written there.
  public func checkPermissions() throws(Problem) {
    guard let resolved = ResolvedPath(path) else { return }
    let isThere = FileKind(of: path) == .folder
    guard unsafe access(resolved.existing, W_OK | X_OK) != 0 else { return }
    let code = errno
    throw .failure(
      at: place,
      isThere ? "the output folder cannot be written: \(systemMessage(code))" : "the output folder cannot be made",
      remedy: isThere
        ? "Check the permissions of the folder, or choose another one (--output)."
        : "Check the permissions of the folder above it (\(resolved.existing): \(systemMessage(code))), or choose another "
          + "one (--output).")
  }

  /// Holds the folder to what the experiment reads: links are followed, and folders that are seen at two places are one.
  /// - Parameter template: the one that is used in place of the experiment's own.
  /// - Throws: `Problem` of kind `.usage` when the results would be taken for images, or for what they are computed of.
  public func check(against file: ExperimentFile, template: String? = nil) throws(Problem) {
    guard let own = ResolvedPath(path) else { return }
    let data = file.experiment.data
    for root in data.source.folders where own.isInside(root) {
      let isRoot = ResolvedPath(root)?.isInside(own.text) ?? false
      let what = isRoot ? "is the folder of the images" : "lies inside the folder of the images, \(root)"
      throw .usage(
        at: place,
        "the output folder \(what): the next run would take what is in it for \(isRoot ? "images" : "a label of them")",
        remedy: remedy)
    }
    var inputs = [("the experiment file", file.path)]
    inputs += file.experiment.models.map { ("the weights of \($0.name)", $0.weights.resolved) }
    for model in file.experiment.models {
      guard let head = model.head, !head.isFromTraining else { continue }
      inputs.append(("the prototypes of \(model.name)", head.prototypes.resolved))
    }
    for option in data.source.optionTexts where option.name != "root" {
      for path in option.paths { inputs.append(("`data.\(option.name)`", path.resolved)) }
    }
    // A template's name is looked up in several folders, a path is not.
    for named in template.map({ [$0] }) ?? file.experiment.report.templates.map(\.resolved)
    where named.contains("/") || named.hasSuffix(".md") {
      inputs.append(("the template", named))
    }
    for (name, path) in inputs {
      guard let input = ResolvedPath(path) else { continue }
      try check(input.text, called: "\(name), \(path),", in: own)
    }
  }

  /// The same for the images that a plan found: a list may name them anywhere.
  /// - Throws: `Problem` of kind `.usage` when the run would write over one.
  public func check(against images: [PlannedImage]) throws(Problem) {
    guard let own = ResolvedPath(path) else { return }
    // Many images share few folders, and links are followed once for each.
    var folders: [String: String] = [:]
    for image in images {
      let file = image.source.file
      let end = file.utf8.lastIndex(of: UInt8(ascii: "/")) ?? file.startIndex
      let folder = end == file.startIndex ? "/" : String(file[..<end])
      let resolved = folders[folder] ?? ResolvedPath(folder)?.text ?? folder
      folders[folder] = resolved
      try check(
        "\(resolved == "/" ? "" : resolved)\(file[end...])", called: "the image \(image.record.path)", in: own
      )
    }
  }

  private func check(_ input: String, called name: String, in own: ResolvedPath) throws(Problem) {
    guard let inner = OutputCheck.relative(input, to: own.text), OutputCheck.isWritten(inner) else { return }
    throw .usage(
      at: place, "\(name) has the place of a file that the run writes (\(inner))",
      remedy: "Move it away, or choose another folder (--output).")
  }

  private static func relative(_ path: String, to folder: String) -> String? {
    let head = folder.hasSuffix("/") ? folder : folder + "/"
    return path.hasPrefix(head) ? String(path.dropFirst(head.count)) : nil
  }

  /// What `merge` leaves where measurements are missing.
  public static let missingTable = "missing.csv"
  /// What it leaves where two stores have a value in two ways.
  public static let conflictTable = "conflicts.csv"

  /// Whether a path below an output folder is one that runs write or remove.
  private static func isWritten(_ path: String) -> Bool {
    let parts = path.split(separator: "/")
    guard let first = parts.first else { return false }
    let isFolder = ["figures", "tables"].contains { first == $0 || first.hasPrefix("\($0)-") }
    if parts.count > 1 { return isFolder }
    return [missingTable, conflictTable].contains(String(first)) || first.hasPrefix(ResultsStore.fileName)
      || first == "results.lock" || first == "results.csv"
      || first == "provenance.json"
      || first.hasPrefix("report") && (first.hasSuffix(".pdf") || first.hasSuffix(".svg"))
      || isFolder
  }
}
