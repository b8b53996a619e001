import Datasets
import ExperimentFile
import Foundation
import Support
import Weights

/// Hashes of images and weights, kept from run to run, as git keeps those of its files: a file of the same path, size, times, device and
/// inode is taken to be the same. What is computed is computed of bytes that are hashed again, whatever stands here.
public struct FileHashes: Sendable, Equatable {
  package struct Entry: Sendable, Equatable {
    var stamp: FileStamp
    var sha256: String
    /// EXIF's, 1 to 8.
    var orientation: Int
  }

  /// By `LabelledImage.path`, and of weights by what `weightsKey` makes.
  package var entries: [String: Entry] = [:]

  /// Whether another machine noted some: a shared file system has another number on each, and the other marks of a file must
  /// do.
  package var areFromElsewhere = false

  /// Adds what another noted; of the same path what is here already stays.
  public mutating func add(_ other: FileHashes) {
    areFromElsewhere = areFromElsewhere || other.areFromElsewhere
    entries.merge(other.entries) { own, _ in own }
  }

  /// Only those of files that `isKept` says, by path and hash; of weights all.
  public func kept(where isKept: (_ path: String, _ sha256: String) -> Bool) -> FileHashes {
    var copy = self
    copy.entries = entries.filter { $0.key.hasPrefix(FileHashes.weightsPrefix) || isKept($0.key, $0.value.sha256) }
    return copy
  }

  private static let weightsPrefix = "weights:"

  private func known(_ path: String, _ stamp: FileStamp?) -> Entry? {
    guard let stamp, let entry = entries[path] else { return nil }
    if entry.stamp == stamp { return entry }
    guard areFromElsewhere, entry.stamp.isSame(as: stamp) else { return nil }
    return Entry(stamp: stamp, sha256: entry.sha256, orientation: entry.orientation)
  }

  /// None: every file is read.
  public init() {}

  /// What an image is, by what is known or by reading it.
  /// - Returns: beside it what may be kept; nil for a file that changed so short a while ago that it may change again
  ///   under the same times.
  package func examine(_ image: LabelledImage) throws(Problem) -> (sha256: String, orientation: Int, kept: Entry?) {
    let stamp = FileStamp(path: image.file)
    if let found = known(image.path, stamp) { return (found.sha256, found.orientation, found) }
    let (sha256, orientation) = try image.examine()
    guard let stamp, stamp == FileStamp(path: image.file), !stamp.isFresh else { return (sha256, orientation, nil) }
    return (sha256, orientation, Entry(stamp: stamp, sha256: sha256, orientation: orientation))
  }

  /// What is noted of an image, without a look at its file.
  package func noted(_ path: String) -> (sha256: String, orientation: Int, kept: Entry?)? {
    entries[path].map { ($0.sha256, $0.orientation, $0) }
  }

  // MARK: - Weights

  /// Under which the hash of a weights file is kept: without folders, which name users and machines. What else its check
  /// depends on is part of it: other options are looked at anew.
  package static func weightsKey(_ options: ModelOptions, layers: [String], _ file: HeldFile) -> String {
    let input = options.input
    let normalisation = input.normalisation
    let read = ContentKey([
      ("program", "\(Heatdrift.version) \(KeyMaker.arithmeticRevision)"),
      ("architecture", options.architecture?.rawValue ?? "none"),
      ("width", "\(options.width)"), ("variant", options.variant?.rawValue ?? ""), ("state", options.state ?? ""),
      ("size", "\(input.size)"), ("mean", "\(normalisation.mean)"), ("std", "\(normalisation.standardDeviation)"),
      ("channels", normalisation.channels.rawValue), ("range", "\(normalisation.range)"),
      ("layers", layers.joined(separator: "\n")),
    ])
    return "\(weightsPrefix)\(options.key)/\(read.short)/\(file.path.split(separator: "/").last ?? "")"
  }

  /// Notes the hashes that are known of a model's files, where all of them are: such files were looked at before.
  /// - Returns: whether they are.
  package func note(_ files: [HeldFile], key: (HeldFile) -> String) -> Bool {
    let hashes = files.map { file in known(key(file), file.stamp)?.sha256 }
    let digests = hashes.compactMap { $0.flatMap { Data(hexadecimal: $0) } }
    guard digests.count == files.count else { return false }
    for (file, digest) in zip(files, digests) { file.note(Array(digest)) }
    return true
  }

  /// Keeps the hashes of files that were hashed and looked at.
  /// - Throws: `Problem.changed` where one changed since.
  package mutating func keep(_ files: [HeldFile], key: (HeldFile) -> String) throws(Problem) {
    for file in files where !file.stamp.isFresh {
      entries[key(file)] = Entry(stamp: file.stamp, sha256: try file.sha256(), orientation: 1)
    }
  }
}
