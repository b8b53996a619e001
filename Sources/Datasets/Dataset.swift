import Foundation
import Images
import Support

/// A photograph with its class.
public struct LabelledImage: Sendable, Hashable {
  /// Relative to the data's root, with forward slashes: "s1/10.pgm".
  public let path: String
  /// Where it is opened, as a path; never part of an output. A `URL` for each of some hundred thousand images would take as
  /// much memory as all else that is known of them.
  public let file: String
  /// Index into the data's class names.
  public let label: Int
  /// Few data have any of these, and hundred thousands of images would have room for them.
  private var rest: Rest?

  /// What an image of a list, or a face in a photograph, has besides.
  private final class Rest: Sendable, Hashable {
    let alignment: FaceAlignment?
    let listed: Place?

    init(_ alignment: FaceAlignment?, _ listed: Place?) { (self.alignment, self.listed) = (alignment, listed) }

    static func == (first: Rest, second: Rest) -> Bool {
      first.alignment == second.alignment && first.listed == second.listed
    }

    func hash(into hasher: inout Hasher) {
      hasher.combine(alignment)
      hasher.combine(listed)
    }
  }

  /// What is done to the picture before it is resized to a network's input; nil for nothing.
  public var alignment: FaceAlignment? {
    get { rest?.alignment }
    set { set(newValue, listed) }
  }
  /// The line that names the image, where a list does.
  public var listed: Place? {
    get { rest?.listed }
    set { set(alignment, newValue) }
  }

  private mutating func set(_ alignment: FaceAlignment?, _ listed: Place?) {
    rest = alignment == nil && listed == nil ? nil : Rest(alignment, listed)
  }

  /// An image at a path.
  public init(path: String, file: String, label: Int, alignment: FaceAlignment? = nil, listed: Place? = nil) {
    self.path = path
    self.file = file
    self.label = label
    set(alignment, listed)
  }

  /// The same with a place as a `URL`.
  public init(path: String, url: URL, label: Int, alignment: FaceAlignment? = nil, listed: Place? = nil) {
    self.init(path: path, file: url.path, label: label, alignment: alignment, listed: listed)
  }

  /// Where it is opened.
  public var url: URL { URL(filePath: file, directoryHint: .notDirectory) }

  /// Reads the file once, for its picture and its hash.
  /// - Parameter expected: the SHA-256 that the file had before; a file with another is not decoded. Nil for any.
  /// - Throws: `Problem.changed` for a file with another hash than expected, or that is gone since; `.failure` as
  ///   `ImageFile.read`, `ImageDecoder.decode` and `FaceAlignment.align`.
  public func load(
    expecting expected: String? = nil, orientation: OrientationUse = .apply, limits: DecodingLimits = .standard
  ) throws(Problem) -> LoadedImage {
    let bytes: [UInt8]
    do {
      bytes = try ImageFile.read(url, name: path, limits: limits)
    } catch {
      guard expected != nil, !FileManager.default.fileExists(atPath: file) else { throw error }
      throw changed("it is gone")
    }
    let sha256 = Checksum.sha256(bytes)
    if let expected, expected != sha256 { throw changed("it is not what was hashed before") }
    var image = try ImageDecoder.decode(bytes, name: path, orientation: orientation, limits: limits)
    if let alignment { image = try alignment.align(image, name: path) }
    return LoadedImage(image: image, sha256: sha256)
  }

  private func changed(_ how: String) -> Problem {
    .changed(
      at: Place(file: path), "the image changed while the experiment was running: \(how)",
      remedy: "Wait until nothing writes to the images; then run the same command again.")
  }
}

extension LabelledImage {
  /// The hash of the file and its EXIF orientation, 1 to 8, from one reading; nothing is decoded.
  /// - Throws: `Problem` of kind `.failure` where the file cannot be read or is too large.
  public func examine(limits: DecodingLimits = .standard) throws(Problem) -> (sha256: String, orientation: Int) {
    let bytes = try ImageFile.read(url, name: path, limits: limits)
    return (Checksum.sha256(bytes), ImageDecoder.orientation(bytes))
  }
}

/// A picture as it was read, and the hash of its file.
public struct LoadedImage: Sendable, Equatable {
  /// Turned as its orientation says, where that was wanted, and aligned, where its data say how; not resized.
  public let image: RGBImage
  /// Of the file.
  public let sha256: String
}

/// Something in the data's folders that is no image of it.
public struct PassedOverFile: Sendable, Hashable {
  /// Relative to the data's root.
  public var path: String
  /// Why, in words that follow the path: "passed over as links".
  public var reason: String

  public init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }
}

/// How labels came by their numbers, and so what it means when a network has more or fewer outputs.
public enum Numbering: Sendable, Hashable {
  /// In the order of what is there ("class folders"): one that is missing moves all behind it.
  case sorted(String)
  /// By a file of class names: none moves another.
  case named
  /// The data say the indices themselves.
  case given
}

/// Labelled images, by label and then by the bytes of the file name.
public struct Dataset: Sendable, Equatable {
  /// As the report calls the data: the folder's or the list's name, "VGGFace2 train".
  public let name: String
  /// Where the paths of the images begin.
  public let root: URL
  /// By label.
  public var classNames: [String]
  /// By label and then by path.
  public var images: [LabelledImage]
  /// The part that each path belongs to, where the data say so themselves; the seeded split otherwise.
  public var parts: [String: Split]?
  /// What was left out and why, in sentences for the report.
  public var notes: [String] = []
  /// What may make the numbers mean something else than they seem to.
  public var warnings: [Warning] = []
  /// Files and folders that are none of the images, and why; of many the first, and how many there are more.
  public var passedOver: [PassedOverFile] = []
  /// How the labels came about; of `.sorted` it says in words what was sorted.
  public var numbering = Numbering.sorted("class folders")
  /// Whether class folders are called as ImageNet's classes and yet numbered among themselves.
  public var isImageNet = false

  public init(name: String, root: URL, classNames: [String], images: [LabelledImage]) {
    self.name = name
    self.root = root
    self.classNames = classNames
    self.images = images
  }
}

extension StringProtocol {
  /// By the bytes of the UTF-8, not by what a locale makes of them.
  func precedes(_ other: some StringProtocol) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}
