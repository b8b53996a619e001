import Attacks
import Explanations
import Images
import Results
import Support
import Testing
import Typesetting

@testable import Figures
@testable import Notebooks

/// What a MOD is held against in tables, figures and prose: unrelated maps, and noise.
@Suite struct ReferenceLevelTests {
  /// Attacked by noise as well, which moves a third as far.
  private func results(noiseFirst: Bool = false, models: Int = 3) -> ExperimentResults {
    let made = MadeUpResults(
      models: Array(["vgg16", "resnet50", "xception"].prefix(models)),
      names: Array(["VGG16", "ResNet50", "Xception"].prefix(models)), imageCount: 12, epsilons: [0.02, 0.1],
      deadEvery: 1000)
    var results = made.results
    let noise = AttackSetting(attack: Noise(), levels: [0.02, 0.1])
    results.attacks = noiseFirst ? [noise] + results.attacks : results.attacks + [noise]
    results.measurements += results.measurements.map { row in
      var row = row
      row.attack = "noise"
      row.dissimilarities = row.dissimilarities.map { $0 / 3 }
      row.parts = row.dissimilarities.map { 1 - 2 * $0 }
      return row
    }
    return results
  }

  private func notebook(_ source: String, _ results: ExperimentResults) throws -> Notebook {
    try Notebook(Template(source: source, file: "test.md"), results: results, measurer: FixedMeasurer())
  }

  private func rows(_ csv: String) throws -> [[String: String]] {
    let lines = csv.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let head = try #require(lines.first)
    return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(head, $0)) }
  }

  private static let table = "```{mod-table}\nlabel: tab\nranked: true\n```"

  @Test(arguments: [false, true]) func tablesRankWithinOneAttackAndNeverNoise(_ noiseFirst: Bool) throws {
    let results = results(noiseFirst: noiseFirst)
    let made = try notebook(Self.table, results)
    let table = try rows(try #require(made.tables.first).csv)
    #expect(table.map { $0["attack"] } == ["fgsm", "fgsm", "fgsm", "noise", "noise", "noise"])
    #expect(table.map { $0["rank"] } == ["1", "2", "3", "", "", ""])
    #expect(table.map { $0["is_ranked"] } == ["true", "true", "true", "false", "false", "false"])
    for row in table {
      let summary = try #require(
        made.summaries.first { $0.model.key == row["model"] && $0.attack == row["attack"] })
      let unrelated = try results.unrelatedMaps(of: summary)
      let mean = try #require(unrelated.differentLabels)
      #expect(row["unrelated_other_label"] == "\(mean.value)" && row["unrelated_other_label_pairs"] == "66")
      #expect(
        row["unrelated_same_label"] == "" && row["unrelated_same_label_pairs"] == "", "each image has its own label")
      let mod = try #require(summary.levels.last).mod.value
      let drift = try #require(row["relative_drift"].flatMap { Double($0) })
      #expect(abs(drift - mod / mean.value) < 1e-12)
    }
    let drifts = table.prefix(3).compactMap { $0["relative_drift"].flatMap { Double($0) } }
    #expect(table.prefix(3).map { $0["relative_rank"] } == drifts.map { own in "\(1 + drifts.count { $0 < own })" })
    #expect(table.suffix(3).allSatisfy { $0["relative_rank"] == "" })
    #expect(
      made.document.says(
        "Relative drift: MOD at ε = 0.1 divided by the mean between clean maps of different labels."))
    #expect(made.document.says("Noise, which attacks are held against, has no rank."))
    #expect(made.document.says("Unrelated maps: the mean between clean maps of different labels."))
    #expect(made.problems.isEmpty)
  }

  @Test func withoutStoredMapsThereIsNoRelativeDrift() throws {
    var results = results()
    results.pictures = MissingMaps()
    let made = try notebook(Self.table, results)
    let table = try rows(try #require(made.tables.first).csv)
    #expect(
      table.allSatisfy { $0["relative_drift"] == "" && $0["unrelated_other_label"] == "" && $0["relative_rank"] == "" })
    #expect(table.map { $0["rank"] } == ["1", "2", "3", "", "", ""])
    #expect(!made.document.says("Relative drift") && !made.document.says("Unrelated maps"))
    #expect(made.problems.isEmpty, "\(made.problems)")
    let curve = try notebook("```{mod-curve}\n```", results)
    #expect(!curve.document.says("clean maps of different labels") && curve.problems.isEmpty)
  }

  @Test func curvesHaveNoiseAndUnrelatedMapsBesideThem() throws {
    let results = results()
    let made = try notebook("```{mod-curve}\n```", results)
    let texts = try #require(made.figures.first).frame.texts.map(\.text)
    #expect(texts.count { $0 == "VGG16" } == 2, "at the curves' ends alone, and without the attack: \(texts)")
    #expect(texts.contains("Noise") && texts.contains("accuracy, %") && texts.contains("100"))
    #expect(made.document.says("Dotted: noise of the same size."))
    #expect(made.document.says("Ticks at the right: the mean NISSIM between clean maps of different labels."))
    let first = try #require(made.summaries.first)
    let mean = try #require(results.unrelatedMean(of: first))
    let alternative = try #require(made.figures.first).alternative
    #expect(alternative.contains("Between clean maps of different labels: VGG16 \(Numbers.fixed(mean, 3)), ResNet50"))
    #expect(alternative.contains("Under Noise: VGG16: "))

    let bare = try notebook("```{mod-curve}\nnoise: false\nunrelated: false\n```", results)
    let own = try #require(bare.figures.first).frame.texts.map(\.text)
    #expect(!own.contains("Noise") && own.contains("VGG16"))
    #expect(!bare.document.says("Dotted") && !bare.document.says("Ticks at the right"))

    let noise = try notebook("```{mod-curve}\nattacks: noise\n```", results)
    #expect(try #require(noise.figures.first).frame.texts.contains { $0.text == "VGG16" })
    #expect(noise.document.says("Attack: Noise."), "what all curves have in common is said once")
    let mods = try notebook("```{mod-curve}\naccuracy: false\n```", results)
    #expect(mods.document.says("explained a second time (the control). Dotted") && !mods.document.says("accuracy"))
  }

  /// One level is the strongest and the weakest, and has no VID.
  @Test func whatOneLevelLacksIsNotSaid() throws {
    let prose = "A{{ weakest.sentence }}B\n\n{% for model in models %}\nC{{ model.vid-sentence }}D\n{% end %}"
    var made = MadeUpResults(imageCount: 6)
    let several = try notebook(prose, made.results)
    // Those that are ranked: the others have dead maps.
    func mod(_ model: String) -> String {
      let own = several.summaries.first { $0.model.key == model }
      return Numbers.fixed(own?.levels.first?.mod.value ?? .nan, 3)
    }
    #expect(
      several.document.says(
        "At the weakest, ε = 0.005, MOD lies between \(mod("resnet50")) (ResNet50) and \(mod("xception")) (Xception)."))
    #expect(several.document.says("CIts VID is \(Numbers.fixed(several.summaries[0].vid.value, 3)).D"))
    made.epsilons = [0.1]
    #expect(try notebook(prose, made.results).document.says("AB CD CD CD"))
  }

  /// Noise that moves the maps as far as the attack, one image more and one less: nothing may be called the attack's.
  @Test func driftIsTheAttacksOnlyAboveNoise() throws {
    let words = try notebook("{{ noise.sentence }} {{ relative.sentence }}", results())
    func mods(_ attack: String) -> [Double] {
      words.summaries.filter { $0.attack == attack }.compactMap { $0.levels.last?.mod.value }
    }
    let (least, most) = (try #require(mods("noise").min()), try #require(mods("noise").max()))
    #expect(
      words.document.says(
        "Noise of the same size, at ε = 0.1, moves the heatmaps by a MOD between \(Numbers.fixed(least, 3))"))
    #expect(words.document.says("\(Numbers.fixed(most, 3))"))
    #expect(words.document.says("33% of the attack’s: the attack moves them further in every model"))
    #expect(
      words.document.says("Relative drift (1: clean heatmaps of different labels) is 0"))

    var level = results()
    level.measurements = level.measurements.enumerated().map { index, row in
      guard row.attack == "noise", row.epsilon > 0 else { return row }
      var row = row
      row.dissimilarities = row.dissimilarities.map {
        3 * $0 * (row.model == "vgg16" ? 1 : 0.1) + (index % 2 == 0 ? 0.01 : -0.01)
      }
      return row
    }
    let planted = try notebook("{{ noise.sentence }}", level)
    #expect(
      planted.document.says(
        "The attack moves them further in ResNet50 and Xception; in VGG16 more than chance does not tell the attack from noise, so "
          + "that the drift there is not called the attack’s (sign-flip test, adjusted by Holm)."),
      "\(planted.document.spacedText)")
    let none = try notebook("A{{ noise.sentence }}B {{ attacks.words }}", MadeUpResults(imageCount: 6).results)
    #expect(none.document.says("AB FGSM") && !none.document.says("beside noise"))
    #expect(try notebook("{{ attacks.words }}", level).document.says("FGSM, beside noise of the same size"))
  }

  @Test(arguments: [false, true]) func proseSaysWhatMODIsHeldAgainst(_ noiseFirst: Bool) throws {
    let results = results(noiseFirst: noiseFirst, models: 1)
    let made = try notebook(
      """
      A{{ noise.count }} B{{ unrelated.count }} C{{ model.mod }} D{{ model.noise-mod }} E{{ model.noise-mod 0.02 }}
      F{{ model.unrelated }} G{{ model.relative-drift }} H{{ model.relative-drift 0.02 }} I{{ model.unrelated-same }}J
      """, results)
    #expect(made.problems.isEmpty, "\(made.problems)")
    func mod(_ attack: String, _ level: Int) throws -> Double {
      try #require(made.summaries.first { $0.attack == attack }).levels[level].mod.value
    }
    let mean = try #require(results.unrelatedMean(of: made.summaries[0]))
    func fixed(_ value: Double, _ decimals: Int = 3) -> String { Numbers.fixed(value, decimals) }
    let expected =
      "A1 B1 C\(fixed(try mod("fgsm", 1))) D\(fixed(try mod("noise", 1))) E\(fixed(try mod("noise", 0))) F\(fixed(mean)) "
      + "G\(fixed(try mod("fgsm", 1) / mean, 2)) H\(fixed(try mod("fgsm", 0) / mean, 2)) IJ"
    #expect(made.document.says(expected), "\(made.document.spacedText)")
  }

  /// What noise moves is no attack's drift, and says of no network that it drifts most.
  @Test func noiseAloneRanksNobody() throws {
    var results = results()
    results.attacks.removeFirst()
    results.measurements.removeAll { $0.attack != "noise" }
    let made = try notebook(
      "[{{ extremes.sentence }}] {{ ranked.count }} {{ unranked.count }} {{ highest-mod.model }}. {{ shift.sentence }}",
      results)
    #expect(made.problems.isEmpty, "\(made.problems)")
    #expect(made.document.says("[] 0 0 no model."))
    #expect(made.document.says("At ε = 0.1, under Noise alone, the highlighted region moves in a common direction:"))
    #expect(
      results.driftWarnings == [
        Warning(
          "The experiment lists no attack but Noise, which attacks are held against: no drift of this report is an attack's, "
            + "and no model is ranked",
          remedy: "List an attack beside it, for example `{method: fgsm, epsilons: [8/255]}`.")
      ])
    #expect(self.results(noiseFirst: true).driftWarnings.isEmpty)
  }

  /// What figures show is what the text beside them tells, wherever the experiment lists noise.
  @Test(arguments: [false, true]) func theFirstAttackIsNoNoise(_ noiseFirst: Bool) throws {
    let results = results(noiseFirst: noiseFirst)
    let made = try notebook("```{mod-table}\nattacks: [first]\n```\n\n{{ mains.explained }}", results)
    let table = try rows(try #require(made.tables.first).csv)
    #expect(table.map { $0["attack"] } == ["fgsm", "fgsm", "fgsm"])
    #expect(made.document.says("by FGSM"))
  }

  /// Where noise is listed first, the attack that stands for a model is the one whose effect is looked at.
  @Test func warningsAreOfTheAttackNotOfNoise() throws {
    var results = results(noiseFirst: true, models: 1)
    for index in results.measurements.indices where results.measurements[index].attack == "fgsm" {
      results.measurements[index].gradientIsZero = true
    }
    #expect(
      try #require(results.driftWarnings.first).message.hasPrefix("VGG16 was not changed by the attack in 24 of 24"))
  }

  @Test func whatIsNotKnownIsNothing() throws {
    var results = MadeUpResults(models: ["vgg16"], names: ["VGG16"], imageCount: 6, epsilons: [0.1]).results
    results.pictures = MissingMaps()
    let made = try notebook(
      """
      X{{ model.unrelated }}{{ model.relative-drift }}{{ model.noise-mod }}Y{{ noise.count }}{{ unrelated.count }}

      {% if model.noise-mod %}
      wrong
      {% else %}
      right
      {% end %}
      """, results)
    #expect(made.document.says("XY00") && made.document.says("right") && !made.document.says("wrong"))
  }
}

/// Of a store without raw maps.
struct MissingMaps: PictureSource {
  func rawMap(of series: SeriesIdentity, image: String, epsilon: Double?) -> RawMap? { nil }
  func photograph(model: String, image: String) -> RGBImage? { nil }
}
