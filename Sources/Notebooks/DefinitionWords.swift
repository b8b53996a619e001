import Results
import Support

extension ReportData {
  /// What the numbers of the text are, for a report's first lines: attention, attack, drift, MOD and VID, letters spelled out,
  /// and what was measured beside them. Empty where there is no series.
  var definitions: String {
    guard let first = mains.first else { return "" }
    let attention =
      "Attention is the heatmap of an image by \(explanationIntroduced(first.explanation)), which explains "
      + "\(explainedClass(first.target)) at \(mainPlace); the attack is \(attackIntroduced(first.attack))."
    let spread = first.levels.count > 1 ? ", VID (variation in dissimilarity) its variation over the attack levels" : ""
    let drift =
      "Drift is the distance between the clean and the attacked heatmap by \(measureIntroduced(first.measure)); MOD (mean observed "
      + "dissimilarity) is its mean over \(MatrixWords.images(mains.map(\.imageCount)))\(spread)."
    let others = otherTitles(than: first)
    let beside =
      others.isEmpty
      ? "" : " \(Values.list(others).capitalisedFirst) \(others.count == 1 ? "is" : "are") measured as well."
    return "\(attention) \(drift)\(beside)"
  }

  /// Attacks, explanations and measures that the text's numbers are not of, as they are called.
  private func otherTitles(than first: SeriesSummary) -> [String] {
    let isNoise = results.isBaseline(first.attack)
    let attacks = results.attacks.filter { $0.key != first.attack && (isNoise || !results.isBaseline($0.key)) }
    let noise = !isNoise && results.attacks.contains { results.isBaseline($0.key) } ? ["noise of the same size"] : []
    return attacks.map(\.title) + noise
      + results.explanationKeys.filter { $0 != first.explanation }.map(results.explanationTitle)
      + results.measureKeys.filter { $0 != first.measure }.map(results.measureTitle)
  }

  private func attackIntroduced(_ key: String) -> String {
    guard let attack = results.attacks.first(where: { $0.key == key }) else { return results.attackTitle(key) }
    let kind = type(of: attack.attack)
    return attack.title.replacing(kind.title, with: Values.introduced(kind.title, kind.expansion))
  }

  private func explanationIntroduced(_ key: String) -> String {
    let kind = results.explanations.map { type(of: $0) }.first { $0.title == results.explanationTitle(key) }
    return Values.introduced(results.explanationTitle(key), kind?.expansion)
  }

  private func measureIntroduced(_ key: String) -> String {
    let kind = results.measures.map { type(of: $0) }.first { $0.title == results.measureTitle(key) }
    return Values.introduced(results.measureTitle(key), kind?.expansion)
  }
}
