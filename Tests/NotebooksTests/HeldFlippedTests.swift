import Figures
import Notebooks
import Results
import Support
import Testing
import Typesetting

@Suite struct HeldFlippedTests {
  private let made = MadeUpResults(models: ["a", "b"], names: ["A", "B"], imageCount: 40, epsilons: [0.01, 0.1])

  /// By the rows themselves.
  private func rows(_ results: ExperimentResults, _ model: String, _ epsilon: Double, flipped: Bool) -> [Double] {
    results.measurements.filter {
      $0.model == model && $0.epsilon == epsilon && ($0.adversarialPrediction != $0.cleanPrediction) == flipped
    }.map(\.dissimilarity)
  }

  @Test func thePartsAreThoseOfTheRows() throws {
    let results = made.results
    for summary in try results.summarise() {
      for level in summary.levels {
        let pairs = try results.heldAndFlipped(summary, epsilon: level.epsilon)
        #expect(pairs.held == rows(results, summary.model.key, level.epsilon, flipped: false))
        #expect(pairs.flipped == rows(results, summary.model.key, level.epsilon, flipped: true))
        #expect(pairs.held.count == level.heldCount && pairs.flipped.count == level.flipped.count)
        #expect(!pairs.held.isEmpty && !pairs.flipped.isEmpty)
        #expect(abs(pairs.held.reduce(0, +) / Double(pairs.held.count) - level.modHeld.value) < 1e-12)
        #expect(abs(pairs.flipped.reduce(0, +) / Double(pairs.flipped.count) - level.modFlipped.value) < 1e-12)
      }
      let nothing = try results.heldAndFlipped(summary, epsilon: 0.5)
      #expect(nothing.held.isEmpty && nothing.flipped.isEmpty)
    }
  }

  @Test func everyPairIsADotAndTheNumbersAreExported() throws {
    let result = try notebook("```{held-flipped}\nlabel: fig-held\n```", made)
    #expect(result.problems == [])
    let results = made.results
    let all = try results.summarise()
    let frame = try #require(result.figures.first).frame
    let texts = frame.texts.map(\.text)
    #expect(texts.count { $0 == "held" } == 2 && texts.count { $0 == "flipped" } == 2)
    var csv = result.tables[0].csv.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    #expect(result.tables.map(\.label) == ["fig-held"])
    #expect(
      csv.removeFirst().joined(separator: ",")
        == "model,layer,target,epsilon,held_pairs,mod_held,mod_held_lower,mod_held_upper,held_q05,held_q25,held_median,"
        + "held_q75,held_q95,flipped_pairs,mod_flipped,mod_flipped_lower,mod_flipped_upper,flipped_q05,flipped_q25,"
        + "flipped_median,flipped_q75,flipped_q95")
    let levels = all.flatMap { summary in summary.levels.map { (summary, $0) } }
    #expect(csv.count == levels.count)
    for (row, (summary, level)) in zip(csv, levels) {
      #expect(texts.contains("\(level.heldCount) held, \(level.flipped.count) flipped"))
      #expect(row[0] == summary.model.key && row[3] == "\(level.epsilon)")
      #expect(row[4] == "\(level.heldCount)" && row[13] == "\(level.flipped.count)")
      #expect(row[5] == "\(level.modHeld.value)" && row[14] == "\(level.modFlipped.value)")
      let held = rows(results, summary.model.key, level.epsilon, flipped: false)
      #expect(row[10] == "\(FiveNumbers(held)?.median ?? .nan)")
    }
    #expect(
      result.document.says(
        "NISSIM of the pairs that held their prediction (hollow) and of those whose prediction the attack changed (filled): a "
          + "dot for each pair. Black lines: the means, MOD of either part. A pair that flipped compares the explanations of "
          + "two classes; one that held, of one."))
    #expect(result.figures[0].alternative.contains("A \(Numbers.fixed(all[0].levels[1].modHeld.value, 3)) of"))
  }

  /// What a pair compares is a matter of the class that is explained.
  @Test func ofTheTrueClassBothMapsExplainOne() throws {
    var own = made
    own.targets = [.label]
    let one = try notebook("```{held-flipped}\n```", own)
    #expect(one.document.says("Both maps of every pair explain one class."))
    own.targets = [.predicted, .label]
    let both = try notebook("```{held-flipped}\n```", own)
    #expect(both.document.says("Where the predicted class is explained, a pair that flipped compares"))
  }

  @Test func manyPairsAreABox() throws {
    let many = MadeUpResults(models: ["a"], names: ["A"], imageCount: 90, epsilons: [0.01])
    let result = try notebook("```{held-flipped}\n```", many)
    #expect(result.problems == [])
    #expect(result.document.says("of more than 60 pairs boxes from quartile to quartile with the median"))
  }

  @Test func otherCellsTellThemApart() throws {
    let results = made.results
    let summary = try results.summarise()[0]
    let curve = try notebook("```{mod-curve}\nmodels: [a]\naccuracy: false\npairs: held-flipped\n```", made)
    #expect(curve.problems == [])
    let names = try #require(curve.figures.first).frame.texts.map(\.text)
    #expect(names.contains { $0.hasSuffix("held") } && names.contains { $0.hasSuffix("flipped") })
    #expect(curve.document.says("MOD of the pairs that held their prediction: full; that flipped: dashed. A pair that"))
    let histogram = try notebook("```{dissimilarity-histogram}\nmodels: [a]\npairs: held-flipped\n```", made)
    #expect(histogram.problems == [])
    #expect(histogram.document.says("Filled: pairs whose prediction flipped; hollow, above them: held. A pair that"))
    let scatter = try notebook("```{scatter}\nmodels: [a]\nepsilons: [0.1]\npairs: held-flipped\n```", made)
    #expect(scatter.problems == [])
    let key = try #require(scatter.figures.first).frame.texts.map(\.text)
    #expect(key.contains("held") && key.contains("flipped"))
    #expect(scatter.document.says("Rings: pairs that held their prediction; triangles: flipped. A pair that"))
    #expect(summary.levels[1].flipped.count > 0)
    let wrong = message("```{scatter}\npairs: held\n```")
    #expect(wrong.contains("`pairs` must be one of"), "\(wrong)")
  }
}
