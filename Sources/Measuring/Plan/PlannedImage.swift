import Datasets
import Results
import Store
import Support
import Tensors

/// An image whose bytes were read once, for its hash.
public struct PlannedImage: Sendable {
  /// What reports and provenance say of it.
  public let record: ImageRecord
  /// Where its file lies.
  public let source: LabelledImage

  public init(record: ImageRecord, source: LabelledImage) {
    self.record = record
    self.source = source
  }

  /// As a model's network sees it, (3, S, S) in [0, 1].
  /// - Throws: `Problem` for a file that cannot be read, is no image, or is not the one that was planned with.
  func input(of model: PlannedModel) throws(Problem) -> Tensor {
    try model.preparation(source.load(expecting: record.sha256, orientation: model.options.input.orientation).image)
  }
}

/// The images of a plan, each held to its hash.
struct FoundImages: Sendable {
  private(set) var images: [PlannedImage] = []
  private(set) var unreadable: [SkippedImage] = []
  private(set) var hashes = FileHashes()
  /// Of a shard: files that are not any more what was noted of them, and may belong to another now.
  private(set) var changedCount = 0

  /// - Parameter shard: whose images are measured; what is noted of others' files is not held to them, since on a file system
  ///   that many machines share each look at a file takes time, and whoever merges looks at all.
  init(_ sources: [LabelledImage], _ known: FileHashes, shard: Shard? = nil) {
    images.reserveCapacity(sources.count)
    // Some thousand at a time: what is found of each takes more than what is kept of it.
    for start in stride(from: 0, to: sources.count, by: 4096) {
      let some = Array(sources[start..<min(start + 4096, sources.count)])
      let found = concurrentMap(some) { image in
        Result { () throws(Problem) in
          if let shard, let noted = known.noted(image.path), !shard.contains(sha256: noted.sha256) { return noted }
          return try known.examine(image)
        }
      }
      for (image, found) in zip(some, found) {
        if shard != nil, let noted = known.noted(image.path), case .success(let now) = found, noted.sha256 != now.sha256
        {
          changedCount += 1
        }
        add(image, found)
      }
    }
  }

  private mutating func add(
    _ image: LabelledImage, _ found: Result<(sha256: String, orientation: Int, kept: FileHashes.Entry?), Problem>
  ) {
    switch found {
    case .failure(let problem): unreadable.append(SkippedImage(path: image.path, reason: problem.message))
    case .success(let (hash, orientation, kept)):
      if let kept { hashes.entries[image.path] = kept }
      images.append(
        PlannedImage(
          record: ImageRecord(
            path: image.path, label: image.label, sha256: hash, alignment: image.alignment?.description,
            orientation: orientation == 1 ? nil : orientation),
          source: image))
    }
  }
}
