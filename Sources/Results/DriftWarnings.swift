import Attacks
import Support

extension ExperimentResults {
  /// That nothing was attacked, and of each model, under the attack and explanation that stand for it, at its deepest explained
  /// layer and with the first target: dead maps, or attacks that changed nothing, in more than a tenth of the pairs, so
  /// that it is not ranked.
  public var driftWarnings: [Warning] { [baselineWarning].compactMap { $0 } + modelWarnings }

  /// What noise moves would be read as what an attack does.
  private var baselineWarning: Warning? {
    guard let attack = mainAttack, isBaseline(attack.key) else { return nil }
    return Warning(
      "The experiment lists no attack but \(attack.title), which attacks are held against: no drift of this report is an "
        + "attack's, and no model is ranked",
      remedy: "List an attack beside it, for example `{method: \(standardAttack.key), epsilons: [8/255]}`.")
  }

  private var modelWarnings: [Warning] {
    guard let tables = try? tables else { return [] }
    return models.compactMap { model -> Warning? in
      let grid = grids[model.key]
      guard let attack = mainAttack, grid?.levels[attack.key] != nil || grid == nil, let layer = model.deepestLayer,
        let target = targets.first(where: { grid?.targets.contains($0) ?? true }),
        let explanation = explanationKeys.first(where: { grid?.explanations.contains($0) ?? true }),
        let place = place(
          of: SeriesIdentity(
            model: model.key, attack: attack.key, explanation: explanation, target: target, layer: layer, measure: ""))
      else { return nil }
      let series = tables.series[place]
      let own = self.levels(of: attack, model.key)
      let levels = own.indices.map { index in
        PairCounts(
          epsilon: own[index], pairs: series.count(.measured, level: index + 1),
          dead: series.count(.dead, level: index + 1), unmoved: series.count(.unmoved, level: index + 1))
      }
      return warning(PairCounts.obstacles(levels), model, series)
    }
  }

  /// One warning for all that keeps a model out of the order.
  private func warning(
    _ obstacles: [RankingObstacle], _ model: ModelRecord, _ series: MeasurementTables.Series
  ) -> Warning? {
    /// Images of which an attacked row has this trait.
    func images(_ trait: MeasurementTables.Traits) -> Int {
      self.images.indices.count { image in series.traits.dropFirst().contains { $0[image].contains(trait) } }
    }
    func pairs(_ part: Int, _ all: Int, _ epsilon: Double?) -> String {
      "\(part) of \(all) pairs" + (epsilon.map { " at ε = \(levelNames.exact($0))" } ?? "")
    }
    var found: [String] = []
    var remedy: String?
    for obstacle in obstacles {
      switch obstacle {
      case .deadMaps(let part, let all, let epsilon):
        found.append("has a dead map, one without any positive value, in \(pairs(part, all, epsilon))")
        remedy =
          "Weights of 0, or weights that do not fit the input, do that; so does a layer that nothing in the image drives. "
          + "Look at \(labels == .classes ? "the accuracy, at the weights" : "the weights, at the input") and at other layers."
      case .unmoved(let part, let all, let epsilon):
        let count = images(.gradientIsZero)
        let gradient =
          count == 0 ? "" : " (the gradient of the loss is 0 on \(count) of \(images(.measured)) images)"
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
