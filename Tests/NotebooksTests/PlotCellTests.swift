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
  @Test func theCaptionHasTheCorrelation() throws {
    let made = MadeUpResults(models: ["a", "b"], names: ["A", "B"], imageCount: 8)
    let result = try notebook("```{scatter}\nlabel: fig-scatter\n```", made)
    #expect(result.problems == [])
    let all = try made.results.summarise()
    for series in all {
      for found in try made.results.confidenceCorrelations(series, epsilons: made.epsilons) {
        let r = found.coefficient
        let interval = Numbers.interval(r.lower, r.upper, 2)
        #expect(
          result.document.says("\(Numbers.fixed(r.value, 2)) (\(interval)) at ε = \(Numbers.epsilon(found.epsilon))"))
      }
    }
    #expect(result.document.says("Pearson’s r within each level, over 8 images: A "))
    #expect(result.document.says("In brackets 95% bootstrap-t intervals."))
    try #require(result.figures.count > 0)
    let titles = result.figures[0].frame.texts.map(\.text)
    #expect(titles.contains("A") && titles.contains("confidence drop") && titles.contains("NISSIM"))
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
