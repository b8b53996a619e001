import Figures
import Notebooks
import Results
import Support
import Testing
import Typesetting

@Suite struct ForestTests {
  @Test func everyPairHasItsDifferenceAndItsP() throws {
    let made = MadeUpResults(models: ["a", "b", "c"], names: ["Alpha", "Beta", "Gamma"], imageCount: 20, deadEvery: 1)
    let result = try notebook("```{forest}\nlabel: fig-forest\nepsilons: [0.02]\n```", made)
    #expect(result.problems == [])
    let texts = try #require(result.figures.first).frame.texts.map(\.text)
    let results = made.results
    let all = try results.summarise()
    // Greatest MOD first.
    let family = results.differences(among: [all[2], all[1], all[0]], epsilons: [0.02])
    #expect(family.pairs.count == 3)
    for (pair, label) in zip(family.pairs, ["Gamma −\u{A0}Beta", "Gamma −\u{A0}Alpha", "Beta −\u{A0}Alpha"]) {
      #expect(texts.contains(label))
      let level = try #require(pair.levels.first)
      #expect(texts.contains(Numbers.probability(level.adjusted)))
      #expect(
        result.figures[0].alternative.contains(
          "\(label) \(Numbers.fixed(level.mod.value, 3)), \(Numbers.probability(level.adjusted))"))
    }
    #expect(texts.contains("difference in MOD"))
    #expect(
      result.document.says(
        "MOD of the first minus MOD of the second at ε = 0.02, over the same 20 images."))
    #expect(result.document.says("Lines: 95% bootstrap-t intervals, each image’s pair kept together."))
  }

  @Test func oneModelHasNothingToCompare() throws {
    let result = try notebook("```{forest}\n```", MadeUpResults(models: ["a"], names: ["A"], imageCount: 6))
    #expect(
      result.problems.map(\.description) == [
        """
        test.md:1, cell forest: there is only one series, and nothing to compare it with
          Select two models or more.
        """
      ])
  }
}

@Suite struct ClassTableTests {
  /// Images 0 to 5 have the label 0, 6 to 11 the label 1, the others labels of their own.
  private func results() -> ExperimentResults {
    var results = MadeUpResults(models: ["a"], names: ["A"], imageCount: 20, deadEvery: 1).results
    func label(_ image: Int) -> Int { image < 6 ? 0 : image < 12 ? 1 : image }
    for index in results.images.indices { results.images[index].label = label(index) }
    let places = Dictionary(uniqueKeysWithValues: results.images.enumerated().map { ($1.path, $0) })
    var rows = results.measurements
    for index in rows.indices {
      let image = places[rows[index].image] ?? 0
      rows[index].label = label(image)
      rows[index].cleanPrediction = label(image)
      // Of the first label two answers are 7 and one is 3; of the second all are right.
      rows[index].adversarialPrediction =
        rows[index].epsilon == 0.1 && image < 3 ? (image == 0 ? 3 : 7) : label(image)
    }
    results.measurements = rows
    return results
  }

  @Test func labelsWithImagesEnoughHaveALine() throws {
    let results = results()
    let template = try Template(source: "```{class-table}\nlabel: tab-class\n```\n", file: "test.md")
    let made = try Notebook(template, results: results, measurer: FixedMeasurer())
    #expect(made.problems == [])
    let summary = try results.summarise()[0]
    let drift = try #require(summary.levels.last).dissimilarities
    let labels = try results.labelSummaries(summary, epsilon: 0.1)
    #expect(labels.map(\.label) == [0, 1] && labels.map(\.imageCount) == [6, 6])
    #expect(abs(labels[0].mod.value - drift[0..<6].reduce(0, +) / 6) < 1e-15)
    #expect(abs(labels[1].mod.value - drift[6..<12].reduce(0, +) / 6) < 1e-15)
    #expect(labels[0].accuracy == Proportion(3, of: 6) && labels[1].accuracy == Proportion(6, of: 6))
    #expect(labels[0].wrongAnswer == 7 && labels[0].wrongCount == 2)
    #expect(labels[1].wrongAnswer == nil && labels[1].wrongCount == 0)
    let rows = made.tables[0].csv.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    #expect(
      rows[0].joined(separator: ",")
        == "model,layer,target,label,name,images,mod,mod_lower,mod_upper,accuracy,accuracy_lower,accuracy_upper,right,"
        + "wrong_answer,wrong_name,wrong_count")
    #expect(Set(rows.dropFirst().map { $0[3] }) == ["0", "1"])
    #expect(made.document.says("s8 (2)") && made.document.says("50.0 (3)18.8–81.2"))
    #expect(made.document.says("of labels with at least 5 images, greatest MOD first."))
  }

  @Test func fewImagesAreSaidToBeFew() throws {
    let made = try notebook("```{class-table}\n```", MadeUpResults(models: ["a"], names: ["A"], imageCount: 6))
    #expect(made.problems == [] && made.tables.isEmpty)
    #expect(made.document.says("No label of A has 5 images: of fewer a mean by label would say more"))
  }
}
