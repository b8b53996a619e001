import Figures
import Results

extension ReportData {
  /// How far the ranked models' heatmaps move at the strongest attack in units of how far apart unrelated ones lie, or those of
  /// all where none is ranked: a sentence; empty where that is not known of every model.
  var relativeDrifts: String {
    // A dead map moves as far as the formula says, which tells nothing.
    let ranked = Set(ranking.ranked.map(\.model.key))
    let mains = ranked.isEmpty ? mains : mains.filter { ranked.contains($0.model.key) }
    let known = mains.compactMap { main in
      main.levels.last.flatMap { results.relativeDrift(of: main, at: $0) }.map { (main.model.name, $0) }
    }
    guard known.count == mains.count, let least = known.min(by: { $0.1 < $1.1 }),
      let most = known.max(by: { $0.1 < $1.1 })
    else { return "" }
    func words(_ one: (name: String, drift: Double)) -> String { "\(Numbers.fixed(one.drift, 2)) (\(one.name))" }
    let isOne = Numbers.fixed(least.1, 2) == Numbers.fixed(most.1, 2)
    return
      "Relative drift (1: clean heatmaps of different labels) is "
      + (isOne ? "\(Numbers.fixed(least.1, 2))." : "\(words(least)) to \(words(most)).")
  }
}
