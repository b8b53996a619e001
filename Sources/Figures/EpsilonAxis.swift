import Foundation

/// Where attack levels stand on a horizontal axis.
///
/// Attack levels are usually chosen by factors (0.005, 0.01, 0.02, 0.05, 0.1): on a linear axis half of them
/// crowd at the left, so `log` is the default. Zero, which has no logarithm, stands apart at the left behind a
/// broken axis.
public struct EpsilonAxis: Sendable, Hashable {
  /// By factors, by differences, or one step for each level.
  public enum Spacing: String, Sendable, Hashable, CaseIterable { case log, linear, even }

  /// How the levels are spaced.
  public let spacing: Spacing
  /// Ascending, without 0.
  public let epsilons: [Double]
  /// Whether the clean images have a place, at the left.
  public let showsZero: Bool

  /// - Parameter epsilons: in any order; 0 among them is left out.
  public init(_ epsilons: [Double], spacing: Spacing = .log, showsZero: Bool = true) {
    self.epsilons = epsilons.filter { $0 > 0 }.sorted()
    self.spacing = spacing
    self.showsZero = showsZero
  }

  /// The share of the axis that the first level stands from its left end, where zero is shown.
  var start: Double {
    guard showsZero else { return 0 }
    return spacing == .even ? 1 / Double(max(1, epsilons.count)) : 0.16
  }

  /// The axis is not to scale between zero and the first level.
  public var isBroken: Bool { showsZero && spacing != .linear }

  /// Behind the axis's name, how its levels are spaced; empty where that is no matter.
  var spacingWords: String {
    guard epsilons.count > 1 else { return "" }
    switch spacing {
    case .log: return " (logarithmic)"
    case .even: return " (evenly spaced)"
    case .linear: return ""
    }
  }

  /// In [0, 1] along the axis.
  public func position(_ epsilon: Double) -> Double {
    guard epsilon > 0, let first = epsilons.first, let last = epsilons.last else { return 0 }
    switch spacing {
    case .linear:
      let origin = showsZero ? 0 : first
      return last > origin ? (epsilon - origin) / (last - origin) : 0.5
    case .log:
      guard last > first else { return start + (1 - start) / 2 }
      return start + (1 - start) * Foundation.log(epsilon / first) / Foundation.log(last / first)
    case .even:
      guard epsilons.count > 1, let index = epsilons.firstIndex(of: epsilon) else { return start + (1 - start) / 2 }
      return start + (1 - start) * Double(index) / Double(epsilons.count - 1)
    }
  }
}
