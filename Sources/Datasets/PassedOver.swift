import Foundation
import Images
import Support

/// What lies in the data's folders and is none of its images: counted by its ending, the first by name.
struct PassedOver {
  /// Names for `provenance.json`: of each kind so many.
  static let mostNames = 200

  /// Pictures of kinds that are not read, by their endings.
  private static let foreign: Set<String> = [
    "webp", "tif", "tiff", "bmp", "dib", "gif", "heic", "heif", "hif", "avif", "jp2", "j2k", "jpx", "jxl", "jxr", "dng",
    "cr2", "cr3", "nef", "arw", "orf", "rw2", "raf", "tga", "psd", "exr", "hdr", "ico", "pbm", "pam", "pfm", "svg",
  ]
  /// What systems leave in folders, in lower case; it is no part of any data.
  private static let systemFiles: Set<String> = ["thumbs.db", "ehthumbs.db", "desktop.ini", ".ds_store", "icon\r"]
  private static let systemFolders: Set<String> = [
    "__macosx", "@eadir", "lost+found", "$recycle.bin", "system volume information", "@recycle", "#recycle",
  ]

  /// By what is said of them: ".webp", "without an ending".
  private var pictures: [String: Int] = [:]
  private var others: [String: Int] = [:]
  private var system = 0
  private var hidden = 0
  /// Pictures that lie elsewhere than directly in a class folder.
  private var inRoot = 0
  private var deeper = 0
  private(set) var files: [PassedOverFile] = []
  private var unnamed = 0

  static func ending(of name: String) -> String {
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return "" }
    return name[name.index(after: dot)...].lowercased()
  }

  static func isPicture(_ name: String) -> Bool { Dataset.extensions.contains(ending(of: name)) }

  /// What is never a class: hidden, or a system's own.
  static func isSystemFolder(_ name: String) -> Bool {
    name.hasPrefix(".") || systemFolders.contains(name.lowercased())
  }

  /// A regular file with another ending than a picture's, or a hidden one.
  private mutating func addNamed(_ name: String, path: String, url: URL) {
    if PassedOver.systemFiles.contains(name.lowercased()) || name.hasPrefix("._") {
      system += 1
      return
    }
    guard !name.hasPrefix(".") else {
      hidden += 1
      keep(path, "hidden")
      return
    }
    let ending = PassedOver.ending(of: name)
    let words = ending.isEmpty ? "without an ending" : ".\(printable(ending))"
    if PassedOver.foreign.contains(ending) {
      pictures[words, default: 0] += 1
      keep(path, "pictures that end in \(words) are not read")
    } else if let format = PassedOver.format(url) {
      pictures[ending.isEmpty ? words : "\(words) that hold \(format)", default: 0] += 1
      keep(path, "by its content it is \(format), but its name does not end as such a picture's")
    } else {
      others[words, default: 0] += 1
      keep(path, "no picture by its name")
    }
  }

  /// Something that a folder holds and that is none of its images.
  /// - Parameter isInRoot: whether it lies beside the class folders.
  mutating func add(_ entry: FolderListing.Entry, path: String, url: URL, isInRoot: Bool) {
    switch entry.kind {
    case .folder: addFolder(url, path: path)
    case .other: addOther(path, "neither files nor folders")
    case .file: addFile(entry, path: path, url: url, isInRoot: isInRoot)
    case .link:
      switch LinkEnd(url) {
      case .file: addFile(entry, path: path, url: url, isInRoot: isInRoot)
      case .folder: addOther(path, "links to folders")
      case .other: addOther(path, "neither files nor folders")
      case .nowhere: addOther(path, "links that lead nowhere")
      }
    }
  }

  private mutating func addFile(_ entry: FolderListing.Entry, path: String, url: URL, isInRoot: Bool) {
    if !entry.isText {
      addOther(path, "named in no UTF-8")
    } else if isInRoot, PassedOver.isPicture(entry.name), !entry.name.hasPrefix(".") {
      inRoot += 1
      keep(path, "it lies in no class folder")
    } else {
      addNamed(entry.name, path: path, url: url)
    }
  }

  /// A folder within a class folder, and all that lies below it; links are not followed.
  /// - Returns: how many pictures lie there.
  @discardableResult
  mutating func addFolder(_ url: URL, path: String) -> Int {
    guard !PassedOver.isSystemFolder(url.lastPathComponent) else {
      addNeverClass(url, path: path)
      return 0
    }
    var count = 0
    var folders = [(url, path)]
    while let (folder, path) = folders.popLast() {
      guard let listing = try? FolderListing(folder) else {
        addOther(path, "folders that cannot be listed")
        continue
      }
      for entry in listing.entries where !entry.name.hasPrefix(".") {
        let url = folder.appendingPathComponent(entry.name)
        if entry.kind == .folder {
          if entry.isText {
            folders.append((url, "\(path)/\(entry.name)"))
          } else {
            addOther("\(path)/\(entry.name)", "named in no UTF-8")
          }
        } else if PassedOver.isPicture(entry.name) {
          count += 1
          keep("\(path)/\(entry.name)", "it lies in a folder within a class folder")
        } else {
          add(entry, path: "\(path)/\(entry.name)", url: url, isInRoot: false)
        }
      }
    }
    deeper += count
    return count
  }

  /// - Parameter reason: what things of this kind are, in the plural: "links".
  mutating func addOther(_ path: String, _ reason: String) {
    others["that are \(reason)", default: 0] += 1
    keep(path, "passed over as \(reason)")
  }

  /// A folder that is hidden or a system's own; hidden ones that hold pictures are told by name, since one may have been a
  /// class.
  private mutating func addNeverClass(_ url: URL, path: String) {
    let listing = url.lastPathComponent.hasPrefix(".") ? try? FolderListing(url) : nil
    guard listing?.entries.contains(where: { PassedOver.isPicture($0.name) && !$0.name.hasPrefix(".") }) == true else {
      system += 1
      return
    }
    addOther(path, "hidden folders with pictures")
  }

  private mutating func keep(_ path: String, _ reason: String) {
    if files.count < PassedOver.mostNames {
      files.append(PassedOverFile(path: path, reason: reason))
    } else {
      unnamed += 1
    }
  }

  /// With a line for those that are not named.
  var list: [PassedOverFile] {
    guard unnamed > 0 else { return files }
    return files + [PassedOverFile(path: "(\(unnamed) more)", reason: "passed over; only the first are named")]
  }

  /// Pictures that a reader of the data would expect to be measured.
  var warning: Warning? {
    var parts = PassedOver.counted(pictures)
    if inRoot > 0 { parts.append("\(inRoot) directly in the data's root, in no class folder") }
    if deeper > 0 { parts.append("\(deeper) in folders within class folders") }
    guard !parts.isEmpty else { return nil }
    let count = pictures.values.reduce(0, +) + inRoot + deeper
    return Warning(
      "\(count == 1 ? "1 picture was" : "\(count) pictures were") passed over: \(parts.joined(separator: ", "))",
      remedy:
        "Read are JPEG, PNG, PGM and PPM, directly in a class folder, with the endings \(Dataset.endings): convert, "
        + "rename or move the others, or take them out.")
  }

  /// What is no picture, in a sentence.
  var note: String? {
    var parts = PassedOver.counted(others)
    if hidden > 0 { parts.append("\(hidden) hidden") }
    guard !parts.isEmpty else { return nil }
    if system > 0 { parts.append("\(system) of the system") }
    let count = others.values.reduce(0, +) + hidden + system
    return
      "\(count == 1 ? "1 other file was" : "\(count) other files were") passed over: \(parts.joined(separator: ", "))."
  }

  /// "12 .webp, 3 .tif": the most frequent first.
  private static func counted(_ counts: [String: Int]) -> [String] {
    counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
  }

  private static func format(_ url: URL) -> String? {
    guard let handle = try? FileHandle(forReadingFrom: url) else { return nil }
    defer { try? handle.close() }
    guard let head = try? handle.read(upToCount: 32) else { return nil }
    switch ImageFormat.recognise(Array(head)) {
    case .jpeg: return "JPEG"
    case .png: return "PNG"
    case .pnm: return "PGM or PPM"
    case nil: return nil
    }
  }
}
