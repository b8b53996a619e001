import Architectures
import Attacks
import Datasets
import Explanations
import Measures
import Results
import Support

/// The text of an experiment file to start from: what has to be filled in, and every other option commented out with its
/// default, out of the declarations by which files are read.
public struct ExperimentSkeleton: Sendable {
  /// The experiment's.
  public let title: String
  /// Where the images come from.
  public let source: any DataSource.Type
  /// Before the networks.
  public let architectures: [Architecture]
  /// From ONNX files.
  public let networks: [Network]
  /// Computed elsewhere.
  public let maps: [Maps]

  /// Files of maps that were computed elsewhere, and what of them the experiment can ask for.
  public struct Maps: Sendable, Hashable {
    /// As the experiment file is to have it.
    public var path: String
    /// The first attack that Heatdrift knows too; nil where there is none.
    public var attack: String?
    /// Of the attack, as they are printed.
    public var epsilons: [String]
    /// `Explanation.key`, of those that Heatdrift knows.
    public var explanations: [String]

    public init(path: String, attack: String?, epsilons: [String], explanations: [String]) {
      self.path = path
      self.attack = attack
      self.epsilons = epsilons
      self.explanations = explanations
    }
  }

  /// - Parameters:
  ///   - networks: at least one where there are neither architectures nor maps.
  ///   - maps: of the first of them the attack and the explanation are written.
  public init(
    title: String, source: any DataSource.Type, architectures: [Architecture], networks: [Network] = [],
    maps: [Maps] = []
  ) {
    self.maps = maps
    self.title = title
    self.source = source
    self.architectures = architectures
    self.networks = networks
  }

  /// The file: YAML with a comment on every key, that `ExperimentFile` reads.
  public var text: String {
    var lines = SkeletonLines()
    lines.text(
      """
      # An experiment of Heatdrift. Paths are relative to this file; ${NAME} takes an environment variable. An unknown key is
      # an error. What is commented out has the default that is written there, unless its comment says otherwise.

      title: \(doubleQuotedScalar(title))

      # Draws the split of the data and the samples behind the intervals: the same seed, the same report.
      seed: 7

      # How many resamples intervals, and flips of signs tests, are made of.
      # resamples: \(Resampling.standard)

      data:
      """)
    lines.entry("source", source.key, help: source.help)
    lines.options(source.optionRows)
    lines.options(DataOptions.rows(of: source))
    lines.text("\n# Of every model; a model's own `input` goes before.\n# input:")
    lines.options(InputKeys.options.rows(standard: InputKeys()), indent: "#   ", isWhole: true)
    lines.text("\nmodels:")
    for architecture in architectures {
      lines.entry("architecture", architecture.rawValue, indent: "  - ", help: "")
      lines.options(ModelOptions.rows(of: architecture), indent: "    ")
    }
    for network in networks {
      lines.text("  # From an ONNX file: `input` is what the network was trained with, which such files do not say.")
      lines.entry(ModelOptions.networkKey, scalar(network.path), indent: "  - ", help: "")
      lines.entry("input", network.input, indent: "    ", help: network.remark)
      lines.options(
        ModelOptions.networkRows(name: network.name).filter { $0.name != ModelOptions.networkKey }, indent: "    ")
    }
    for maps in maps {
      lines.text("  # Maps that were computed elsewhere; `heatdrift maps inspect` says what is in them.")
      lines.entry(ModelOptions.mapsKey, scalar(maps.path), indent: "  - ", help: "")
      lines.options(
        ModelOptions.mapsRows(name: ModelOptions.mapsName(of: maps.path)).filter { $0.name != ModelOptions.mapsKey },
        indent: "    ")
    }
    let known = maps.first { $0.attack != nil }
    let attack = known?.attack.flatMap { attacks[$0] } ?? standardAttack
    let explanation = maps.first?.explanations.first.flatMap { explanations[$0] } ?? standardExplanation
    lines.text("\nattack:")
    lines.entry("method", attack.key, help: attack.help)
    lines.text(
      "  # In units of the pixel range [0, 1]: 0.02 is about 5 of 255 grey levels, which may be written 5/255.")
    lines.entry(
      "epsilons", "[\((known?.epsilons ?? ["0.01", "0.02", "0.05", "0.1"]).joined(separator: ", "))]", help: "")
    lines.options(attack.optionRows)
    lines.text("")
    lines.entry(
      "control", "\(ControlSize.standard.text)", indent: "# ",
      help: "The attack with epsilon 0, whose maps must be the clean ones: on so many images, `all` or `none`."
        .replacing(
          "`", with: ""))
    lines.text("\nexplain:")
    lines.entry("method", explanation.key, help: explanation.help)
    lines.options(explanation.optionRows)
    lines.options(ExplainOptions.rows)
    lines.text("\ncompare:")
    lines.entry("measure", standardMeasure.key, help: standardMeasure.help)
    lines.options(standardMeasure.optionRows)
    lines.text("\nreport:")
    lines.options(ReportOptions.rows, written: ["template", "formats"])
    return lines.lines.joined(separator: "\n") + "\n"
  }
}

extension DataOptions {
  /// Of the common options, with the defaults that they have for a source.
  static func rows(of source: any DataSource.Type) -> [OptionRow] {
    options.rows(standard: DataOptions(source: source.init(), splitSeed: 7)).map { row in
      guard row.name == "split" || row.name == "split-seed" else { return row }
      return OptionRow(
        name: row.name, words: row.words, standard: row.name == "split" ? source.standardSplit.rawValue : "7",
        help: row.name == "split" ? row.help : row.help + " The experiment's seed unless given.", example: nil,
        isRequired: false)
    }
  }
}

extension ModelOptions {
  static func rows(of architecture: Architecture) -> [OptionRow] {
    options.rows(standard: ModelOptions(architecture: architecture, variant: nil)).map { row in
      func example(_ text: String) -> OptionRow {
        OptionRow(
          name: row.name, words: row.words, standard: row.standard, help: row.help, example: text,
          isRequired: row.isRequired)
      }
      switch row.name {
      case "weights": return example("weights: weights/\(architecture.rawValue).safetensors")
      case "name": return example("name: \(architecture.rawValue)")
      case "variant": return architecture.variants.count > 1 ? example("variant: standard") : row
      default: return row
      }
    }
  }
}

extension ModelOptions {
  /// Of a network from an ONNX file.
  static func networkRows(name: String) -> [OptionRow] {
    let file = ExperimentPath(written: "\(name).onnx", resolved: "\(name).onnx")
    let input = ModelOptions(architecture: .resnet50, variant: nil).input
    return networkOptions.rows(standard: ModelOptions(network: file, input: input)).map { row in
      guard row.name == "name" else { return row }
      return OptionRow(
        name: row.name, words: row.words, standard: row.standard, help: row.help, example: "name: \(scalar(name))",
        isRequired: false)
    }
  }
}

extension ModelOptions {
  /// Of maps that were computed elsewhere.
  static func mapsRows(name: String) -> [OptionRow] {
    let file = ExperimentPath(written: name, resolved: name)
    return mapsOptions.rows(standard: ModelOptions(maps: file)).map { row in
      guard row.name == "name" else { return row }
      return OptionRow(
        name: row.name, words: row.words, standard: row.standard, help: row.help, example: "name: \(scalar(name))",
        isRequired: false)
    }
  }
}

extension ExplainOptions {
  static var rows: [OptionRow] { options.rows(standard: ExplainOptions(methods: [], targets: [.predicted])) }
}

extension ReportOptions {
  static var rows: [OptionRow] { options.rows(standard: ReportOptions()) }
}

/// Lines of YAML, comments in a column behind them.
private struct SkeletonLines {
  var lines: [String] = []
  /// Where comments begin.
  private static let column = 26
  private static let width = 120

  mutating func text(_ text: String) { lines.append(text) }

  mutating func entry(_ name: String, _ value: String, indent: String = "  ", help: String) {
    let line = "\(indent)\(name): \(value)"
    guard !help.isEmpty else { return lines.append(line) }
    // Beside it, and where that is long, goes on below.
    var rest = help.split(separator: " ")
    var current = line + String(repeating: " ", count: max(1, Self.column - line.count)) + "#"
    while let word = rest.first {
      if current.count + word.count + 1 > Self.width, !current.hasSuffix("#") {
        lines.append(current)
        current = (indent.hasPrefix("#") ? "#" : " ") + String(repeating: " ", count: Self.column - 1) + "#"
      }
      current += " " + word
      rest.removeFirst()
    }
    lines.append(current)
  }

  /// What must be there as it is, the others commented out.
  /// - Parameters:
  ///   - isWhole: whether the indentation comments out already.
  ///   - written: those that stand there with their default, so that there is something in a section.
  mutating func options(
    _ rows: [OptionRow], indent: String = "  ", isWhole: Bool = false, written: [String] = []
  ) {
    // What says nothing beside the defaults of the others has no place among them.
    for row in rows where row.hasDefault || row.example != nil {
      let value = row.example.map { String($0.drop { $0 != ":" }.dropFirst(2)) } ?? row.standard
      let isCommented = !row.isRequired && !isWhole && !written.contains(row.name)
      entry(row.name, value, indent: isCommented ? indent + "# " : indent, help: Self.help(row))
    }
  }

  /// What it is, and what else could stand there.
  private static func help(_ row: OptionRow) -> String {
    let hasWords = row.words.hasPrefix("`") && row.words != "`true` or `false`"
    let choices = hasWords ? "One of \(row.words.replacing("`", with: "")). " : ""
    let isSaid =
      row.isRequired || row.hasDefault || row.standard == "none" || row.example == "\(row.name): \(row.standard)"
    let none = isSaid ? "" : " Unless given: \(row.standard)."
    return choices + row.help.replacing("`", with: "") + none
  }
}
