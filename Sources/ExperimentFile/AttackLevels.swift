import Attacks
import Results
import Support

/// The levels of an attack as a file lists them: epsilons in pixel units of [0, 1], numbers or fractions.
enum AttackLevels {
  /// The levels without the control, which may be listed; fractions as they were written where they are printed otherwise by
  /// themselves.
  /// - Parameter name: the key's whole path: "attack.epsilons".
  /// - Throws: `Problem` of kind `.usage` at the level that cannot be meant.
  static func read(_ value: YAMLValue, name: String) throws(Problem) -> (levels: [Double], fractions: [Double: String])
  {
    let items = try value.listOrOne(name)
    var found: [(value: Double, written: String)] = []
    var fractions: [Double: String] = [:]
    for (index, item) in items.enumerated() {
      // A decimal comma makes two of one number, the first of them 0.
      if index > 0, items[index - 1].isWritten("0"), let digits = item.wholeNumber {
        throw .usage(
          at: items[index - 1].place, "`\(name)` lists `0` and then `\(digits)`",
          remedy:
            "Numbers have a decimal point: if `0,\(digits)` is meant, write `0.\(digits)`. If not, leave out `0`, the "
            + "control, which needs no listing.")
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
      if let fraction = item.fraction, fraction != AttackLevel.exact(epsilon) { fractions[epsilon] = fraction }
    }
    guard !found.isEmpty else {
      throw .usage(
        at: value.place, "`\(name)` lists no attack level but 0, the control", remedy: "Add one, for example `8/255`.")
    }
    return (found.map(\.value).sorted(), fractions)
  }

  /// Holds the levels of one attack to those of the attacks before it, beside which they stand in tables and on axes.
  /// - Throws: `Problem` of kind `.usage` where one number is written in two ways.
  static func check(
    _ setting: AttackSetting, beside others: [AttackSetting], at value: YAMLValue
  ) throws(Problem) {
    for other in others {
      for level in setting.levels {
        guard let near = other.levels.first(where: { abs($0 - level) <= 1e-6 * level }) else { continue }
        let (own, its) = (LevelNames([setting]).exact(level), LevelNames([other]).exact(near))
        guard near != level || own != its else { continue }
        throw .usage(
          at: value.place,
          "`\(setting.key)` has the level `\(own)` and `\(other.key)` has `\(its)`, which are one number",
          remedy: "Write it in one way.")
      }
    }
  }

  /// Whether the control is listed.
  static func listControl(_ value: YAMLValue, name: String) throws(Problem) -> Bool {
    for level in try value.listOrOne(name) where try level.number(name) == 0 { return true }
    return false
  }
}

extension YAMLValue {
  /// A fraction without the spaces in it; nil for every other scalar.
  fileprivate var fraction: String? {
    guard case .scalar(let text, isPlain: _) = content, text.contains("/") else { return nil }
    return text.split(separator: "/").map { NumberText.trimmed(String($0)) }.joined(separator: "/")
  }
}
