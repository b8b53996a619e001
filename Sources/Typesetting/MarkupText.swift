/// What SVG and HTML write alike.
public enum MarkupText {
  /// A decimal number of at most so many places, with a point whatever the locale; 0 for what is not finite.
  /// - Parameter leadingZero: whether "0.5" is written, not ".5".
  public static func number(_ value: Double, _ places: Int, leadingZero: Bool) -> String {
    guard value.isFinite, abs(value) < 1e9 else { return "0" }
    var scale = 1
    for _ in 0..<places { scale *= 10 }
    let scaled = Int((value * Double(scale)).rounded())
    guard scaled % scale != 0 else { return String(scaled / scale) }
    var digits = String(abs(scaled) % scale)
    digits = String(repeating: "0", count: places - digits.count) + digits
    while digits.hasSuffix("0") { digits.removeLast() }
    let whole = leadingZero || abs(scaled) >= scale ? String(abs(scaled) / scale) : ""
    return (scaled < 0 ? "-" : "") + whole + "." + digits
  }

  /// Whether a link of a stranger's template may be followed: it must not run anything.
  public static func isHarmless(_ address: String) -> Bool {
    ["https://", "http://", "mailto:"].contains { address.lowercased().hasPrefix($0) }
  }
}
