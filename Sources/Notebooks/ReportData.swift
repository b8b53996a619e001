import Figures
import Results
import Support

/// The results with everything that several cells derive from them, derived once.
public struct ReportData: Sendable {
  /// With names that can be printed.
  public private(set) var results: ExperimentResults
  /// In the order of models, attacks, explanations, layers, targets and measures.
  public private(set) var summaries: [SeriesSummary]
  /// In words, the series that have no complete image.
  let missing: [String]
  /// What series are called, and their colours.
  public private(set) var naming: SeriesNaming

  init(_ results: ExperimentResults, summaries: [SeriesSummary], missing: [String] = []) {
    self.results = results
    self.missing = missing
    self.summaries = summaries
    naming = SeriesNaming(summaries, of: results)
  }

  /// The same with models by MOD at the strongest attack, least first, those without a rank last; their colours stay those of
  /// the experiment's order.
  var byDrift: ReportData {
    let order = ranking.all.map(\.model.key)
    func place(_ key: String) -> Int { order.firstIndex(of: key) ?? order.count }
    var copy = self
    copy.results.arrangeModels { place($0.key) }
    copy.summaries = summaries.stablySorted { place($0.model.key) }
    return copy
  }

  /// The same for a cell that shows some series alone: their labels say in what they differ.
  func naming(among shown: [SeriesSummary]) -> ReportData {
    var copy = self
    copy.naming = naming.among(shown)
    return copy
  }

  /// The series that stands for a model where only one can: of the first attack, explanation and measure, at its deepest
  /// explained layer, with the first target. Noise stands for it where nothing else was measured.
  public func main(_ model: ModelRecord) -> SeriesSummary? {
    // Summaries stand in the order of the experiment.
    let all = summaries.filter { $0.model.key == model.key }
    let attacked = all.filter { !results.isBaseline($0.attack) }
    let own = attacked.isEmpty ? all : attacked
    let firsts = own.filter { series in
      series.attack == own.first?.attack && series.explanation == own.first?.explanation
        && series.measure == own.first?.measure
    }
    let deepest = firsts.filter { $0.layer == model.deepestLayer }
    let candidates = deepest.isEmpty ? firsts : deepest
    return candidates.first { $0.target == results.targets.first } ?? candidates.first
  }

  /// What some series are held against: the same under noise, which is no attack, in the order of the series, each once.
  func baselines(of series: [SeriesSummary]) -> [SeriesSummary] { results.baselines(of: series, among: summaries) }

  /// The main series of every model that has one.
  public var mains: [SeriesSummary] { results.models.compactMap(main) }

  /// Models against each other, by MOD at the strongest attack; none where there is noise alone, whose drift is no attack's.
  var ranking: Ranking { ranking(of: mains.filter { !results.isBaseline($0.attack) }) }

  /// Some series against each other; whether one is ranked does not depend on the others that are shown.
  func ranking(of series: [SeriesSummary]) -> Ranking {
    Ranking(series, imageCount: summaries.map(\.imageCount).max() ?? 0)
  }

  /// Every series once, whatever the measures: what does not depend on them is counted in these.
  var measured: [SeriesSummary] { summaries.filter { $0.measureIndex == 0 } }

  /// A suffix for labels that tells a series apart, of letters, digits and hyphens: "vgg16", "vgg16-features-29".
  func slug(_ summary: SeriesSummary) -> String {
    var parts = [summary.model.key]
    if naming.showsAttack { parts.append(summary.attack) }
    if naming.showsExplanation { parts.append(summary.explanation) }
    if naming.showsLayer { parts.append(summary.layer) }
    if naming.showsTarget { parts.append(summary.target.rawValue) }
    if naming.showsMeasure { parts.append(summary.measure) }
    return Self.slug(parts.joined(separator: "-"))
  }

  /// Of a figure that shows several layers of a model, or several models where the scope has none: nil where nothing is
  /// left to tell it apart by.
  func slug(of scope: Scope) -> String? {
    let parts = [
      scope.model?.key, naming.showsAttack ? scope.attack : nil, naming.showsExplanation ? scope.explanation : nil,
      naming.showsTarget ? scope.target?.rawValue : nil,
    ].compactMap { $0 }
    return parts.isEmpty ? nil : Self.slug(parts.joined(separator: "-"))
  }

  /// Lower-case ASCII letters, digits and single hyphens; nothing else may get into labels, which become file names. A plus
  /// is spelled: methods that differ in nothing else are two.
  package static func slug(_ text: String) -> String {
    let words = text.replacing("+", with: " plus ").lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
    return words.isEmpty ? "x" : words.joined(separator: "-")
  }

  /// An attack level as it is printed.
  func printed(_ epsilon: Double) -> String { Numbers.epsilon(epsilon, naming.levels) }

  /// Level of a series at one of the experiment's epsilons; its strongest for nil.
  public static func level(_ summary: SeriesSummary, _ epsilon: Double?) -> LevelSummary? {
    guard let epsilon else { return summary.levels.last }
    return summary.levels.first { $0.epsilon == epsilon }
  }

  /// The images that a series was measured on, in the order of `LevelSummary.dissimilarities`.
  public func images(of summary: SeriesSummary) -> [ImageRecord] { results.completeImages(of: summary.identity) }
}

/// Which part of the report is being made: everything, or one model's or one series' turn in a loop.
public struct Scope: Sendable, Hashable {
  /// Nil for all of them.
  public var model: ModelRecord?
  /// Nil for all of them.
  public var series: SeriesSummary?
  /// Of a figure that shows several layers or models, which have these in common: `Attack.key`.
  public var attack: String?
  /// `Explanation.key`.
  public var explanation: String?
  /// The class that is explained.
  public var target: ExplanationTarget?

  init(model: ModelRecord? = nil, series: SeriesSummary? = nil) {
    self.model = model
    self.series = series
  }

  /// A series is itself whatever its numbers are; those that are none are not even equal to themselves.
  public static func == (first: Scope, second: Scope) -> Bool {
    first.model == second.model && first.series?.identity == second.series?.identity && first.attack == second.attack
      && first.explanation == second.explanation && first.target == second.target
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(model)
    hasher.combine(series?.identity)
    hasher.combine(attack)
    hasher.combine(explanation)
    hasher.combine(target)
  }
}

extension ReportData {
  /// The series whose figures are on the scale of these, so that each figure of a report can be held against the others: of all
  /// models by the same attacks, explanations, targets and measure, at the deepest layers where these are.
  func sharingScale(with own: [SeriesSummary]) -> [SeriesSummary] {
    let isDeepest = own.allSatisfy { $0.layer == $0.model.deepestLayer }
    return summaries.filter { summary in
      own.contains {
        $0.attack == summary.attack && $0.explanation == summary.explanation && $0.target == summary.target
          && $0.measure == summary.measure
      } && (!isDeepest || summary.layer == summary.model.deepestLayer)
    }
  }
}
