import Attacks
import Support

/// The text of the experiment that `new` writes.
struct NewExperiment {
  struct Model {
    /// As the experiment file is to have it.
    let path: String
    let found: FoundModel
    var input: String?
    /// Only where it matters: for trials, which look at one network several times.
    var name: String? = nil
  }

  let title: String
  /// Lines of `data`, without indentation.
  let data: [String]
  let models: [Model]
  /// Whether an attack may lead away from the label.
  let areClasses: Bool
  /// What was assumed, a sentence each.
  var remarks: [String] = []

  var text: String {
    var lines = [
      "# Written by `heatdrift new`: every option that is not here has its default, see `heatdrift init`."
    ]
    lines += remarks.flatMap { Self.wrapped($0) }
    lines += ["", "title: \(doubleQuotedScalar(title))", "seed: 7", "", "data:"]
    lines += data.map { "  \($0)" }
    lines += ["", "models:"]
    for model in models {
      if let architecture = model.found.architecture {
        lines += ["  - architecture: \(architecture.rawValue)", "    weights: \(scalar(model.path))"]
        lines += model.found.keys.map { "    \($0)" }
      } else {
        lines.append("  - network: \(scalar(model.path))")
      }
      if let name = model.name { lines.append("    name: \(quotedScalar(name))") }
      if let input = model.input { lines.append("    input: \(input)") }
    }
    lines += [
      "",
      "# An attack, and noise of the same size, which any drift is held to.",
      "attacks:",
      "  - {method: \(standardAttack.key), epsilons: [2/255, 4/255, 8/255]\(areClasses ? "" : ", loss-label: predicted")}",
    ]
    lines += attacks.all.filter { !$0.usesGradient }.map { "  - {method: \($0.key), epsilons: [2/255, 4/255, 8/255]}" }
    lines += ["", "report: {template: paper}"]
    return lines.joined(separator: "\n") + "\n"
  }

  /// A comment of lines that are not too long.
  private static func wrapped(_ text: String) -> [String] {
    var lines: [String] = []
    var line = "# -"
    for word in text.split(whereSeparator: \.isNewline).joined(separator: " ").split(separator: " ") {
      if line.count + word.count > 118 {
        lines.append(line)
        line = "#  "
      }
      line += " " + word
    }
    return lines + [line]
  }
}
