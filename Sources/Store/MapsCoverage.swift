import ExperimentFile
import Explanations
import Results

/// What of an experiment's levels, explanations and targets a file of maps has: by indices into the experiment's lists, as
/// `KeyMaker` means them.
struct MapsCoverage: Sendable {
  private let levels: [[Double]]
  private let explanations: Set<Int>
  private let targets: Set<ExplanationTarget>
  private let hasControl: Bool

  init(_ maps: MapsRecord, _ experiment: Experiment) {
    levels = experiment.attacks.map { maps.levels?[$0.key] ?? [] }
    explanations = Set(
      experiment.explain.methods.indices.filter { index in
        maps.explanations?.contains(type(of: experiment.explain.methods[index]).key) ?? false
      })
    targets = Set(maps.targets ?? [])
    hasControl = maps.hasControl ?? false
  }

  /// The clean image's answer is always there, at the control's level.
  fileprivate func includes(_ level: KeyMaker.Level) -> Bool {
    level.epsilon == 0 || levels.indices.contains(level.attack) && levels[level.attack].contains(level.epsilon)
  }

  fileprivate func includes(_ pair: KeyMaker.MapCoordinates) -> Bool {
    explanations.contains(pair.explanation) && targets.contains(pair.target)
      && (pair.level.map { $0.epsilon == 0 ? hasControl : includes($0) } ?? true)
  }

  fileprivate var control: Bool { hasControl }

  fileprivate func includes(attack: Int) -> Bool { levels.indices.contains(attack) && !levels[attack].isEmpty }
}

extension KeyMaker {
  /// Whether the model has an attack at a level: one that is run has all.
  package func includes(_ level: Level) -> Bool { coverage?.includes(level) ?? true }

  /// Whether the model has an attack at any level.
  func includes(attack: Int) -> Bool { coverage?.includes(attack: attack) ?? true }

  /// Whether it has a map.
  package func includes(_ pair: MapCoordinates) -> Bool { coverage?.includes(pair) ?? true }

  /// Whether the control is run on it at all.
  package var hasControl: Bool { coverage?.control ?? true }
}
