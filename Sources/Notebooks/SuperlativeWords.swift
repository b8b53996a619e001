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
    let reasons = open.map { one in one.objections.compactMap { words($0, of: one) }.joined(separator: "; ") }
    let network = ranked.count == 2 ? "which of the two networks" : "which network"
    if open.count == 2, reasons[0] == reasons[1] {
      sentences.append(
        "It remains open \(network) drifts most and which least\(reasons[0].isEmpty ? "" : ": \(reasons[0])").")
    } else if !open.isEmpty {
      let ends = zip(open, reasons).enumerated().map { index, found in
        (index == 0 ? "\(network) drifts " : "which ") + found.0.end.word + (found.1.isEmpty ? "" : " (\(found.1))")
      }
      sentences.append("It remains open \(Values.list(ends)).")
    }
    sentences += fewHeld(open).map { [$0] } ?? []
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

  /// Those whose MOD compares the explanations of different classes: one sentence, whichever end of the order they keep open.
  private func fewHeld(_ open: [Superlative]) -> String? {
    for case .fewHeld(let series, let most) in open.flatMap(\.objections) {
      let pairs = most == 0 ? "no pair" : "no more than \(most == 1 ? "1 pair" : "\(Numbers.grouped(most)) pairs")"
      return "In \(Values.list(series.map(name))) \(pairs) kept the prediction, so that "
        + "\(series.count == 1 ? "its" : "their") MOD compares the explanations of different classes."
    }
    return nil
  }

  /// Nil for what has a sentence of its own.
  private func words(_ objection: Superlative.Objection, of one: Superlative) -> String? {
    switch objection {
    case .fewImages(let count):
      return "\(count == 1 ? "1 image is" : "\(Numbers.grouped(count)) images are") too few to tell"
    case .chance where one.isTied:
      let tied = results.models.filter { [one.series.model.key, one.next.model.key].contains($0.key) }
      return "\(Values.list(tied.map(\.name))) have the same MOD"
    case .chance(let probability):
      return "\(one.series.model.name) by MOD, but its difference to \(one.next.model.name) may be chance, "
        + Numbers.probability(probability)
    case .relative(let other) where one.isTied: return "\(name(other)) by relative drift"
    case .relative(let other): return "\(one.series.model.name) by MOD, \(name(other)) by relative drift"
    case .held(let other) where one.isTied: return "\(name(other)) over the pairs that held their prediction"
    case .held(let other):
      return "\(one.series.model.name) over all pairs, \(name(other)) over those that held their prediction"
    case .fewHeld: return nil
    }
  }
}
