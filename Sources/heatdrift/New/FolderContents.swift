import Datasets
import Foundation
import Support

/// What lies in a folder and below it: pictures by their folders, files that may be networks, lists.
struct FolderContents {
  /// Folders with pictures directly in them, and how many; relative to the root, "" for the root itself.
  private(set) var pictures: [String: Int] = [:]
  /// Files that may be networks by their endings, relative to the root.
  private(set) var networks: [String] = []
  /// Texts that may be a list of images or of class names, relative to the root.
  private(set) var lists: [String] = []
  /// Whether there was more than could be looked at.
  private(set) var isCutShort = false

  /// Below these there is nothing of the user's own data.
  private static let others: Set<String> = ["reports", "node_modules", "__pycache__", "site-packages", "build"]
  private static let networkEndings: Set<String> = [
    "onnx", "safetensors", "pth", "pt", "bin", "pkl", "ckpt", "h5", "keras", "pb", "tflite",
  ]
  private static let listEndings: Set<String> = ["csv", "json", "txt", "yaml", "yml"]

  /// Goes six folders deep and looks at 500,000 names; links are not followed.
  init(_ root: String) {
    var left = 500_000
    var folders = [(path: "", depth: 0)]
    while let (folder, depth) = folders.popLast() {
      let own = folder.isEmpty ? root : "\(root)/\(folder)"
      for name in ((try? FileManager.default.contentsOfDirectory(atPath: own)) ?? []).sorted()
      where !name.hasPrefix(".") {
        guard left > 0 else {
          isCutShort = true
          return
        }
        left -= 1
        let path = folder.isEmpty ? name : "\(folder)/\(name)"
        let ending = name.split(separator: ".").count > 1 ? name.split(separator: ".").last?.lowercased() ?? "" : ""
        if Dataset.isPicture(name) {
          pictures[folder, default: 0] += 1
        } else if Self.networkEndings.contains(ending) {
          networks.append(path)
        } else if Self.listEndings.contains(ending) {
          lists.append(path)
        } else if depth < 6, !Self.others.contains(name.lowercased()),
          let found = try? FileManager.default.attributesOfItem(atPath: "\(root)/\(path)"),
          found[.type] as? FileAttributeType == .typeDirectory
        {
          folders.append((path, depth + 1))
        }
      }
    }
    networks.sort()
    lists.sort()
  }

  /// Folders whose sub-folders have pictures, with the number of these sub-folders and of the pictures in them.
  var classRoots: [(path: String, classes: Int, pictures: Int)] {
    var roots: [String: (classes: Int, pictures: Int)] = [:]
    for (folder, count) in pictures where !folder.isEmpty {
      let parent = folder.split(separator: "/").dropLast().joined(separator: "/")
      let known = roots[parent] ?? (0, 0)
      roots[parent] = (known.classes + 1, known.pictures + count)
    }
    return roots.map { ($0.key, $0.value.classes, $0.value.pictures) }.filter { $0.classes > 1 }
      .sorted { ($1.pictures, $0.path) < ($0.pictures, $1.path) }
  }
}
