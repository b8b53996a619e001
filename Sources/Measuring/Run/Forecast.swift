import Results
import Store
import Support

/// What a run would compute, and why: found by comparing keys, without computing or writing anything.
public struct Forecast: Sendable, Equatable {
  /// Something that a measurement depends on, and what the store's nearest measurement has in its place.
  public struct Change: Sendable, Hashable {
    /// As in the store's ingredients: "weights", "arithmetic", "epsilon", "image".
    public var ingredient: String
    /// Nil where the store has nothing to compare with: of images, layers, targets and epsilons, which are many.
    public var former: String?
    /// What it is now.
    public var value: String

    public init(ingredient: String, former: String? = nil, value: String) {
      self.ingredient = ingredient
      self.former = former
      self.value = value
    }
  }

  /// Missing measurements with one cause.
  public struct Reason: Sendable, Equatable {
    /// Empty when the store has no measurement at all.
    public var changes: [Change]
    /// How many are missing for this reason.
    public var measurements: Int
    /// How many images they are of.
    public var images: Int

    public init(changes: [Change], measurements: Int, images: Int) {
      self.changes = changes
      self.measurements = measurements
      self.images = images
    }
  }

  /// What one model lacks.
  public struct Model: Sendable, Equatable {
    /// As the report calls it.
    public var name: String
    /// Those that lack a measurement.
    public var images: Int
    /// To be computed.
    public var missingMeasurements: Int
    /// Found in the store.
    public var storedMeasurements: Int
    /// The most frequent first.
    public var reasons: [Reason]
    /// As the report calls them: the models whose gradients are taken to compute it, which lie in memory beside it.
    public var sources: [String] = []
  }

  /// In the experiment's order.
  public var models: [Model]

  /// Of all models.
  public var missingMeasurements: Int { models.reduce(0) { $0 + $1.missingMeasurements } }

  /// - Parameters:
  ///   - store: nil where there is none yet.
  ///   - engine: name and version of the library that would compute: "oneDNN 2.6.3".
  ///   - environment: the only one whose rows count; nil for all.
  ///   - why: whether to look for reasons; each missing measurement is then held to those stored for its image.
  ///   - shard: whose images are looked at; nil for all.
  public init(
    plan: Plan, store: ResultsStore?, engine: String, environment: RowEnvironment? = nil, why: Bool,
    shard: Shard? = nil
  ) throws(Problem) {
    guard let store else {
      models = try Forecast.models(plan, engine, nil, environment, shard, stored: why ? StoredIngredients() : nil)
      return
    }
    models = try store.reading { reader in
      try Forecast.models(plan, engine, reader, environment, shard, stored: why ? try StoredIngredients(reader) : nil)
    }
  }

  private static func models(
    _ plan: Plan, _ engine: String, _ reader: StoreReader?, _ environment: RowEnvironment?, _ shard: Shard?,
    stored: StoredIngredients?
  ) throws(Problem) -> [Model] {
    do {
      let work = try MissingWork.all(
        of: plan, engine: engine, reader: reader, environment: environment?.text, shard: shard)
      return try zip(plan.models, work).map { model, work in
        Model(
          name: model.record.name, images: work.items.count, missingMeasurements: work.missingRows,
          storedMeasurements: work.allRows - work.missingRows,
          reasons: try stored.map { try reasons(of: work, model, plan: plan, reader: reader, environment, stored: $0) }
            ?? [],
          sources: plan.sources(
            attacking: model, levels: work.items.flatMap(\.levels).filter { $0.epsilon > 0 }.map(\.attack)
          ).map(\.record.name))
      }
    } catch let problem as Problem {
      throw problem
    } catch {
      throw .failure("the results store cannot be read: \(error)")
    }
  }

  private static func reasons(
    of work: MissingWork, _ model: PlannedModel, plan: Plan, reader: StoreReader?, _ environment: RowEnvironment?,
    stored: StoredIngredients
  ) throws -> [Reason] {
    let (keys, names) = (work.keys, model.record.layers)
    let wanted = try reader.map { try WantedRows(keys, layers: names, $0) }
    let counted = try environment.flatMap { try reader?.identifier($0.text) }
    var found: [[Change]: (rows: Int, images: Int)] = [:]
    for item in work.items {
      let subject = keys.subject(of: plan.images[item.image].record)
      let nearest = try stored.nearest(to: subject, reader: reader)
      let passes = try reader?.entry(of: subject)?.passes ?? []
      let layouts = try passes.filter { environment == nil || $0.environment == counted }
        .compactMap { try reader?.layout($0.layout) }
      var own: [[Change]: Int] = [:]
      for row in Gap(plan.experiment, keys, hasControl: item.hasControl, layers: names, wanted, layouts).rows {
        let level = row.pair.level
        let row = StoredIngredients.Row(
          settings: keys.settings(row.pair, measure: row.measure), target: row.pair.target.rawValue,
          layer: keys.stored(layer: row.pair.layer), epsilon: level?.epsilon ?? 0)
        var changes = nearest.changes(to: row)
        // The row is there, and was computed elsewhere.
        if changes.isEmpty, let environment, !passes.isEmpty { changes = [Change(environment)] }
        own[changes, default: 0] += 1
      }
      for (changes, rows) in own {
        found[changes, default: (0, 0)].rows += rows
        found[changes, default: (0, 0)].images += 1
      }
    }
    return found.map { Reason(changes: $0.key, measurements: $0.value.rows, images: $0.value.images) }
      .sorted { a, b in
        (b.measurements, a.changes.map { "\($0)" }.joined()) < (a.measurements, b.changes.map { "\($0)" }.joined())
      }
  }
}

extension Forecast.Change {
  fileprivate init(_ environment: RowEnvironment) {
    self.init(ingredient: "processor", former: "another", value: environment.words)
  }
}

extension KeyMaker {
  /// What a measurement depends on beyond its subject, target, layer and epsilon.
  func settings(_ pair: MapCoordinates, measure: Int) -> Ingredients {
    let attack = pair.level.map { $0.epsilon == 0 ? "" : attacks[$0.attack] } ?? ""
    return ContentKey.ingredients(of: explanations[pair.explanation] + attack + measures[measure])
  }
}
