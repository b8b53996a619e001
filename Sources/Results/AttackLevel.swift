import Attacks
import Foundation

/// How an attack level is printed: as people write it.
public enum AttackLevel {
  /// Longer decimals are those of no number that a person wrote.
  private static let mostDigits = 10

  /// The fewest digits that read back as the same number, in plain decimal notation ("0.005", "0.00001"); where they are
  /// more than ten, the fraction that was meant, where one with a denominator of up to 1,024 is exactly this number
  /// ("8/255", "1/3"), thirds and grey levels, of 255, first. Otherwise nil.
  public static func short(_ value: Double) -> String? {
    guard value.isFinite else { return nil }
    if let decimal = decimal(value) { return decimal }
    for denominator in [3, 255] + Array(2...1024) {
      let numerator = (value * Double(denominator)).rounded()
      if numerator >= 1, numerator < 1e9, numerator / Double(denominator) == value {
        return "\(Int(numerator))/\(denominator)"
      }
    }
    return nil
  }

  /// As `short`, or all digits: reads back as the same number.
  public static func exact(_ value: Double) -> String { short(value) ?? String(value) }

  private static func decimal(_ value: Double) -> String? {
    guard value != 0 else { return "0" }
    let exponent = Int(log10(abs(value)).rounded(.down))
    guard (-12...9).contains(exponent) else { return nil }
    let text = plainDecimal(value, digits: mostDigits)
    return Double(text) == value ? text : nil
  }
}

/// How the levels of an experiment are printed: a fraction as it was written, everything else as `AttackLevel` says.
public struct LevelNames: Sendable, Hashable {
  private let fractions: [Double: String]

  /// - Parameter attacks: of which the first counts that has a level as a fraction.
  public init(_ attacks: [AttackSetting] = []) {
    fractions = attacks.reduce(into: [:]) { $0.merge($1.fractions) { first, _ in first } }
  }

  /// Nil for a number that nobody wrote, as `AttackLevel.short`.
  public func short(_ value: Double) -> String? { fractions[value] ?? AttackLevel.short(value) }

  /// Reads back as the same number.
  public func exact(_ value: Double) -> String { fractions[value] ?? AttackLevel.exact(value) }
}

extension ExperimentResults {
  /// Of all attacks.
  public var levelNames: LevelNames { LevelNames(attacks) }
}

/// Plain decimal notation with so many significant digits, without trailing zeros: "0.03", "120".
/// - Parameters:
///   - value: finite, and not 0.
///   - keepsZeros: "0.030" then, of two digits.
public func plainDecimal(_ value: Double, digits: Int, keepsZeros: Bool = false) -> String {
  let exponent = Int(log10(abs(value)).rounded(.down))
  var text = String(format: "%.\(max(0, digits - 1 - exponent))f", value)
  if !keepsZeros, text.contains(".") {
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
  }
  return text
}
