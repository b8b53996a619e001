import ExperimentFile
import Explanations
import Results
import Support

/// Which rows of a run are meant, in the words of `results.csv`; what is not named is all.
public struct MapSelection: Sendable, Equatable {
  private var models: Set<String>?
  private var attacks: Set<String>?
  private var levels: Set<Double>?
  private var explanations: Set<String>?
  private var targets: Set<ExplanationTarget>?
  /// By `ModelRecord.key`: `last` is another layer of each.
  private var layers: [String: Set<String>]?

  /// All rows.
  public init() {}

  /// - Parameters:
  ///   - models: keys or names.
  ///   - attacks: `AttackSetting.key`.
  ///   - levels: "0.01" or "2/255"; "0" is the control.
  ///   - explanations: `Explanation.key`.
  ///   - targets: "predicted".
  ///   - layers: names, or "last".
  /// - Throws: `Problem` of kind `.usage` for what the run does not have, with what it has.
  public init(
    of run: StoredRun, models: [String] = [], attacks: [String] = [], levels: [String] = [],
    explanations: [String] = [], targets: [String] = [], layers: [String] = []
  ) throws(Problem) {
    let experiment = run.experiment
    func choose<Value: Hashable>(
      _ kind: String, _ names: [String], _ known: [(name: String, value: Value)]
    ) throws(Problem) -> Set<Value>? {
      var chosen: Set<Value> = []
      for name in names {
        guard
          let found = known.first(where: { $0.name == name })
            ?? known.first(where: { $0.name.lowercased() == name.lowercased() })
        else {
          throw .usage(
            "the run has no \(kind) `\(printable(name))`",
            remedy: suggestion(for: name, among: known.map(\.name).uniqued))
        }
        chosen.insert(found.value)
      }
      return names.isEmpty ? nil : chosen
    }
    self.models = try choose(
      "model", models, run.models.map { ($0.key, $0.key) } + run.models.map { ($0.name, $0.key) })
    self.attacks = try choose("attack", attacks, experiment.attacks.map { ($0.key, $0.key) })
    let names = LevelNames(experiment.attacks)
    let known = [0] + experiment.epsilons
    self.levels = try choose(
      "level", levels.map { text in known.first { Self.level(text) == $0 }.map(names.exact) ?? text },
      known.map { (names.exact($0), $0) })
    self.explanations = try choose(
      "explanation", explanations, experiment.explain.methods.map { (type(of: $0).key, type(of: $0).key) })
    self.targets = try choose("target", targets, experiment.explain.targets.map { ($0.rawValue, $0) })
    guard !layers.isEmpty else { return }
    let layerNames = run.models.flatMap(\.layers).uniqued
    guard let chosen = try choose("layer", layers, [("last", "last")] + layerNames.map { ($0, $0) }) else { return }
    self.layers = Dictionary(
      run.models.map { model in
        (model.key, chosen.union(chosen.contains("last") ? [model.lastLayer] : []))
      }, uniquingKeysWith: { first, _ in first })
  }

  private static func level(_ text: String) -> Double? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Double($0) }
    guard let first = parts.first ?? nil else { return nil }
    guard parts.count == 2, let second = parts[1], second != 0 else { return parts.count == 1 ? first : nil }
    return first / second
  }

  /// Whether rows of a model are meant.
  public func contains(model: String) -> Bool { models?.contains(model) ?? true }

  /// Whether rows of a level of an attack are meant.
  public func contains(attack: String, epsilon: Double) -> Bool {
    (attacks?.contains(attack) ?? true) && (levels?.contains(epsilon) ?? true)
  }

  /// Whether the clean map of a row is meant, whatever its attack and level.
  public func containsClean(_ row: Measurement) -> Bool {
    contains(model: row.model) && (explanations?.contains(row.explanation) ?? true)
      && (targets?.contains(row.target) ?? true) && (layers.map { $0[row.model]?.contains(row.layer) ?? false } ?? true)
  }

  /// Whether a row is meant.
  public func contains(_ row: Measurement) -> Bool {
    containsClean(row) && contains(attack: row.attack, epsilon: row.epsilon)
  }
}
