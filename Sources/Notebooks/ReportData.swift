import Figures
import Results
import Support

/// The results with everything that several cells derive from them, derived once.
struct ReportData: Sendable {
  let results: ExperimentResults
  let summaries: [SeriesSummary]
  /// In words, the series that have no complete image.
  let missing: [String]
  let naming: SeriesNaming

  init(_ results: ExperimentResults, summaries: [SeriesSummary], missing: [String] = []) {
    self.results = results
    self.missing = missing
    self.summaries = summaries
    naming = SeriesNaming(summaries, models: results.models.map(\.key))
  }

  /// The series that stands for a model where only one can: at its deepest explained layer, with the first target.
  func main(_ model: ModelRecord) -> SeriesSummary? {
    let own = summaries.filter { $0.model.key == model.key }
    let deepest = own.filter { $0.layer == Self.deepest(model) }
    let candidates = deepest.isEmpty ? own : deepest
    return candidates.first { $0.target == results.targets.first } ?? candidates.first
  }

  /// The main series of every model that has one.
  var mains: [SeriesSummary] { results.models.compactMap(main) }

  /// Models against each other, by MOD at the strongest attack.
  var ranking: Ranking { ranking(of: mains) }

  /// Some series against each other; whether one is ranked does not depend on the others that are shown.
  func ranking(of series: [SeriesSummary]) -> Ranking {
    Ranking(series, imageCount: summaries.map(\.imageCount).max() ?? 0)
  }

  /// The architecture's last convolutional layer where it was explained, otherwise the last of those that were.
  static func deepest(_ model: ModelRecord) -> String? {
    model.layers.contains(model.lastLayer) ? model.lastLayer : model.layers.last
  }

  /// A suffix for labels that tells a series apart, of letters, digits and hyphens: "vgg16", "vgg16-features-29".
  func slug(_ summary: SeriesSummary) -> String {
    var parts = [summary.model.key]
    if naming.showsLayer { parts.append(summary.layer) }
    if naming.showsTarget { parts.append(summary.target.rawValue) }
    return Self.slug(parts.joined(separator: "-"))
  }

  /// Of a figure that shows several layers of a model, or several models where there is none: nil where nothing is left
  /// to tell it apart by.
  func slug(_ model: ModelRecord?, _ target: ExplanationTarget) -> String? {
    let parts = [model?.key, naming.showsTarget ? target.rawValue : nil].compactMap { $0 }
    return parts.isEmpty ? nil : Self.slug(parts.joined(separator: "-"))
  }

  /// Lower-case ASCII letters, digits and single hyphens; nothing else may get into labels, which become file names.
  static func slug(_ text: String) -> String {
    let words = text.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
    return words.isEmpty ? "x" : words.joined(separator: "-")
  }

  /// Level of a series at one of the experiment's epsilons.
  static func level(_ summary: SeriesSummary, _ epsilon: Double?) -> LevelSummary? {
    guard let epsilon else { return summary.levels.last }
    return summary.levels.first { $0.epsilon == epsilon }
  }

  func rows(of summary: SeriesSummary) -> [Measurement] {
    results.measurements.filter { summary.contains($0) }
  }
}

/// Which part of the report is being made: everything, or one model's or one series' turn in a loop.
struct Scope: Sendable {
  var model: ModelRecord?
  var series: SeriesSummary?
  /// Of a figure that shows several layers or models of one target.
  var target: ExplanationTarget?
}
