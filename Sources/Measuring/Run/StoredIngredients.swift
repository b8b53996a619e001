import Store
import Support

/// The ingredients of everything stored, to find what is nearest to something missing.
struct StoredIngredients {
  typealias Ingredients = [(name: String, value: String)]

  package struct Row {
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

  private var subjects: [MeasuredSubject] = []
  /// Indices into `subjects`, by the image's hash.
  private var byImage: [String: [Int]] = [:]
  /// One of each network and preparation, for images that the store does not know.
  private var representatives: [Int] = []

  /// Of a store that is not there yet.
  init() {}

  init(_ reader: StoreReader) throws {
    var seen: Set<[Int64]> = []
    try reader.forEachMeasured { subject in
      if seen.insert([subject.network, subject.preparation]).inserted { representatives.append(subjects.count) }
      byImage[StoredIngredients.hash(subject.image), default: []].append(subjects.count)
      subjects.append(subject)
    }
  }

  private static func hash(_ image: String) -> String {
    ContentKey.ingredients(of: image).first { $0.name == "image" }?.value ?? ""
  }

  func nearest(to wanted: KeyMaker.Subject, reader: StoreReader?) throws -> Nearest {
    // An image that the store does not know is new, whatever else there is.
    let known = byImage[StoredIngredients.hash(wanted.image)]
    var best: (index: Int, changes: [Forecast.Change])?
    for index in known ?? representatives {
      let own = subjects[index]
      guard let reader else { continue }
      let stored = KeyMaker.Subject(
        network: try reader.text(own.network), preparation: try reader.text(own.preparation), image: own.image,
        label: own.label)
      let changes = Self.changes(from: stored.ingredients, to: wanted.ingredients)
      if best.map({ changes.count < $0.changes.count }) ?? true { best = (index, changes) }
    }
    guard let best else { return Nearest(subjectChanges: nil, rows: []) }
    guard known != nil else {
      let changes = best.changes.filter { $0.ingredient != "label" && $0.ingredient != "image" }
      return Nearest(subjectChanges: changes + [Forecast.Change(ingredient: "image", value: "new")], rows: [])
    }
    let rows = try reader?.rows(of: subjects[best.index].id) ?? []
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

extension StoreReader {
  /// What a subject's measurements depend on.
  fileprivate func rows(of subject: Int64) throws -> [StoredIngredients.Row] {
    var found: [StoredIngredients.Row] = []
    for pass in try passes(of: subject) {
      try layout(pass.layout).layout.forEachRow { key, settings, _, _ in
        found.append(
          StoredIngredients.Row(
            settings: ContentKey.ingredients(of: try settingsText(key, measure: settings)),
            target: key.series.target.rawValue, layer: try text(key.series.layer), epsilon: key.level.epsilon))
      }
    }
    return found
  }
}
