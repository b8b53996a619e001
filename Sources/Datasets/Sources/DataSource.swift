import Foundation
import Support

/// What of a source's images is wanted.
public struct DataSelection: Sendable, Hashable {
  /// Of data that name the parts themselves, theirs; of others, the seeded one.
  public var split: Split
  /// Draws the split and the limited choice.
  public var seed: Int
  /// So many images, stratified by label; nil for all.
  public var limit: Int?

  public init(split: Split, seed: Int, limit: Int? = nil) {
    self.split = split
    self.seed = seed
    self.limit = limit
  }
}

/// A place or form in which labelled images lie.
///
/// One more source is one more file beside this one and a line in `dataSources`.
public protocol DataSource: Configurable, Citable {
  /// As experiment files write it: "folder".
  static var key: String { get }
  /// One line that says what it is, for documentation.
  static var help: String { get }
  /// What a report calls the images, within a sentence: "the VGGFace2 faces"; nil where only their owner knows.
  static var title: String? { get }
  /// The part that is taken where the experiment names none.
  static var standardSplit: Split { get }

  /// Lists the images: all of them, or of millions only those that are wanted.
  /// - Throws: `Problem` of kind `.usage` for data that are missing or damaged.
  func open(_ selection: DataSelection) throws(Problem) -> Dataset

  /// Of the images that `open` listed those that are wanted.
  /// - Throws: `Problem` of kind `.usage` when nothing is left.
  func select(_ selection: DataSelection, from dataset: Dataset) throws(Problem) -> Dataset

  /// Folders in which the images lie, as far as that is known before they are listed: nothing is written there.
  var folders: [String] { get }
}

extension DataSource {
  public static var title: String? { nil }

  public var folders: [String] { [] }

  public func select(_ selection: DataSelection, from dataset: Dataset) throws(Problem) -> Dataset {
    try dataset.selecting(selection.split, seed: selection.seed, limit: selection.limit)
  }
}

extension ExperimentPath {
  func url(isFolder: Bool) -> URL {
    URL(filePath: resolved, directoryHint: isFolder ? .isDirectory : .notDirectory)
  }
}

/// The data sources that experiment files can name.
public let dataSources = Registry<any DataSource.Type>(
  "data source", [FolderSource.self, ManifestSource.self, ORLSource.self, VGGFace2Source.self]
) { $0.key }
