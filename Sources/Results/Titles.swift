import Attacks
import Explanations
import Measures

/// What reports call the attacks, explanations and measures of an experiment, by their keys.
extension ExperimentResults {
  /// The key itself for an attack that the experiment has not.
  public func attackTitle(_ key: String) -> String { attacks.first { $0.key == key }?.title ?? key }

  /// Whether it is what attacks are held against (`Attack.isBaseline`).
  public func isBaseline(_ attack: String) -> Bool {
    attacks.first { $0.key == attack }.map { type(of: $0.attack).isBaseline } ?? false
  }

  /// What some series are held against: the same under noise and its like, in the order of the series, each once.
  /// - Parameter all: among which they are looked for.
  public func baselines(of series: [SeriesSummary], among all: [SeriesSummary]) -> [SeriesSummary] {
    var found: [SeriesSummary] = []
    for one in series {
      for other in all where isBaseline(other.attack) && other.attack != one.attack {
        var identity = other.identity
        identity.attack = one.attack
        guard identity == one.identity, !found.contains(where: { $0.identity == other.identity }) else { continue }
        found.append(other)
      }
    }
    return found
  }

  /// What stands for all attacks where only one can: the first; noise and its like where there is nothing else.
  public var mainAttack: AttackSetting? {
    attacks.first { !type(of: $0.attack).isBaseline } ?? attacks.first
  }

  private func explanation(_ key: String) -> (any Explanation.Type)? {
    explanations.lazy.map { type(of: $0) }.first { $0.key == key }
  }

  private func measure(_ key: String) -> (any Measure.Type)? {
    measures.lazy.map { type(of: $0) }.first { $0.key == key }
  }

  /// The key itself for an explanation that the experiment has not.
  public func explanationTitle(_ key: String) -> String { explanation(key)?.title ?? key }

  /// What the letters of an explanation's title stand for; nil for a title that is no acronym.
  public func explanationExpansion(_ key: String) -> String? { explanation(key)?.expansion }

  /// What the values of an explanation's raw maps are; nil for an explanation that the experiment has not.
  public func explanationUnit(_ key: String) -> String? { explanation(key)?.unit }

  /// Of a colour bar: "raw ... map, in units of the logit".
  public func rawMapTitle(_ explanation: String) -> String {
    "raw \(explanationTitle(explanation)) map" + (explanationUnit(explanation).map { ", \($0)" } ?? "")
  }

  /// The key itself for a measure that the experiment has not.
  public func measureTitle(_ key: String) -> String { measure(key)?.title ?? key }

  /// What the letters of a measure's title stand for; nil for a title that is no acronym.
  public func measureExpansion(_ key: String) -> String? { measure(key)?.expansion }

  /// Between which numbers a measure's values lie; nil where there is no such bound.
  public func measureBounds(_ key: String) -> ClosedRange<Double>? { measure(key)?.bounds }

  /// What `control_` and the like are followed by in exported tables; the key itself for a measure that the experiment has
  /// not.
  public func measureColumn(_ key: String) -> String { measure(key)?.columns.last ?? key }

  /// In the experiment's order.
  public var explanationKeys: [String] { explanations.map { type(of: $0).key } }

  /// In the experiment's order.
  public var measureKeys: [String] { measures.map { type(of: $0).key } }
}

extension ModelRecord {
  /// The architecture's last convolutional layer where it was explained, otherwise the last of those that were.
  public var deepestLayer: String? { layers.contains(lastLayer) ? lastLayer : layers.last }
}
