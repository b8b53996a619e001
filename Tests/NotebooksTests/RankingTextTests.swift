import Foundation
import Notebooks
import Results
import Testing
import Typesetting

/// A series whose maps are dead, or that no attack moved, is called nothing that only drift can make it.
@Suite struct RankingTextTests {
  private func made(dead: Set<String> = [], unmoved: Set<String> = [], layers: [String] = ["last"]) -> MadeUpResults {
    MadeUpResults(
      models: ["a", "b", "c"], names: ["Alpha", "Beta", "Gamma"], imageCount: 20, layers: layers, deadEvery: 1,
      deadModels: dead, unmovedModels: unmoved)
  }

  private func document(_ name: String, _ results: MadeUpResults) throws -> Document {
    let template = try Template.load(name, folders: [shippedTemplates])
    let notebook = try Notebook(template, results: results.results, measurer: FixedMeasurer())
    #expect(notebook.problems == [])
    return notebook.document
  }

  /// A plain truth: a failed expectation would print the whole document otherwise.
  private func says(_ document: Document, _ text: String) -> Bool { document.says(text) }

  private func strong(_ document: Document) -> String {
    func bold(_ items: [PlacedItem]) -> [String] {
      items.flatMap { item -> [String] in
        switch item {
        case .text(let text): text.font.bold && text.font.size > 7 ? [text.text] : []
        case .group(let inner, _, _), .tagged(let inner, _, _): bold(inner)
        default: []
        }
      }
    }
    return document.pages.flatMap { bold($0.items) }.joined(separator: " ")
  }

  @Test(arguments: ["paper", "compare", "review"])
  func aDeadModelDoesNotWin(_ name: String) throws {
    let found = try document(name, made(dead: ["a"]))
    #expect(
      says(
        found,
        "Alpha is not ranked: a map is dead in 100 of its 100 pairs and the attack changed nothing in 100 of its 100 pairs "
          + "(the gradient of the loss is 0 on 20 of 20 images). Such a MOD says nothing of how far attention drifts."))
    #expect(!says(found, "Alpha drifts least") && !says(found, "Alpha least") && !says(found, "(Alpha)"))
    // Beta is the least of those that drift, as far as the held pairs agree.
    #expect(says(found, "(Beta)") || says(found, "Beta ("))
    #expect(says(found, "drifts") && !says(found, "This goes by MOD alone"), "relative drift is known")
    #expect(!strong(found).contains("Alpha drifts"))
  }

  @Test(arguments: ["paper", "compare", "review"])
  func oneThatIsLeftIsNoWinnerEither(_ name: String) throws {
    let found = try document(name, made(dead: ["a"], unmoved: ["c"]))
    #expect(says(found, "Gamma is not ranked: the attack changed nothing in 100 of its 100 pairs"))
    for word in ["drifts least at", "of Beta drift most", "and Beta most", "least (0"] {
      let isSaid = says(found, word)
      #expect(!isSaid, "\(word)")
    }
    if name == "compare" { #expect(says(found, "None drifts least, since only one of three models can be ranked. At")) }
  }

  @Test(arguments: ["paper", "compare", "review", "model"])
  func allMayBeDead(_ name: String) throws {
    for layers in [["last"], ["l1", "l2"]] {
      let found = try document(name, made(dead: ["a", "b", "c"], layers: layers))
      for word in ["drifts least at", "Alpha drift", "least (0", "no model", "image with the greatest drift", "NaN"] {
        let isSaid = says(found, word)
        #expect(!isSaid, "\(word)")
      }
      #expect(says(found, "Gamma") && says(found, "is not ranked: a map is dead in 100 of its 100 pairs"))
    }
  }

  @Test func aTableHasNoRankAndNoBoldForThem() throws {
    let made = try notebook("```{mod-table}\nlabel: tab-mod\nranked: true\n```", made(dead: ["a"], unmoved: ["b"]))
    let table = made.tables[0]
    let rows = table.csv.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    #expect(rows.map { $0[0] } == ["model", "c", "a", "b"])
    let start = try #require(rows[0].firstIndex(of: "is_ranked"))
    #expect(rows[0][start...].prefix(6) == ["is_ranked", "pairs", "unmoved_pairs", "dead_pairs", "dead_maps", "rank"])
    #expect(rows[1][start...].prefix(6) == ["true", "100", "0", "0", "0", "1"])
    #expect(rows[2][start...].prefix(6) == ["false", "100", "100", "100", "120", ""])
    #expect(rows[3][start...].prefix(6) == ["false", "100", "100", "0", "0", ""])
    #expect(!table.latex.contains("textbf"), "one alone is the best of nothing")
    #expect(table.latex.contains("\n1 & Gamma & ") && table.latex.contains("\n-- & Alpha & "))
    #expect(
      says(
        made.document,
        "Last, without a rank and never in bold: series with a dead map, or an attack that changed nothing, in more than a "
          + "tenth of their pairs, or with less than nine tenths of the images. Alpha is not ranked: a map is dead in"))
  }

  @Test func theBestOfTheRankedIsBold() throws {
    let made = try notebook("```{mod-table}\nlabel: tab-mod\nranked: true\n```", made(dead: ["a"]))
    let lines = made.tables[0].latex.split(separator: "\n")
    #expect(lines.filter { $0.contains("textbf") }.allSatisfy { !$0.contains("Alpha") })
    #expect(lines.first { $0.contains("& Beta &") }?.contains("textbf") == true)
  }

  @Test func differencesToTheDeadAreNotMarked() throws {
    let made = try notebook("```{difference-table}\nlabel: tab-d\n```", made(dead: ["c"]))
    let rows = made.tables[0].csv.split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
    #expect(rows.map { "\($0[0])-\($0[3])" } == ["model-other_model", "a-b", "c-b", "c-a"])
    #expect(rows.map { $0.last } == ["both_ranked", "true", "false", "false"])
    let lines = made.tables[0].latex.split(separator: "\n")
    #expect(lines.filter { $0.contains("Gamma") }.allSatisfy { !$0.contains("textbf") })
    #expect(says(made.document, "Gamma is not ranked: a map is dead in 100 of its 100 pairs"))
  }

  @Test func aTemplateOfOnesOwnNamesNoWinnerWhereThereIsNone() throws {
    let text = "**{{ lowest-mod.model }}** drifts least, {{ lowest-mod.value }}; {{ highest-attacked-accuracy.model }}."
    #expect(try notebook(text, made(dead: ["a", "b", "c"])).document.says("no model drifts least, –; no model."))
    // The dead keep naming one class while the others are led astray.
    #expect(try notebook(text, made(dead: ["a"])).document.says("Beta drifts least"))
    #expect(!(try notebook(text, made(dead: ["a"])).document.says("Alpha")))
  }

  @Test(arguments: [
    ("sample-card", "", "the first of the images: none has a place in an order of drift"),
    ("samples-extreme", "samples: 2\n", "The images have no order of drift: at ε = 0.1 a map of each is dead"),
    ("heatmap-grid", "samples: 3\n", "The images have no order of drift: at ε = 0.1 a map of each is dead"),
    ("heatmap-grid", "rows: models\n", "The images have no order of drift"),
  ])
  func imagesOfTheDeadAreNoExtremes(_ cell: String, _ options: String, _ sentence: String) throws {
    let made = try notebook(
      "```{\(cell)}\nmodels: [\(options.contains("rows") ? "a, b, c" : "a")]\n\(options)```",
      made(dead: ["a", "b", "c"]))
    #expect(made.problems == [])
    #expect(says(made.document, sentence), "\(made.document.text)")
    #expect(!says(made.document, "least first"))
  }

  /// With a dead map at the strongest attack on each tenth image.
  @Test func whatIsLeftOutOfAnOrderIsCounted() throws {
    var results = made()
    results.deadEvery = 10
    let text = try notebook("```{samples-extreme}\nmodels: [a]\n```\n\n```{sample-card}\nmodels: [a]\n```", results)
    #expect(
      says(
        text.document,
        "least first. 2 images have no place in this order, since a map is dead or the attack changed nothing."))
    #expect(says(text.document, "at ε = 0.1 (2 images with a dead map or without effect of the attack left out)"))
    let all = try notebook("```{heatmap-grid}\nmodels: [a]\nsamples: 20\n```", results)
    #expect(says(all.document, "; the last 2 are such."))
  }

  @Test func validityCountsWhatDidNotMove() throws {
    let text = try notebook("```{validity}\nlabel: tab-v\n```", made(unmoved: ["b"]))
    #expect(text.tables[0].csv.split(separator: "\n")[0].hasSuffix("clipped_share,unmoved_pairs,zero_gradient_images"))
    #expect(text.tables[0].csv.split(separator: "\n")[2].hasSuffix(",100,20"))
    #expect(says(text.document, "Unmoved: pairs in which the attack changed nothing"))
    #expect(says(text.document, "Beta is not ranked: the attack changed nothing in 100 of its 100 pairs"))
    #expect(!(try notebook("```{validity}\n```", made()).document.says("Unmoved")))
  }

  /// Counted once more from the rows: a map is that of a network, a layer, an image as it is attacked, and a class.
  @Test func deadMapsAreCountedOnceWhateverTheTargets() throws {
    var made = made()
    made.targets = [.predicted, .label, .cleanPrediction]
    made.deadEvery = 4
    let results = made.results
    var maps: Set<String> = []
    var all = 0
    for row in results.measurements {
      func add(_ peak: Float, _ epsilon: Double, _ predicted: Int) {
        guard !(peak > 0) else { return }
        let target =
          switch row.target {
          case .predicted: predicted
          case .label: row.label
          case .cleanPrediction: row.cleanPrediction
          }
        maps.insert("\(row.model) \(row.image) \(epsilon) \(target)")
        all += 1
      }
      if row.epsilon == 0 {
        add(row.cleanPeak, 0, row.cleanPrediction)
      } else {
        add(row.adversarialPeak, row.epsilon, row.adversarialPrediction)
      }
    }
    #expect(results.deadMapCount == maps.count && maps.count < all && maps.count > all / 3)
    let one = self.made(dead: ["a"]).results
    #expect(one.deadMapCount == 20 * 6, "of 20 images one clean map and five attacked")
  }

  @Test func theSuperlativeIsSaidWhereItIsClear() throws {
    let text = try notebook("{{ extremes.sentence }}", MadeUpResults(imageCount: 40)).document
    #expect(text.says("drifts") && text.says("It remains open which network") && !text.says("This goes by MOD alone"))
    var unknown = MadeUpResults(imageCount: 40).results
    unknown.pictures = MissingMaps()
    let alone = try Notebook(
      Template(source: "{{ extremes.sentence }}", file: "test.md"), results: unknown, measurer: FixedMeasurer())
    #expect(alone.document.says("This goes by MOD alone") && alone.problems.isEmpty)
    let few = try notebook("{{ extremes.sentence }}", MadeUpResults(imageCount: 3)).document
    #expect(few.says("It remains open which network drifts most and which least: 3 images are too few to tell."))
    #expect(try notebook("[{{ extremes.sentence }}]", MadeUpResults(models: ["a"], names: ["A"])).document.says("[]"))
  }

  /// Two names of the same weights: nobody leads, not even "by MOD".
  @Test func equalModelsAreCalledEqual() throws {
    var results = MadeUpResults(models: ["a"], names: ["A"], imageCount: 40, deadEvery: 1000).results
    var twin = results.models[0]
    (twin.key, twin.name) = ("b", "B")
    results.models.append(twin)
    results.measurements += results.measurements.map { row in
      var row = row
      row.model = "b"
      return row
    }
    results.pictures = MissingMaps()
    let text = try Notebook(
      Template(source: "{{ extremes.sentence }}", file: "test.md"), results: results, measurer: FixedMeasurer()
    ).document
    #expect(
      text.says("It remains open which of the two networks drifts most and which least: A and B have the same MOD"))
    #expect(!text.says("by MOD,"))
  }

  @Test func howNetworksWereTrainedStandsBesideTheirComparison() throws {
    var results = made().results
    results.models[0].training = "on clean photographs alone"
    results.models[1].training = "on attacked ones"
    let template = try Template(source: "{{ training.sentence }}\n\n```{mod-table}\n```\n", file: "test.md")
    func text() throws -> Document {
      try Notebook(template, results: results, measurer: FixedMeasurer()).document
    }
    let list = "Alpha: on clean photographs alone; Beta: on attacked ones; Gamma: not said."
    #expect(try text().says("The networks were not trained alike, which may decide between them as much as"))
    #expect(try text().says("Training. " + list))
    for index in results.models.indices { results.models[index].training = "alike" }
    #expect(try text().says("Training: Alpha, Beta and Gamma: alike."))
    for index in results.models.indices { results.models[index].training = nil }
    #expect(try !text().says("Training"))
    #expect(
      try text().says("The networks are narrow forms of the published networks, with a quarter of their channels."))
    results.models[0].width = 1
    #expect(
      try text().says("Beta and Gamma are narrow forms of the published networks, with a quarter of their channels."))
    results.models[1].width = 2
    #expect(
      try text().says(
        "Beta and Gamma have other numbers of channels than the published networks: × says how many times as many."))
    results.models[2].width = 1
    #expect(try text().says("Beta is a wide form of the published network, with 2 times its channels."))
    results.models[1].width = 1
    #expect(try !text().says("channels"))
  }

  @Test func theTextNamesTargetAndLayer() throws {
    let text = try notebook("{{ mains.explained }}", made(layers: ["l1", "l2"])).document
    #expect(text.says("each image’s own prediction at the layer l2"))
  }
}
