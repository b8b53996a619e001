import Foundation
import Results
import Support

/// All maps of one network that were computed elsewhere: one file, or the files of a folder, which together hold each image at
/// each level once at most.
public final class MapsCollection: Sendable {
  /// Where an image's entries are.
  public struct Place: Sendable, Hashable {
    /// Into `files`.
    public var file: Int
    /// Into the file's images.
    public var image: Int
  }

  /// As it was given: a file, or a folder.
  public let path: String
  /// In the order of their names.
  public let files: [MapsFile]
  /// Where the images' entries are, by their SHA-256.
  private let places: [String: [Place]]
  /// By the paths that the files give the images: their SHA-256.
  private let named: [String: String]

  static let ending = ".safetensors"
  /// Each is held open.
  static let mostFiles = 500

  /// - Parameter path: a file, or a folder, whose files with the ending `.safetensors` are taken and no others.
  /// - Throws: `Problem` of kind `.usage` where there is none, `.failure` for a damaged one, and for files that do not belong
  ///   together.
  public init(_ path: String, for purpose: HeldFile.Purpose = .reading) throws(Problem) {
    self.path = path
    var files: [MapsFile] = []
    for file in try Self.paths(path) { files.append(try MapsFile(file, for: purpose)) }
    self.files = files
    var places: [String: [Place]] = [:]
    var named: [String: String] = [:]
    for (index, file) in files.enumerated() {
      try file.check(beside: files[0])
      for (image, record) in file.description.images.enumerated() {
        places[record.sha256, default: []].append(Place(file: index, image: image))
        named[record.image] = record.sha256
      }
    }
    for (sha256, own) in places where own.count > 1 {
      var seen: [MapsDescription.Level: Place] = [:]
      for place in own {
        for level in files[place.file].description.levels {
          guard let first = seen.updateValue(place, forKey: level) else { continue }
          let image = files[place.file].description.images[place.image].image
          throw .failure(
            at: Support.Place(file: files[place.file].path),
            "\(printable(image)) (SHA-256 \(sha256.prefix(12))…) stands in \(Self.last(files[first.file].path)) as well, at the same "
              + "level: \(level.words)",
            remedy: "Take one of the files away: each image at each level belongs into one of them.")
        }
      }
    }
    self.places = places
    self.named = named
  }

  private static func last(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

  private static func paths(_ path: String) throws(Problem) -> [String] {
    guard FileKind(of: path) == .folder else { return [path] }
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path).filter {
        $0.hasSuffix(ending) && !$0.hasPrefix(".")
      }
      .sorted()
    } catch {
      throw .usage(
        at: Support.Place(file: path), "the folder of maps cannot be read",
        remedy: "Check the permissions of the folder.")
    }
    guard !names.isEmpty else {
      throw .usage(
        at: Support.Place(file: path), "the folder has no file of maps: none whose name ends with `\(ending)`",
        remedy: "Name the folder that Python/heatdrift_maps.py wrote into.")
    }
    guard names.count <= mostFiles else {
      throw .usage(
        at: Support.Place(file: path), "the folder has \(names.count) files of maps, of at most \(mostFiles)",
        remedy: "Write more images into each file.")
    }
    return names.map { "\(path)/\($0)" }
  }

  // MARK: - What is in them

  /// Of the first file; the same in all: input, number of classes, whether maps are scaled.
  public var description: MapsDescription { files[0].description }

  /// Each different one, in the order of the files.
  public var producers: [MapsDescription.Producer] { unique { [$0.producer] } }
  /// In the order of the files, of each file input side first.
  public var layers: [String] { unique(\.layers) }
  /// `Explanation.key`, in the order of the files.
  public var explanations: [String] { unique(\.explanations) }
  /// Of which classes, in the order of the files.
  public var targets: [ExplanationTarget] { unique(\.targets) }
  /// The clean image, the control and every attack's levels.
  public var levels: [MapsDescription.Level] { unique(\.levels) }
  /// How many different images.
  public var imageCount: Int { places.count }
  /// Held to what was opened, in the order of `files`.
  public var heldFiles: [HeldFile] { files.map(\.held) }

  /// Of attacks and explanations, each different set of options.
  public var options: [[String: [String: String]]] { unique { [$0.options] } }

  private func unique<Item: Hashable>(_ items: (MapsDescription) -> [Item]) -> [Item] {
    var seen: Set<Item> = []
    return files.flatMap { items($0.description) }.filter { seen.insert($0).inserted }
  }

  /// - Returns: empty for an image of which nothing is there.
  public func places(of sha256: String) -> [Place] { places[sha256] ?? [] }

  /// The SHA-256 that the files give for an image of this name; nil where none has the name.
  public func sha256(named image: String) -> String? { named[image] }

  /// Every image, with what its files say of it.
  public func forEachImage(_ body: (MapsDescription.Image) -> Void) {
    for file in files { for image in file.description.images { body(image) } }
  }

  /// Of one file its SHA-256; of several that of the text with a line for each: its SHA-256, two spaces, its name.
  /// - Throws: `Problem.changed` where a file changes meanwhile.
  public func sha256() throws(Problem) -> String {
    guard FileKind(of: path) == .folder else { return try files[0].held.sha256() }
    var lines = ""
    for file in files { lines += "\(try file.held.sha256())  \(Self.last(file.path))\n" }
    return Checksum.sha256(Array(lines.utf8))
  }

  /// Reads every value once, on all threads.
  /// - Throws: `Problem` of the first file with a value that is none.
  public func checkValues() throws(Problem) {
    _ = try concurrentMap(files) { (file) throws(Problem) in try file.checkValues() }
  }
}

extension MapsFile {
  /// - Throws: `Problem` where two files are of different networks or inputs, as far as they say it.
  fileprivate func check(beside first: MapsFile) throws(Problem) {
    let (own, other) = (description, first.description)
    var what: String?
    if own.input != other.input { what = "another `input`" }
    if own.classCount != other.classCount { what = "other `classes` (\(own.classCount), not \(other.classCount))" }
    if own.areScaled != other.areScaled {
      what = "other `maps` (\(own.areScaled ? "scaled, not raw" : "raw, not scaled"))"
    }
    guard let what else { return }
    throw .failure(
      at: Place(file: path), "it has \(what) than \(first.path.split(separator: "/").last ?? "")",
      remedy: "The files of one folder are of one network: put those of another into a folder of their own.")
  }
}
