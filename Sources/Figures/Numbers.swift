import Foundation
import Results

/// How figures, tables and prose write numbers: fixed decimals, true minus signs, no locale.
public enum Numbers {
  /// `fixed(-0.1234, 3)` is "−0.123"; a value that rounds to zero has no sign, one that is not finite is "–".
  public static func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite else { return "–" }
    let digits = String(format: "%.\(max(0, decimals))f", abs(value))
    let isZero = !digits.contains { ("1"..."9").contains($0) }
    return value < 0 && !isZero ? "−" + digits : digits
  }

  /// "0.180–0.240"; "−0.020 to 0.110" where a dash would stand beside a minus sign. As many decimals as the value that
  /// the interval belongs to.
  public static func interval(_ lower: Double, _ upper: Double, _ decimals: Int) -> String {
    guard lower.isFinite, upper.isFinite else { return "–" }
    let ends = [fixed(lower, decimals), fixed(upper, decimals)]
    return ends.joined(separator: ends.contains { $0.hasPrefix("−") } ? " to " : "–")
  }

  /// A value with its interval, as a point of a figure tells it: "0.2150 (0.1800–0.2400)"; without where there is none.
  static func told(_ value: Double, _ lower: Double, _ upper: Double) -> String {
    fixed(value, 4) + (lower.isFinite && upper.isFinite && lower != upper ? " (\(interval(lower, upper, 4)))" : "")
  }

  /// The same of a share: "92.5% (80.1–97.4%)".
  static func toldShare(_ value: Double, _ lower: Double, _ upper: Double) -> String {
    percent(value)
      + (lower.isFinite && upper.isFinite && lower != upper ? " (\(interval(100 * lower, 100 * upper, 1))%)" : "")
  }

  /// A share in [0, 1] as "92.5%".
  public static func percent(_ share: Double, _ decimals: Int = 1) -> String {
    share.isFinite ? fixed(100 * share, decimals) + "%" : "–"
  }

  /// "p = 0.012", "p < 0.001"; "p –" where there is none.
  public static func probability(_ value: Double) -> String {
    "p " + (value.isFinite && value >= 0.001 ? "= " : "") + bareProbability(value)
  }

  /// The same under a head that says p: "0.012", "< 0.001"; "–" where there is none.
  public static func bareProbability(_ value: Double) -> String {
    value.isFinite && value < 0.001 ? "< 0.001" : fixed(value, 3)
  }

  /// An attack level as a person would write it: "0.005"; "8/255" where the decimal would be long; four significant
  /// digits where it is neither.
  public static func epsilon(_ value: Double) -> String {
    AttackLevel.short(value) ?? significant(value, 4)
  }

  /// The same of an experiment's level: a fraction as it was written.
  public static func epsilon(_ value: Double, _ levels: LevelNames) -> String {
    levels.short(value) ?? significant(value, 4)
  }

  /// Plain decimal notation without trailing zeros: `significant(0.0300, 4)` is "0.03".
  public static func significant(_ value: Double, _ digits: Int, keepsZeros: Bool = false) -> String {
    guard value.isFinite else { return "–" }
    guard value != 0 else { return "0" }
    let text = plainDecimal(abs(value), digits: digits, keepsZeros: keepsZeros)
    return value < 0 ? "−" + text : text
  }

  /// "1,234,567".
  public static func grouped(_ count: Int) -> String {
    let digits = String(abs(count))
    var groups: [Substring] = []
    var rest = digits[...]
    while rest.count > 3 {
      groups.append(rest.suffix(3))
      rest = rest.dropLast(3)
    }
    groups.append(rest)
    return (count < 0 ? "−" : "") + groups.reversed().joined(separator: ",")
  }
}
