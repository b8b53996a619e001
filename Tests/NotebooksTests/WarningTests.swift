import Attacks
import Measures
import Notebooks
import Results
import Support
import Testing
import Typesetting

@Suite struct WarningTests {
  private func notebook(_ source: String, warnings: [Warning]) throws -> Notebook {
    var results = MadeUpResults(models: ["vgg16"], names: ["VGG16"]).results
    results.warnings = warnings
    return try Notebook(Template(source: source, file: "test.md"), results: results, measurer: FixedMeasurer())
  }

  private let warnings = [
    Warning("There are 39 folders, but VGG16 has 40 outputs", remedy: "Name the classes (`classes: names.txt`)."),
    Warning("`s3` is a link"),
  ]

  @Test func standWhereTheTemplateHasThem() throws {
    let made = try notebook("# Head\n\nBefore.\n\n{% warnings %}\n\nAfter.\n", warnings: warnings)
    #expect(made.problems == [])
    #expect(
      made.document.says(
        "Before. Warning. There are 39 folders, but VGG16 has 40 outputs. Name the classes (classes: names.txt). "
          + "Warning. s3 is a link. After."))
    let without = try notebook("Before.\n\n{% warnings %}\n\n{{ warnings.count }} after.\n", warnings: [])
    #expect(without.document.says("Before. 0 after."))
  }

  @Test func standUnderTheTitleOfATemplateThatForgetsThem() throws {
    let made = try notebook("# Head\n\nText.\n", warnings: [warnings[1]])
    #expect(made.document.says("under FGSM Warning. s3 is a link. Head Text."))
    let unmet = try notebook("{% if images.skipped %}\n{% warnings %}\n{% end %}\nText.\n", warnings: [warnings[1]])
    #expect(unmet.document.says("Warning. s3 is a link. Text."))
  }

  @Test func standUnderValidity() throws {
    let made = try notebook("{% warnings %}\n# Validity\n\n```{validity}\n```\n", warnings: [warnings[0]])
    let words = "Warning. There are 39 folders, but VGG16 has 40 outputs. Name the classes (classes: names.txt)."
    #expect(made.document.text.components(separatedBy: Document.squeezed(words)).count == 3)
    #expect(made.document.says("No image was skipped."))
  }

  /// Of the 40 images two have a pair without a value: the first at both levels, the second at one.
  @Test func imagesWithoutAValueAreCountedWhereTheNumbersStand() throws {
    var results = MadeUpResults(models: ["vgg16", "resnet50"], names: ["VGG16", "ResNet50"], epsilons: [0.01, 0.1])
      .results
    results.measures = [try #require(measures["centre"]).init()]
    var rows = results.measurements
    for index in rows.indices where rows[index].model == "vgg16" {
      let gap = rows[index].image == "s1/10.pgm" ? 0.01 : rows[index].image == "s2/10.pgm" ? 0.1 : 1
      if rows[index].epsilon >= gap { rows[index].dissimilarities = [.nan] }
    }
    results.measurements = rows
    let made = try Notebook(
      Template(
        source: "```{mod-table}\nlabel: tbl-mod\ncaption: Own words.\n```\n\n```{validity}\nlabel: tbl-valid\n```\n",
        file: "test.md"), results: results, measurer: FixedMeasurer())
    #expect(made.problems == [])
    #expect(
      made.document.says(
        "Own words. Left out, since centre shift has no value where one map of a pair is dead or the same everywhere: 2 of 40 "
          + "images in VGG16."))
    #expect(made.document.says("3 of 80") && made.document.says("0 of 80"))
    let table = try #require(made.tables.first { $0.label == "tbl-valid" }).csv
    #expect(table.contains(",zero_gradient_images,valueless_pairs,valueless_images\n"))
    #expect(table.contains(",3,2\n") && table.contains(",0,0\n"))
  }

  /// 8/256 has a short decimal, by which it would be called otherwise.
  @Test func levelsAreCalledAsTheyWereWritten() throws {
    var results = MadeUpResults(models: ["vgg16"], names: ["VGG16"], epsilons: [0.03125, 0.1]).results
    results.attacks[0].fractions = [0.03125: "8/256"]
    let made = try Notebook(
      Template(
        source: """
          ```{mod-table}
          epsilons: [8/256]
          ```

          ```{mod-curve}
          label: fig-curve
          ```

          ```{heatmap-grid}
          samples: 1
          ```

          ```{level-table}
          ```

          ```{methods}
          ```

          {% for model in models %}
          From {{ epsilons.weakest }}: {{ model.mod 8/256 }}, {{ model.mod 0.03125 }}.
          {% end %}
          """, file: "test.md"), results: results, measurer: FixedMeasurer())
    #expect(made.problems == [])
    #expect(made.document.says("at ε = 8/256, MOD") && made.document.says("Levels: ε = 8/256 and 0.1, in"))
    #expect(made.document.says("From 8/256: "))
    #expect(!made.document.says("= 0.03125"))
    #expect(made.tables[0].csv.contains("mod_0.03125"))
  }

  @Test func theReportSaysOnHowManyImagesTheControlWasRun() throws {
    func made(_ paths: Set<String>?) throws -> Notebook {
      var results = MadeUpResults(models: ["vgg16"], names: ["VGG16"], epsilons: [0.01, 0.1]).results
      results.control = ControlImages(paths: paths)
      results.measurements = results.measurements.filter { $0.epsilon > 0 || results.control.contains($0.image) }
      let source = ["validity", "methods", "level-table", "mod-curve"].map { "```{\($0)}\n```\n" }.joined(
        separator: "\n")
      return try Notebook(
        Template(source: source + "\nGreatest {{ control.greatest }}.\n", file: "test.md"), results: results,
        measurer: FixedMeasurer())
    }
    let all = try made(nil).document
    #expect(
      all.says("The control ε = 0 is run as well.")
        && all.says("The greatest NISSIM of the control, ε = 0, is 0 in every series, as it must be."))
    #expect(all.says("over 40 images") && all.says("Greatest 0."))
    let some = try made(["s1/10.pgm", "s2/10.pgm"])
    #expect(some.problems == [])
    for words in [
      "The control ε = 0 is run on 2 of the 40 images, drawn by the seed and spread over the labels.",
      "The greatest NISSIM of the control, ε = 0, on 2 of 40 images, is 0 in every series, as it must be.",
      "Clean: the control, on 2 of 40 images.",
      "explained a second time (the control, on 2 of 40 images).",
      "over 40 images", "Greatest 0.",
    ] { #expect(some.document.says(words), "\(words)") }
    let none = try made([])
    #expect(none.problems == [])
    for words in [
      "The control ε = 0 is not run.", "The control at ε = 0 was not run.",
      "The control, clean images explained a second time, was not run.", "Greatest –.",
    ] {
      #expect(none.document.says(words), "\(words)")
    }
  }

  @Test func aTransferIsCalledByItsSource() throws {
    var results = MadeUpResults(models: ["vgg16", "resnet50"], names: ["VGG16", "Res\u{202E}Net"], epsilons: [0.1])
      .results
    var rows = results.measurements
    let source = TransferSource(model: "resnet50", name: "Res\u{202E}Net")
    results.attacks.append(AttackSetting(attack: FGSM(), levels: [0.1], source: source))
    for var row in results.measurements {
      row.attack = "fgsm<resnet50"
      rows.append(row)
    }
    results.measurements = rows
    let made = try Notebook(
      Template(
        source:
          "```{mod-table}\nlabel: tbl-mod\n```\n\n```{methods}\n```\n\n```{mod-curve}\nattacks: [fgsm<resnet50]\n```\n",
        file: "test.md"), results: results, measurer: FixedMeasurer())
    #expect(made.problems == [])
    // With what would turn the line round written out.
    #expect(made.document.says("Of FGSM from Res\\u{202E}Net the gradient is that of Res\\u{202E}Net, which sees"))
    let table = try #require(made.tables.first).csv
    #expect(table.contains("resnet50,last,predicted,fgsm<resnet50,"))
  }

  @Test func turnedImagesAreCountedUnderValidity() throws {
    var results = MadeUpResults(models: ["vgg16", "resnet50"], names: ["VGG16", "ResNet50"]).results
    for index in 0..<3 { results.images[index].orientation = 6 }
    func validity() throws -> Document {
      try Notebook(
        Template(source: "```{validity}\n```", file: "test.md"), results: results, measurer: FixedMeasurer()
      ).document
    }
    #expect(
      try validity().says(
        "3 of 40 images have an EXIF orientation other than upright, and were turned; torchvision and Pillow do not do so."
      ))
    results.options.append(OptionRecord(key: "resnet50.input.orientation", value: "ignore"))
    #expect(
      try validity().says(
        "3 of 40 images have an EXIF orientation other than upright, which was ignored for ResNet50 (orientation: ignore)."
      ))
  }

  @Test func aMisspelledPartIsToldWithWhatThereIs() {
    #expect(
      message("{% warning %}\n") == "test.md:1: unknown part `{% warning %}`\n  Did you mean `warnings`?")
  }
}
