import Architectures
import Datasets
import Results

extension Experiment {
  /// The experiment as a file of its own that reads back as the same experiment, for a report to carry: every option
  /// with the value that was used, `--set` included, nothing of the original file's comments.
  ///
  /// `${NAME}` stays as it was written. Of an absolute path only the last component is left, with a comment, since
  /// folders name users and machines; whoever runs the file again puts their own in its place.
  /// - Parameter anonymous: also leaves out the authors and the names of all files.
  public func canonicalText(anonymous: Bool = false) -> String {
    var writer = CanonicalWriter(isAnonymous: anonymous)
    writer.lines += [
      "# The experiment of a Heatdrift report, every option with the value that was used.",
      "# Paths are relative to this file; ${NAME} takes an environment variable.", "",
    ]
    writer.add("title", text: title)
    writer.add("seed", String(seed))
    write(data, to: &writer)
    writer.lines += ["", "models:"]
    for (index, model) in models.enumerated() { write(model, index: index, to: &writer) }
    writer.lines += ["", "attack:"]
    writer.add("  method", attack.method.rawValue)
    writer.add("  epsilons", list: attack.epsilons.map(AttackLevel.exact))
    writer.add("  loss-label", attack.lossLabel.rawValue)
    writer.add("  quantise", attack.quantise.rawValue)
    writer.lines += ["", "explain:"]
    writer.add("  method", explain.method.rawValue)
    writer.add("  targets", list: explain.targets.map(\.rawValue))
    writer.lines += ["", "compare:"]
    writer.add("  window", compare.window.rawValue)
    writer.lines += ["", "report:"]
    writer.add("  template", path: report.template, replacement: "template.md")
    writer.add("  formats", list: report.formats.map(\.rawValue))
    writer.add("  svg-text", report.svgText.rawValue)
    if !report.authors.isEmpty, !anonymous { writer.add("  authors", list: report.authors.map(writer.quoted)) }
    if anonymous || report.isAnonymous { writer.add("  anonymous", "true") }
    return writer.lines.joined(separator: "\n") + "\n"
  }

  private func write(_ data: DataOptions, to writer: inout CanonicalWriter) {
    writer.lines += ["", "data:"]
    writer.add("  source", data.source.rawValue)
    for (key, path) in [("root", data.root), ("path", data.path), ("classes", data.classes), ("list", data.list)] {
      if let path { writer.add("  " + key, path: path, replacement: "data-" + key) }
    }
    if let faces = data.faces {
      writer.add("  subset", faces.subset.rawValue)
      writer.add("  align", faces.align.rawValue)
      if faces.align == .box { writer.add("  margin", numberText(faces.margin)) }
    }
    writer.add("  split", data.split.rawValue)
    writer.add("  split-seed", String(data.splitSeed))
    if let limit = data.limit { writer.add("  limit", String(limit)) }
    if data.followsLinks { writer.add("  follow-links", "true") }
  }

  private func write(_ model: ModelOptions, index: Int, to writer: inout CanonicalWriter) {
    writer.add("  - architecture", model.architecture.rawValue)
    if let variant = model.variant { writer.add("    variant", variant.rawValue) }
    writer.add("    name", text: model.name)
    writer.add("    weights", path: model.weights, replacement: "weights-\(index + 1)")
    if let state = model.state { writer.add("    state", text: state) }
    writer.add("    width", numberText(model.width))
    writer.add("    layers", list: model.layers.map(writer.quoted))
    writer.lines.append("    input:")
    writer.add("      size", String(model.input.size))
    writer.add("      mean", numbers: model.input.mean)
    writer.add("      std", numbers: model.input.standardDeviation)
    writer.add("      channels", model.input.channels.rawValue)
    writer.add("      range", String(model.input.range))
    writer.add("      fit", model.input.fit.rawValue)
    writer.add("      resize", String(model.input.resize))
    writer.add("      orientation", model.input.orientation.rawValue)
  }
}

/// Lines of YAML, a key and its value on each.
private struct CanonicalWriter {
  let isAnonymous: Bool
  var lines: [String] = []

  mutating func add(_ key: String, _ value: String) { lines.append("\(key): \(value)") }

  /// - Parameter text: after environment variables were put in.
  mutating func add(_ key: String, text: String) { add(key, quoted(text)) }

  mutating func add(_ key: String, numbers: [Double]) { add(key, list: numbers.map(numberText)) }

  mutating func add(_ key: String, list: [String]) { add(key, "[\(list.joined(separator: ", "))]") }

  /// - Parameter replacement: in a report without names.
  mutating func add(_ key: String, path: ExperimentPath, replacement: String) {
    // A template's name is no path.
    let isName = !path.written.contains("/") && !path.written.hasSuffix(".md") && key.hasSuffix("template")
    if isAnonymous, !isName {
      add(key, replacement + "  # the name is left out: put your own here")
    } else if let shown = PathName.shown(path.written) {
      add(key, scalar(shown))
    } else {
      add(key, scalar(PathName.last(of: path.written)) + "  # the folders are left out: put your own here")
    }
  }

  /// `${` of a value that was filled in is not to be filled in again.
  func quoted(_ text: String) -> String { scalar(text.replacing("${", with: "$${")) }

  /// Plain where nothing could be read otherwise, in double quotes where it could.
  private func scalar(_ text: String) -> String {
    let isPlain = { (character: Character) in
      character.isASCII && (character.isLetter || character.isNumber || "_-./ ".contains(character))
    }
    let words = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
    if let first = text.first, first != " ", first != "-", text.last != " ", text.allSatisfy(isPlain),
      text.contains(where: \.isLetter), !words.contains(text.lowercased())
    {
      return text
    }
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case _
      where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0xFEFF
        || (0x2028...0x2029).contains(scalar.value):
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

/// The fewest digits that read back as the same number.
private func numberText(_ value: Double) -> String {
  value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
}
