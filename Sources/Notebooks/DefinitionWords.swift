import Attacks
import Results
import Support

extension ReportData {
  /// What the numbers of the text are, for a report's first lines: attention, attack, drift, MOD and VID, letters spelled out.
  /// Empty where there is no series.
  var definitions: String {
    guard let first = mains.first else { return "" }
    var introductions = Introductions(cites: false)
    let explanation = introductions.name(
      results.explanationTitle(first.explanation), results.explanationExpansion(first.explanation))
    let attack = results.attacks.first { $0.key == first.attack }?.introduced(&introductions) ?? first.attack
    let measure = introductions.name(results.measureTitle(first.measure), results.measureExpansion(first.measure))
    let attention =
      "Attention is the heatmap of an image by \(explanation), which explains \(explainedClass(first.target)) at \(mainPlace); "
      + "the attack is \(attack)."
    let spread = first.levels.count > 1 ? ", VID (variation in dissimilarity) its variation over the attack levels" : ""
    let drift =
      "Drift is the distance between the clean and the attacked heatmap by \(measure); MOD (mean observed "
      + "dissimilarity) is its mean over \(MatrixWords.images(mains.map(\.imageCount)))\(spread)."
    return "\(attention) \(drift)"
  }

  /// What was measured beside what the text's numbers are of, attacks, explanations and measures: a sentence; empty where that is
  /// all.
  var comparisons: String {
    guard let first = mains.first else { return "" }
    let isNoise = results.isBaseline(first.attack)
    let attacks = results.attacks.filter { $0.key != first.attack && (isNoise || !results.isBaseline($0.key)) }
    let noise = !isNoise && results.attacks.contains { results.isBaseline($0.key) } ? ["noise of the same size"] : []
    func named(_ kind: String, _ titles: [String]) -> String? {
      titles.isEmpty ? nil : "by the \(kind)\(titles.count == 1 ? "" : "s") \(Values.list(titles))"
    }
    let others = [
      named("attack", attacks.map(\.title)),
      noise.first.map { "under \($0)" },
      named("explanation", results.explanationKeys.filter { $0 != first.explanation }.map(results.explanationTitle)),
      named("measure", results.measureKeys.filter { $0 != first.measure }.map(results.measureTitle)),
    ].compactMap { $0 }
    return others.isEmpty ? "" : "For comparison, drift was measured \(others.joined(separator: ", ")) as well."
  }
}

extension AttackSetting {
  /// Its title, with what the letters of its kind stand for where they were not introduced before: attacks by another's gradient
  /// have the same letters.
  func introduced(_ introductions: inout Introductions) -> String {
    let kind = type(of: attack)
    return title.replacing(kind.title, with: introductions.name(kind.title, kind.expansion))
  }
}
