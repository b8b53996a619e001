import Datasets
import Support

/// Hashes of images, kept from run to run, as git keeps those of its files: a file of the same path, size, times, device and
/// inode is taken to be the same. What is computed is computed of bytes that are hashed again, whatever stands here.
public struct FileHashes: Sendable, Equatable {
  package struct Entry: Sendable, Equatable {
    var stamp: FileStamp
    var sha256: String
    /// EXIF's, 1 to 8.
    var orientation: Int
  }

  /// By `LabelledImage.path`.
  package var entries: [String: Entry] = [:]

  /// None: every file is read.
  public init() {}

  /// What an image is, by what is known or by reading it.
  /// - Returns: beside it what may be kept; nil for a file that changed so short a while ago that it may change again
  ///   under the same times.
  package func examine(_ image: LabelledImage) throws(Problem) -> (sha256: String, orientation: Int, kept: Entry?) {
    let stamp = FileStamp(path: image.url.path)
    if let known = entries[image.path], known.stamp == stamp { return (known.sha256, known.orientation, known) }
    let (sha256, orientation) = try image.examine()
    guard let stamp, stamp == FileStamp(path: image.url.path), !stamp.isFresh else { return (sha256, orientation, nil) }
    return (sha256, orientation, Entry(stamp: stamp, sha256: sha256, orientation: orientation))
  }
}
