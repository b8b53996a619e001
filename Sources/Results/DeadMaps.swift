extension ExperimentResults {
  /// Maps without any positive value among all that were made, each once: a clean map belongs to every attack, and targets
  /// that mean the same class on an image have the same map.
  public var deadMapCount: Int {
    guard let tables = try? tables else { return 0 }
    var count = 0
    for model in models {
      for explanation in explanationKeys {
        for layer in model.layers {
          func series(_ attack: String, _ target: ExplanationTarget) -> MeasurementTables.Series? {
            place(
              of: SeriesIdentity(
                model: model.key, attack: attack, explanation: explanation, target: target, layer: layer, measure: "")
            ).map { tables.series[$0] }
          }
          // Not every model was measured under every attack.
          let known = attacks.filter { grids[model.key]?.levels[$0.key] != nil || grids[model.key] == nil }
          for (index, attack) in known.enumerated() {
            let own = targets.compactMap { target in series(attack.key, target).map { (target, $0) } }
            let levels = own.map(\.1.levels.count).min() ?? 0
            for image in images.indices {
              for level in 1..<max(1, levels) {
                let traits = own.map { ($0.0, $0.1.traits[level][image]) }
                count += Self.different(traits.filter { $0.1.contains(.mapIsDead) }, isClean: false)
              }
              guard index == 0 else { continue }
              // That of the clean image stands in every row of it.
              let traits = own.map { ($0.0, $0.1.clean(image)) }
              count += Self.different(traits.filter { $0.1.contains(.cleanMapIsDead) }, isClean: true)
            }
          }
        }
      }
    }
    return count
  }

  /// How many different classes these targets mean on one image.
  private static func different(
    _ targets: [(ExplanationTarget, MeasurementTables.Traits)], isClean: Bool
  ) -> Int {
    var kinds: [ExplanationTarget] = []
    for (target, traits) in targets {
      func means(_ other: ExplanationTarget) -> Bool {
        switch (target, other) {
        case (.predicted, .cleanPrediction), (.cleanPrediction, .predicted): isClean || !traits.contains(.flipped)
        case (.predicted, .label), (.label, .predicted): traits.contains(isClean ? .cleanRight : .right)
        case (.label, .cleanPrediction), (.cleanPrediction, .label): traits.contains(.cleanRight)
        default: target == other
        }
      }
      if !kinds.contains(where: means) { kinds.append(target) }
    }
    return kinds.count
  }
}
