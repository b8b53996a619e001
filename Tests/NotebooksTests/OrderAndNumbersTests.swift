import Results
import Testing
import Typesetting

@testable import Notebooks

/// What stands throughout a report: numbers of sections and tables, the order of models, formulas.
@Suite struct OrderAndNumbersTests {
  @Test func sectionsAreCalledByTheirNumbers() throws {
    let text = "# One\n\nSee @sec-two and @sec-b.\n\n# Two\n\n## A\n\nText.\n\n## B\n\nText.\n\n### Deep\n\nText.\n"
    let numbered = try notebook("---\nnumber-sections: true\n---\n" + text).document
    #expect(numbered.says("1 One See Section 2 and Section 2.2. 2 Two 2.1 A Text. 2.2 B Text. Deep Text."))
    #expect(
      numbered.outline.map(\.title) == [
        "1\u{A0}\u{A0}One", "2\u{A0}\u{A0}Two", "2.1\u{A0}\u{A0}A", "2.2\u{A0}\u{A0}B", "Deep",
      ])
    #expect(try notebook(text).document.says("One See “Two” and “B”. Two A Text."))
    // A template that begins at the second level has no section 0.
    #expect(
      try notebook("---\nnumber-sections: true\n---\n## A\n\nText.\n\n## B\n\nText.\n").document.says("1 A Text. 2 B"))
  }

  @Test func modelsStandInOneOrder() throws {
    let made = MadeUpResults(
      models: ["a", "b", "c"], names: ["Alpha", "Beta", "Gamma"], imageCount: 20, epsilons: [0.1])
    let mods = try made.results.summarise().map { $0.levels[0].mod.value }
    let expected = zip(mods, ["Alpha", "Beta", "Gamma"]).sorted { $0.0 < $1.0 }.map(\.1)
    let source =
      "{{ models.list }}.\n\n{% for model in models %}\n{{ model.name }}\n\n{% end %}\n```{mod-table}\nlabel: tab\n```\n"
    let ordered = try notebook("---\norder: drift\n---\n" + source, made)
    #expect(ordered.problems == [])
    #expect(
      ordered.document.says("\(expected[0]), \(expected[1]) and \(expected[2])." + expected.joined(separator: " ")))
    let keys = ordered.tables[0].csv.split(separator: "\n").dropFirst().compactMap { $0.split(separator: ",").first }
    #expect(keys.map { ["a": "Alpha", "b": "Beta", "c": "Gamma"][$0] } == expected)
    #expect(try notebook(source, made).document.says("Alpha, Beta and Gamma. Alpha Beta Gamma"))
    #expect(expected != ["Alpha", "Beta", "Gamma"], "the test sees a change of order")
  }

  @Test func severalTablesOfACellHaveLetters() throws {
    let made = try notebook(
      "See @tab-mod.\n\n```{mod-table}\nlabel: tab-mod\n```\n\n```{vid-table}\nlabel: tab-vid\n```\n"
    ).document
    #expect(made.says("See Table 1.") && made.says("Table 1a. Accuracy") && made.says("Table 1b. MOD at"))
    #expect(
      made.says("Table 2. VID (variation in dissimilarity) in three readings of its formula. Per image: the mean"))
    let one = try notebook("```{mod-table}\nlabel: tab-mod\npredictions: false\n```\n").document
    #expect(one.says("Table 1. Accuracy") && !one.says("of all pairs"))
  }

  /// A column of zeros says less than a sentence.
  @Test func whatIsZeroThroughoutHasNoColumn() throws {
    func made(_ deadEvery: Int) throws -> Document {
      let results = MadeUpResults(models: ["a", "b"], names: ["A", "B"], imageCount: 20, deadEvery: deadEvery)
      return try notebook(
        "```{validity}\n```\n\n```{mod-table}\n```\n\n```{level-table}\nmodels: [a]\n```\n{{ validity.sentence }}",
        results
      )
      .document
    }
    let alive = try made(1)
    #expect(alive.says("No map is dead, that is, without any positive value.") && !alive.says("dead maps"))
    #expect(!alive.says("pairs with a dead map") && !alive.says("and dead (all-zero) maps"))
    #expect(
      alive.says(
        "The control, clean images explained a second time, does not drift at all, no heatmap is dead (without any positive value) and "
          + "no image was left out."))
    let dead = try made(4)
    #expect(
      dead.says("Dead: maps without any positive value.") && dead.says("dead maps")
        && dead.says("pairs with a dead map"))
    #expect(
      dead.says("VID, and dead (all-zero) maps") && dead.says("heatmaps are dead, that is, without any positive value.")
    )
  }

  /// ISO 80000-2: variables in italics; names of functions, numbers and signs upright; indices lower. No line ends before an
  /// operator.
  @Test func formulasAreSetAsMathematics() {
    #expect(
      ProseRun.formula("K_1 = 0.01") == [
        ProseRun("K", .italic), ProseRun("1", .lowered), ProseRun("\u{A0}= 0.01"),
      ])
    #expect(
      ProseRun.formula("x′ = clamp(x + ε sign(g), 0, 1)") == [
        ProseRun("x", .italic), ProseRun("′\u{A0}= clamp("), ProseRun("x", .italic), ProseRun("\u{A0}+\u{A0}"),
        ProseRun("ε", .italic), ProseRun("\u{A0}sign("), ProseRun("g", .italic), ProseRun("),\u{A0}0,\u{A0}1)"),
      ])
    #expect(
      ProseRun.withFormulas("where *ρ* is") == [ProseRun("where "), ProseRun("ρ", .italic), ProseRun(" is")])
  }
}
