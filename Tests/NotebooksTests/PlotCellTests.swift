import Figures
import Notebooks
import Results
import Support
import Testing
import Typesetting

@Suite struct LayerProfileTests {
  private let made = MadeUpResults(
    models: ["a", "b"], names: ["A", "B"], imageCount: 6, epsilons: [0.01, 0.1], layers: ["conv1", "conv2", "conv3"])

  @Test func aFigureForEachModelWithItsLayersInOrder() throws {
    let result = try notebook("```{layer-profile}\nlabel: fig-profile\n```", made)
    #expect(result.problems == [])
    #expect(result.figures.map(\.label) == ["fig-profile-a", "fig-profile-b"])
    try #require(result.figures.count > 0)
    let texts = result.figures[0].frame.texts
    let names = texts.filter { $0.text.hasPrefix("conv") }.sorted { $0.origin.x < $1.origin.x }
    #expect(names.map(\.text) == ["conv1", "conv2", "conv3"])
    #expect(texts.contains { $0.text == "ε = 0.01" } && texts.contains { $0.text == "ε = 0.1" })
    #expect(result.document.says("MOD of B at each explained layer, over 6 images; explained class: predicted."))
  }

  @Test func oneLayerHasNoProfile() throws {
    let result = try notebook(
      "```{layer-profile}\nlayers: last\nmodels: [a]\n```", made)
    #expect(
      result.problems.map(\.description) == [
        """
        test.md:1, cell layer-profile: only one layer of A was explained, and a profile needs two or more
          Write `layers: all` for the model in the experiment file and run it again.
        """
      ])
  }
}

@Suite struct ScatterTests {
  private let made = MadeUpResults(models: ["a", "b"], names: ["A", "B"], imageCount: 8)

  @Test func panelsHaveTheirCorrelationsAndTheTableHasAll() throws {
    let result = try notebook("```{scatter}\nlabel: fig-scatter\n```", made)
    #expect(result.problems == [])
    #expect(
      result.document.says(
        "r: Pearson’s correlation over the points of the strongest level alone, at ε = 0.1, with its 95% interval; all levels in the "
          + "exported table."))
    let figure = try #require(result.figures.first)
    let titles = figure.frame.texts.map(\.text)
    #expect(titles.contains("A") && titles.contains("confidence drop") && titles.contains("NISSIM"))
    let table = try #require(result.tables.first { $0.label == "fig-scatter" })
    var lines = ["model,layer,target,epsilon,r,r_lower,r_upper,images"]
    for series in try made.results.summarise() {
      let all = try made.results.confidenceCorrelations(series, epsilons: made.epsilons)
      lines += all.map { one in
        let r = one.coefficient
        return "\(series.model.key),\(series.layer),predicted,\(one.epsilon),\(r.value),\(r.lower),\(r.upper),8"
      }
      let r = try #require(all.last).coefficient
      #expect(titles.contains(" = \(Numbers.fixed(r.value, 2))"))
      #expect(titles.contains { $0.contains("(\(Numbers.interval(r.lower, r.upper, 2)))") })
      let words = "\(Numbers.fixed(r.value, 2)) (\(Numbers.interval(r.lower, r.upper, 2)))"
      #expect(figure.alternative.contains("\(series.model.name) \(words)"), "\(figure.alternative)")
    }
    #expect(table.csv.split(separator: "\n").map(String.init) == lines)
    #expect(!result.document.says("Small figures"))
  }

  @Test func theTableIsPrintedWhereItIsAsked() throws {
    let result = try notebook("```{scatter}\nlabel: fig-scatter\ntable: true\nmodels: [a]\n```", made)
    #expect(result.problems == [])
    #expect(result.document.says("with its 95% interval; all levels in the table below."))
    #expect(
      result.document.says("within each attack level. Small figures: 95% bootstrap-t intervals."))
    let series = try #require(try made.results.summarise().first)
    for one in try made.results.confidenceCorrelations(series, epsilons: made.epsilons) {
      let r = one.coefficient
      #expect(
        result.document.says(Numbers.fixed(r.value, 2)) && result.document.says(Numbers.interval(r.lower, r.upper, 2)))
    }
  }

  @Test func whatHasNoCorrelationIsSaid() throws {
    let few = MadeUpResults(models: ["a", "b"], names: ["A", "B"], imageCount: 2)
    let result = try notebook("```{scatter}\n```", few)
    #expect(result.problems == [])
    #expect(result.document.says("None of A and B, since there are fewer than 3 pairs."))
    let figure = try #require(result.figures.first)
    #expect(figure.alternative.contains("A none, since there are fewer than 3 pairs; B none"))
    #expect(figure.frame.texts.count { $0.text == " = –" } == 2)
  }

  @Test func oldStoresSayWhatTheyLack() throws {
    let made = MadeUpResults(models: ["a"], names: ["A"], imageCount: 3, hasScores: false)
    let result = try notebook("```{scatter}\n```\n\n```{sample-card}\nlabel: fig-card\n```", made)
    #expect(
      result.problems.map(\.description) == [
        """
        test.md:1, cell scatter: the logits were not stored by the version that made this store
          Run the experiment again: what is missing is computed, and no number changes.
        """,
        """
        test.md:4, cell fig-card: the logits were not stored by the version that made this store
          Run the experiment again: what is missing is computed, and no number changes.
        """,
      ])
    #expect(result.document.says("Figure 1 could not be made."))
  }
}
