import Attacks
import Explanations
import Foundation
import Images
import Notebooks
import Rendering
import Results
import Support
import Testing
import Typesetting

/// Reports on data whose labels are no classes of the networks: none of their words is of right and wrong.
@Suite struct UnrelatedLabelsTests {
  /// Labels and predictions have nothing to do with each other.
  private static func made(_ models: [String] = ["age", "gender"], layers: [String] = ["last"]) -> ExperimentResults {
    var results = MadeUpResults(models: models, names: models, imageCount: 12, layers: layers).results
    results.labels = .unrelated
    results.title = "Faces"
    var attack = FGSM()
    attack.lossLabel = .predicted
    results.attacks[0] = AttackSetting(attack: attack, levels: results.attacks[0].levels)
    results.classNames = (0..<12).map { "person \($0)" }
    results.options = results.options.map { option in
      option.key == "attack.loss-label" ? OptionRecord(key: option.key, value: "predicted") : option
    }
    return results
  }

  /// What no such report says.
  private static let words = [
    "accura", "recognised", "true class", "true identity", "right answer", "wrong", "images right", "was right",
  ]

  private func isSilent(_ text: String, _ what: String) {
    // But for the one sentence that says why.
    let text = Document.squeezed(text).replacing(Document.squeezed(LabelMeaning.unrelated.words.notice), with: "")
      .lowercased()
    for word in Self.words {
      #expect(!text.contains(Document.squeezed(word)), "\(what) says \(word)")
    }
  }

  @Test(arguments: ["paper", "compare", "review", "model"])
  func noTemplateSpeaksOfAccuracy(_ name: String) throws {
    let renderer = try Renderer()
    for (models, layers) in [
      (["age", "gender"], ["last"]), (["age"], ["last"]), (["age", "gender"], ["early", "last"]),
    ] {
      let notebook = try Notebook(
        Template.load(name, folders: [shippedTemplates]), results: Self.made(models, layers: layers),
        measurer: renderer.measurer)
      #expect(notebook.problems == [])
      isSilent(notebook.document.spacedText, name)
      isSilent(
        try PDFInspection(renderer.pdf(notebook.document), file: name).structure.joined(separator: " "),
        "\(name), its structure")
      let notice = "The labels of the images are not classes of the networks, so that no prediction is right or wrong:"
      var first = notebook.document
      first.pages.removeSubrange(1...)
      #expect(first.says(notice), "\(name)")
    }
  }

  /// A missing one is recorded, and the test fails until it has been read and committed.
  @Test func structureIsAsItWas() throws {
    let renderer = try Renderer()
    let notebook = try Notebook(
      Template.load("paper", folders: [shippedTemplates]), results: Self.made(), measurer: renderer.measurer)
    let text =
      try PDFInspection(renderer.pdf(notebook.document), file: "paper").structure.joined(separator: "\n") + "\n"
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Goldens/unrelated-labels-structure.txt")
    guard let golden = try? String(contentsOf: url, encoding: .utf8) else {
      try text.write(to: url, atomically: true, encoding: .utf8)
      Issue.record("\(url.lastPathComponent) was missing and has been recorded: read it")
      return
    }
    #expect(text == golden)
  }

  private func cell(_ source: String, _ results: ExperimentResults = made()) throws -> Notebook {
    let notebook = try Notebook(
      Template(source: source, file: "test.md"), results: results, measurer: FixedMeasurer())
    #expect(notebook.problems == [])
    isSilent(notebook.document.spacedText, source)
    return notebook
  }

  @Test func tablesHaveTheShareThatHeld() throws {
    let results = Self.made()
    let summary = try #require(try results.summarise().first { $0.model.key == "age" })
    let strongest = try #require(summary.levels.last)
    #expect(strongest.accuracy.count == strongest.heldCount && strongest.heldCount < 12 && strongest.heldCount > 0)
    let mod = try cell("```{mod-table}\nlabel: tab-mod\nranked: true\nintervals: false\n```\n")
    #expect(mod.document.says("Predictions that held at ε = 0.1, MOD (the mean NISSIM) at each attack level"))
    let head = mod.tables[0].csv.prefix { $0 != "\n" }
    #expect(head.contains("clean_accuracy,") && head.contains("accuracy_0.1,"), "tables of files keep their heads")
    let levels = try cell("```{level-table}\nlabel: tab-level\nmodels: [age]\n```\n")
    #expect(levels.document.says("predictions held") && !levels.document.says("attack success"))
    let table = try cell("```{accuracy-table}\nlabel: tab-held\nmodels: [age]\n```\n")
    #expect(
      table.document.says(
        "Predictions that held: the share of the images whose prediction is that of the clean image, at each attack level, over"
      ))
    #expect(table.document.says("(\(strongest.heldCount))") && !table.document.says("(12 of"))
    let curve = try cell("```{mod-curve}\nlabel: fig-curve\n```\n")
    #expect(curve.document.says("MOD (left) and the share of predictions that held (right) against the attack level"))
    #expect(curve.document.says("(the share of predictions that held: Wilson’s)."))
    #expect(curve.document.says("predictions held, %"))
  }

  @Test func picturesNamePredictionsByNumber() throws {
    var results = Self.made(["age"])
    for index in results.images.indices { results.images[index].label = index / 6 }
    results.measurements = results.measurements.map { row in
      var row = row
      row.label = results.images.first { $0.path == row.image }?.label ?? 0
      return row
    }
    let classes = try cell("```{class-table}\nlabel: tab-class\n```\n", results)
    #expect(classes.document.says("Other prediction: what attacked images are most often taken for instead."))
    #expect(classes.document.says("other prediction") && classes.document.says("person 1"))
    let lines = classes.tables[0].csv.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    let (number, name) = (
      try #require(lines[0].firstIndex(of: "wrong_answer")), try #require(lines[0].firstIndex(of: "wrong_name"))
    )
    #expect(lines.count == 3 && lines.dropFirst().allSatisfy { $0[number] == $0[name] })
    let grid = try cell("```{heatmap-grid}\nlabel: fig-grid\nsamples: 3\n```\n", results)
    #expect(
      grid.document.says(
        "Under the photograph its label; under each map the number of the predicted class and NISSIM against"))
    #expect(grid.document.says("Changed predictions are red, italic and crossed."))
    let card = try cell("```{sample-card}\nlabel: fig-card\n```\n", results)
    #expect(card.document.says("Dark bar and bold: the class predicted on the clean image."))
    #expect(card.document.says("with the number of the predicted class, red, italic and crossed where it is changed;"))
  }

  @Test func conditionsAskForIt() throws {
    let source = """
      {% if labels.classes %}
      Classes.
      {% else %}
      Unrelated: {{ labels.list }}, {{ model.held }} and {{ lowest-held.value }}.
      {% end %}
      """
    let results = Self.made(["age"])
    let held = try #require(try results.summarise()[0].levels.last).heldShare
    let number = String(format: "%.3f", held)
    let notebook = try Notebook(
      Template(source: source, file: "test.md"), results: results, measurer: FixedMeasurer())
    #expect(notebook.document.says("Unrelated: twelve labels, \(number) and \(number)."))
    #expect(!notebook.document.says("Classes."))
  }

  @Test func theSentenceIsOfWhatHeld() throws {
    func sentence(_ results: ExperimentResults) throws -> Document {
      let template = try Template(source: "{{ held.sentence }}", file: "test.md")
      let notebook = try Notebook(template, results: results, measurer: FixedMeasurer())
      #expect(notebook.problems == [])
      return notebook.document
    }
    let shares = try Self.made().summarise().map { String(format: "%.1f%%", 100 * ($0.levels.last?.heldShare ?? 0)) }
    #expect(shares == ["83.3%", "58.3%"])
    #expect(
      try sentence(Self.made()).says(
        "At the strongest attack between 7 of 12 (58.3%; gender) and 10 of 12 (83.3%; age) predictions hold."))
    #expect(try sentence(Self.made(["age"])).says("At the strongest attack 10 of 12 (83.3%) predictions hold."))
    var none = Self.made()
    none.measurements = none.measurements.map { row in
      var row = row
      if row.epsilon == 0.1 { row.adversarialPrediction = row.cleanPrediction + 1 }
      return row
    }
    #expect(try sentence(none).says("At the strongest attack no prediction holds."))
  }
}
