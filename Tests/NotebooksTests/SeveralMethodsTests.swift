import Attacks
import Explanations
import Figures
import Measures
import Notebooks
import Results
import Support
import Tensors
import Testing
import Typesetting

/// Members that only have names: nothing is computed with them here.
private struct Noise: Attack {
  static let key = "noise"
  static let title = "Noise"
  static let help = ""
  static let options: [DeclaredOption<Noise>] = []

  func methods(levels: String) -> String { "at \(levels)." }

  func prepare(_ subject: AttackSubject, gradients: any LossGradients) throws(Problem) -> any PreparedAttack {
    throw .failure("nothing is attacked here")
  }
}

private struct LayerCAM: Explanation {
  static let key = "layer-cam"
  static let title = "LayerCAM"
  static let help = ""
  static let unit = "in units of nothing"
  static let options: [DeclaredOption<LayerCAM>] = []

  var methods: String { "nothing" }

  func rawMap(
    activations: FeatureMaps, gradients: FeatureMaps, folding: ChannelFolding?
  ) throws(Problem) -> RawMap {
    throw .failure("nothing is explained here")
  }
}

private struct Rank: Measure {
  static let key = "rank"
  static let title = "rank"
  static let help = ""
  static let columns = ["rank"]
  static let options: [DeclaredOption<Rank>] = []

  var definition: String { "rank = rank" }
  var methods: String { "." }

  func reference(_ clean: ExplainedMap) throws(Problem) -> any MeasureReference {
    throw .failure("nothing is measured here")
  }
}

/// An experiment with two attacks, of which the second has one level less, two explanations and two measures, of which the
/// second is ten times the first.
@Suite struct SeveralMethodsTests {
  private var results: ExperimentResults {
    var made = MadeUpResults(models: ["a", "b"], names: ["A", "B"], imageCount: 6, epsilons: [0.01, 0.1])
    made.deadEvery = 100
    var results = made.results
    results.attacks = [results.attacks[0], AttackSetting(attack: Noise(), levels: [0.01])]
    results.explanations.append(LayerCAM())
    results.measures.append(Rank())
    results.measurements = results.attacks.flatMap { attack in
      results.explanationKeys.flatMap { explanation in
        results.measurements.filter { $0.epsilon == 0 || attack.levels.contains($0.epsilon) }.map { row in
          var row = row
          row.attack = attack.key
          row.explanation = explanation
          // Noise and the second explanation move less.
          let drift = row.dissimilarity * (attack.key == "noise" ? 0.5 : 1) * (explanation == "layer-cam" ? 0.5 : 1)
          row.dissimilarities = [drift, 10 * drift]
          row.parts = [1 - 2 * drift]
          return row
        }
      }
    }
    return results
  }

  private func notebook(_ source: String) throws -> Notebook {
    try Notebook(Template(source: source, file: "test.md"), results: results, measurer: FixedMeasurer())
  }

  @Test func seriesAreToldApart() throws {
    let summaries = try results.summarise()
    #expect(summaries.count == 2 * 2 * 2 * 2)
    let naming = SeriesNaming(summaries, of: results)
    #expect(
      summaries.prefix(8).map(naming.label) == [
        "A, FGSM, Grad-CAM, NISSIM", "A, FGSM, Grad-CAM, rank", "A, FGSM, LayerCAM, NISSIM", "A, FGSM, LayerCAM, rank",
        "A, Noise, Grad-CAM, NISSIM", "A, Noise, Grad-CAM, rank", "A, Noise, LayerCAM, NISSIM",
        "A, Noise, LayerCAM, rank",
      ])
    // Whatever the measure, a series looks the same; the first of a model has its colour.
    #expect(Set(summaries.map(naming.style)).count == 8)
    #expect(naming.style(summaries[0]) == Palette.style(0) && naming.style(summaries[1]) == Palette.style(0))
    #expect(naming.style(summaries[8]) == Palette.style(1))
  }

  @Test func whatSeriesHaveInCommonIsSaidOnce() throws {
    let summaries = try results.summarise()
    let naming = SeriesNaming(summaries, of: results)
    let some = summaries.filter { $0.attack == "fgsm" && $0.measure == "rank" }
    #expect(some.map(naming.among(some).label) == ["A, Grad-CAM", "A, LayerCAM", "B, Grad-CAM", "B, LayerCAM"])
    #expect(naming.common(some, Set(SeriesPart.allCases)) == "Attack: FGSM; measure: rank")
    #expect(naming.common(some, [.explanation, .measure]) == "Measure: rank")
    #expect(naming.common(some, [.explanation, .target]) == "", "what differs, and what there is one of, is not said")
    #expect(some.map(naming.style) == some.map(naming.among(some).style), "looks are those of every figure")

    let table = try notebook("```{mod-table}\nattacks: [first]\nexplanations: [first]\nlabel: tab\n```")
    #expect(table.document.says("MOD (the mean NISSIM)") && table.document.says("Attack: FGSM; explanation: Grad-CAM."))
    #expect(try #require(table.tables.first).csv.hasPrefix("model,layer,target,attack,explanation,measure,"))
    #expect(!table.document.says("model attack explanation"))
    let grid = try notebook("```{mean-heatmap}\nattacks: [first]\nexplanations: [first]\nground: none\n```")
    #expect(grid.document.says("Attack: FGSM; explanation: Grad-CAM.") && !grid.document.says("measure: NISSIM"))
  }

  @Test func checksThatAreAlikeShareALine() throws {
    let made = try notebook("```{validity}\nlabel: tab\n```")
    #expect(try #require(made.tables.first).csv.split(separator: "\n").count == 1 + 8, "exported is every series")
    #expect(made.document.says("A line without the name of an explanation holds for all of them."))
    #expect(made.document.says("is 0 in every series, as it must be"))
    let text = made.document.text
    #expect(text.contains(/A,FGSM[0-9]+of/) && !text.contains(/A,FGSM,LayerCAM[0-9]+of/))
  }

  @Test func aFigureShowsOneMeasure() throws {
    let first = try notebook("```{mod-curve}\nlabel: fig-curve\n```")
    #expect(first.problems == [])
    let texts = try #require(first.figures.first).frame.texts.map(\.text)
    #expect(texts.contains("MOD, the mean NISSIM"))
    #expect(!texts.contains { $0.hasSuffix("rank") })
    let second = try notebook(
      "```{mod-curve}\nlabel: fig-curve\nmeasure: rank\nattacks: noise\nexplanations: [layer-cam]\n```")
    #expect(second.problems == [])
    let others = try #require(second.figures.first).frame.texts.map(\.text)
    #expect(others.contains("MOD, the mean rank"))
    // What is not shown has no level on the axis.
    #expect(others.contains("0.01") && others.count { $0 == "0.1" } < 2, "one is MOD's own axis")
    let histogram = try notebook("```{dissimilarity-histogram}\nmeasure: rank\nattacks: noise\n```")
    #expect(histogram.document.says("rank of the clean and the attacked heatmap: a dot for each image;"))
  }

  @Test func unknownOnesAreNamed() throws {
    func problem(_ option: String) throws -> [String] {
      try notebook("```{mod-table}\n\(option)\n```").problems.map(\.description)
    }
    #expect(
      try problem("measure: rnak") == ["test.md:2: the experiment has no measure `rnak`\n  Did you mean `rank`?"])
    #expect(
      try problem("attacks: [noise, nosie]") == [
        "test.md:2: the experiment has no attack `nosie`\n  Did you mean `noise`?"
      ])
    #expect(
      try problem("explanations: grad-cma") == [
        "test.md:2: the experiment has no explanation `grad-cma`\n  Did you mean `grad-cam`?"
      ])
  }

  @Test func tablesNameWhatThereAreSeveralOf() throws {
    let made = try notebook("```{mod-table}\nlabel: tab-mod\n```\n\n```{difference-table}\nlabel: tab-difference\n```")
    #expect(made.problems == [])
    let lines = try #require(made.tables.first).csv.split(separator: "\n")
    #expect(lines.count == 1 + 8)
    #expect(lines[0].hasPrefix("model,layer,target,attack,explanation,measure,images,"))
    #expect(lines[1].hasPrefix("a,last,predicted,fgsm,grad-cam,nissim,6,"))
    // Noise was not made at 0.1.
    #expect(lines[3].hasPrefix("a,last,predicted,noise,grad-cam,nissim,6,") && lines[3].contains(",,,,,,"))
    #expect(made.document.says("model attack explanation"))
    // Each of eight series differs from three in one respect; two attacks have the level 0.01 in common.
    let differences = try #require(made.tables.last).csv.split(separator: "\n")
    #expect(differences.count == 1 + 8 * 3 / 2)
    #expect(
      made.document.says("Only series that differ in one respect are compared, so that a difference has one reason."))
  }

  /// Maps of the second explanation move half as far in either model: that makes neither the one that drifts least. Of A one
  /// pair in six is dead at the strongest level, so that it has no rank there.
  @Test func ranksAreOfOneExplanation() throws {
    let made = try notebook("```{mod-table}\nlabel: tab-mod\nranked: true\n```")
    #expect(made.problems == [])
    let lines = try #require(made.tables.first).csv.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    let rank = try #require(lines[0].firstIndex(of: "rank"))
    #expect(
      lines.dropFirst().map { "\($0[0]) \($0[3]) \($0[4]) \($0[rank])" } == [
        "b fgsm grad-cam 1", "a fgsm grad-cam ", "b fgsm layer-cam 1", "a fgsm layer-cam ", "a noise grad-cam 1",
        "b noise grad-cam 2", "a noise layer-cam 1", "b noise layer-cam 2",
      ])
    #expect(made.document.says("Ranks are among the series of one attack and explanation."))
  }

  @Test func gridsAreMadeForEachSeriesAtItsOwnLevels() throws {
    let made = try notebook("```{heatmap-grid}\nlabel: fig-grid\nmodels: a\nsamples: 2\n```")
    #expect(made.problems == [])
    #expect(
      made.figures.map(\.label) == [
        "fig-grid-a-fgsm-grad-cam-nissim", "fig-grid-a-fgsm-layer-cam-nissim", "fig-grid-a-noise-grad-cam-nissim",
        "fig-grid-a-noise-layer-cam-nissim",
      ])
    let last = try #require(made.figures.last).frame.texts.map(\.text)
    #expect(last.contains { $0.contains("0.01") } && !last.contains { $0.hasSuffix(" = 0.1") })
    #expect(made.document.says("LayerCAM of A, Noise at last; explained class: predicted."))
    #expect(made.document.says("of the drift (NISSIM) at ε = 0.01, least first."))
    let models = try notebook("```{heatmap-grid}\nlabel: fig-models\nrows: models\n```")
    #expect(
      models.figures.map(\.label) == [
        "fig-models-fgsm-grad-cam", "fig-models-fgsm-layer-cam", "fig-models-noise-grad-cam",
        "fig-models-noise-layer-cam",
      ])
  }

  /// Where one series stands for a model, it is the first of each.
  @Test func theFirstOfEachStandsForAModel() throws {
    let made = try notebook(
      "{% for model in models %}\n{{ model.name }}: {{ model.mod }}.\n{% end %}\n{{ dead.count }}.")
    let summaries = try results.summarise()
    for index in [0, 8] {
      let mod = Numbers.fixed(try #require(summaries[index].levels.last).mod.value, 3)
      #expect(made.document.says("\(summaries[index].model.name): \(mod)."))
    }
  }

  @Test func everyShippedTemplateIsMade() throws {
    for name in ["paper", "compare", "review", "model"] {
      let template = try Template.load(name, folders: [shippedTemplates])
      let made = try Notebook(template, results: results, measurer: FixedMeasurer())
      #expect(made.problems.filter { !$0.message.contains("not stored") }.map(\.description) == [], "\(name)")
      #expect(Set(made.figures.map(\.label)).count == made.figures.count)
    }
  }
}

/// Labels become file names and anchors: two methods must not have one.
@Test func everyMethodHasALabelOfItsOwn() {
  for keys in [attacks.keys, explanations.keys, measures.keys] {
    #expect(Set(keys.map(ReportData.slug)).count == keys.count, "\(keys)")
  }
}
