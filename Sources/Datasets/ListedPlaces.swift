import Foundation
import Support

extension Dataset {
  /// Finds the listed images on the disk. A path that names no file is also looked for in what other systems write for it:
  /// letters composed or decomposed otherwise (macOS), backslashes (Windows), spaces around it; `notes` say so.
  /// - Parameter followsLinks: whether links may lead out of the root.
  /// - Returns: the same images with the places where they were found.
  /// - Throws: `Problem` of kind `.usage` with the line that lists the first that is not there, is no file, or lies outside
  ///   of the root, links followed; and of two lines that turn out to name one file with different labels.
  public func located(followsLinks: Bool = false) throws(Problem) -> Dataset {
    let real = RealFolder(root)
    var finder = PathFinder(root: root)
    var dataset = self
    dataset.images = []
    var respelled: [Place] = []
    var merged: [Place] = []
    /// Links to one file with several labels.
    var relabelled: [(LabelledImage, LabelledImage)] = []
    /// By real path, of those found in another spelling and all others.
    var byPath: [String: (image: LabelledImage, isRespelled: Bool)] = [:]
    for var image in images {
      var end = LinkEnd(image.url)
      let isRespelled = end == .nowhere
      if isRespelled, let other = finder.find(image.path) {
        image = LabelledImage(
          path: image.path, url: other, label: image.label, alignment: image.alignment, listed: image.listed)
        end = LinkEnd(other)
      }
      guard let path = end.path else {
        throw .usage(
          at: image.listed, "there is no image `\(printable(image.path))` in \(root.path)",
          remedy: finder.nearest(image.path).map { "Did you mean `\($0)`? Paths are relative to that folder." }
            ?? "Correct the path; it is relative to that folder.")
      }
      guard case .file = end else {
        throw .usage(at: image.listed, "`\(image.path)` is no file", remedy: "Name a picture.")
      }
      guard followsLinks || real.contains(path) else {
        throw .usage(
          at: image.listed, "`\(image.path)` is a link that leads out of the images' folder",
          remedy: "Write `follow-links: true` under `data` to follow it, or put the image itself into the folder.")
      }
      // Links to one file are two images on purpose; two spellings of a path are not.
      if let other = byPath[path], other.isRespelled || isRespelled {
        guard other.image.label == image.label else {
          throw .usage(
            at: image.listed,
            "`\(image.path)` is the file that line \(other.image.listed?.line ?? 0) lists with another label",
            remedy: "Keep one of them.")
        }
        if let place = image.listed { merged.append(place) }
        continue
      }
      if let other = byPath[path], other.image.label != image.label { relabelled.append((other.image, image)) }
      byPath[path] = (image, isRespelled)
      if isRespelled, let place = image.listed { respelled.append(place) }
      dataset.images.append(image)
    }
    if let first = respelled.first {
      dataset.notes.append(
        (respelled.count == 1 ? "1 image was" : "\(respelled.count) images were")
          + " found under another spelling of the path than the manifest's (line \(first.line ?? 0)): letters composed or "
          + "decomposed otherwise, backslashes, or spaces around it.")
    }
    if let first = merged.first {
      dataset.notes.append(
        (merged.count == 1 ? "1 line lists" : "\(merged.count) lines list")
          + " an image again in another spelling (line \(first.line ?? 0)); each image is measured once.")
    }
    if let (first, second) = relabelled.first {
      dataset.warnings.append(
        Warning(
          (relabelled.count == 1 ? "1 image has" : "\(relabelled.count) images have")
            + " several labels: links lead to one file, such as `\(first.path)` (\(first.label)) and `\(second.path)` "
            + "(\(second.label))",
          remedy: "Remove the lines that are wrong."))
    }
    return dataset
  }
}

/// Looks for paths in what a file system really holds; lists each folder once.
private struct PathFinder {
  let root: URL
  private var listings: [String: [String]] = [:]

  init(root: URL) { self.root = root }

  /// The file that a path means in another spelling; nil where there is none.
  mutating func find(_ path: String) -> URL? {
    let plain = path.trimmingCharacters(in: .whitespacesAndNewlines)
    for spelling in [path, plain, plain.replacing("\\", with: "/")] {
      let parts = spelling.split(separator: "/").filter { $0 != "." }
      // Strings are equal whose letters are composed differently.
      if !parts.contains(".."), let found = walk(parts, isSame: { $0 == $1 }) {
        return root.appendingPathComponent(found)
      }
    }
    return nil
  }

  /// A path that differs by capital letters only, for a message.
  mutating func nearest(_ path: String) -> String? {
    walk(path.split(separator: "/"), isSame: { $0.lowercased() == $1.lowercased() })
  }

  private mutating func walk(_ parts: [Substring], isSame: (String, String) -> Bool) -> String? {
    var path = ""
    for part in parts {
      let folder = root.appendingPathComponent(path)
      if listings[path] == nil { listings[path] = (try? FolderListing(folder))?.entries.map(\.name) ?? [] }
      guard let name = listings[path]?.first(where: { isSame($0, String(part)) }) else { return nil }
      path += path.isEmpty ? name : "/" + name
    }
    return path.isEmpty ? nil : path
  }
}
