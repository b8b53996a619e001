import Foundation

/// Rounded tick values of a linear axis: 1, 2, 2.5 or 5 times a power of ten (the "nice numbers" of P. Heckbert,
/// Graphics Gems, 1990, chapter "Nice numbers for graph labels", with 2.5 added).
public struct Ticks: Sendable, Hashable {
  /// Ascending; the first and last enclose the data.
  public let values: [Double]
  /// How many decimals every label needs.
  public let decimals: Int

  /// Where the axis ends when it has no tick there.
  private var start: Double?
  private var end: Double?

  /// Where the axis begins.
  public var lower: Double { start ?? values.first ?? 0 }
  /// Where the axis ends.
  public var upper: Double { end ?? values.last ?? 1 }
  /// Of each value, all with the same decimals.
  public var labels: [String] { values.map { Numbers.fixed($0, decimals) } }

  /// Ticks that enclose `range` in about `count` steps. An empty or infinite range gives ticks around its lower
  /// end, so that a plot of one value still has an axis.
  public init(enclosing range: ClosedRange<Double>, count: Int = 5) {
    var lower = range.lowerBound.isFinite ? range.lowerBound : 0
    var upper = range.upperBound.isFinite ? range.upperBound : lower + 1
    if !(upper - lower > 1e-12 * max(abs(lower), abs(upper))) {
      let margin = lower == 0 ? 0.5 : abs(lower) / 2
      lower -= lower >= 0 ? min(lower, margin) : margin
      upper = lower + 2 * margin
    }
    let raw = (upper - lower) / Double(max(1, count))
    var exponent = Int(log10(raw).rounded(.down))
    let fraction = raw / pow(10, Double(exponent))
    // In tenths, so that every tick is one integer times or over a power of ten: 0.3, not 0.30000000000000004.
    var tenths: Int
    switch fraction {
    case ..<1.5: tenths = 10
    case ..<2.25: tenths = 20
    case ..<3.5: tenths = 25
    case ..<7.5: tenths = 50
    default:
      tenths = 10
      exponent += 1
    }
    let power = exponent - 1
    let step = Ticks.scaled(tenths, power)
    // A hair of tolerance keeps 0.3 / 0.1 = 2.9999... from adding an empty step.
    let first = Int((lower / step + 1e-9).rounded(.down))
    let last = max(first + 1, Int((upper / step - 1e-9).rounded(.up)))
    values = (first...last).map { Ticks.scaled($0 * tenths, power) }
    decimals = max(0, tenths % 10 == 0 ? -exponent : -power)
  }

  /// What an axis that begins at 0 has to enclose: 0 and some values. Of values that are 0 but for rounding it is 0 alone, which
  /// `init(enclosing:count:)` gives an axis to 1; else their billionths would be its labels.
  static func range(withZero values: [Double]) -> ClosedRange<Double> {
    let (least, greatest) = (min(0, values.min() ?? 0), max(0, values.max() ?? 0))
    return greatest - least < 1e-9 ? 0...0 : least...greatest
  }

  private init(values: [Double], decimals: Int) {
    self.values = values
    self.decimals = decimals
  }

  /// An axis of the same steps that ends at bounds beyond which there are no values, where rounded ends would go beyond.
  func within(_ bounds: ClosedRange<Double>?) -> Ticks {
    guard let bounds else { return self }
    let hair = 1e-9 * max(abs(bounds.lowerBound), abs(bounds.upperBound))
    let inside = values.filter { $0 >= bounds.lowerBound - hair && $0 <= bounds.upperBound + hair }
    guard inside.count < values.count, !inside.isEmpty else { return self }
    var ticks = Ticks(values: inside, decimals: decimals)
    if lower < bounds.lowerBound - hair { ticks.start = bounds.lowerBound }
    if upper > bounds.upperBound + hair { ticks.end = bounds.upperBound }
    return ticks
  }

  private static func scaled(_ integer: Int, _ power: Int) -> Double {
    power < 0 ? Double(integer) / pow(10, Double(-power)) : Double(integer) * pow(10, Double(power))
  }
}
