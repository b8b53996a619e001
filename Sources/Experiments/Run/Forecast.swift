import Foundation
import GRDB
import Results
import Support

/// What a run would compute, and why: found by comparing keys, without computing or writing anything.
public struct Forecast: Sendable, Equatable {
  /// Something that a measurement depends on, and what the store's nearest measurement has in its place.
  public struct Change: Sendable, Hashable {
    /// As in the store's ingredients: "weights", "arithmetic", "epsilon", "image".
    public var ingredient: String
    /// Nil where the store has nothing to compare with: of images, layers, targets and epsilons, which are many.
    public var former: String?
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
    public var measurements: Int
    public var images: Int

    public init(changes: [Change], measurements: Int, images: Int) {
      self.changes = changes
      self.measurements = measurements
      self.images = images
    }
  }

  public struct Model: Sendable, Equatable {
    public var name: String
    public var images: Int
    public var missingMeasurements: Int
    public var storedMeasurements: Int
    /// The most frequent first.
    public var reasons: [Reason]
  }

  public var models: [Model]

  public var missingMeasurements: Int { models.reduce(0) { $0 + $1.missingMeasurements } }

  /// - Parameters:
  ///   - store: nil where there is none yet.
  ///   - engine: name and version of the library that would compute: "oneDNN 2.6.3".
  ///   - why: whether to look for reasons; each missing measurement is then held to those stored for its image.
  public init(plan: Plan, store: ResultsStore?, engine: String, why: Bool) throws(Problem) {
    guard let store else {
      models = try plan.models.map { model throws(Problem) in
        try Forecast.model(model, plan: plan, engine: engine, reader: nil, stored: why ? StoredIngredients() : nil)
      }
      return
    }
    models = try store.reading { reader in
      let stored = why ? try StoredIngredients(reader, hasSettings: store.schemaVersion >= 2) : nil
      return try plan.models.map { model in
        try Forecast.model(model, plan: plan, engine: engine, reader: reader, stored: stored)
      }
    }
  }

  private static func model(
    _ model: PlannedModel, plan: Plan, engine: String, reader: ResultsStore.Reader?, stored: StoredIngredients?
  ) throws(Problem) -> Model {
    do {
      let work = try MissingWork(plan: plan, model: model, engine: engine, reader: reader)
      return Model(
        name: model.record.name, images: work.items.count, missingMeasurements: work.missingRows,
        storedMeasurements: work.allRows - work.missingRows,
        reasons: try stored.map { try reasons(of: work, model, plan: plan, reader: reader, stored: $0) } ?? [])
    } catch let problem as Problem {
      throw problem
    } catch {
      throw .failure("the results store cannot be read: \(error)")
    }
  }

  private static func reasons(
    of work: MissingWork, _ model: PlannedModel, plan: Plan, reader: ResultsStore.Reader?, stored: StoredIngredients
  ) throws -> [Reason] {
    var found: [[Change]: (rows: Int, images: Int)] = [:]
    for item in work.items {
      let subject = work.keys.subject(of: plan.images[item.image].record)
      let nearest = try stored.nearest(to: subject, reader: reader)
      var own: [[Change]: Int] = [:]
      for level in item.levels {
        for pair in plan.experiment.pairs(at: level, layers: model.layers.map(\.name)) {
          for measure in plan.experiment.compare.measures.indices {
            if try reader?.hasMeasurement(subject.measurement(pair, measure: measure)) == true { continue }
            let row = StoredIngredients.Row(
              settings: subject.settings(pair, measure: measure), target: pair.target.rawValue, layer: pair.layer,
              epsilon: level.epsilon)
            own[nearest.changes(to: row), default: 0] += 1
          }
        }
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

/// The ingredients of everything stored, to find what is nearest to something missing.
struct StoredIngredients {
  typealias Ingredients = [(name: String, value: String)]

  struct Row {
    var settings: Ingredients
    var target: String
    var layer: String
    var epsilon: Double
  }

  /// What the store has for the subject that differs least.
  struct Nearest {
    /// Nil when the store has nothing at all.
    var subjectChanges: [Forecast.Change]?
    /// Of that subject.
    var rows: [Row]

    func changes(to row: Row) -> [Forecast.Change] {
      guard let subjectChanges else { return [] }
      // Where the subject itself changed, every row of it is missing, and how else the rows differ tells nothing.
      guard subjectChanges.isEmpty || !rows.isEmpty else { return subjectChanges }
      // Control and attacked rows are compared with each other only where there is nothing else.
      let candidates = rows.map { stored in
        (changes: changes(from: stored, to: row), cost: (stored.epsilon == 0) == (row.epsilon == 0) ? 0 : 1)
      }
      let best = candidates.min { $0.changes.count + $0.cost < $1.changes.count + $1.cost }
      return subjectChanges + (best?.changes ?? [])
    }

    private func changes(from stored: Row, to row: Row) -> [Forecast.Change] {
      var changes: [Forecast.Change] = []
      // Control and attacked rows have different settings: neither is the other's changed form.
      if !stored.settings.isEmpty, (stored.epsilon == 0) == (row.epsilon == 0) {
        changes += StoredIngredients.changes(from: stored.settings, to: row.settings)
      }
      if stored.target != row.target { changes.append(Forecast.Change(ingredient: "target", value: row.target)) }
      if stored.layer != row.layer { changes.append(Forecast.Change(ingredient: "layer", value: row.layer)) }
      if stored.epsilon != row.epsilon {
        changes.append(Forecast.Change(ingredient: "epsilon", value: "\(row.epsilon)"))
      }
      return changes
    }
  }

  private struct Subject {
    var key: ContentKey
    var ingredients: Ingredients
  }

  private var subjects: [Subject] = []
  /// Indices into `subjects`, by the image's hash.
  private var byImage: [String: [Int]] = [:]
  private var hasSettings = false

  /// Of a store that is not there yet.
  init() {}

  init(_ reader: ResultsStore.Reader, hasSettings: Bool) throws {
    self.hasSettings = hasSettings
    for (key, text) in try reader.subjects() {
      let ingredients = ContentKey.ingredients(of: text)
      if let image = ingredients.first(where: { $0.name == "image" })?.value {
        byImage[image, default: []].append(subjects.count)
      }
      subjects.append(Subject(key: key, ingredients: ingredients))
    }
  }

  func nearest(to wanted: KeyMaker.Subject, reader: ResultsStore.Reader?) throws -> Nearest {
    let image = wanted.ingredients.first { $0.name == "image" }?.value ?? ""
    // An image that the store does not know is new, whatever else there is.
    let candidates = byImage[image] ?? Array(subjects.indices)
    var best: (index: Int, changes: [Forecast.Change])?
    for index in candidates {
      let changes = Self.changes(from: subjects[index].ingredients, to: wanted.ingredients)
      if best.map({ changes.count < $0.changes.count }) ?? true { best = (index, changes) }
    }
    guard let best else { return Nearest(subjectChanges: nil, rows: []) }
    guard byImage[image] != nil else {
      let changes = best.changes.filter { $0.ingredient != "label" && $0.ingredient != "image" }
      return Nearest(subjectChanges: changes + [Forecast.Change(ingredient: "image", value: "new")], rows: [])
    }
    let rows = try reader?.rows(of: subjects[best.index].key, hasSettings: hasSettings) ?? []
    return Nearest(subjectChanges: best.changes, rows: rows)
  }

  /// In the order of `wanted`, and at the end what `wanted` does not have.
  static func changes(from stored: Ingredients, to wanted: Ingredients) -> [Forecast.Change] {
    let former = Dictionary(stored.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    let names = Set(wanted.map(\.name))
    return wanted.compactMap { name, value in
      let old = former[name] ?? unwritten(name)
      return old == value ? nil : Forecast.Change(ingredient: name, former: old, value: value)
    }
      + stored.filter { !names.contains($0.name) }.map { name, value in
        Forecast.Change(ingredient: name, former: value, value: unwritten(name))
      }
  }

  /// What an ingredient is that a key does not name.
  private static func unwritten(_ name: String) -> String {
    switch name {
    // Revision 1 was not written down.
    case "arithmetic": "1"
    case "decoders", "variant": "standard"
    case "orientation": "apply"
    case "state": "the default"
    default: "none"
    }
  }
}

extension ResultsStore.Reader {
  /// Every model and image that something is stored for, with the ingredients as text.
  func subjects() throws -> [(key: ContentKey, text: String)] {
    try Row.fetchAll(db, sql: "SELECT key, ingredients FROM subjects ORDER BY key").map { row in
      (ContentKey(bytes: try row.decode(Data.self, atIndex: 0)), try row.decode(atIndex: 1))
    }
  }

  fileprivate func rows(of subject: ContentKey, hasSettings: Bool) throws -> [StoredIngredients.Row] {
    let settings = hasSettings ? "settings.ingredients" : "NULL"
    let join = hasSettings ? "LEFT JOIN settings ON settings.id = measurements.settings" : ""
    let statement = try db.cachedStatement(
      sql: "SELECT target, layer, epsilon, \(settings) FROM measurements \(join) WHERE subject = ? ORDER BY key")
    return try Row.fetchAll(statement, arguments: [subject.bytes]).map { row in
      StoredIngredients.Row(
        settings: ContentKey.ingredients(of: try row.decode(String?.self, atIndex: 3) ?? ""),
        target: try row.decode(atIndex: 0), layer: try row.decode(atIndex: 1), epsilon: try row.decode(atIndex: 2))
    }
  }
}
