import Foundation
import Images
import Support

/// What is wanted of VGGFace2 (Q. Cao et al., FG 2018), as distributed: `train/` and `test/` with a folder per identity,
/// `bb_landmark/` with landmarks and boxes, `identity_meta.csv`.
public struct VGGFace2Options: Sendable, Hashable, Codable {
  /// The dataset's own parts: other identities in each.
  public enum Subset: String, Sendable, Hashable, Codable, CaseIterable { case train, test }

  /// How a face is cut out of its picture.
  public enum Align: String, Sendable, Hashable, Codable, CaseIterable {
    /// By the five landmarks.
    case landmarks
    /// The face's box with a margin.
    case box
    /// The picture as it is.
    case none
  }

  /// Decides the folder and, with it, which identities the labels number.
  public var subset: Subset
  /// Anything but `.none` needs the lists in `bb_landmark/`.
  public var align: Align
  /// Of a box: what is added on every side, as a share of its width and height.
  public var margin: Double

  public init(subset: Subset = .train, align: Align = .landmarks, margin: Double = 0.15) {
    self.subset = subset
    self.align = align
    self.margin = margin
  }
}

extension Dataset {
  /// One part of the seeded split of one subset of VGGFace2.
  ///
  /// Folders are listed one after the other and only what is chosen is kept, so that 3.3 million files need no more
  /// memory than the chosen ones; no image is opened. Labels number the identities of the subset's folder in the order
  /// of their names' bytes, as a network trained on that folder has them.
  /// - Parameter list: one of the distributed lists, such as `train_list.txt`: images outside of it are passed over.
  /// - Returns: images by label and file name, `notes` about what was left out.
  /// - Throws: `Problem` of kind `.usage` when folders or lists are missing or damaged, or nothing is left.
  public static func vggface2(
    _ root: URL, options: VGGFace2Options, list: URL? = nil, split: Split, seed: Int, limit: Int?
  ) throws(Problem) -> Dataset {
    if let limit, limit < 1 { throw .usage("the limit is \(limit)", remedy: "`limit` must be at least 1.") }
    let folder = root.appendingPathComponent(options.subset.rawValue, isDirectory: true)
    var passedOver = PassedOver()
    let identities = try VGGFace2Folder.identities(of: folder, passedOver: &passedOver)
    var selection = StreamedSelection(split: split, seed: seed, limit: limit)
    var empty = 0
    if let list {
      let labels = Dictionary(identities.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
      try VGGFace2List.forEachIdentity(of: list) { (identity, paths, line) throws(Problem) in
        guard let label = labels[identity] else {
          throw .usage(
            at: Place(file: list.path, line: line), "the identity `\(identity)` has no folder in \(folder.path)",
            remedy: "Take the list of the same subset, or unpack the whole dataset.")
        }
        if selection.add(paths, label: label) == 0 { empty += 1 }
      }
    } else {
      for (label, identity) in identities.enumerated() {
        let files = try VGGFace2Folder.images(
          of: folder.appendingPathComponent(identity, isDirectory: true), identity, passedOver: &passedOver)
        if selection.add(files.map { "\(identity)/\($0)" }, label: label) == 0 { empty += 1 }
      }
    }
    let chosen = selection.chosen
    guard !chosen.isEmpty else {
      throw .usage(
        at: Place(file: folder.path), "the \(split.rawValue) part of the data has no images",
        remedy: "With so few images per identity choose `split: all`.")
    }
    var images = chosen.map {
      LabelledImage(path: $0.path, url: folder.appendingPathComponent($0.path), label: $0.label)
    }
    var notes = [passedOver.note].compactMap(\.self)
    if list != nil {
      images.removeAll { !FileManager.default.fileExists(atPath: $0.file) }
      if images.count < chosen.count {
        notes.append(
          "\(chosen.count - images.count) of \(chosen.count) chosen images are in the list but not in the folder.")
      }
    }
    if empty > 0 {
      notes.append(
        "\(empty) of \(identities.count) identities have too few images for the \(split.rawValue) part of the split.")
    }
    if options.align != .none {
      let lists = root.appendingPathComponent("bb_landmark", isDirectory: true)
      let found = try VGGFace2Faces.alignments(
        in: lists, options: options, of: Set(images.map { VGGFace2Faces.key($0.path) }))
      let all = images.count
      for index in images.indices { images[index].alignment = found[VGGFace2Faces.key(images[index].path)] }
      images.removeAll { $0.alignment == nil }
      if images.count < all {
        let what = options.align == .landmarks ? "landmarks" : "box"
        notes.append("\(all - images.count) of \(all) chosen images have no \(what) in the lists and are left out.")
      }
      guard !images.isEmpty else {
        throw .usage(
          at: Place(file: lists.path), "none of the \(all) chosen images has an entry in the lists",
          remedy: "Take the lists that were distributed with these images, or `align: none`.")
      }
    }
    var dataset = Dataset(
      name: "VGGFace2 \(options.subset.rawValue)", root: folder,
      classNames: try VGGFace2Folder.names(of: identities, root: root), images: images)
    dataset.notes = notes
    dataset.warnings = [passedOver.warning].compactMap(\.self)
    dataset.passedOver = passedOver.list
    dataset.numbering = .sorted("identities")
    return dataset
  }
}

/// The folders and the names of identities.
enum VGGFace2Folder {
  /// - Parameter passedOver: takes what is none.
  static func identities(of folder: URL, passedOver: inout PassedOver) throws(Problem) -> [String] {
    var names: [String] = []
    for entry in try listing(folder) {
      let isIdentity =
        entry.name.utf8.first == UInt8(ascii: "n") && entry.name.utf8.count > 1
        && entry.name.utf8.dropFirst().allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      if isIdentity, entry.kind == .folder || entry.kind == .link {
        names.append(entry.name)
      } else if entry.kind == .folder {
        if PassedOver.isSystemFolder(entry.name) {
          passedOver.addFolder(folder.appendingPathComponent(entry.name), path: entry.name)
        } else {
          passedOver.addOther(entry.name, "folders not named as an identity, such as n000002")
        }
      } else {
        passedOver.add(entry, path: entry.name, url: folder.appendingPathComponent(entry.name), isInRoot: true)
      }
    }
    guard !names.isEmpty else {
      throw .usage(
        at: Place(file: folder.path), "there are no folders of identities, such as n000002",
        remedy: "`data.root` must be the folder that holds VGGFace2's train/ and test/.")
    }
    return names
  }

  /// - Parameter passedOver: takes what is none.
  static func images(of folder: URL, _ identity: String, passedOver: inout PassedOver) throws(Problem) -> [String] {
    var names: [String] = []
    for entry in try listing(folder) {
      let isPicture = PassedOver.isPicture(entry.name) && !entry.name.hasPrefix(".") && entry.isText
      if isPicture, entry.kind == .file || entry.kind == .link {
        names.append(entry.name)
      } else {
        passedOver.add(
          entry, path: "\(identity)/\(entry.name)", url: folder.appendingPathComponent(entry.name), isInRoot: false)
      }
    }
    return names
  }

  private static func listing(_ folder: URL) throws(Problem) -> [FolderListing.Entry] {
    do {
      return try FolderListing(folder).entries
    } catch {
      throw .usage(
        at: Place(file: folder.path), "there is no such folder, or it cannot be listed",
        remedy: "`data.root` must be the folder that holds VGGFace2's train/ and test/.")
    }
  }

  /// Names out of `identity_meta.csv` or `meta/identity_meta.csv` where there is one, underscores as spaces.
  static func names(of identities: [String], root: URL) throws(Problem) -> [String] {
    let places = ["identity_meta.csv", "meta/identity_meta.csv", "bb_landmark/identity_meta.csv"]
    guard
      let file = places.map({ root.appendingPathComponent($0) }).first(where: {
        FileManager.default.fileExists(atPath: $0.path)
      })
    else { return identities }
    var found: [String: String] = [:]
    let csv = try CSV(contentsOf: file)
    var column = (identity: 0, name: 1)
    var isFirst = true
    try csv.forEachRecord { (record) throws(Problem) in
      let fields = record.fields.map { $0.trimmingCharacters(in: .whitespaces) }
      if isFirst {
        isFirst = false
        if let identity = fields.firstIndex(of: "Class_ID"), let name = fields.firstIndex(of: "Name") {
          column = (identity, name)
          return
        }
      }
      guard fields.count > max(column.identity, column.name) else {
        throw .usage(
          at: csv.place(record.line), "the line has \(fields.count) fields; expected an identity and its name",
          remedy: "Take the identity_meta.csv that was distributed with the images.")
      }
      found[fields[column.identity]] = fields[column.name].replacingOccurrences(of: "_", with: " ")
    }
    return identities.map { identity in
      if let name = found[identity], !name.isEmpty { name } else { identity }
    }
  }
}

/// The distributed lists of images: a line `n000002/0001_01.jpg` for each, those of an identity together.
enum VGGFace2List {
  /// - Parameter body: takes an identity, its images, and the line where they begin.
  static func forEachIdentity(
    of url: URL, _ body: (String, [String], Int) throws(Problem) -> Void
  ) throws(Problem) {
    // A list is a CSV file of one column.
    let csv = try CSV(contentsOf: url)
    var current: (identity: String, paths: [String], line: Int)?
    var seen: Set<String> = []
    try csv.forEachRecord { (record) throws(Problem) in
      let path = record.fields[0].trimmingCharacters(in: .whitespaces)
      let parts = path.split(separator: "/", omittingEmptySubsequences: false)
      guard record.fields.count == 1, parts.count == 2, !parts.contains(".."), !parts.contains(""), parts[0] != "."
      else {
        throw .usage(
          at: csv.place(record.line), "expected an image such as n000002/0001_01.jpg, found `\(path)`",
          remedy: "Take the list that was distributed with the images.")
      }
      if current?.identity != String(parts[0]) {
        if let current { try body(current.identity, current.paths, current.line) }
        current = (String(parts[0]), [], record.line)
        guard seen.insert(String(parts[0])).inserted else {
          throw .usage(
            at: csv.place(record.line), "the images of `\(parts[0])` do not stand together", remedy: "Sort the list.")
        }
      }
      current?.paths.append(path)
    }
    if let current { try body(current.identity, current.paths, current.line) }
  }
}

/// Landmarks and boxes out of the distributed lists.
enum VGGFace2Faces {
  /// "n000002/0001_01.jpg" -> "n000002/0001_01", as the lists name it.
  static func key(_ path: String) -> String {
    guard let dot = path.lastIndex(of: ".") else { return path }
    return String(path[..<dot])
  }

  static func alignments(
    in folder: URL, options: VGGFace2Options, of wanted: Set<String>
  ) throws(Problem) -> [String: FaceAlignment] {
    let kind = options.align == .landmarks ? "landmark" : "bb"
    let file = folder.appendingPathComponent("loose_\(kind)_\(options.subset.rawValue).csv")
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw .usage(
        at: Place(file: file.path), "the list that `align: \(options.align.rawValue)` needs is missing",
        remedy: "It is part of VGGFace2's bb_landmark archive; or choose `align: none`.")
    }
    let numbers = options.align == .landmarks ? 10 : 4
    let csv = try CSV(contentsOf: file)
    var found: [String: FaceAlignment] = [:]
    found.reserveCapacity(wanted.count)
    var isFirst = true
    try csv.forEachRecord { (record) throws(Problem) in
      defer { isFirst = false }
      guard record.fields.count == numbers + 1 else {
        throw .usage(
          at: csv.place(record.line),
          "the line has \(record.fields.count) fields; expected \(numbers + 1): an image and \(numbers) numbers",
          remedy: "Take the list that was distributed with the images.")
      }
      if isFirst, record.fields[0].uppercased() == "NAME_ID" { return }
      guard wanted.contains(record.fields[0]) else { return }
      var values: [Double] = []
      for field in record.fields.dropFirst() {
        guard let value = Double(field.trimmingCharacters(in: .whitespaces)), value.isFinite else {
          throw .usage(
            at: csv.place(record.line), "`\(field)` is no number",
            remedy: "Take the list that was distributed with the images.")
        }
        values.append(value)
      }
      guard found[record.fields[0]] == nil else {
        throw .usage(
          at: csv.place(record.line), "`\(record.fields[0])` is listed a second time", remedy: "Keep one of the lines.")
      }
      found[record.fields[0]] =
        options.align == .landmarks
        ? .landmarks(stride(from: 0, to: 10, by: 2).map { ImagePoint(x: values[$0], y: values[$0 + 1]) })
        : .box(x: values[0], y: values[1], width: values[2], height: values[3], margin: options.margin)
    }
    return found
  }
}

/// The choice that `Dataset.selecting` makes, label by label, keeping no more than what may be chosen.
struct StreamedSelection {
  struct Candidate: Sendable {
    let rank: Int
    let digest: String
    let label: Int
    let path: String
  }

  let split: Split
  let seed: Int
  let limit: Int?
  private var candidates: [Candidate] = []

  init(split: Split, seed: Int, limit: Int?) {
    self.split = split
    self.seed = seed
    self.limit = limit
  }

  /// - Returns: how many images the label has in the part.
  mutating func add(_ paths: [String], label: Int) -> Int {
    let ranked = paths.map { (Checksum.sha256(Array("\(seed)/\($0)".utf8)), $0) }.sorted { $0.0 < $1.0 }
    let part = Split.range(split, of: ranked.count)
    for (rank, index) in part.enumerated().prefix(limit ?? .max) {
      candidates.append(Candidate(rank: rank, digest: ranked[index].0, label: label, path: ranked[index].1))
    }
    // Now and then what can no longer be chosen is let go of.
    if let limit, candidates.count > 4 * limit + 100_000 { keepBest(limit) }
    return part.count
  }

  private mutating func keepBest(_ limit: Int) {
    candidates.sort { ($0.rank, $0.digest) < ($1.rank, $1.digest) }
    candidates.removeLast(max(0, candidates.count - limit))
  }

  /// By label and then by the bytes of the path.
  var chosen: [Candidate] {
    var copy = self
    if let limit { copy.keepBest(limit) }
    return copy.candidates.sorted { $0.label != $1.label ? $0.label < $1.label : $0.path.precedes($1.path) }
  }
}
