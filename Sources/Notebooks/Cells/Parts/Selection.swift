import Figures
import Results
import Support

/// What a cell shows: series of one measure, and attack levels.
public struct Selection: Sendable {
  /// In the order of the experiment.
  public private(set) var summaries: [SeriesSummary]
  /// Ascending.
  public private(set) var epsilons: [Double]
  /// What the drift of all of them is measured by.
  public let measure: MeasureScale

  /// - Throws: `Problem` at the option that names what the experiment does not have.
  init(_ options: SeriesOptions, keys: MappingReader, data: ReportData, scope: Scope) throws(Problem) {
    let results = data.results
    let choice = Choice(keys: keys)
    let ranked = data.ranking.ranked
    // Where none is ranked, a figure of the first model still shows what there is.
    let first = data.mains.first?.model.key
    let models = try choice.names(
      options.models, of: "models", known: results.models.map(\.key), what: "model",
      standard: scope.model.map { [$0.key] },
      standIns: [
        "highest-mod": ranked.last?.model.key ?? first, "lowest-mod": ranked.first?.model.key ?? first,
      ])
    let attacks = try choice.names(
      options.attacks, of: "attacks", known: results.attacks.map(\.key), what: "attack",
      standIns: ["first": results.mainAttack?.key])
    let explanations = try choice.names(
      options.explanations, of: "explanations", known: results.explanationKeys, what: "explanation",
      standIns: ["first": results.explanationKeys.first])
    let targets = try choice.names(
      options.targets, of: "targets", known: results.targets.map(\.rawValue), what: "target")
    // A series' own turn in a loop has chosen its layer and its measure.
    let layers = try choice.layers(
      choice.isGiven("layers") ? options.layers : scope.series.map { [$0.layer] } ?? options.layers, data)
    let measure = try choice.measure(
      choice.isGiven("measure") ? options.measure : scope.series?.measure ?? options.measure, results)
    var chosen = data.summaries.filter { summary in
      models.contains(summary.model.key) && attacks.contains(summary.attack)
        && explanations.contains(summary.explanation) && targets.contains(summary.target.rawValue)
        && summary.measure == measure && layers(summary)
    }
    if let series = scope.series { chosen = chosen.filter { $0.identity == series.identity } }
    if let target = scope.target { chosen = chosen.filter { $0.target == target } }
    if let attack = scope.attack { chosen = chosen.filter { $0.attack == attack } }
    if let explanation = scope.explanation { chosen = chosen.filter { $0.explanation == explanation } }
    summaries = chosen
    epsilons = try choice.levels(options.epsilons, of: chosen, known: results.epsilons, data)
    self.measure = MeasureScale(title: results.measureTitle(measure), bounds: results.measureBounds(measure))
  }

  /// "40 images"; "38 to 40 images" where the series were not measured on as many.
  public var images: String { MatrixWords.images(summaries.map(\.imageCount)) }

  /// Which images are left out since the measure has no value for them, as a sentence; nil where there are none.
  func gaps(label: (SeriesSummary) -> String) -> String? {
    let lacking = summaries.filter { $0.valuelessCount > 0 }
    func words(_ summary: SeriesSummary) -> String {
      "\(Numbers.grouped(summary.valuelessCount)) of \(Numbers.grouped(summary.imageCount + summary.valuelessCount)) images"
    }
    guard let most = lacking.max(by: { $0.valuelessCount < $1.valuelessCount }) else { return nil }
    let parts =
      lacking.count > 6
      ? "up to \(words(most)) in \(lacking.count) of \(summaries.count) series"
      : Values.list(lacking.map { words($0) + (summaries.count > 1 ? " in \(label($0))" : "") })
    return
      "Left out, since \(measure.title) has no value where one map of a pair is dead or the same everywhere: "
      + "\(parts)."
  }

  /// - Throws: `Problem` when nothing was measured that the cell could show.
  func required() throws(Problem) -> Selection {
    guard summaries.contains(where: { $0.imageCount > 0 }) else {
      throw .failure("there are no measurements to show", remedy: "Run the experiment on at least one image.")
    }
    return self
  }

  /// What the shown levels did to a series.
  func levels(of summary: SeriesSummary) -> [LevelSummary] {
    summary.levels.filter { epsilons.contains($0.epsilon) }
  }

  /// Those of the levels at which a series was attacked.
  func epsilons(of summary: SeriesSummary) -> [Double] {
    epsilons.filter { epsilon in summary.levels.contains { $0.epsilon == epsilon } }
  }
}

/// Finds what options name among what the experiment has.
private struct Choice {
  let keys: MappingReader

  func isGiven(_ option: String) -> Bool { keys.optional(option) != nil }

  private func place(_ option: String) -> Place { keys.keyPlace(option) ?? keys.place }

  func names(
    _ words: [String], of option: String, known: [String], what: String, standard: [String]? = nil,
    standIns: [String: String?] = [:]
  ) throws(Problem) -> Set<String> {
    guard words != [SeriesOptions.all] else { return Set(standard ?? known) }
    // A model's own key goes before a word that stands for one.
    let wanted = words.map { known.contains($0) ? $0 : (standIns[$0] ?? nil) ?? $0 }
    for name in wanted where !known.contains(name) {
      throw .usage(
        at: place(option), "the experiment has no \(what) `\(name)`", remedy: suggestion(for: name, among: known))
    }
    return Set(wanted)
  }

  /// Whether a series is at one of the layers.
  func layers(_ wanted: [String], _ data: ReportData) throws(Problem) -> (SeriesSummary) -> Bool {
    let (all, last) = (SeriesOptions.all, SeriesOptions.last)
    let known = Array(Set(data.summaries.map(\.layer))).sorted()
    for layer in wanted where layer != all && layer != last && !known.contains(layer) {
      throw .usage(
        at: place("layers"), "the experiment did not explain a layer `\(layer)`",
        remedy: suggestion(for: layer, among: [all, last] + known))
    }
    return { summary in
      wanted.contains(all) || wanted.contains(summary.layer)
        || wanted.contains(last) && summary.layer == summary.model.deepestLayer
    }
  }

  /// - Returns: the measure's key.
  func measure(_ word: String, _ results: ExperimentResults) throws(Problem) -> String {
    let known = results.measureKeys
    if word == SeriesOptions.first, let first = known.first { return first }
    guard known.contains(word) else {
      throw .usage(
        at: place("measure"), "the experiment has no measure `\(word)`",
        remedy: suggestion(for: word, among: [SeriesOptions.first] + known))
    }
    return word
  }

  /// The levels that are asked for, as far as the series have them.
  func levels(_ wanted: [String], of series: [SeriesSummary], known: [Double], _ data: ReportData) throws(Problem)
    -> [Double]
  {
    var levels = Set(known)
    if wanted != [SeriesOptions.all] {
      levels = []
      for text in wanted {
        guard let level = known.first(where: { NumberText.value(text) == $0 || data.printed($0) == text }) else {
          throw .usage(
            at: place(isGiven("epsilon") ? "epsilon" : "epsilons"), "the experiment has no attack level `\(text)`",
            remedy: known.isEmpty
              ? "There are none." : "Known are: \(known.map { "`\(data.printed($0))`" }.joined(separator: ", ")).")
        }
        levels.insert(level)
      }
    }
    let own = Set(series.flatMap { $0.levels.map(\.epsilon) })
    let shared = levels.intersection(own)
    return known.filter((shared.isEmpty ? levels : shared).contains)
  }
}
