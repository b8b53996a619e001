import Figures
import Results

extension RankingObstacle {
  /// "a map is dead in 80 of its 80 pairs": the end of a sentence on the series.
  /// - Parameter levels: how attack levels are printed.
  public func words(_ levels: LevelNames) -> String {
    func pairs(_ part: Int, _ all: Int, _ epsilon: Double?) -> String {
      "\(Numbers.grouped(part)) of its \(Numbers.grouped(all)) pairs"
        + (epsilon.map { " at ε = \(Numbers.epsilon($0, levels))" } ?? "")
    }
    switch self {
    case .deadMaps(let part, let all, let epsilon): return "a map is dead in \(pairs(part, all, epsilon))"
    case .unmoved(let part, let all, let epsilon): return "the attack changed nothing in \(pairs(part, all, epsilon))"
    case .fewImages(let count, let most):
      return "it was measured on \(Numbers.grouped(count)) of \(Numbers.grouped(most)) images"
    case .noMOD: return "it has no MOD at the strongest attack"
    }
  }
}

extension Ranking {
  /// Why some series have no place, a sentence for each: "VGG16 is not ranked: a map is dead in 80 of its 80 pairs."
  /// - Parameters:
  ///   - label: what a series is called.
  ///   - levels: how attack levels are printed.
  ///   - most: series that are named; of more the rest is counted.
  public func reasons(_ levels: LevelNames, most: Int = 6, label: (SeriesSummary) -> String) -> [String] {
    var sentences = unranked.prefix(most).map { series, obstacles in
      "\(label(series)) is not ranked: \(Values.list(reasons(series, obstacles, levels)))."
    }
    if unranked.count > most {
      sentences.append("Nor are \(Numbers.grouped(unranked.count - most)) more series, for the same kind of reason.")
    }
    return sentences
  }

  private func reasons(_ series: SeriesSummary, _ obstacles: [RankingObstacle], _ levels: LevelNames) -> [String] {
    obstacles.map { obstacle in
      guard case .unmoved = obstacle, series.zeroGradientImageCount > 0 else { return obstacle.words(levels) }
      return obstacle.words(levels)
        + " (the gradient of the loss is 0 on \(Numbers.grouped(series.zeroGradientImageCount)) of "
        + "\(Numbers.grouped(series.imageCount)) images)"
    }
  }

  /// For the end of a caption: the rule and whom it kept out; empty where all are ranked.
  func caption(_ levels: LevelNames, label: (SeriesSummary) -> String) -> String {
    guard !unranked.isEmpty else { return "" }
    return
      " Last, without a rank and never in bold: series with a dead map, or an attack that changed nothing, in more than a "
      + "tenth of their pairs, or with less than nine tenths of the images. "
      + reasons(levels, label: label).joined(separator: " ")
  }
}

extension DriftOrder {
  /// Of images that were chosen by their drift: how many had no place in the order, and whether they are shown at its end.
  func words(shown: [ImageRecord]) -> String {
    guard !unordered.isEmpty else { return "" }
    let last = shown.count { unordered.contains($0) }
    let count = unordered.count == 1 ? "1 image has" : "\(Numbers.grouped(unordered.count)) images have"
    return " \(count) no place in this order, since a map is dead or the attack changed nothing"
      + (last == 0 ? "." : last == 1 ? "; the last is such a one." : "; the last \(last) are such.")
  }

  /// Of one image that was chosen, within a sentence.
  var leftOutOfChoice: String {
    guard !unordered.isEmpty else { return "" }
    let count = unordered.count == 1 ? "1 image" : "\(Numbers.grouped(unordered.count)) images"
    return " (\(count) with a dead map or without effect of the attack left out)"
  }
}
