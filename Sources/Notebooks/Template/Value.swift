import Figures
import Foundation
import Results
import Support

/// What stands for a `{{ }}` in prose.
enum Value: Sendable {
  case count(Int)
  case number(Double, decimals: Int)
  case text(String)

  var text: String {
    switch self {
    case .count(let count): Numbers.grouped(count)
    case .number(let value, let decimals): Numbers.fixed(value, decimals)
    case .text(let text): text
    }
  }
}

/// A value that templates can name.
struct ValueDefinition: Sendable {
  let name: String
  /// Of the words that may follow the name: "EPSILON".
  let parameters: [String]
  let help: String
  /// - Throws: `Problem` without a place when an argument is wrong.
  let evaluate: @Sendable (ReportData, Scope, [String]) throws -> Value
}

/// Evaluates the inside of a `{{ }}`: `NAME [ARGUMENT...] [| FILTER [ARGUMENT]]`.
///
///     {{ models.count | noun model }}     "five models"
///     {{ model.mod 0.05 }}                "0.210"
///     {{ model.clean-accuracy | percent }} "91.3%"
struct ValueEvaluator {
  let data: ReportData

  /// - Parameter place: of the `{{ }}` in the template.
  func evaluate(_ expression: String, scope: Scope, at place: Place) throws(Problem) -> String {
    let stages = expression.split(separator: "|", omittingEmptySubsequences: false).map { stage in
      stage.split { $0.isWhitespace }.map(String.init)
    }
    guard let head = stages.first, let name = head.first else {
      throw .usage(at: place, "`{{ }}` is empty", remedy: "Name a value: `{{ title }}`.")
    }
    guard let definition = Values.all.first(where: { $0.name == name }) else {
      throw Values.unknown(name, at: place)
    }
    var value: Value
    do {
      guard head.count - 1 <= definition.parameters.count else {
        throw Problem.usage("`\(name)` takes \(Self.count(definition.parameters)), found \(head.count - 1)")
      }
      value = try definition.evaluate(data, scope, Array(head.dropFirst()))
    } catch {
      throw Self.located(error, place)
    }
    for stage in stages.dropFirst() { value = try filter(value, stage, at: place) }
    return value.text
  }

  /// Whether a condition holds: a count that is not 0, a text that is not empty.
  func holds(_ name: String, scope: Scope, at place: Place) throws(Problem) -> Bool {
    guard let definition = Values.all.first(where: { $0.name == name }) else {
      throw Values.unknown(name, at: place)
    }
    do {
      switch try definition.evaluate(data, scope, []) {
      case .count(let count): return count != 0
      case .number(let number, decimals: _): return number.isFinite && number != 0
      case .text(let text): return !text.isEmpty
      }
    } catch {
      throw Self.located(error, place)
    }
  }

  private static func count(_ parameters: [String]) -> String {
    switch parameters.count {
    case 0: "no argument"
    case 1: "at most one argument (\(parameters[0]))"
    default: "at most \(parameters.count) arguments (\(parameters.joined(separator: " ")))"
    }
  }

  static func located(_ error: any Error, _ place: Place) -> Problem {
    guard var problem = error as? Problem else { return .failure(at: place, "\(error)") }
    if problem.place == nil { problem.place = place }
    return problem
  }

  private func filter(_ value: Value, _ words: [String], at place: Place) throws(Problem) -> Value {
    switch words.first {
    case "percent":
      guard case .number(let number, decimals: _) = value else {
        throw .usage(at: place, "`percent` needs a share, found `\(value.text)`")
      }
      return .text(Numbers.percent(number, 1))
    case "fixed":
      guard words.count == 2, let decimals = Int(words[1]), (0...10).contains(decimals) else {
        throw .usage(at: place, "`fixed` needs a number of decimals from 0 to 10", remedy: "Write `| fixed 2`.")
      }
      guard case .number(let number, decimals: _) = value else {
        throw .usage(at: place, "`fixed` needs a number, found `\(value.text)`")
      }
      return .number(number, decimals: decimals)
    case "noun":
      guard case .count(let count) = value, words.count >= 2 else {
        throw .usage(
          at: place, "`noun` needs a count and a word, found `\(value.text)`", remedy: "Write `| noun model`.")
      }
      // A hyphen stands for a space: `noun attack-level`.
      let singular = words[1].replacing("-", with: " ")
      let plural = words.count > 2 ? words[2].replacing("-", with: " ") : singular + "s"
      return .text("\(Self.word(count)) \(count == 1 ? singular : plural)")
    case "words":
      guard case .count(let count) = value else {
        throw .usage(at: place, "`words` needs a count, found `\(value.text)`")
      }
      return .text(Self.word(count))
    case "sentence":
      let text = value.text
      return .text(text.prefix(1).uppercased() + text.dropFirst())
    default:
      throw .usage(
        at: place, "unknown filter `\(words.first ?? "")`",
        remedy: suggestion(for: words.first ?? "", among: ["percent", "fixed", "noun", "words", "sentence"]))
    }
  }

  /// Counts up to twelve in words, as running text has them.
  static func word(_ count: Int) -> String {
    let words = [
      "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    ]
    return words.indices.contains(count) ? words[count] : Numbers.grouped(count)
  }
}
