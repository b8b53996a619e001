import Attacks
import ExperimentFile
import Graphs
import Images
import Results
import Store
import Support
import Tensors

/// Makes the attacked images of a finished run again, from its files and by its networks: a store keeps none at full
/// precision. The same bits as in the run, where engine and processor are those of the run.
public struct AttackedImages {
  /// An image at one level of an attack.
  public struct Made: Sendable {
    /// `AttackSetting.key`.
    public var attack: String
    /// Epsilon, in pixel units of [0, 1].
    public var epsilon: Double
    /// (3, S, S), or (1, S, S) of a network of grey images; in [0, 1].
    public var image: Tensor
    /// The class of the highest logit.
    public var prediction: Int
    /// Its softmax probability, in [0, 1].
    public var confidence: Double
  }

  /// An image as a network sees it, before and after the attacks.
  public struct Subject: Sendable {
    /// (3, S, S), or (1, S, S) of a network of grey images; in [0, 1].
    public var clean: Tensor
    /// The class of the highest logit on the clean image.
    public var prediction: Int
    /// Its softmax probability, in [0, 1].
    public var confidence: Double
    /// In the order in which they were asked for.
    public var levels: [Made]
  }

  private let run: StoredRun
  private let plan: Plan
  private let engine: any Engine

  /// - Parameters:
  ///   - run: whose attacks are made.
  ///   - plan: which has the run's images and models, held to the run's hashes when they are used.
  ///   - engine: that of the run, for its bits.
  public init(_ run: StoredRun, plan: Plan, engine: any Engine) {
    self.run = run
    self.plan = plan
    self.engine = engine
  }

  /// Attacks some images of one model.
  /// - Parameters:
  ///   - model: `ModelRecord.key`.
  ///   - images: those of the run.
  ///   - levels: of its attacks, by `AttackSetting.key`.
  ///   - consume: gets what was made of each image, in their order.
  /// - Throws: `Problem` of kind `.usage` where the plan's files are not what the run read, and what the closure throws.
  public func make(
    model key: String, images: [ImageRecord], levels: [(attack: String, epsilon: Double)],
    _ consume: (ImageRecord, Subject) throws(Problem) -> Void
  ) throws(Problem) {
    guard let index = run.models.firstIndex(where: { $0.key == key }),
      let model = plan.models.first(where: { $0.options.key == key })
    else { throw .usage("the experiment has no model `\(key)`, which the run measured") }
    let wanted = try levels.map { (level) throws(Problem) -> KeyMaker.Level in
      guard let attack = run.experiment.attacks.firstIndex(where: { $0.key == level.attack }) else {
        throw .usage("the run has no attack `\(level.attack)`")
      }
      return KeyMaker.Level(attack: attack, epsilon: level.epsilon)
    }
    guard let network = model.network else {
      throw .usage(
        "\(model.record.name) comes as maps that were computed elsewhere, and no network makes its attacked images again",
        remedy: "Whoever computed the maps has them; leave --attacked out, or name another model.")
    }
    try hold(model, to: run.models[index], run.experiment.models[index])
    let planned = try images.map { (image) throws(Problem) in try hold(image) }
    var sources: [String: PreparedSource] = [:]
    for source in plan.sources(attacking: model, levels: Set(wanted.map(\.attack))) {
      if let place = run.models.firstIndex(where: { $0.key == source.options.key }) {
        try hold(source, to: run.models[place], run.experiment.models[place])
      }
      sources[source.options.key] = try PreparedSource(source, engine: engine)
    }
    for file in model.files { try file.confirm() }
    try model.makeReady(for: engine)
    let prepared = try HeldFile.whileUnchanged(model.files) { () throws(Problem) in
      try engine.prepare(network, layers: model.layers)
    }
    let work = try ImageWork(
      experiment: run.experiment, model: model, keys: run.keys(of: index), prepared: prepared, sources: sources)
    for (record, image) in zip(images, planned) {
      let input = try image.input(of: model)
      let made = try work.attack(record, image: input, levels: wanted)
      try consume(
        record,
        Subject(
          clean: input, prediction: made.clean.label, confidence: made.clean.confidence,
          levels: zip(levels, made.levels).map { level, made in
            Made(
              attack: level.attack, epsilon: level.epsilon, image: made.image, prediction: made.prediction.label,
              confidence: made.prediction.confidence)
          }))
    }
  }

  private func hold(_ model: PlannedModel, to record: ModelRecord, _ options: ModelOptions) throws(Problem) {
    guard model.record.weightsSHA256 == record.weightsSHA256, model.record.head?.sha256 == record.head?.sha256,
      model.record.weightsState?.chosen == record.weightsState?.chosen
    else {
      throw .usage(
        at: Place(file: record.weightsFile),
        "the weights of \(record.name) are not those that the run was made with (SHA-256 \(record.weightsSHA256))",
        remedy: "Attacked images are made again by the network: put the file of the run in its place.")
    }
    guard model.options.input == options.input, model.record.width == record.width else {
      throw .usage(
        "the experiment gives \(record.name) another input than the run did",
        remedy: "Give the experiment file as it was run, with each --set.")
    }
  }

  private func hold(_ image: ImageRecord) throws(Problem) -> PlannedImage {
    guard let found = plan.images.first(where: { $0.record.path == image.path }) else {
      throw .usage(
        at: Place(file: image.path), "the photograph is not there any more",
        remedy: "Attacked images are made again of the photographs of the run: put it back.")
    }
    guard found.record.sha256 == image.sha256, found.record.alignment == image.alignment,
      found.record.label == image.label
    else {
      throw .usage(
        at: Place(file: image.path),
        "the photograph, its label or how a face is cut out of it is another than in the run (SHA-256 \(image.sha256))",
        remedy: "Attacked images are made again of the photographs of the run: put the same file in its place.")
    }
    return found
  }
}
