import Support

extension ExperimentResults {
  /// Of each model, under the first attack and explanation, at its deepest explained layer and with the first target: dead maps, or attacks that changed nothing,
  /// in more than a tenth of the pairs, so that it is not ranked.
  public var driftWarnings: [Warning] {
    models.compactMap { model -> Warning? in
      guard let attack = attacks.first, let layer = model.deepestLayer, let target = targets.first else { return nil }
      let series = SeriesIdentity(
        model: model.key, attack: attack.key, explanation: explanationKeys.first ?? "", target: target, layer: layer,
        measure: "")
      let rows = measurements.filter { $0.epsilon > 0 && SeriesIdentity($0) == series }
      let levels = attack.levels.map { epsilon in
        let own = rows.filter { $0.epsilon == epsilon }
        return PairCounts(
          epsilon: epsilon, pairs: own.count, dead: own.count(where: \.isDead), unmoved: own.count(where: \.isUnmoved))
      }
      return warning(PairCounts.obstacles(levels), model, rows)
    }
  }

  /// One warning for all that keeps a model out of the order.
  private func warning(_ obstacles: [RankingObstacle], _ model: ModelRecord, _ rows: [Measurement]) -> Warning? {
    func pairs(_ part: Int, _ all: Int, _ epsilon: Double?) -> String {
      "\(part) of \(all) pairs" + (epsilon.map { " at ε = \(AttackLevel.exact($0))" } ?? "")
    }
    var found: [String] = []
    var remedy: String?
    for obstacle in obstacles {
      switch obstacle {
      case .deadMaps(let part, let all, let epsilon):
        found.append("has a dead map, one without any positive value, in \(pairs(part, all, epsilon))")
        remedy =
          "Weights of 0, or weights that do not fit the input, do that; so does a layer that nothing in the image drives. "
          + "Look at the accuracy, at the weights and at other layers."
      case .unmoved(let part, let all, let epsilon):
        let images = Set(rows.filter { $0.gradientIsZero == true }.map(\.image)).count
        let gradient =
          images == 0 ? "" : " (the gradient of the loss is 0 on \(images) of \(Set(rows.map(\.image)).count) images)"
        found.append("was not changed by the attack in \(pairs(part, all, epsilon))\(gradient)")
        remedy =
          remedy
          ?? "A network that is surer than Float32 can say, weights of 0, or a level that is lost in rounding do that."
      case .fewImages, .noMOD: break
      }
    }
    guard !found.isEmpty else { return nil }
    return Warning(
      "\(model.name) \(found.joined(separator: ", and ")): its MOD says nothing of how far attention drifts, and it is not "
        + "ranked", remedy: remedy)
  }
}
