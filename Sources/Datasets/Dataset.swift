import Diagnostics
import Foundation
import Images

/// A photograph with its class.
public struct LabelledImage: Sendable, Hashable {
  /// Relative to the data's root, with forward slashes: "s1/10.pgm".
  public let path: String
  public let url: URL
  /// Index into the data's class names.
  public let label: Int

  public init(path: String, url: URL, label: Int) {
    self.path = path
    self.url = url
    self.label = label
  }

  /// Reads the file once, for its picture and its hash.
  public func load(limits: DecodingLimits = .standard) throws(Problem) -> LoadedImage {
    let bytes = try ImageFile.read(url, name: path, limits: limits)
    return LoadedImage(
      image: try ImageDecoder.decode(bytes, name: path, limits: limits), sha256: Checksum.sha256(bytes))
  }
}

public struct LoadedImage: Sendable, Equatable {
  public let image: RGBImage
  /// Of the file.
  public let sha256: String
}

/// Where labelled images come from.
public enum DatasetSource: String, Sendable, CaseIterable {
  case folder
  case orl

  public var defaultSplit: Split { self == .orl ? .test : .all }
}

/// Labelled images, by label and then by the bytes of the file name.
public struct Dataset: Sendable, Equatable {
  public let name: String
  public let root: URL
  /// By label.
  public let classNames: [String]
  public let images: [LabelledImage]

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
