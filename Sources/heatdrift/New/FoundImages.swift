import Datasets
import Foundation
import Support

/// The images that `new` takes, and what it makes of them.
struct FoundImages {
  /// What the experiment says of them.
  enum Kind: Equatable {
    /// A sub-folder for each label.
    case folder
    /// Pictures side by side, whose labels nobody says: a list of them is written.
    case flat([String])
    case manifest
    case vggface2
  }

  let kind: Kind
  /// The folder of the images, or the list; absolute.
  let path: String
  /// How many there are.
  let count: Int
  /// The class folders, in the order of their bytes.
  let classes: [String]
  /// What was taken and why, and what was not.
  var remarks: [String] = []

  /// - Parameters:
  ///   - place: a folder or a list of images that somebody named.
  /// - Throws: `Problem` of kind `.usage` where there are no images.
  init(named place: String) throws(Problem) {
    guard let resolved = ResolvedPath(place)?.text else {
      throw .usage(at: Place(file: place), "the place of the images cannot be told")
    }
    switch FileKind(of: place) {
    case .file:
      guard try Self.isManifest(resolved) else {
        throw .usage(
          at: Place(file: place), "expected a folder of images, or a list with the columns `path,label`",
          remedy: "Name the folder whose sub-folders are the labels.")
      }
      (kind, path, classes) = (.manifest, resolved, [])
      count = try Dataset.manifest(URL(filePath: resolved)).images.count
    case .folder:
      let contents = FolderContents(resolved)
      guard let found = try Self.choose(contents, in: resolved, isNamed: true) else {
        throw .usage(
          at: Place(file: place), "there are no pictures in this folder or below it",
          remedy: "Pictures are files that end in .jpg, .png, .pgm and the like.")
      }
      self = found
    case .missing, .special, .danglingLink:
      throw .usage(at: Place(file: place), "there is no such folder of images", remedy: "Correct --images.")
    }
  }

  private init(_ kind: Kind, path: String, count: Int, classes: [String] = [], remarks: [String] = []) {
    (self.kind, self.path, self.count, self.classes, self.remarks) = (kind, path, count, classes, remarks)
  }

  /// The images of a folder: VGGFace2 as distributed, a list, class folders, or pictures side by side.
  /// - Parameter isNamed: whether somebody said that the images are here.
  /// - Returns: nil where there are none.
  static func choose(_ contents: FolderContents, in root: String, isNamed: Bool = false) throws(Problem) -> FoundImages?
  {
    let manager = FileManager.default
    if manager.fileExists(atPath: "\(root)/bb_landmark"), manager.fileExists(atPath: "\(root)/test") {
      let pictures = contents.pictures.filter { $0.key.hasPrefix("test/") }
      if !pictures.isEmpty {
        return FoundImages(
          .vggface2, path: root, count: pictures.values.reduce(0, +),
          remarks: ["VGGFace2 as it is distributed, its test part."])
      }
    }
    for list in contents.lists where list.hasSuffix(".csv") && !list.contains("/") {
      guard try isManifest("\(root)/\(list)"), let data = try? Dataset.manifest(URL(filePath: "\(root)/\(list)")) else {
        continue
      }
      return FoundImages(
        .manifest, path: "\(root)/\(list)", count: data.images.count, remarks: ["The list \(list) names them."])
    }
    let roots = contents.classRoots
    // Parts that lie side by side: what a network was not trained on is what is measured.
    let parts = ["test", "val", "valid", "validation"]
    let chosen =
      parts.lazy.compactMap { part in roots.first { $0.path.split(separator: "/").last.map { $0.lowercased() } == part }
      }.first
      ?? roots.first
    let largest = contents.pictures.max { ($0.value, $1.key) < ($1.value, $0.key) }
    if let chosen, chosen.pictures >= largest?.value ?? 0 || !isNamed {
      let prefix = chosen.path.isEmpty ? "" : chosen.path + "/"
      let classes = contents.pictures.keys.filter {
        $0.hasPrefix(prefix) && !$0.dropFirst(prefix.count).contains("/") && $0 != chosen.path
      }
      .map { String($0.dropFirst(prefix.count)) }.filter { !$0.isEmpty }
      let others = roots.filter { $0.path != chosen.path }.map { "\($0.path.isEmpty ? "." : $0.path) (\($0.pictures))" }
      return FoundImages(
        .folder, path: chosen.path.isEmpty ? root : "\(root)/\(chosen.path)", count: chosen.pictures,
        classes: classes.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) },
        remarks: others.isEmpty ? [] : ["Not taken: \(others.prefix(5).joined(separator: ", "))."])
    }
    guard let largest else { return nil }
    let folder = largest.key.isEmpty ? root : "\(root)/\(largest.key)"
    let names = ((try? manager.contentsOfDirectory(atPath: folder)) ?? []).filter {
      Dataset.isPicture($0) && !$0.hasPrefix(".")
    }
    .sorted()
    let others = contents.pictures.count - 1
    return FoundImages(
      .flat(names), path: folder, count: names.count,
      remarks: others == 0 ? [] : ["Not taken: pictures in \(others) other folder\(others == 1 ? "" : "s")."])
  }

  /// Whether the first line of a file names the columns of a list of images.
  private static func isManifest(_ path: String) throws(Problem) -> Bool {
    guard let handle = FileHandle(forReadingAtPath: path) else { return false }
    let start = (try? handle.read(upToCount: 4096)) ?? Data()
    try? handle.close()
    let line = String(decoding: start, as: UTF8.self).split(whereSeparator: \.isNewline).first ?? ""
    let columns = line.split(whereSeparator: { ",;\t".contains($0) }).map {
      $0.trimmingCharacters(in: .whitespaces.union(CharacterSet(charactersIn: "\"\u{FEFF}"))).lowercased()
    }
    return columns.contains("path") && columns.contains("label")
  }
}
