import ExperimentFile
import Foundation
import Results
import Support

/// What a report that tells nobody's name calls what has one: numbers in the place of images, folders, classes and files, the same
/// everywhere. The names themselves stand in a file of the authors' alone.
public struct Anonymity: Sendable {
  /// A name and what stands for it.
  public struct Entry: Sendable, Hashable {
    /// "image", "class", "model", "weights", "file", "experiment", "author"
    public var kind: String
    /// What the report says: "image-0012".
    public var shown: String
    /// Left out of the report.
    public var name: String
  }

  /// In the order of the run.
  public private(set) var entries: [Entry] = []
  /// By path.
  private(set) var images: [String: String] = [:]
  /// By class index; nil where the classes are called as they are.
  private(set) var classNames: [String]?
  /// By place; the names of models that are not called as their files stay.
  private(set) var models: [String?] = []
  private var scrubber = NameScrubber([])

  /// The file beside a report that says which name stands for which; never within the report.
  public static let keyFile = "authors-only.csv"

  /// - Parameter run: with its own names.
  public init(of run: StoredRun) {
    var names: [(name: String, shown: String)] = []
    func hide(_ kind: String, _ name: String, _ shown: String) {
      names.append((name, shown))
      if name != shown { entries.append(Entry(kind: kind, shown: shown, name: name)) }
    }
    let digits = max(4, String(run.images.count).count)
    for (index, image) in run.images.enumerated() {
      let number = String(index + 1)
      let shown = "image-" + String(repeating: "0", count: max(0, digits - number.count)) + number
      images[image.path] = shown
      hide("image", image.path, shown)
    }
    let others = (run.skipped + (run.passedOver ?? [])).map(\.path)
    for path in others where images[path] == nil {
      images[path] = "file-\(images.count - run.images.count + 1)"
      hide("file", path, images[path] ?? "")
    }
    // Folders are classes, mostly; those of other data are nobody's either.
    let parts = (run.images.map(\.path) + others).map { $0.split(separator: "/").map(String.init) }
    let folders = Set(parts.flatMap { $0.dropLast() })
    if !Self.keepsClassNames(of: run, folders: folders) {
      classNames = run.classNames.indices.map { "class \($0)" }
      for (index, name) in run.classNames.enumerated() { hide("class", name, "class \(index)") }
    }
    let hidden = Set(names.map(\.name))
    for (index, folder) in folders.subtracting(hidden).sorted().enumerated() {
      hide("folder", folder, "folder \(index + 1)")
    }
    for (path, shown) in images {
      // A file's name alone, as messages may have it.
      if let last = path.split(separator: "/").last.map(String.init), last != path { names.append((last, shown)) }
    }
    for (index, model) in run.models.enumerated() {
      let stem = Self.stem(model.weightsFile)
      let options = run.experiment.models[index]
      let isFiles = options.architecture == nil && (model.name == stem || model.name == model.weightsFile)
      models.append(isFiles ? "model \(index + 1)" : nil)
      if isFiles { hide("model", model.name, "model \(index + 1)") }
      hide("weights", model.weightsFile, "weights-\(index + 1)")
      // A name that says no more than the architecture does hides nothing.
      if stem != options.architecture?.rawValue { names.append((stem, "weights-\(index + 1)")) }
      if let file = options.head?.prototypes.fileName, options.head?.isFromTraining == false {
        hide("weights", file, "prototypes-\(index + 1)")
      }
    }
    hide("experiment", run.experimentFile, "experiment.yaml")
    names.append((Self.stem(run.experimentFile), "experiment"))
    for author in run.experiment.report.authors { hide("author", author, "an author") }
    scrubber = NameScrubber(names)
  }

  /// Classes are called by their names where a file gives these, as networks have them, and no folder is called so: what a folder is
  /// called may be somebody's name.
  private static func keepsClassNames(of run: StoredRun, folders: Set<String>) -> Bool {
    let isGiven = run.experiment.data.source.optionTexts.contains { $0.name == "classes" }
    return isGiven && folders.isDisjoint(with: run.classNames)
  }

  private static func stem(_ file: String) -> String {
    guard let dot = file.lastIndex(of: "."), dot > file.startIndex else { return file }
    return String(file[..<dot])
  }

  /// A text with what stands for the names in it. Names of less than three letters, and numbers, are left out of quotes alone: they
  /// are words and counts elsewhere.
  public func shown(_ text: String) -> String { scrubber.scrubbed(text) }

  /// A template with what images are called in it; its own words are its author's.
  public func template(_ template: String) -> String {
    var text = template
    for (path, shown) in images.sorted(by: { ($0.key.count, $1.key) > ($1.key.count, $0.key) })
    where path.contains("/") && text.contains(path) {
      text = text.replacing(path, with: shown)
    }
    return text
  }

  /// Names that a template says in its own words.
  public func namesLeft(inTemplate text: String) -> [String] { scrubber.names(in: text) }

  /// The key file.
  public static func keyTable(_ entries: [Entry]) -> [UInt8] {
    let lines = entries.map { [$0.kind, $0.shown, $0.name].map(ResultsCSV.field).joined(separator: ",") + "\n" }
    return Array(("kind,shown,name\n" + lines.joined()).utf8)
  }
}
