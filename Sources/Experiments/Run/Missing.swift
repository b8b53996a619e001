import Networks
import Results
import Support

/// What the store does not have yet of one model.
struct MissingWork: Sendable {
  struct Item: Sendable {
    /// Into `Plan.images`.
    let image: Int
    /// Those that miss a value at any layer or target, or their logits; 0 is the control.
    let epsilons: [Double]
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
    func lacksScores(_ scores: [(name: String, value: String)]) throws -> Bool {
      try reader.map { try !$0.hasScores(ContentKey(scores)) } ?? true
    }
    for (index, image) in plan.images.enumerated() {
      let subject = keys.subject(of: image.record)
      var epsilons: [Double] = []
      for epsilon in [0] + experiment.attack.epsilons {
        var isMissing = false
        for target in experiment.explain.targets {
          for layer in model.layers {
            allRows += 1
            let key = subject.measurement(target: target, layer: layer.name, epsilon: epsilon)
            if try reader?.hasMeasurement(key) == true { continue }
            missingRows += 1
            missingLayers.insert(layer.name)
            isMissing = true
          }
        }
        // What older versions did not store is measured again; its rows are there and stay as they are.
        if try isMissing || lacksScores(subject.scoresIngredients(epsilon: epsilon)) { epsilons.append(epsilon) }
      }
      let needsPhotograph = try reader?.hasPhotograph(keys.photograph(of: image.record)) != true
      if !epsilons.isEmpty {
        items.append(Item(image: index, epsilons: epsilons, needsPhotograph: needsPhotograph))
      }
    }
    layers = model.layers.filter { missingLayers.isEmpty || missingLayers.contains($0.name) }
  }
}
