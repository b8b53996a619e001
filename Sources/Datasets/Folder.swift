import Foundation
import Support

extension Dataset {
  /// What counts as a picture; the content decides later whether it is one.
  static let extensions: Set<String> = ["jpg", "jpeg", "jpe", "jfif", "jif", "jfi", "png", "pgm", "ppm", "pnm"]

  /// Whether a file counts as a picture by its name.
  package static func isPicture(_ name: String) -> Bool { PassedOver.isPicture(name) }

  /// ".jpg, .png"
  static var endings: String { extensions.sorted().map { "." + $0 }.joined(separator: ", ") }

  /// A folder with one sub-folder per label; labels are numbered in the order of the sub-folders' names by the bytes of
  /// their UTF-8, as torchvision's `ImageFolder` has it, or by `classes` where these name the folders.
  ///
  /// Pictures are the regular files with one of `extensions`, directly in a sub-folder. A sub-folder without pictures keeps
  /// its number. What is passed over (other endings, hidden files, folders further down) is counted and told by `warnings`,
  /// `notes` and `passedOver`.
  /// - Parameters:
  ///   - classes: a file of class names; see `ClassNames.numbering(of:)`.
  ///   - followsLinks: whether links that lead out of the root are followed, in place of being an error.
  /// - Throws: `Problem` of kind `.usage` when there is no such folder, it has no sub-folders or none with pictures; and for
  ///   what would be lost or move the labels in silence: names that are not UTF-8, links that lead out of the root or
  ///   nowhere, class names that do not fit.
  public static func folder(
    _ root: URL, name: String? = nil, classes: ClassNames? = nil, followsLinks: Bool = false
  ) throws(Problem) -> Dataset {
    var isFolder: ObjCBool = false
    guard unsafe FileManager.default.fileExists(atPath: root.path, isDirectory: &isFolder), isFolder.boolValue else {
      throw .usage(
        at: Place(file: root.path), "there is no such folder of images",
        remedy: "Correct `data.root` in the experiment file.")
    }
    var reader = FolderReader(root: root, followsLinks: followsLinks)
    let names = try reader.classFolders()
    let numbered = try classes?.numbering(of: names) ?? ClassNumbering(folders: names)
    for (folder, label) in zip(names, numbered.labels) { try reader.read(folder, label: label) }
    try reader.finish(folders: names)
    var dataset = Dataset(
      name: name ?? root.lastPathComponent, root: root, classNames: numbered.names,
      images: reader.images.sorted { $0.label != $1.label ? $0.label < $1.label : $0.path.precedes($1.path) })
    dataset.numbering = numbered.isByName ? (numbered.isPartial ? .given : .named) : .sorted("class folders")
    dataset.isImageNet = classes == nil && KnownClasses.list(of: names) != nil
    dataset.warnings = reader.warnings(numbered, classes: Set(names))
    dataset.notes = numbered.notes + [reader.passedOver.note].compactMap(\.self)
    dataset.passedOver = reader.passedOver.list
    return dataset
  }
}

/// Lists a root and its class folders, and keeps what it finds beside pictures.
private struct FolderReader {
  let root: URL
  let followsLinks: Bool
  private let real: RealFolder
  private(set) var images: [LabelledImage] = []
  private(set) var passedOver = PassedOver()
  /// Of the class folders that are links: name and real path.
  private var linked: [(name: String, path: String)] = []
  /// Class folders without a picture, and what lies deeper in them.
  private var empty: [(folder: String, label: Int, deeper: Int)] = []
  /// What stops the reading, all of a kind named together.
  private var unreadableNames: [String] = []
  private var leadingOut: [String] = []
  private var leadingNowhere: [String] = []

  init(root: URL, followsLinks: Bool) {
    self.root = root
    self.followsLinks = followsLinks
    real = RealFolder(root)
  }

  /// The names of the class folders, in the order of their bytes.
  mutating func classFolders() throws(Problem) -> [String] {
    var names: [String] = []
    for entry in try FolderListing(root).entries {
      let url = root.appendingPathComponent(entry.name)
      if PassedOver.isSystemFolder(entry.name), entry.kind == .folder {
        passedOver.addFolder(url, path: entry.name)
        continue
      }
      switch entry.kind {
      case .folder where !entry.isText: unreadableNames.append(entry.name)
      case .folder: names.append(entry.name)
      case .link where entry.name.hasPrefix("."): passedOver.addOther(entry.name, "links")
      case .link where !entry.isText: unreadableNames.append(entry.name)
      case .link:
        let end = LinkEnd(url)
        switch end {
        // A class that holds the root itself.
        case .folder(let path) where (real.path + "/").hasPrefix(path == "/" ? path : path + "/"):
          if followsLinks || path == real.path {
            leadingNowhere.append(entry.name)
          } else {
            leadingOut.append(entry.name)
          }
        case .folder(let path) where !follows(path): leadingOut.append(entry.name)
        case .folder(let path):
          names.append(entry.name)
          linked.append((entry.name, path))
        case .file, .other: passedOver.add(entry, path: entry.name, url: url, isInRoot: true)
        case .nowhere: leadingNowhere.append(entry.name)
        }
      case .file, .other: passedOver.add(entry, path: entry.name, url: url, isInRoot: true)
      }
    }
    try check()
    // Swift takes the composed and the decomposed form of a letter for the same, and people read them as the same.
    var seen: Set<String> = []
    if let twice = names.first(where: { !seen.insert($0).inserted }) {
      throw .usage(
        at: Place(file: root.path), "there are two class folders that both read `\(twice)`",
        remedy:
          "Their letters are composed in one and decomposed in the other, as macOS writes them: put both into one.")
    }
    guard !names.isEmpty else {
      throw .usage(
        at: Place(file: root.path), "the folder has no sub-folders; expected one per label",
        remedy: "Sort the images into one sub-folder for each label.")
    }
    return names
  }

  private func follows(_ path: String) -> Bool { followsLinks || real.contains(path) }

  /// The pictures of one class folder.
  mutating func read(_ className: String, label: Int) throws(Problem) {
    let folder = root.appendingPathComponent(className, isDirectory: true)
    let folderPath = folder.path
    let before = images.count
    var deeper = 0
    for entry in try FolderListing(folder).entries {
      let path = "\(className)/\(entry.name)"
      let file = "\(folderPath)/\(entry.name)"
      var url: URL { folder.appendingPathComponent(entry.name) }
      let isPicture = PassedOver.isPicture(entry.name) && !entry.name.hasPrefix(".")
      switch entry.kind {
      case .folder where entry.isText: deeper += passedOver.addFolder(url, path: path)
      case .file where isPicture && entry.isText: images.append(LabelledImage(path: path, file: file, label: label))
      case .link where isPicture && entry.isText:
        switch LinkEnd(url) {
        case .file(let end) where !follows(end): leadingOut.append(path)
        // Where it leads nowhere the run says that it cannot be read.
        case .file, .nowhere: images.append(LabelledImage(path: path, file: file, label: label))
        case .folder, .other: passedOver.add(entry, path: path, url: url, isInRoot: false)
        }
      case .folder: unreadableNames.append(path)
      case .file, .link, .other:
        if isPicture, !entry.isText {
          unreadableNames.append(path)
        } else {
          passedOver.add(entry, path: path, url: url, isInRoot: false)
        }
      }
    }
    if images.count == before { empty.append((className, label, deeper)) }
  }

  /// - Throws: `Problem` when something would be lost, or nothing is there.
  func finish(folders: [String]) throws(Problem) {
    try check()
    guard images.isEmpty else { return }
    let deeper = empty.reduce(0) { $0 + $1.deeper }
    if deeper > 0, let first = passedOver.files.first(where: { $0.path.split(separator: "/").count > 2 }) {
      throw .usage(
        at: Place(file: root.path),
        "no class folder has an image, but \(deeper) lie a folder deeper, such as `\(first.path)`",
        remedy: "The class folders must lie directly in `data.root`: is `\(root.path)/\(folders[0])` meant?")
    }
    throw .usage(
      at: Place(file: root.path),
      "none of the \(folders.count == 1 ? "1 class folder has" : "\(folders.count) class folders has") an image"
        + (passedOver.warning.map { "; \($0.message)" } ?? ""),
      remedy: "Put images into them: files that end in \(Dataset.endings).")
  }

  private func check() throws(Problem) {
    func list(_ names: [String]) -> String {
      names.prefix(5).map { "`\(printable($0))`" }.joined(separator: ", ")
        + (names.count > 5 ? " and \(names.count - 5) more" : "")
    }
    let place = Place(file: root.path)
    if !unreadableNames.isEmpty {
      throw .usage(
        at: place, "names that are not UTF-8: \(list(unreadableNames))",
        remedy: "Rename them (`convmv -f latin1 -t utf8 -r --notest FOLDER` does it for a whole folder).")
    }
    if !leadingOut.isEmpty {
      throw .usage(
        at: place, "links that lead out of the folder of images: \(list(leadingOut))",
        remedy: "Write `follow-links: true` under `data` to follow them, or put the images themselves into the folder.")
    }
    if !leadingNowhere.isEmpty {
      throw .usage(
        at: place, "links that lead nowhere, or in a circle: \(list(leadingNowhere))",
        remedy: "Mend or remove them: a class folder that is missing moves the labels of all behind it.")
    }
  }

  func warnings(_ numbering: ClassNumbering, classes: Set<String>) -> [Warning] {
    var found: [Warning] = []
    if !empty.isEmpty {
      let names = empty.prefix(5).map { "`\($0.folder)` (\($0.label))" }.joined(separator: ", ")
      found.append(
        Warning(
          (empty.count == 1 ? "1 class folder has" : "\(empty.count) class folders have")
            + " no image that can be read: \(names)\(empty.count > 5 ? " and \(empty.count - 5) more" : "")",
          remedy: empty.count == 1
            ? "It keeps its number. If it is no class, take it away: it moves the labels of all folders behind it."
            : "They keep their numbers. Take away those that are no class: they move the labels of all folders behind them."
        )
      )
    }
    // Only links can make two of one.
    for (path, links) in Dictionary(grouping: linked, by: \.path).sorted(by: { $0.key < $1.key }) {
      let same = own(path).filter(classes.contains) + links.map(\.name)
      guard same.count > 1 else { continue }
      found.append(
        Warning(
          "The class folders \(same.map { "`\($0)`" }.joined(separator: " and ")) are one folder: its images have several "
            + "labels",
          remedy: "Remove the links that are too many."))
    }
    return found + numbering.warnings + [passedOver.warning].compactMap(\.self)
  }

  /// The folder of the root that really lies at a path.
  private func own(_ path: String) -> [String] {
    let name = path.dropFirst(real.path.count + 1)
    return real.contains(path) && !name.contains("/") ? [String(name)] : []
  }
}
