import Diagnostics
import Foundation

extension Dataset {
  /// What counts as a picture; the content decides later whether it is one.
  static let extensions: Set<String> = ["jpg", "jpeg", "png", "pgm", "ppm", "pnm"]

  /// A folder with one sub-folder per label; labels are numbered in the order of the sub-folders' names by the bytes of
  /// their UTF-8, as torchvision's `ImageFolder` has it.
  ///
  /// Pictures are the regular files with one of `extensions`, directly in a sub-folder. Passed over are hidden files
  /// and folders, folders further down, and links that lead out of the root.
  /// - Throws: `Problem` of kind `.usage` when there is no such folder, it has no sub-folders, or one of these has no
  ///   pictures: it would still count as a label, and shift the numbers of those after it.
  public static func folder(_ root: URL, name: String? = nil) throws(Problem) -> Dataset {
    let place = Place(file: root.path)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: root.path, isDirectory: &isFolder), isFolder.boolValue else {
      throw .usage(
        at: place, "there is no such folder of images", remedy: "Correct `data.root` in the experiment file.")
    }
    let real = root.resolvingSymlinksInPath().path
    let classNames = try entries(of: root).filter { name in
      var isFolder: ObjCBool = false
      let url = root.appendingPathComponent(name)
      return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue
        && isInside(url, real)
    }
    guard !classNames.isEmpty else {
      throw .usage(
        at: place, "the folder has no sub-folders; expected one per label",
        remedy: "Sort the images into one sub-folder for each label.")
    }
    var images: [LabelledImage] = []
    for (label, className) in classNames.enumerated() {
      let folder = root.appendingPathComponent(className, isDirectory: true)
      let files = try entries(of: folder).filter { file in
        let url = folder.appendingPathComponent(file)
        return extensions.contains(url.pathExtension.lowercased()) && isRegularFile(url) && isInside(url, real)
      }
      guard !files.isEmpty else {
        throw .usage(
          at: Place(file: folder.path), "the folder of the label `\(className)` has no images",
          remedy: "Put images into it (files that end in \(endings)), or take the folder away.")
      }
      images += files.map { file in
        LabelledImage(path: "\(className)/\(file)", url: folder.appendingPathComponent(file), label: label)
      }
    }
    return Dataset(name: name ?? root.lastPathComponent, root: root, classNames: classNames, images: images)
  }

  /// Names that are not hidden, in the order of their bytes.
  private static func entries(of folder: URL) throws(Problem) -> [String] {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
      throw .usage(at: Place(file: folder.path), "the folder cannot be listed", remedy: "Check its permissions.")
    }
    return names.filter { !$0.hasPrefix(".") }.sorted { $0.precedes($1) }
  }

  private static var endings: String { extensions.sorted().map { "." + $0 }.joined(separator: ", ") }

  private static func isRegularFile(_ url: URL) -> Bool {
    let attributes = try? FileManager.default.attributesOfItem(atPath: url.resolvingSymlinksInPath().path)
    return attributes?[.type] as? FileAttributeType == .typeRegular
  }

  private static func isInside(_ url: URL, _ root: String) -> Bool {
    (url.resolvingSymlinksInPath().path + "/").hasPrefix(root.hasSuffix("/") ? root : root + "/")
  }
}
