import Graphs
import Results
import Support

/// What the store does not have yet of one model.
struct MissingWork: Sendable {
  struct Item: Sendable {
    /// Into `Plan.images`.
    let image: Int
    /// Those that miss a value of any pair of maps, or their logits, in the order of `Experiment.levels`.
    let levels: [KeyMaker.Level]
    let needsPhotograph: Bool
  }

  let keys: KeyMaker
  /// In the order of `Plan.images`.
  var items: [Item] = []
  /// Those that miss a value of any image, input side first.
  var layers: [ResolvedLayer] = []
  /// Measurements that are missing, and that the experiment asks for.
  var missingRows = 0
  var allRows = 0

  /// - Parameter reader: nil where there is no store yet.
  init(plan: Plan, model: PlannedModel, engine: String, reader: ResultsStore.Reader?) throws {
    let experiment = plan.experiment
    keys = KeyMaker(
      experiment: experiment, model: model.options, weightsSHA256: model.record.weightsSHA256,
      weightsState: model.record.weightsState?.chosen, engine: engine, decoders: plan.decoders)
    var missingLayers: Set<String> = []
    let layerNames = model.layers.map(\.name)
    func lacksScores(_ scores: [(name: String, value: String)]) throws -> Bool {
      try reader.map { try !$0.hasScores(ContentKey(scores)) } ?? true
    }
    for (index, image) in plan.images.enumerated() {
      let subject = keys.subject(of: image.record)
      var levels: [KeyMaker.Level] = []
      for level in experiment.levels {
        var isMissing = false
        for pair in experiment.pairs(at: level, layers: layerNames) {
          for measure in experiment.compare.measures.indices {
            allRows += 1
            if try reader?.hasMeasurement(subject.measurement(pair, measure: measure)) == true { continue }
            missingRows += 1
            missingLayers.insert(pair.layer)
            isMissing = true
          }
        }
        // What older versions did not store is measured again; its rows are there and stay as they are.
        if try isMissing || lacksScores(subject.scoresIngredients(level)) { levels.append(level) }
      }
      let needsPhotograph = try reader?.hasPhotograph(keys.photograph(of: image.record)) != true
      if !levels.isEmpty { items.append(Item(image: index, levels: levels, needsPhotograph: needsPhotograph)) }
    }
    layers = model.layers.filter { missingLayers.isEmpty || missingLayers.contains($0.name) }
  }
}
