import Attacks
import ExperimentFile
import Explanations
import Measures
import Results
import Support

/// By which attacks, levels, explanations, targets and measures several runs measured, and what of it a report on all of them
/// shows.
struct CommonWays: Sendable {
  /// A kind of thing that experiments list.
  enum Kind: String, Sendable, Hashable, CaseIterable {
    case attack, level, explanation, target, measure

    /// "attacks"
    var plural: String { self == .level ? "attack levels" : rawValue + "s" }
  }

  /// Something that not every run has.
  struct Partial: Sendable, Hashable {
    var kind: Kind
    /// As reports call it.
    var name: String
    /// Into the runs: those that have it.
    var runs: [Int]
  }

  /// With the options of the first run that has it; without those that take their gradient from another model.
  private(set) var attacks: [AttackSetting] = []
  private(set) var explanations: [any Explanation] = []
  private(set) var targets: [ExplanationTarget] = []
  private(set) var measures: [any Measure] = []
  /// In the order of the runs' experiments.
  private(set) var partial: [Partial] = []
  /// Kinds of which no run has anything that all have.
  private(set) var missing: [Kind] = []
  /// Of each run, attacks that take their gradient from another model: what they are called depends on the run's own models.
  private(set) var transfers: [[String]]
  /// Whether what only some runs have is shown for those.
  let isUnion: Bool
  private let count: Int

  /// - Parameter isUnion: as in a sweep, whose runs were made to differ; else only what all have is shown.
  init(_ experiments: [Experiment], isUnion: Bool) {
    self.isUnion = isUnion
    count = experiments.count
    transfers = experiments.map { $0.attacks.filter { $0.source != nil }.map(\.title) }
    let names = LevelNames(experiments.flatMap(\.attacks))
    let own = experiments.map { $0.attacks.filter { $0.source == nil } }
    for var setting in shown(own, .attack, key: \.key, title: \.title) {
      let levels = own.map { attacks in attacks.first { $0.key == setting.key }.map(\.levels) }
      let having = levels.indices.filter { levels[$0] != nil }
      let all = Set(levels.compactMap { $0 }.flatMap { $0 }).sorted()
      let title = setting.title
      setting.levels = all.filter { level in
        let runs = having.filter { levels[$0]?.contains(level) ?? false }
        guard runs.count < having.count else { return true }
        partial.append(Partial(kind: .level, name: "\(names.exact(level)) of \(title)", runs: runs))
        return isUnion
      }
      if !setting.levels.isEmpty {
        attacks.append(setting)
      } else if !missing.contains(.level) {
        missing.append(.level)
      }
    }
    if !attacks.isEmpty { missing.removeAll { $0 == .level } }
    explanations = shown(
      experiments.map(\.explain.methods), .explanation, key: { type(of: $0).key }, title: { type(of: $0).title })
    targets = shown(experiments.map(\.explain.targets), .target, key: \.rawValue, title: \.rawValue)
    measures = shown(
      experiments.map(\.compare.measures), .measure, key: { type(of: $0).key }, title: { type(of: $0).title })
  }

  /// What is shown of one kind, each once, in the order in which the runs list them.
  private mutating func shown<Item>(
    _ lists: [[Item]], _ kind: Kind, key: (Item) -> String, title: (Item) -> String
  ) -> [Item] {
    var seen: Set<String> = []
    var shown: [Item] = []
    for item in lists.flatMap({ $0 }) where seen.insert(key(item)).inserted {
      let runs = lists.indices.filter { lists[$0].contains { key($0) == key(item) } }
      if runs.count < lists.count { partial.append(Partial(kind: kind, name: title(item), runs: runs)) }
      if runs.count == lists.count || isUnion { shown.append(item) }
    }
    if shown.isEmpty { missing.append(kind) }
    return shown
  }

  /// What of an experiment is shown, with its own options.
  func restricted(_ experiment: Experiment) -> Experiment {
    var own = experiment
    own.attacks = attacks.compactMap { shown in
      guard var setting = experiment.attacks.first(where: { $0.key == shown.key }) else { return nil }
      setting.levels = setting.levels.filter(shown.levels.contains)
      return setting
    }
    own.explain.methods = explanations.compactMap { shown in
      experiment.explain.methods.first { type(of: $0).key == type(of: shown).key }
    }
    own.explain.targets = targets.filter(experiment.explain.targets.contains)
    own.compare.measures = measures.compactMap { shown in
      experiment.compare.measures.first { type(of: $0).key == type(of: shown).key }
    }
    return own
  }

  /// What of all that is shown an experiment has; nil where it has all.
  /// - Parameter own: as `restricted` gives it.
  func grid(_ own: Experiment) -> ModelGrid? {
    guard
      own.attacks.map(\.key) != attacks.map(\.key) || own.attacks.map(\.levels) != attacks.map(\.levels)
        || own.explain.methods.count != explanations.count || own.explain.targets.count != targets.count
        || own.compare.measures.count != measures.count
    else { return nil }
    return ModelGrid(
      levels: Dictionary(own.attacks.map { ($0.key, $0.levels) }, uniquingKeysWith: { first, _ in first }),
      explanations: Set(own.explain.methods.map { type(of: $0).key }), targets: Set(own.explain.targets),
      measures: Set(own.compare.measures.map { type(of: $0).key }))
  }
}
