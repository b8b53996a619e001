import Figures
import Results

/// Series against each other, within one attack, explanation and target: a MOD under one attack says nothing of the place among
/// those under another, and maps of one explanation are smoother than those of another, whatever the network. What attacks
/// are held against (`Attack.isBaseline`) has no order at all.
struct SeriesRankings {
  /// What all series of an order have in common.
  private struct Kind: Hashable {
    var attack: String
    var explanation: String
    var target: ExplanationTarget

    init(_ series: SeriesSummary) {
      (attack, explanation, target) = (series.attack, series.explanation, series.target)
    }
  }

  /// One for each kind, in the order of the series.
  let rankings: [Ranking]
  /// In the order in which they were given.
  let baselines: [SeriesSummary]
  /// By the series that have one: from 1, least relative drift first.
  private let relativePlaces: [SeriesIdentity: Int]
  private let places: [SeriesIdentity: Int]
  /// In which the orders differ.
  private let respects: [String]

  init(_ series: [SeriesSummary], _ data: ReportData) {
    var kinds: [Kind] = []
    for one in series where !data.results.isBaseline(one.attack) && !kinds.contains(Kind(one)) {
      kinds.append(Kind(one))
    }
    rankings = kinds.map { kind in data.ranking(of: series.filter { Kind($0) == kind }) }
    respects = [
      Set(kinds.map(\.attack)).count > 1 ? "attack" : nil,
      Set(kinds.map(\.explanation)).count > 1 ? "explanation" : nil,
      Set(kinds.map(\.target)).count > 1 ? "target" : nil,
    ].compactMap { $0 }
    baselines = series.filter { data.results.isBaseline($0.attack) }
    var (places, relative): ([SeriesIdentity: Int], [SeriesIdentity: Int]) = ([:], [:])
    for ranking in rankings {
      for (one, place) in zip(ranking.ranked, ranking.places) { places[one.identity] = place }
      let drifts = ranking.ranked.map { one in one.levels.last.flatMap { data.results.relativeDrift(of: one, at: $0) } }
      // A place among some would be read as one among all.
      guard drifts.allSatisfy({ $0 != nil }) else { continue }
      for (one, own) in zip(ranking.ranked, drifts) {
        relative[one.identity] = 1 + drifts.count { ($0 ?? .nan) < (own ?? .nan) }
      }
    }
    (self.places, relativePlaces) = (places, relative)
  }

  /// Order by order the ranked, then those that cannot be ranked; what attacks are held against last.
  var all: [SeriesSummary] { rankings.flatMap(\.all) + baselines }

  /// By MOD at the strongest level, from 1; nil for a series that is not ranked.
  func place(of series: SeriesSummary) -> Int? { places[series.identity] }

  /// By relative drift at the strongest level, among the same series.
  func relativePlace(of series: SeriesSummary) -> Int? { relativePlaces[series.identity] }

  /// For the end of a caption: whom the rules kept out.
  func caption(_ data: ReportData) -> String {
    let reasons = rankings.map { $0.caption(data.naming.levels, label: data.naming.label) }.joined()
    var titles: [String] = []
    for one in baselines where !titles.contains(data.naming.attack(one)) { titles.append(data.naming.attack(one)) }
    return (rankings.count > 1 ? " Ranks are among the series of one \(Values.list(respects))." : "") + reasons
      + (titles.isEmpty ? "" : " \(Values.list(titles)), which attacks are held against, has no rank.")
  }
}

extension ReportData {
  /// Some series against each other, those of one attack, explanation and target.
  func rankings(of series: [SeriesSummary]) -> SeriesRankings { SeriesRankings(series, self) }
}
