import Foundation

/// A number as people write it: `0.05`, `1e-3`, `8/255`; spaces around it, also those that do not break, mean nothing.
public enum NumberText {
  /// - Returns: a finite number; nil for what is none, or may be two: a whole number that begins with 0, which is octal
  ///   to some.
  public static func value(_ text: String) -> Double? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { trimmed(String($0)) }
    switch parts.count {
    case 1: return decimal(parts[0])
    case 2:
      guard let numerator = decimal(parts[0]), let denominator = decimal(parts[1]), denominator > 0 else { return nil }
      let value = numerator / denominator
      return value.isFinite ? value : nil
    default: return nil
    }
  }

  /// A whole number in digits, with or without a sign.
  /// - Returns: nil for what is none, begins with 0 or does not fit 64 bits.
  public static func integer(_ text: String) -> Int? {
    let text = trimmed(text)
    return beginsWithZero(text) ? nil : Int(text)
  }

  private static func decimal(_ text: String) -> Double? {
    guard !beginsWithZero(text), text.allSatisfy({ $0.isASCII && (!$0.isLetter || $0 == "e" || $0 == "E") }),
      let number = Double(text), number.isFinite
    else { return nil }
    // Too small for a number, and not 0.
    let mantissa = text.prefix { $0 != "e" && $0 != "E" }
    return number == 0 && mantissa.contains { ("1"..."9").contains($0) } ? nil : number
  }

  /// `007`, not `0` and not `0.7`.
  private static func beginsWithZero(_ text: String) -> Bool {
    let digits = text.first == "-" || text.first == "+" ? text.dropFirst() : text[...]
    return digits.count > 1 && digits.first == "0" && digits.dropFirst().allSatisfy(\.isNumber)
  }

  /// Without what is white or unseen at both ends: spaces of any kind, line ends, and characters of no width.
  public static func trimmed(_ text: String) -> String {
    text.trimmingCharacters(
      in: CharacterSet.whitespacesAndNewlines.union(CharacterSet(charactersIn: "\u{200B}\u{FEFF}")))
  }

  /// What a text that is no number may have meant; nil where nobody knows.
  public static func remedy(_ text: String) -> String? {
    let plain = trimmed(text)
    if let bare = withoutTypographicQuotes(plain) {
      return "`\(plain.prefix(1))` is a typographic quotation mark and part of the text. Write `\(bare)`."
    }
    if beginsWithZero(plain) {
      let sign = plain.first == "-" ? "-" : ""
      let digits = plain.drop { "+-0".contains($0) }
      let plainly = digits.isEmpty ? "0" : sign + digits
      return "A whole number that begins with 0 is octal to some programs. Write `\(plainly)`."
    }
    if let minus = plain.first, "−–—".contains(minus), value("-" + plain.dropFirst()) != nil {
      return "`\(minus)` is no minus sign. Write `-\(plain.dropFirst())`."
    }
    let parts = plain.split(separator: ",", omittingEmptySubsequences: false)
    if parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isNumber) }) {
      return "Numbers have a decimal point. Write `\(parts[0]).\(parts[1])`."
    }
    if parts.count > 1, parts.allSatisfy({ value(String($0)) != nil }) {
      return "A list is written in brackets: `[\(plain)]`."
    }
    if plain.hasSuffix("%"), let percent = value(String(plain.dropLast())) {
      return "Write the share: `\(percent / 100)`."
    }
    return nil
  }

  /// The text between typographic quotation marks, which YAML does not know; nil where there are none.
  public static func withoutTypographicQuotes(_ text: String) -> String? {
    let marks: Set<Character> = ["“", "”", "„", "‟", "‘", "’", "‚", "«", "»", "‹", "›"]
    guard text.count > 1, let first = text.first, marks.contains(first) else { return nil }
    return String(text.dropFirst().reversed().drop { marks.contains($0) }.reversed())
  }
}
