import Figures
import Results

extension Superlative.End {
  /// "most", "least"
  fileprivate var word: String { self == .most ? "most" : "least" }
}

extension ReportData {
  /// Which of the ranked models drifts most and which least at the strongest attack, or why that cannot be said: sentences.
  /// Empty where there are not two of them.
  var extremes: String {
    let ranked = ranking.ranked
    guard let epsilon = ranked.compactMap({ $0.levels.last?.epsilon }).max() else { return "" }
    let found = Superlative.End.allCases.compactMap { results.superlative($0, among: ranked, epsilon: epsilon) }
    guard found.count == 2 else { return "" }
    var sentences: [String] = []
    let clear = found.filter(\.isClear)
    if !clear.isEmpty {
      let what = clear.enumerated().map { index, one in
        "\(one.series.model.name) \(index == 0 ? "drifts " : "")\(one.end.word) "
          + "(\(Numbers.probability(one.probability)) against \(one.next.model.name))"
      }
      sentences.append("\(Values.list(what)): more than chance, by the paired sign-flip test, adjusted by Holm.")
    }
    let open = found.filter { !$0.isClear }
    let reasons = open.map { one in Values.list(one.objections.map { words($0, of: one) }) }
    if open.count == 2, reasons[0] == reasons[1] {
      sentences.append("Which drifts most and which least is open: \(reasons[0]).")
    } else {
      for (one, reason) in zip(open, reasons) { sentences.append("Which drifts \(one.end.word) is open: \(reason).") }
    }
    if found.contains(where: { !$0.hasRelative }) {
      sentences.append(
        "This goes by MOD alone: how far apart the maps of different images lie, which tells whether all maps of a network are "
          + "alike, is not known.")
    }
    return sentences.joined(separator: " ")
  }

  private func name(_ series: SeriesIdentity) -> String {
    results.models.first { $0.key == series.model }?.name ?? series.model
  }

  private func words(_ objection: Superlative.Objection, of one: Superlative) -> String {
    switch objection {
    case .fewImages(let count):
      return "there \(count == 1 ? "is 1 image" : "are \(Numbers.grouped(count)) images"), too few to tell"
    case .chance where one.isTied:
      let tied = results.models.filter { [one.series.model.key, one.next.model.key].contains($0.key) }
      return "\(Values.list(tied.map(\.name))) have the same MOD"
    case .chance(let probability):
      return "by MOD it is \(one.series.model.name), but the difference to \(one.next.model.name) may be chance "
        + "(\(Numbers.probability(probability)))"
    case .relative(let other) where one.isTied: return "by relative drift it is \(name(other))"
    case .relative(let other): return "by relative drift it is \(name(other)), by MOD \(one.series.model.name)"
    case .held(let other) where one.isTied: return "over the pairs that held their prediction it is \(name(other))"
    case .held(let other):
      return "over the pairs that held their prediction it is \(name(other)), over all \(one.series.model.name)"
    case .fewHeld(let series, let count):
      return
        "of \(name(series)) \(count == 0 ? "no pair" : count == 1 ? "1 pair" : "\(Numbers.grouped(count)) pairs") held "
        + "the prediction, so that MOD compares the explanations of different classes"
    }
  }
}
