import Notebooks
import Results
import Support
import Testing
import Typesetting

@Suite struct NotebookTests {
  @Test func valuesStandInProse() throws {
    let made = try notebook(
      """
      # Head

      {{ models.count | noun model | sentence }} on {{ images.count | noun image }}, levels {{ epsilons.list }};
      most {{ highest-clean-accuracy.value | percent }}, seed `{{ seed }}`, {{ option attack.loss-label }}.
      """)
    #expect(made.problems == [])
    let sentence = "Five models on 40 images, levels 0.005, 0.01, 0.02, 0.05 and 0.1; most 97.5%, seed 7, label."
    #expect(made.document.says(sentence))
  }

  @Test func modIsTheMeanOfTheMeasurements() throws {
    let made = MadeUpResults(models: ["vgg16"], names: ["VGG16"])
    let values = made.results.measurements.filter { $0.epsilon == 0.1 }.map(\.dissimilarity)
    let mean = values.reduce(0, +) / Double(values.count)
    let table = try #require(try notebook("```{mod-table}\nlabel: tab-mod\n```", made).tables.first)
    let lines = table.csv.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    #expect(table.label == "tab-mod")
    #expect(lines.count == 2)
    try #require(lines.count > 1)
    #expect(lines[0].count == lines[1].count)
    let column = try #require(lines[0].firstIndex(of: "mod_0.1"))
    let found = try #require(Double(lines[1][column]))
    #expect(abs(found - mean) < 1e-12)
    #expect(lines[1].prefix(4) == ["vgg16", "last", "predicted", "40"])
    let dead = try #require(lines[0].firstIndex(of: "dead_maps"))
    #expect(lines[1][dead] == Substring(String(made.results.measurements.filter(\.isDead).count)))
  }

  @Test func aTableHasALineForEachSeries() throws {
    let made = MadeUpResults(
      models: ["a", "b"], names: ["A", "B"], imageCount: 5, layers: ["layer3", "layer4"],
      targets: [.predicted, .label])
    let csv = try #require(try notebook("```{mod-table}\n```", made).tables.first).csv
    #expect(csv.split(separator: "\n").count == 9)
    #expect(csv.contains("\na,layer3,label,5,"))
  }

  @Test func gridsOnePerSeries() throws {
    let made = MadeUpResults(
      models: ["a", "b"], names: ["A", "B"], imageCount: 6, epsilons: [0.01, 0.1],
      targets: [.predicted, .label], deadEvery: 1)
    let result = try notebook("See @fig-grid-a-label.\n\n```{heatmap-grid}\nlabel: fig-grid\nsamples: 2\n```", made)
    #expect(result.problems == [])
    #expect(
      result.figures.map(\.label) == [
        "fig-grid-a-predicted", "fig-grid-a-label", "fig-grid-b-predicted", "fig-grid-b-label",
      ])
    #expect(result.document.says("See Figure 2"))
    // Two samples at the quantiles 1/2, the lesser of the two there, and 1 of six, each with its true identity first.
    let ranked = made.results.measurements.filter { $0.model == "a" && $0.epsilon == 0.1 && $0.target == .predicted }
      .sorted { ($0.dissimilarity, $0.image) < ($1.dissimilarity, $1.image) }
    try #require(result.figures.count > 0)
    let texts = result.figures[0].frame.texts.map(\.text)
    #expect(texts.contains("s\(ranked[5].label + 1)"))
    #expect(texts.contains { $0.hasSuffix(threeDecimals(ranked[5].dissimilarity)) })
    #expect(texts.contains { $0.hasSuffix(threeDecimals(ranked[2].dissimilarity)) })
  }

  private func threeDecimals(_ value: Double) -> String {
    let thousandths = Int((value * 1000).rounded())
    return "0." + String(repeating: "0", count: max(0, 3 - String(thousandths).count)) + String(thousandths)
  }

  @Test func manySamplesGoOnInParts() throws {
    let made = MadeUpResults(models: ["a"], names: ["A"], epsilons: [0.1])
    let result = try notebook("```{heatmap-grid}\nlabel: fig-grid\nsamples: 20\n```", made)
    #expect(result.problems == [])
    #expect(result.figures.map(\.label) == ["fig-grid-1", "fig-grid-2", "fig-grid-3"])
    let isSaid = result.document.says("Figure 1 (part 2 of 3). Grad-CAM of A at last")
    #expect(isSaid)
    // Twenty rows in three figures: seven, seven, six.
    let pictures = result.figures.map { $0.frame.texts.filter { $0.text == "photograph" }.count }
    #expect(pictures == [1, 1, 1])
    try #require(result.figures.count > 2)
    #expect(result.figures[2].frame.size.height < result.figures[0].frame.size.height)
    #expect(result.figures[0].frame.size.height == result.figures[1].frame.size.height)
  }

  @Test func loopsAndConditions() throws {
    let result = try notebook(
      """
      {% for model in models %}
      ## Part {{ model.name }} {#sec-{{ model.key }}}

      {% if models.several %}
      several @sec-{{ model.key }}
      {% else %}
      alone
      {% end %}
      {% end %}
      """)
    #expect(result.problems == [])
    #expect(
      result.document.outline.map(\.title)
        == ["VGG16", "ResNet50", "ResNet101", "InceptionV3", "Xception"].map { "Part " + $0 })
    #expect(!result.document.says("alone"))
    #expect(result.document.says("several “Part Xception”"))
  }

  @Test func failuresStandInTheirPlaceAndTheRestIsMade() throws {
    let result = try notebook(
      """
      Before {{ model.name }} and @fig-nothing.

      ```{mod-table}
      label: tab-mod
      models: [vgg61]
      ```

      ```{mod-curve}
      label: fig-curve
      ```
      """)
    #expect(
      result.problems.map(\.description) == [
        """
        test.md:1: values of one model can stand only where it is clear which one is meant
          Put the text between `{% for model in models %}` and `{% end %}`.
        """,
        """
        test.md:1: nothing has the label `fig-nothing`
          Known are: `fig-curve`, `tab-mod`. The sign alone is written `\\@`.
        """,
        """
        test.md:5: the experiment has no model `vgg61`
          Did you mean `vgg16`?
        """,
      ])
    #expect(result.figures.map(\.label) == ["fig-curve"])
    #expect(result.document.says("Table 1 could not be made."))
    #expect(result.document.says("Figure 1."))
  }

  @Test func labelsStandOnce() throws {
    let result = try notebook("```{mod-table}\nlabel: tab-a\n```\n\n```{vid-table}\nlabel: tab-a\n```\n")
    #expect(
      result.problems.map(\.description) == [
        """
        test.md:6: the label `tab-a` stands twice
          Give everything a label of its own; inside a loop add `{{ model.key }}`.
        """
      ])
  }

  @Test func dataIsNeverMarkup() throws {
    var made = MadeUpResults(models: ["a"], names: ["*bold* <b>{{ seed }}</b> @fig-x [l](http://x)"], imageCount: 3)
    made.epsilons = [0.1]
    let result = try notebook("Model {{ models.list }}.\n\n```{mod-table}\n```\n", made)
    #expect(result.problems == [])
    #expect(result.document.says("Model *bold* <b>{{ seed }}</b> @fig-x [l](http://x)."))
  }

  @Test func validityTellsOfTheControlAndOfSkippedImages() throws {
    var results = MadeUpResults(models: ["a"], names: ["A"], imageCount: 4).results
    results.skipped = [SkippedImage(path: "s9/1.pgm", reason: "not a picture")]
    let template = try Template(source: "```{validity}\nlabel: tab-v\n```", file: "test.md")
    let result = try Notebook(template, results: results, measurer: FixedMeasurer())
    let pairs = results.measurements.filter { $0.epsilon > 0 }
    let flipped = pairs.filter { $0.adversarialPrediction != $0.cleanPrediction }.count
    let dead = pairs.filter(\.isDead).count
    #expect(
      result.tables[0].csv
        == "model,layer,target,control_nissim,dead_maps,dead_pairs,flipped_pairs,pairs,clipped_share,unmoved_pairs,"
        + "zero_gradient_images\na,last,predicted,0.0,\(dead),\(dead),\(flipped),20,,0,0\n")
    #expect(result.document.says("One image was skipped: s9/1.pgm (not a picture)."))
  }

  @Test func validityNamesSeriesWithoutResultsAndWhatLittleDataCannotSay() throws {
    var made = MadeUpResults(models: ["a", "b"], names: ["A", "B"], imageCount: 1)
    made.epsilons = [0.1]
    var results = made.results
    results.measurements.removeAll { $0.model == "b" }
    let template = try Template(source: "```{validity}\nlabel: tab-v\n```", file: "test.md")
    let result = try Notebook(template, results: results, measurer: FixedMeasurer())
    let says = result.document.says
    #expect(
      says(
        "There is no image with all results of B at layer last (predicted): this series is in no table and no figure."))
    #expect(says("A series with fewer than 5 images has no intervals: nothing says how other images would do."))
    #expect(
      says("With a single attack level there is no VID: nothing can vary over it."))
    #expect(
      result.problems.map(\.message) == ["there is no image with all results of B at layer last (predicted)"])
    try #require(result.tables.count > 0)
    #expect(result.tables[0].csv.split(separator: "\n").count == 2)
  }

  @Test func methodsTellEveryOption() throws {
    let made = MadeUpResults(models: ["a", "a.b"], names: ["A", "B"], imageCount: 3)
    let result = try notebook("```{methods}\nlabel: tab-o\n```", made)
    #expect(result.tables.map(\.label) == ["tab-o"])
    try #require(result.tables.count > 0)
    let lines = result.tables[0].csv.split(separator: "\n")
    #expect(lines.count == 1 + made.results.options.count)
    #expect(lines.contains("a.b.input.mean,\"0.485, 0.456, 0.406\""))
    let says = result.document.says
    #expect(says("The options of each model."))
    #expect(says("model architecture width layers size mean std fit A a 0.25 last 32 0.485, 0.456, 0.406"))
    #expect(
      says(
        "They were measured on 3 images of the split “test” of the faces of the Olivetti Research Laboratory (ORL). Each image is resized to the network’s input"
      ))
    #expect(says("the cross-entropy loss for the true class with respect to the image"))
    #expect(says("95%, over images: percentiles of 400 bootstrap resamples, seeded with 7 and shared by all series"))
  }

  @Test func theShippedTemplateOnLittleAndNothing() throws {
    let template = try Template.load("paper", folders: [shippedTemplates])
    for made in [
      MadeUpResults(),
      MadeUpResults(models: ["a"], names: ["A"], imageCount: 1, epsilons: [0.03]),
      MadeUpResults(
        models: ["a", "b"], names: ["A", "A network with a very long name indeed, of 2024"], imageCount: 5,
        layers: ["layer3", "layer4"], targets: [.predicted, .label]),
    ] {
      let result = try Notebook(template, results: made.results, measurer: FixedMeasurer())
      #expect(result.problems == [])
      let own = result.figures.filter { $0.label.hasPrefix("fig-grid") }.count
      // Several layers are the rows of one grid.
      #expect(own == made.models.count * made.targets.count)
      let profiles = result.figures.filter { $0.label.hasPrefix("fig-profile") }.count
      // Of all models in one figure.
      #expect(profiles == (made.layers.count > 1 ? made.targets.count : 0))
      #expect(!result.document.text.contains("{{"))
    }
    var empty = MadeUpResults(imageCount: 0).results
    empty.measurements = []
    let result = try Notebook(template, results: empty, measurer: FixedMeasurer())
    #expect(result.document.says("Nothing was measured"))
    #expect(!result.problems.isEmpty)
    #expect(result.tables.map(\.label) == ["tab-options", "tab-provenance"])
  }

  /// A level is not torn from its sign at a line's end.
  @Test(arguments: [("mod-curve", "0"), ("mod-table", "0.1"), ("validity", "0,")])
  func levelsInCaptionsDoNotBreak(_ cell: String, _ level: String) throws {
    let made = try notebook("```{\(cell)}\n```", MadeUpResults(models: ["a"], names: ["A"], imageCount: 3))
    #expect(made.document.spacedText.contains("\u{A0}=\u{A0}\(level)"))
  }

  @Test func twiceTheSame() throws {
    let source = "```{mod-table}\n```\n\n```{dissimilarity-histogram}\n```\n"
    let (one, other) = (try notebook(source), try notebook(source))
    #expect(one.document.text == other.document.text)
    #expect(one.tables == other.tables)
  }
}
