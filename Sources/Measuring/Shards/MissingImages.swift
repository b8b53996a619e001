import Results
import Store
import Support

/// Which images of a plan lack measurements in a store, and by which models.
public struct MissingImages: Sendable {
  /// An image that a model, at least, was not measured on.
  public struct Image: Sendable, Hashable {
    /// Into `Plan.images`.
    public var index: Int
    /// `ImageRecord.path`
    public var path: String
    /// Of its file, 64 hexadecimal digits.
    public var sha256: String
    /// Into `Plan.models`: those that lack a measurement of it.
    public var models: [Int]
  }

  /// In the order of the plan.
  public let images: [Image]
  /// Measurements that are there, and that are missing.
  public let rows: (stored: Int, missing: Int)

  /// - Parameters:
  ///   - engine: name and version of the library that computed: "oneDNN 2.6.3".
  ///   - skipped: paths of images that could not be measured, of which nothing is expected.
  public init(
    of plan: Plan, in store: ResultsStore, engine: String, skipped: Set<String>
  ) throws(Problem) {
    let work = try store.reading { reader in try MissingWork.all(of: plan, engine: engine, reader: reader) }
    var models: [Int: [Int]] = [:]
    for (model, work) in work.enumerated() {
      for item in work.items where !skipped.contains(plan.images[item.image].record.path) {
        models[item.image, default: []].append(model)
      }
    }
    images = models.sorted { $0.key < $1.key }.map { index, models in
      let record = plan.images[index].record
      return Image(index: index, path: record.path, sha256: record.sha256, models: models)
    }
    let all = work.reduce(0) { $0 + $1.allRows }, missing = work.reduce(0) { $0 + $1.missingRows }
    rows = (all - missing, missing)
  }

  /// Those of a shard.
  public func images(of shard: Shard) -> [Image] { images.filter { shard.contains(sha256: $0.sha256) } }
}

extension Plan {
  /// What of an incomplete run makes a report: images that were measured by every model that is kept.
  ///
  /// Models are measured one after the other, and of the last there may be nothing yet: those are kept whose images, times their
  /// number, are the most. A model whose gradients attack others is always kept.
  /// - Parameter missing: of this plan.
  /// - Throws: `Problem` where no model has measured an image completely.
  public func partial(without missing: MissingImages, skipped: Set<String>) throws(Problem) -> Plan {
    var lacking = [Set<Int>](repeating: [], count: models.count)
    for image in missing.images { for model in image.models { lacking[model].insert(image.index) } }
    let sources = Set(experiment.attacks.compactMap { $0.source?.model })
    let required = models.indices.filter { sources.contains(models[$0].options.key) }
    // The best-measured first, of equals the first in the experiment.
    let others = models.indices.filter { !required.contains($0) }.sorted {
      (lacking[$0].count, $0) < (lacking[$1].count, $1)
    }
    let measured = images.indices.filter { !skipped.contains(images[$0].record.path) }
    var best: (models: [Int], images: [Int]) = ([], [])
    for count in 0...others.count {
      let kept = (required + others.prefix(count)).sorted()
      guard !kept.isEmpty else { continue }
      let without = kept.reduce(into: Set<Int>()) { $0.formUnion(lacking[$1]) }
      let complete = measured.filter { !without.contains($0) }
      if kept.count * complete.count >= best.models.count * best.images.count, !complete.isEmpty {
        best = (kept, complete)
      }
    }
    guard !best.images.isEmpty else {
      let names = required.map { models[$0].record.name }
      throw .failure(
        "no image is measured completely yet"
          + (names.isEmpty ? "" : " by \(listInWords(names)) too, whose gradients attack the others"),
        remedy: "Wait for more, or measure what is missing.")
    }
    let left = models.indices.filter { !best.models.contains($0) }.map { models[$0].record.name }
    let names = left.isEmpty ? "" : ", and nothing of \(listInWords(left))"
    return part(
      images: best.images, models: best.models,
      warning: Warning(
        "This report is on a part of the experiment: \(best.images.count) of \(measured.count) images, those that are "
          + "measured by now\(names)",
        remedy: "Its numbers are no estimates for all images: which of them are measured first was not drawn at random."
      ))
  }
}
