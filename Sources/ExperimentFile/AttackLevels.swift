import Support

/// The levels of an attack as a file lists them: epsilons in pixel units of [0, 1], numbers or fractions.
enum AttackLevels {
  /// The levels without the control, which may be listed.
  /// - Parameter name: the key's whole path: "attack.epsilons".
  /// - Throws: `Problem` of kind `.usage` at the level that cannot be meant.
  static func read(_ value: YAMLValue, name: String) throws(Problem) -> [Double] {
    let items = try value.listOrOne(name)
    var found: [(value: Double, written: String)] = []
    for (index, item) in items.enumerated() {
      // A decimal comma makes two of one number, the first of them 0.
      if index > 0, items[index - 1].isWritten("0"), let digits = item.wholeNumber {
        throw .usage(
          at: items[index - 1].place, "`\(name)` lists `0` and then `\(digits)`",
          remedy:
            "Numbers have a decimal point: if `0,\(digits)` is meant, write `0.\(digits)`. If not, leave out `0`, the "
            + "control, which is always measured.")
      }
      let epsilon = try item.number(name)
      if epsilon == 0 { continue }
      guard epsilon > 0, epsilon <= 1 else {
        let steps = item.wholeNumber.flatMap { Int($0) }
        throw .usage(
          at: item.place, "`\(name)` must lie in (0, 1], found \(item.description)",
          remedy: steps.map { (1...255).contains($0) } == true
            ? "Epsilons are in units of the pixel range [0, 1]: is `\(steps ?? 0)/255` meant?"
            : "Epsilons are in units of the pixel range [0, 1]: 8/255 is 0.0314.")
      }
      // Images are attacked in single precision, where smaller numbers are 0, the control.
      guard Float(epsilon).isNormal else {
        throw .usage(
          at: item.place, "`\(name)` lists \(item.description), which is too small to change an image",
          remedy: "Epsilons are in units of the pixel range [0, 1]: 1/255 is one grey level, 0.0039.")
      }
      // A fraction and its decimal, cut off somewhere; single precision hardly tells numbers apart that differ by less.
      if let other = found.first(where: { abs($0.value - epsilon) <= 1e-6 * epsilon }) {
        throw .usage(
          at: item.place,
          other.written == item.description
            ? "`\(name)` lists \(item.description) twice"
            : "`\(name)` lists \(other.written) and \(item.description), which are one number",
          remedy: "Keep one of them.")
      }
      found.append((epsilon, item.description))
    }
    guard !found.isEmpty else {
      throw .usage(
        at: value.place, "`\(name)` lists no attack level but 0, the control", remedy: "Add one, for example `8/255`.")
    }
    return found.map(\.value).sorted()
  }

  /// Whether the control is listed.
  static func listControl(_ value: YAMLValue, name: String) throws(Problem) -> Bool {
    for level in try value.listOrOne(name) where try level.number(name) == 0 { return true }
    return false
  }
}
