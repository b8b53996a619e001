import Explanations
import Foundation
import Support

/// How much the greatest value of the raw map changed, in doublings: what heatmaps, each scaled to [0, 1], do not show.
public struct Magnitude: Measure {
  public static let key = "magnitude"
  public static let title = "|log₂ magnitude|"
  public static let help = "|log2| of the ratio of the raw maps' maxima: what scaling to [0, 1] hides."
  public static let columns = ["magnitude"]
  public static let options: [DeclaredOption<Magnitude>] = []

  /// Added to both maxima, so that a dead map has a ratio too.
  static let floor = 1e-7

  public init() {}

  public var definition: String { "|log₂ magnitude| = |log₂((P′ + 10⁻⁷) / (P + 10⁻⁷))|" }

  public var methods: String {
    "where *P* and *P′* are the maxima of the clean and of the attacked raw map: 0 as strong, 1 twice or half as strong."
  }

  public func reference(_ clean: ExplainedMap) throws(Problem) -> any MeasureReference {
    Reference(peak: Double(clean.raw.peak))
  }

  public func contradiction(in values: [Double]) -> String? {
    guard values.count == 1 else { return "there are \(values.count) values, not 1" }
    return values[0] >= 0 ? nil : "\(Magnitude.title) is \(values[0]), below 0"
  }

  private struct Reference: MeasureReference {
    let peak: Double

    func compare(with attacked: ExplainedMap) throws(Problem) -> [Double] {
      [abs(log2((Double(attacked.raw.peak) + Magnitude.floor) / (peak + Magnitude.floor)))]
    }
  }
}
