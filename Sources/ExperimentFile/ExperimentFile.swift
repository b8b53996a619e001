import Datasets
import Foundation
import Support

/// An experiment file that was read and checked.
///
///     let file = try ExperimentFile(path: "Experiments/orl.yaml")
///     print(file.experiment.models.map(\.key))
public struct ExperimentFile: Sendable {
  /// As it was given.
  public let path: String
  /// The file's own text, before any override.
  public let text: String
  /// In the order in which they were put in.
  public let overrides: [Override]
  /// What it asks for, overrides included.
  public let experiment: Experiment
  /// What the file says and means nothing, in sentences.
  public let notes: [String]
  /// Where each key's value stands, by its path: "models[0].weights".
  package let places: [String: Place]

  /// - Parameters:
  ///   - overrides: put in place of the file's values, in order.
  ///   - environment: for `${NAME}`.
  /// - Throws: `Problem` of kind `.usage` with line and column.
  public init(
    path: String, overrides: [Override] = [], environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(Problem) {
    self = try ExperimentFile(
      text: ExperimentFile.read(path), path: path, overrides: overrides, environment: environment)
  }

  /// - Parameter path: for messages, and to find what the text's relative paths are relative to.
  public init(
    text: String, path: String, overrides: [Override] = [], environment: [String: String] = [:]
  ) throws(Problem) {
    self.path = path
    self.text = text
    self.overrides = overrides
    var root = try YAMLDocument.parse(text) { Place(file: path, line: $0, column: $1) }
    for override in overrides { root = try override.applied(to: root) }
    places = root.places()
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    let reader = ExperimentReader(
      context: OptionContext(
        folder: folder.isEmpty && path.hasPrefix("/") ? "/" : folder, environment: environment))
    experiment = try reader.read(root)
    notes = try reader.notes(root)
  }

  /// The experiment that a report carries (`Experiment.canonicalText`): its paths stay as they are written, since nobody opens them.
  /// - Parameter path: for messages.
  /// - Throws: `Problem` of kind `.usage` with line and column.
  public init(carried text: String, path: String) throws(Problem) {
    self.path = path
    self.text = text
    overrides = []
    let root = try YAMLDocument.parse(CanonicalPaths.withFolders(text)) { Place(file: path, line: $0, column: $1) }
    places = root.places()
    let reader = ExperimentReader(context: .none)
    experiment = try reader.read(root)
    notes = try reader.notes(root)
  }

  /// The file's name without folders and ending: "orl" of "Experiments/orl.yaml".
  public var name: String {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    for ending in [".yaml", ".yml"] where file.hasSuffix(ending) && file.count > ending.count {
      return String(file.dropLast(ending.count))
    }
    return file
  }

  /// Of the file's bytes.
  public var sha256: String { Data(SHA256.hash(data: Data(text.utf8))).hexadecimal }

  private static func read(_ path: String) throws(Problem) -> String {
    let place = Place(file: path)
    var isFolder: ObjCBool = false
    guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw .usage(at: place, "there is no such file", remedy: "Give the path of an experiment file (.yaml).")
    }
    guard !isFolder.boolValue else {
      throw .usage(at: place, "this is a folder, not an experiment file", remedy: "Give the path of a .yaml file.")
    }
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw .usage(at: place, "the file cannot be opened", remedy: "Check its permissions.")
    }
    defer { try? handle.close() }
    let data: Data
    do {
      data = try handle.read(upToCount: YAMLDocument.largestFile + 1) ?? Data()
    } catch {
      throw .usage(at: place, "the file cannot be read", remedy: "Check its permissions and the disk.")
    }
    guard data.count <= YAMLDocument.largestFile else {
      throw .usage(
        at: place,
        "the file is larger than \(YAMLDocument.largestFile / 1024) KiB, which no experiment file needs to be",
        remedy: "Check that this is the right file.")
    }
    return try TextEncoding.string(TextEncoding.utf8(data, path: path), path: path, what: "the line")
  }
}

extension YAMLValue {
  /// The place of every value at or below this one.
  func places(path: String = "") -> [String: Place] {
    var places = [path: place]
    switch content {
    case .scalar: break
    case .sequence(let items):
      for (index, item) in items.enumerated() {
        places.merge(item.places(path: "\(path)[\(index)]")) { first, _ in first }
      }
    case .mapping(let entries):
      for entry in entries {
        let below = path.isEmpty ? entry.key : "\(path).\(entry.key)"
        places.merge(entry.value.places(path: below)) { first, _ in first }
      }
    }
    return places
  }
}

extension Data {
  /// Two small hexadecimal digits a byte.
  package var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(2 * count)
    for byte in self {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
