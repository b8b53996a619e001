import ExperimentFile
import Explanations
import Graphs
import Measuring
import Results
import Store
import Support

extension ResultsStore {
  /// Stores made-up results of every model on every image of a plan, as a run would store computed ones: for benchmarks of
  /// what comes behind the networks, at sizes for which computing takes hours (`store-benchmark`).
  ///
  /// Logits and raw maps are random and drift the more the stronger the attack; predictions, confidences and measures are
  /// those of them. The same plan gives the same numbers.
  /// - Parameters:
  ///   - plan: of an experiment; the images' files are not read.
  ///   - engine: whose results they pass for, so that its next run finds nothing missing: "oneDNN 2.6.3".
  ///   - instructionSet: the same of the processor.
  ///   - shard: on whose images; nil for all.
  /// - Returns: how many rows were stored.
  func fillWithMadeUpResults(_ plan: Plan, engine: String, instructionSet: String?, shard: Shard? = nil) throws(Problem)
    -> Int
  {
    let rule = SavingRule(
      environment: RowEnvironment(engine: engine, instructionSet: instructionSet, decoders: plan.decoders).text,
      keepsDirections: false)
    var rows = 0
    let own = plan.images.indices.filter { shard?.contains(sha256: plan.images[$0].record.sha256) ?? true }
    for model in plan.models {
      let made = MadeUpModel(plan, model, engine: engine)
      for start in stride(from: 0, to: own.count, by: 512) {
        let indices = Array(own[start..<min(start + 512, own.count)])
        for result in try concurrentMap(indices, { (index) throws(Problem) in try made.result(index) }) {
          rows += try save(result, rule).rows
        }
      }
    }
    try commit()
    return rows
  }
}

/// Makes up what a model finds.
private struct MadeUpModel: Sendable {
  private let plan: Plan
  private let model: PlannedModel
  private let keys: KeyMaker
  private let layers: [ResolvedLayer]

  init(_ plan: Plan, _ model: PlannedModel, engine: String) {
    self.plan = plan
    self.model = model
    layers = model.layers
    keys = KeyMaker(
      experiment: plan.experiment, model: model.options, record: model.record, all: [model.record], engine: engine,
      decoders: plan.decoders)
  }

  func result(_ index: Int) throws(Problem) -> ImageResult {
    let image = plan.images[index].record
    var generator = SplitMix64(seed: UInt64(index))
    func noise() -> Float { Float(generator.next() >> 40) / Float(1 << 24) }
    let base = (0..<model.record.classCount).map { 4 * noise() + ($0 == image.label ? 3 : 0) }
    let clean = Prediction(base)
    let subject = keys.subject(of: image)
    var result = ImageResult(
      keys: keys, subject: subject, model: model.record.name, image: image.path, prediction: clean.label,
      confidence: clean.confidence)
    let side = max(2, model.record.inputSize / 16)
    let map = (0..<side * side).map { _ in noise() }
    let explainer = LayerExplainer(
      methods: plan.experiment.explain.methods, layers: layers, classCount: model.record.classCount,
      size: model.record.inputSize)
    func maps(_ drift: Float) -> LayerExplainer.Maps {
      var maps: LayerExplainer.Maps = [:]
      for explanation in plan.experiment.explain.methods.indices {
        for layer in layers {
          let values = map.map { drift == 0 ? $0 : (1 - drift) * $0 + drift * noise() }
          maps[LayerExplainer.Place(explained: 0, explanation: explanation, layer: layer.name)] = RawMap(
            height: side, width: side, values: values)
        }
      }
      return maps
    }
    let cleanMaps = maps(0)
    let measurer = try PairMeasurer(
      plan.experiment.compare.measures, clean: cleanMaps, of: [0], explainer: explainer)
    let targets = plan.experiment.explain.targets
    for (place, map) in cleanMaps.sorted(by: { ($0.key.explanation, $0.key.layer) < ($1.key.explanation, $1.key.layer) }
    ) {
      for target in targets { result.cleanMaps.append((place.coordinates(target, nil), map)) }
    }
    for (number, level) in plan.experiment.levels.enumerated() {
      let drift = Float(number) / Float(2 * plan.experiment.levels.count)
      let own = Prediction(drift == 0 ? base : base.map { $0 - 8 * drift * noise() })
      result.levels.append(
        ImageResult.Level(
          level: level, prediction: own.label, confidence: own.confidence,
          scores: own.scores(against: clean, clippedShare: Double(drift) / 10)))
      for (place, map) in explainer.shown(maps(drift)).sorted(by: {
        ($0.key.explanation, $0.key.layer) < ($1.key.explanation, $1.key.layer)
      }) {
        let values = try measurer.compare(map, with: place, at: level.epsilon)
        for target in targets {
          result.pairs.append(
            ImageResult.Pair(place: place.coordinates(target, level), map: map.raw, values: values))
        }
      }
    }
    return result
  }
}

extension LayerExplainer.Place {
  fileprivate func coordinates(_ target: ExplanationTarget, _ level: KeyMaker.Level?) -> KeyMaker.MapCoordinates {
    KeyMaker.MapCoordinates(explanation: explanation, target: target, layer: layer, level: level)
  }
}
