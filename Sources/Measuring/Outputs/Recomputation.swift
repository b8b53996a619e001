import Explanations
import Foundation
import Graphs
import Measures
import Results
import Store
import Support

/// How numbers that were computed again stand to those that were stored.
public struct Recomputation: Sendable, Equatable {
  /// The measurement protocol's bound on MOD and VID, and here on each measure: absolute.
  public static let bound = 2e-3

  /// How many were computed again.
  public var measurements = 0
  /// Whose measures, peaks, confidences and predictions are the same bits.
  public var identical = 0
  /// Whose peaks, confidences or predictions are not the same bits, whatever the measures are.
  public var changedBesides = 0
  /// Whose clean or attacked prediction is another class.
  public var changedPredictions = 0
  /// Greatest |difference| of a measure, and where: "vgg16, s1/10.pgm, features.29, epsilon 0.1".
  public var greatestDrift = 0.0
  /// Model, image and level of the greatest drift, for messages; empty where there was none.
  public var worst = ""

  /// Whether the measures are as near to those that were stored as two orders of adding are in double precision, the measurement
  /// protocol's bound on a measure of the same heatmaps, and all else is the same.
  public var isRounding: Bool { greatestDrift <= 1e-9 && changedBesides == 0 }

  /// Whether the numbers are those that were stored, as near as another order of adding allows.
  public var isWithinBounds: Bool { greatestDrift <= Recomputation.bound && changedPredictions == 0 }

  /// None.
  public init() {}

  /// Of rows that are at hand.
  /// - Parameters:
  ///   - rows: those of a report.
  ///   - again: those that were measured again, in any order; rows that one of the two does not have count as changed.
  public init(of rows: [Results.Measurement], again: [Results.Measurement]) {
    struct Key: Hashable {
      var series: SeriesIdentity
      var image: String
      var epsilon: Double
      init(_ row: Results.Measurement) {
        (series, image, epsilon) = (SeriesIdentity(row), row.image, row.epsilon)
      }
    }
    let known = Dictionary(again.map { (Key($0), $0) }, uniquingKeysWith: { first, _ in first })
    for row in rows {
      guard var other = known[Key(row)] else {
        measurements += 1
        changedPredictions += 1
        continue
      }
      // No table has these.
      (other.clippedShare, other.gradientIsZero) = (row.clippedShare, row.gradientIsZero)
      add(row, other)
    }
    changedPredictions += max(0, again.count - rows.count)
  }

  /// Adds those of other rows, which come later.
  fileprivate mutating func add(_ more: Recomputation) {
    measurements += more.measurements
    identical += more.identical
    changedBesides += more.changedBesides
    changedPredictions += more.changedPredictions
    guard !(more.greatestDrift <= greatestDrift) else { return }
    (greatestDrift, worst) = (more.greatestDrift, more.worst)
  }

  fileprivate mutating func add(_ stored: Results.Measurement, _ again: Results.Measurement) {
    measurements += 1
    var again = again
    // Older versions did not store these.
    if stored.cleanClassConfidence == nil { again.cleanClassConfidence = nil }
    if stored.clippedShare == nil { again.clippedShare = nil }
    if stored.isSame(as: again) { identical += 1 }
    var besides = again
    (besides.dissimilarities, besides.parts) = (stored.dissimilarities, stored.parts)
    if !stored.isSame(as: besides) { changedBesides += 1 }
    if stored.cleanPrediction != again.cleanPrediction
      || stored.adversarialPrediction != again.adversarialPrediction
    {
      changedPredictions += 1
    }
    let difference =
      zip(stored.dissimilarities, again.dissimilarities).map { $0.isNaN && $1.isNaN ? 0 : abs($0 - $1) }
      .max { $0 < $1 || $1.isNaN } ?? .nan
    // A value on one side only counts as the worst.
    guard !(difference <= greatestDrift) else { return }
    greatestDrift = difference.isNaN ? .infinity : difference
    worst = "\(stored.model), \(stored.image), \(stored.layer), epsilon \(stored.epsilon)"
  }
}

/// Measures made again from stored raw maps.
private struct DriftAgain: Sendable {
  let measures: [any Measure]
  /// Of the inputs, by `ModelRecord.key`.
  let sizes: [String: Int]

  /// What a clean map is compared by; the rows of one image, target and layer follow each other.
  private struct Clean {
    var map: RawMap
    var size: Int
    var references: [any MeasureReference]
  }

  func compare(_ rows: [MappedRow]) throws(Problem) -> Recomputation {
    var found = Recomputation()
    var clean: Clean?
    for mapped in rows {
      guard let size = sizes[mapped.row.model] else { continue }
      if clean?.map != mapped.clean || clean?.size != size {
        let shown = explained(mapped.clean, size)
        var references: [any MeasureReference] = []
        for measure in measures { references.append(try measure.reference(shown)) }
        clean = Clean(map: mapped.clean, size: size, references: references)
      }
      guard let clean else { continue }
      let attacked = explained(mapped.attacked, size)
      var again = mapped.row
      again.setValues(
        try clean.references.map { (reference) throws(Problem) in try reference.compare(with: attacked) })
      again.cleanPeak = clean.map.peak
      again.adversarialPeak = attacked.raw.peak
      found.add(mapped.row, again)
    }
    return found
  }

  private func explained(_ map: RawMap, _ size: Int) -> ExplainedMap {
    ExplainedMap(raw: map, heatmap: heatmap(of: map, size: size))
  }
}

extension ResultsStore {
  /// Makes every measure of a run again from the stored raw maps, on all threads.
  public func recomputeDrift(of run: StoredRun) throws(Problem) -> Recomputation {
    let again = DriftAgain(
      measures: run.experiment.compare.measures,
      sizes: Dictionary(run.models.map { ($0.key, $0.inputSize) }, uniquingKeysWith: { first, _ in first }))
    var found = Recomputation()
    try results(of: run).readMaps { (rows) throws(Problem) in
      try again.compare(rows)
    } consume: { part in
      found.add(part)
    }
    return found
  }

  /// Computes some images of a run again, from their files, into a store of its own in a temporary folder.
  /// - Parameters:
  ///   - plan: of the same experiment.
  ///   - count: so many images, or all where there are fewer; drawn by the seed.
  ///   - engine: the one that the run used, unless another one is to check it.
  public func recompute(
    _ run: StoredRun, plan: Plan, count: Int, seed: UInt64, engine: any Engine, threads: Int,
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws(Problem) -> Recomputation {
    var generator = SplitMix64(seed: seed)
    let chosen = Set(run.images.map(\.path).shuffled(using: &generator).prefix(count))
    var some = run
    some.images = run.images.filter { chosen.contains($0.path) }
    let stored = try results(of: some).measurements

    let folder = FileManager.default.temporaryDirectory.appending(path: "heatdrift-verify-\(UUID().uuidString)").path
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw .failure(at: Place(file: folder), "the temporary folder cannot be made", remedy: "Set TMPDIR to another.")
    }
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let fresh = try ResultsStore(path: "\(folder)/\(ResultsStore.fileName)")
    let part = Plan(
      experiment: plan.experiment, models: plan.models,
      images: plan.images.filter { chosen.contains($0.record.path) }, classNames: plan.classNames,
      control: run.controlImages, decoders: plan.decoders)
    let outcome = try Runner(plan: part, store: fresh, engine: engine, threads: threads).run(shouldStop: shouldStop)
    guard !outcome.wasStopped, outcome.skipped.isEmpty else {
      throw .failure(
        outcome.skipped.first.map { "\($0.path) cannot be measured again: \($0.reason)" } ?? "stopped before the end")
    }
    some.engine = engine.version
    some.arithmetic = KeyMaker.arithmeticRevision
    some.decoders = part.decoders
    some.images = part.images.map(\.record)
    let again = try fresh.results(of: some).measurements
    guard again.count == stored.count else {
      throw .failure("\(stored.count) measurements are stored, and \(again.count) were made again")
    }
    var found = Recomputation()
    for (stored, again) in zip(stored, again) { found.add(stored, again) }
    return found
  }
}

extension StoredRun {
  /// What an experiment's files hold now against what the run read: one sentence for each difference.
  public func changedInputs(in plan: Plan) -> [String] {
    var found: [String] = []
    for model in models {
      guard let now = plan.models.first(where: { $0.record.key == model.key }) else {
        found.append("\(model.name) is not in the experiment any more")
        continue
      }
      if now.record.weightsSHA256 != model.weightsSHA256 {
        found.append("the weights of \(model.name), \(model.weightsFile), changed")
      } else if now.record.head?.sha256 != model.head?.sha256 {
        found.append("the prototypes of \(model.name), or the training images that they are made of, changed")
      } else if now.record.weightsState?.chosen != model.weightsState?.chosen {
        func state(_ record: ModelRecord) -> String { record.weightsState?.chosen.map { "“\($0)”" } ?? "the default" }
        found.append("of the weights of \(model.name) \(state(model)) was taken, now it is \(state(now.record))")
      }
    }
    let images = Dictionary(plan.images.map { ($0.record.path, $0.record) }, uniquingKeysWith: { first, _ in first })
    for image in self.images {
      guard let now = images[image.path] else {
        found.append("the image \(image.path) is missing")
        continue
      }
      if now.sha256 != image.sha256 { found.append("the image \(image.path) changed") }
      if now.label != image.label { found.append("the label of \(image.path) was \(image.label), is \(now.label)") }
      if now.alignment != image.alignment { found.append("the alignment of \(image.path) changed") }
    }
    return found
  }
}
