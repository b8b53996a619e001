import Figures
import Notebooks
import Support
import Testing
import Typesetting

@Suite struct ModelPanelTests {
  private let made = MadeUpResults(
    models: ["a", "b", "c"], names: ["Net A", "Net B", "Net C"], imageCount: 6, epsilons: [0.01, 0.1],
    layers: ["conv1", "conv2"])

  private func texts(_ cell: String, _ options: String = "") throws -> [PlacedText] {
    let result = try notebook("```{\(cell)}\nlabel: fig\npanels: model\n\(options)```", made)
    #expect(result.problems == [])
    #expect(result.figures.map(\.label) == ["fig"])
    return try #require(result.figures.first).frame.texts
  }

  @Test func profilesStandBesideEachOtherOnOneScale() throws {
    let found = try texts("layer-profile")
    let titles = found.filter { $0.text.hasSuffix(": MOD") }
    #expect(titles.map(\.text) == ["Net A: MOD", "Net B: MOD", "Net C: MOD"])
    #expect(Set(titles.map(\.origin.y)).count == 1)
    let ticks = Dictionary(grouping: found.filter { $0.text.hasPrefix("0.") }, by: \.text)
    for (_, places) in ticks where places.count == 3 { #expect(Set(places.map(\.origin.y)).count == 1) }
    #expect(ticks.values.contains { $0.count == 3 })
    let two = try texts("layer-profile", "columns: 2\n").filter { $0.text.hasSuffix(": MOD") }
    #expect(
      two[0].origin.y == two[1].origin.y && two[2].origin.y > two[0].origin.y && two[2].origin.x == two[0].origin.x)
  }

  @Test func curvesAreNamedByTheirPanels() throws {
    let found = try texts("mod-curve", "layers: last\naccuracy: false\n").map(\.text)
    #expect(found.filter { $0.hasPrefix("Net") } == ["Net A: MOD", "Net B: MOD", "Net C: MOD"])
    // One layer of each is shown: the curves need no names.
    #expect(!found.contains { $0.contains("conv") })
    let all = try texts("mod-curve", "layers: all\n").map(\.text)
    #expect(all.filter { $0 == "conv1" }.count == 6)
    #expect(
      all.filter { $0.hasPrefix("Net") }.suffix(3) == [
        "Net A: accuracy, %", "Net B: accuracy, %", "Net C: accuracy, %",
      ])
  }

  @Test func scattersOfAModelStandInOnePanel() throws {
    let found = try texts("scatter", "layers: all\ncolumns: 2\n")
    let titles = found.filter { $0.text.hasPrefix("Net") }
    #expect(titles.map(\.text) == ["Net A", "Net B", "Net C"])
    #expect(titles[0].origin.y == titles[1].origin.y && titles[2].origin.y > titles[1].origin.y)
  }

  @Test func histogramsOfOneLevelStandBesideEachOther() throws {
    let found = try texts("dissimilarity-histogram", "layers: last\nepsilons: [0.1]\n")
    let names = found.filter { $0.text.hasPrefix("Net") }
    #expect(names.map(\.text) == ["Net A", "Net B", "Net C"] && Set(names.map(\.origin.y)).count == 1)
  }

  @Test func aModelWithOneLayerIsSaidToHaveNoProfile() throws {
    var results = made.results
    results.measurements.removeAll { $0.model == "c" && $0.layer == "conv1" }
    results.models[2].layers = ["conv2"]
    let template = try Template(source: "```{layer-profile}\npanels: model\n```", file: "test.md")
    let result = try Notebook(template, results: results, measurer: FixedMeasurer())
    #expect(result.document.says("One layer was explained of Net C, which has no profile."))
  }

  @Test func gridsOfSeveralImagesAreOneFigure() throws {
    let result = try notebook(
      "```{heatmap-grid}\nlabel: g\nmodels: [a]\nrows: layers\ngroup: sample\nimages: [s2/10.pgm, s1/10.pgm]\n```\n\n"
        + "```{heatmap-grid}\nlabel: h\nmodels: [a]\ngroup: layer\nimages: [s2/10.pgm, s1/10.pgm]\n```\n\n"
        + "```{heatmap-grid}\nlabel: i\nlayers: last\ngroup: model\nsamples: 2\n```\n", made)
    #expect(result.problems == [])
    #expect(result.figures.map(\.label) == ["g", "h", "i"])
    let upright = result.figures.map {
      $0.frame.texts.filter { $0.rotation == 90 }.map(\.text).filter { $0 != "heatmap value" }
    }
    #expect(upright[0] == ["image", "conv1", "conv2", "image", "conv1", "conv2", "s2/10.pgm", "s1/10.pgm"])
    #expect(upright[1] == ["conv1", "conv2"] && upright[2] == ["Net A", "Net B", "Net C"])
    #expect(result.document.says("The images are s2/10.pgm and s1/10.pgm."))
    let missing = try notebook("```{heatmap-grid}\nimages: [s1/10.pgm, s9/1.pgm]\n```", made)
    #expect(missing.problems.map(\.message) == ["the experiment has no complete results of an image `s9/1.pgm`"])
  }

  @Test func sentencesOfEqualNumbersNameNoRange() throws {
    let text = "{{ mods.range }}|{{ accuracy.sentence }}|{{ dead.sentence }}|"
    let one = MadeUpResults(models: ["a"], names: ["A"], imageCount: 1, epsilons: [0.03])
    #expect(
      try notebook(text, one).document.says(
        "|A classifies every clean image correctly, and all at the strongest attack.||"))
    let many = try notebook(text, MadeUpResults(models: ["a", "b"], names: ["A", "B"], imageCount: 10, deadEvery: 10))
    #expect(many.document.says("lies between ") && many.document.says("Both models classify "))
    #expect(many.document.says("Two heatmaps are dead, that is, without any positive value."))
  }
}
