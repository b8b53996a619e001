import Datasets
import Engines
import Foundation
import Graphs
import Images
import Results
import Store
import Support
import Synchronization
import Tensors

/// What a run tells those who wait for it; sent from the threads that work, one at a time.
public enum RunEvent: Sendable, Equatable {
  /// How many images of how many models are to be computed, and how many measurements the store already has.
  case started(images: Int, models: Int, storedRows: Int, missingRows: Int)
  /// `images` are left for this model.
  case model(name: String, images: Int)
  /// A model is measured by fewer threads than were asked for: why, as a sentence.
  case fewerThreads(model: String, count: Int, of: Int, reason: String)
  /// An image of a model was stored; `done` of all images of all models.
  case image(model: String, path: String, done: Int, of: Int)
  case skipped(SkippedImage)
}

/// How a run ended.
public struct RunOutcome: Sendable, Equatable {
  /// New measurements.
  public var computedRows = 0
  /// Measurements that were in the store before.
  public var storedRows = 0
  /// In the order of the plan's images.
  public var skipped: [SkippedImage] = []
  /// What was computed once more, beside what was missing, and came out otherwise than what is stored.
  public var conflicts: [StoreConflict] = []
  /// Whether `shouldStop` ended it before everything was measured.
  public var wasStopped = false
  /// Images of models that were left undone.
  public var imagesLeft = 0

  public init(
    computedRows: Int = 0, storedRows: Int = 0, skipped: [SkippedImage] = [], wasStopped: Bool = false,
    imagesLeft: Int = 0
  ) {
    self.computedRows = computedRows
    self.storedRows = storedRows
    self.skipped = skipped
    self.wasStopped = wasStopped
    self.imagesLeft = imagesLeft
  }
}

/// Computes what an experiment's store is missing, one image of one model at a time on each thread.
///
///     let outcome = try Runner(plan: plan, store: store, engine: engine, threads: 2).run()
///
/// The numbers do not depend on how many threads there are: each image is measured by one, alone.
public struct Runner: Sendable {
  let plan: Plan
  let store: ResultsStore
  let engine: any Engine
  let threads: Int
  let isStrict: Bool
  let checksEveryImage: Bool
  let rule: SavingRule
  let shard: Shard?
  let memory: @Sendable () -> [MemoryRoom]

  /// - Parameters:
  ///   - shard: whose images are measured, and no others; nil for all.
  ///   - isStrict: whether an image that cannot be read ends the run, in place of being skipped.
  ///   - checksEveryImage: whether `NumberCheck` looks at every image, not at each model's first only.
  ///   - instructionSet: what the engine takes the processor for; kept with each row.
  ///   - replacesOthers: whether rows that another processor or version computed are measured again.
  ///   - memory: what limits it, asked when a model's weights are loaded: with too little for all threads fewer are
  ///     started, at least one. Nothing does unless it is given.
  public init(
    plan: Plan, store: ResultsStore, engine: any Engine, threads: Int, isStrict: Bool = false,
    checksEveryImage: Bool = false, instructionSet: String? = nil,
    replacesOthers: Bool = false, shard: Shard? = nil, memory: @escaping @Sendable () -> [MemoryRoom] = { [] }
  ) {
    self.shard = shard
    self.memory = memory
    var environment = RowEnvironment(
      engine: engine.version, instructionSet: instructionSet, decoders: plan.decoders)
    environment.arithmetic = plan.arithmetic
    rule = SavingRule(
      environment: environment.text, replaces: replacesOthers, keepsDirections: plan.keepsPictures)
    self.isStrict = isStrict
    self.checksEveryImage = checksEveryImage
    self.plan = plan
    self.store = store
    self.engine = engine
    self.threads = max(1, threads)
  }

  /// - Parameters:
  ///   - shouldStop: asked before each image; images in flight are finished and kept.
  ///   - observe: called on the working threads, never by two at once.
  /// - Throws: `Problem` of the first image that failed for another reason than its file, `.changed` where weights or an
  ///   image are not any more what was hashed, never `.usage`; what was measured is kept.
  public func run(
    shouldStop: @escaping @Sendable () -> Bool = { false },
    observe: @escaping @Sendable (RunEvent) -> Void = { _ in }
  ) throws(Problem) -> RunOutcome {
    do {
      return try compute(shouldStop: shouldStop, observe: observe)
    } catch {
      throw error.afterTheStart
    }
  }

  private func compute(
    shouldStop: @escaping @Sendable () -> Bool, observe: @escaping @Sendable (RunEvent) -> Void
  ) throws(Problem) -> RunOutcome {
    let work = try store.reading { reader in
      try MissingWork.all(
        of: plan, engine: engine.version, reader: reader, environment: rule.replaces ? rule.environment : nil,
        shard: shard)
    }
    let total = work.reduce(0) { $0 + $1.items.count }
    let missing = work.reduce(0) { $0 + $1.missingRows }
    var outcome = RunOutcome()
    outcome.storedRows = work.reduce(0) { $0 + $1.allRows } - missing
    observe(
      .started(
        images: total, models: work.count { !$0.items.isEmpty }, storedRows: outcome.storedRows, missingRows: missing))
    let unreadable = plan.unreadable.filter { shard?.contains(unreadable: $0.path) ?? true }
    for image in unreadable {
      guard !isStrict else { throw Runner.unreadable(image) }
      observe(.skipped(image))
    }

    // What is computed with is read and hashed, whatever was noted of it.
    for (model, work) in zip(plan.models, work) where !work.items.isEmpty {
      for file in (sources(model, work) + [model]).flatMap(\.files) { try file.confirm() }
    }
    var done = 0
    var skipped: [Int: SkippedImage] = [:]
    var rehearsal = try Rehearsal(self, work, shouldStop: shouldStop)
    for (model, work) in zip(plan.models, work) where !work.items.isEmpty {
      if outcome.wasStopped {
        outcome.imagesLeft += work.items.count
        continue
      }
      observe(.model(name: model.record.name, images: work.items.count))
      let prepared: (any PreparedNetwork)?
      if model.network == nil {
        prepared = nil
      } else if let ready = rehearsal.take(model)
        ?? plan.early?.take(model: model.options.key, layers: work.layers, engine: engine)
      {
        prepared = ready
      } else {
        prepared = try prepare(model, work)
      }
      let pass = ModelPass(
        runner: self, model: model, work: work, prepared: prepared, sources: try prepareSources(model, work),
        done: done, total: total, skipped: skipped,
        isLookedInto: rehearsal.passed.contains(model.options.key), shouldStop: shouldStop, observe: observe)
      let end = try pass.run()
      done = end.done
      skipped = end.skipped
      outcome.computedRows += end.computedRows
      outcome.conflicts += end.conflicts
      outcome.wasStopped = end.wasStopped
      outcome.imagesLeft += work.items.count - end.next
    }
    if !outcome.wasStopped { try checkWeights() }
    outcome.skipped = unreadable + skipped.sorted { $0.key < $1.key }.map(\.value)
    return outcome
  }

  /// Loads a model's weights: those that were hashed, and no others.
  func prepare(_ model: PlannedModel, _ work: MissingWork) throws(Problem) -> any PreparedNetwork {
    try model.makeReady(for: engine)
    let network = try model.run()
    return try HeldFile.whileUnchanged(model.files) { () throws(Problem) in
      try engine.prepare(network, layers: work.layers)
    }
  }

  private func sources(_ model: PlannedModel, _ work: MissingWork) -> [PlannedModel] {
    plan.sources(attacking: model, levels: Set(work.items.flatMap(\.levels).filter { $0.epsilon > 0 }.map(\.attack)))
  }

  /// Loads the models whose gradients the missing attacks on a model take; they lie in memory beside it.
  private func prepareSources(_ model: PlannedModel, _ work: MissingWork) throws(Problem) -> [String: PreparedSource] {
    var prepared: [String: PreparedSource] = [:]
    for source in sources(model, work) { prepared[source.options.key] = try PreparedSource(source, engine: engine) }
    return prepared
  }

  /// - Throws: `Problem.changed` where any model's weights are not any more what was hashed: those of models to come
  ///   too, since without them there would be no report.
  func checkWeights() throws(Problem) {
    for model in plan.models {
      for file in model.files { try file.check() }
    }
  }

  /// Who looks for the layer in which numbers went wrong reads the weights again: where they changed, that is what is
  /// wrong.
  func cause(of problem: Problem) -> Problem {
    do throws(Problem) {
      try checkWeights()
      return problem
    } catch {
      return error
    }
  }

  /// - Throws: `Problem` for a file that cannot be read, is no image, or is not the one that was planned with.
  func load(_ image: PlannedImage, for model: PlannedModel) throws(Problem) -> Tensor {
    try image.input(of: model)
  }

  static func unreadable(_ image: SkippedImage) -> Problem {
    .failure(
      at: Place(file: image.path), image.reason,
      remedy: "Repair or remove the file and run the same command again, or leave out --strict.")
  }
}
