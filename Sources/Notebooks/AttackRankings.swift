import Figures
import Results

/// Series against each other, attack by attack: a MOD under one attack says nothing of the place among those under another. What
/// attacks are held against (`Attack.isBaseline`) has no order at all.
struct AttackRankings {
  /// One for each attack, in the order of the series.
  let rankings: [Ranking]
  /// In the order in which they were given.
  let baselines: [SeriesSummary]
  /// By the series that have one: from 1, least relative drift first.
  private let relativePlaces: [SeriesIdentity: Int]
  private let places: [SeriesIdentity: Int]

  init(_ series: [SeriesSummary], _ data: ReportData) {
    var attacks: [String] = []
    for one in series where !data.results.isBaseline(one.attack) && !attacks.contains(one.attack) {
      attacks.append(one.attack)
    }
    rankings = attacks.map { attack in data.ranking(of: series.filter { $0.attack == attack }) }
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

  /// Attack by attack the ranked, then those that cannot be ranked; what attacks are held against last.
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
    return (rankings.count > 1 ? " Ranks are among the series of one attack." : "") + reasons
      + (titles.isEmpty ? "" : " \(Values.list(titles)), which attacks are held against, has no rank.")
  }
}

extension ReportData {
  /// Some series against each other, attack by attack.
  func rankings(of series: [SeriesSummary]) -> AttackRankings { AttackRankings(series, self) }
}
