import Attacks
import Results
import Support

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
    writer.add("title", quotedScalar(title))
    writer.add("seed", String(seed))
    writer.add("resamples", String(resamples))
    writer.section(
      "\ndata:", data.optionTexts.filter { !$0.isQuiet && !($0.name == "limit" && data.limit == nil) },
      replacement: { "data-\($0)" })
    writer.lines += ["", "models:"]
    for (index, model) in models.enumerated() {
      writer.item(model.optionTexts, indent: "  ", replacement: { "\($0)-\(index + 1)" })
      if model.comesAsMaps != true {
        writer.section("    input:", model.input.optionTexts, indent: "      ")
      }
      if let head = model.head {
        writer.section(
          "    \(ModelOptions.headKey):", head.optionTexts, indent: "      ", replacement: { "\($0)-\(index + 1)" })
      }
    }
    writer.lines += [""]
    if attacks.count == 1 {
      writer.section("attack:", attacks[0].optionTexts)
    } else {
      writer.lines.append("attacks:")
      for attack in attacks { writer.item(attack.optionTexts, indent: "  ") }
    }
    if control != .standard {
      writer.lines.append("")
      writer.add("control", control.text)
    }
    writer.section("\nexplain:", explain.optionTexts)
    writer.section("\ncompare:", compare.optionTexts.filter { !$0.isQuiet })
    var own = report
    own.isAnonymous = anonymous || report.isAnonymous
    if anonymous { own.authors = [] }
    writer.section(
      "\nreport:", ReportOptions.options.texts(of: own, standard: ReportOptions()).filter { !$0.isQuiet },
      replacement: { _ in "template.md" }, numbered: { "template-\($0).md" })
    return writer.lines.joined(separator: "\n") + "\n"
  }
}

/// Lines of YAML, a key and its value on each.
private struct CanonicalWriter {
  let isAnonymous: Bool
  var lines: [String] = []

  mutating func add(_ key: String, _ value: String) { lines.append("\(key): \(value)") }

  /// - Parameter replacement: for a path in a report without names, from the option's name.
  mutating func section(
    _ head: String, _ options: [OptionText], indent: String = "  ", replacement: (String) -> String = { $0 },
    numbered: (Int) -> String = { String($0) }
  ) {
    lines.append(head)
    for option in options { add(indent + option.name, value(of: option, replacement, numbered)) }
  }

  /// One of a list: its first key stands behind the dash.
  mutating func item(
    _ options: [OptionText], indent: String, replacement: (String) -> String = { $0 }
  ) {
    for (index, option) in options.enumerated() {
      add(indent + (index == 0 ? "- " : "  ") + option.name, value(of: option, replacement))
    }
  }

  /// - Parameter numbered: of the second and further paths of a list, from their number.
  private func value(
    of option: OptionText, _ replacement: (String) -> String, _ numbered: (Int) -> String = { String($0) }
  ) -> String {
    guard !option.paths.isEmpty else {
      // A mapping of class folders tells what they are called.
      guard isAnonymous, option.name == "classes", ["{", "["].contains(option.text.first) else { return option.text }
      return replacement(option.name) + "  # the names are left out: put your own here"
    }
    var texts: [String] = []
    var remark = ""
    for (index, path) in option.paths.enumerated() {
      // A template's name is no path.
      let isName = !path.written.contains("/") && !path.written.hasSuffix(".md") && option.name == "template"
      if isAnonymous, !isName {
        texts.append(index == 0 ? replacement(option.name) : numbered(index + 1))
        remark = "  # the name is left out: put your own here"
      } else if let shown = PathName.shown(path.written) {
        texts.append(scalar(shown))
      } else {
        texts.append(scalar(PathName.last(of: path.written)))
        remark = CanonicalPaths.leftOut
      }
    }
    return (texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]") + remark
  }
}

/// Paths of which a carried experiment shows the last component alone.
enum CanonicalPaths {
  /// Behind such a path.
  static let leftOut = "  # the folders are left out: put your own here"

  /// Puts a folder that nobody has before each, so that the experiment is written again as it was.
  static func withFolders(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
      guard line.hasSuffix(leftOut), let colon = line.firstRange(of: ": ") else { return String(line) }
      let value = line[colon.upperBound...]
      let quote = value.first.map { "\"'".contains($0) } == true ? String(value.prefix(1)) : ""
      return line[..<colon.upperBound] + quote + "/left-out/" + value.dropFirst(quote.count)
    }.joined(separator: "\n")
  }
}
