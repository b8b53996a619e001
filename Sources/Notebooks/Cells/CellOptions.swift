import Figures
import Images
import Results
import Support

/// An option of a cell: how it is written and what it does.
public struct CellOptionDefinition: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    case text
    case flag
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case choice([String])
    /// Words; the cell says what they may be.
    case words
  }
  public let name: String
  public let kind: Kind
  /// As it would be written; what holds when the option is left out.
  public let standard: String
  public let help: String

  init(_ name: String, _ kind: Kind, standard: String, _ help: String) {
    self.name = name
    self.kind = kind
    self.standard = standard
    self.help = help
  }
}

extension CellOptionDefinition {
  static let label = CellOptionDefinition(
    "label", .text, standard: "none", "Name for references (`@fig-curve`) and for exported files.")
  static let caption = CellOptionDefinition(
    "caption", .text, standard: "the cell's own", "Printed with the figure or table; may hold `{{ }}` values.")
  static let models = CellOptionDefinition(
    "models", .words, standard: "all",
    "`all`, keys of models, or `highest-mod` or `lowest-mod`: the one of the ranked that drifts most or least at the "
      + "strongest attack; the first where none is ranked."
  )
  static let layers = CellOptionDefinition(
    "layers", .words, standard: "all", "`all`, `last` (of each model), or names of layers.")
  static let deepest = CellOptionDefinition(
    "layers", .words, standard: "last", "`all`, `last` (of each model), or names of layers.")
  static let image = CellOptionDefinition(
    "image", .text, standard: "none", "Shows this image, by its path in the data, in place of one chosen by its drift.")
  /// How heatmaps look.
  static let look = [
    CellOptionDefinition(
      "overlay", .number(0...1), standard: "0.6",
      "Strength of the colours over the photograph; 0 hides them, 1 the photograph."),
    CellOptionDefinition(
      "colour-map", .choice(ColourMap.allCases.map(\.rawValue)), standard: "inferno",
      "Colours of the heatmaps; `jet` is for comparison with older papers."),
  ]
  static let targets = CellOptionDefinition(
    "targets", .words, standard: "all", "`all`, or of `predicted`, `label`, `clean-prediction`.")
  static let epsilons = CellOptionDefinition("epsilons", .words, standard: "all", "`all`, or attack levels.")
  static let forEach = CellOptionDefinition(
    "for-each", .choice(["model", "series"]), standard: "once for all",
    "Repeats the cell; each label gets the model's key at its end.")
  static let selection = [label, caption, models, layers, targets, epsilons, forEach]
}

/// The options of one cell, checked for names and types, not yet against the results.
struct CellOptions: Sendable {
  let reader: OptionReader
  private(set) var texts: [String: String] = [:]
  private(set) var words: [String: [String]] = [:]
  private(set) var integers: [String: Int] = [:]
  private(set) var numbers: [String: Double] = [:]
  private(set) var flags: [String: Bool] = [:]

  init(_ source: CellSource, _ definition: CellDefinition, file: String) throws(Problem) {
    reader = try OptionReader(
      source.yaml, file: file, cell: nil, firstLine: source.line + 1, what: "the cell `\(source.name)`")
    try reader.finish(allowed: definition.options.map(\.name))
    for option in definition.options {
      switch option.kind {
      case .text: texts[option.name] = try reader.text(option.name)
      case .flag: flags[option.name] = try reader.flag(option.name)
      case .integer(let range): integers[option.name] = try reader.integer(option.name, in: range)
      case .number(let range): numbers[option.name] = try reader.number(option.name, in: range)
      case .choice(let allowed): texts[option.name] = try reader.choice(option.name, of: allowed)
      case .words: words[option.name] = try reader.words(option.name)
      }
    }
  }

  func place(_ option: String) -> Place { reader.place(option) }
}

/// What a cell shows: series, and attack levels.
struct Selection: Sendable {
  var summaries: [SeriesSummary]
  var epsilons: [Double]

  /// - Throws: `Problem` at the option that names what the experiment does not have.
  init(
    _ options: CellOptions, data: ReportData, scope: Scope, layersByDefault: String
  ) throws(Problem) {
    let results = data.results
    let ranked = data.ranking.ranked
    // Where none is ranked, a figure of the first model still shows what there is.
    let first = data.mains.first?.model.key
    let models = try Self.names(
      options, "models", known: results.models.map(\.key), what: "model", standard: scope.model.map { [$0.key] },
      standIns: [
        "highest-mod": ranked.last?.model.key ?? first, "lowest-mod": ranked.first?.model.key ?? first,
      ])
    let targets = try Self.names(
      options, "targets", known: results.targets.map(\.rawValue), what: "target", standard: nil)
    // A series' own turn in a loop has chosen its layer.
    let wanted = options.words["layers"] ?? [scope.series?.layer ?? layersByDefault]
    let known = Array(Set(data.summaries.map(\.layer))).sorted()
    for layer in wanted where layer != "all" && layer != "last" && !known.contains(layer) {
      throw .usage(
        at: options.place("layers"), "the experiment did not explain a layer `\(layer)`",
        remedy: suggestion(for: layer, among: ["all", "last"] + known))
    }
    var chosen = data.summaries.filter { summary in
      models.contains(summary.model.key) && targets.contains(summary.target.rawValue)
        && (wanted.contains("all") || wanted.contains(summary.layer)
          || wanted.contains("last") && summary.layer == ReportData.deepest(summary.model))
    }
    if let series = scope.series { chosen = chosen.filter { $0 == series } }
    if let target = scope.target { chosen = chosen.filter { $0.target == target } }
    summaries = chosen
    epsilons = try Self.levels(options, known: results.epsilons)
  }

  private static func names(
    _ options: CellOptions, _ key: String, known: [String], what: String, standard: [String]?,
    standIns: [String: String?] = [:]
  ) throws(Problem) -> Set<String> {
    guard let words = options.words[key], words != ["all"] else { return Set(standard ?? known) }
    // A model's own key goes before a word that stands for one.
    let wanted = words.map { known.contains($0) ? $0 : (standIns[$0] ?? nil) ?? $0 }
    for name in wanted where !known.contains(name) {
      throw .usage(
        at: options.place(key), "the experiment has no \(what) `\(name)`", remedy: suggestion(for: name, among: known))
    }
    return Set(wanted)
  }

  private static func levels(_ options: CellOptions, known: [Double]) throws(Problem) -> [Double] {
    guard let wanted = options.words["epsilons"], wanted != ["all"] else { return known }
    var levels: Set<Double> = []
    for text in wanted {
      guard let level = known.first(where: { Double(text) == $0 || Numbers.epsilon($0) == text }) else {
        throw .usage(
          at: options.place("epsilons"), "the experiment has no attack level `\(text)`",
          remedy: "Known are: " + known.map { "`\(Numbers.epsilon($0))`" }.joined(separator: ", ") + ".")
      }
      levels.insert(level)
    }
    return known.filter(levels.contains)
  }

  /// "40 images"; "38 to 40 images" where the series were not measured on as many.
  var images: String {
    let counts = summaries.map(\.imageCount)
    let (least, most) = (counts.min() ?? 0, counts.max() ?? 0)
    if least < most { return "\(Numbers.grouped(least)) to \(Numbers.grouped(most)) images" }
    return most == 1 ? "1 image" : "\(Numbers.grouped(most)) images"
  }

  /// - Throws: `Problem` when nothing was measured that the cell could show.
  func required() throws(Problem) -> Selection {
    guard summaries.contains(where: { $0.imageCount > 0 }) else {
      throw .failure("there are no measurements to show", remedy: "Run the experiment on at least one image.")
    }
    return self
  }
}
