import Notebooks
import Support
import Testing
import Typesetting

@Suite struct ComposeTests {
  private let made = MadeUpResults(models: ["a", "b"], names: ["A", "B"], imageCount: 6, epsilons: [0.01, 0.1])
  private let parts = "```{mod-curve}\nlabel: fig-left\n```\n\n```{scatter}\nlabel: fig-right\n```\n\n"

  @Test func partsHaveLettersAndStandNowhereElse() throws {
    let result = try notebook(
      "See @both, @both-b and @fig-left.\n\n\(parts)```{compose}\nlabel: both\nfigures: [fig-left, fig-right]\n"
        + "titles: [drift]\n```\n\n```{mod-curve}\nlabel: fig-last\n```\n", made)
    #expect(result.problems == [])
    #expect(result.document.says("See Figure 1, Figure 1b and Figure 1a."))
    // The parts have files of their own too.
    #expect(result.figures.map(\.label) == ["fig-left", "fig-right", "both", "fig-last"])
    let texts = result.figures[2].frame.texts.map(\.text)
    #expect(texts.contains("(a) drift") && texts.contains("(b)"))
    #expect(result.document.says("Figure 1. (a) MOD (left) and accuracy (right) against"))
    #expect(result.document.says("(b) NISSIM against the confidence drop"))
    #expect(result.document.says("Figure 2. MOD (left)"))
    #expect(result.document.text.components(separatedBy: "Figure2.").count == 2)
  }

  @Test func partsStandBesideEachOtherInTheWidthsAskedFor() throws {
    let result = try notebook(
      "\(parts)```{compose}\nlabel: both\nfigures: [fig-left, fig-right]\nwidths: [2, 1]\ncaption: Own.\n```\n", made)
    #expect(result.problems == [])
    let frame = result.figures[2].frame
    let letters = frame.texts.filter { ["(a)", "(b)"].contains($0.text) }.map(\.origin)
    try #require(letters.count == 2)
    // 495 points less a gap of 14, two thirds and one third of it: the letters in the middle of each.
    #expect(abs(letters[0].x + 6.375 - 481.0 / 3) < 0.5 && abs(letters[1].x + 6.375 - (334.67 + 160.33 / 2)) < 0.5)
    #expect(letters[0].y == letters[1].y)
    #expect(result.document.says("Figure 1. Own."))
    // In a paper's column they stand one under the other.
    let narrow = result.figures[2].columnFrame.texts.filter { ["(a)", "(b)"].contains($0.text) }.map(\.origin.y)
    #expect(narrow.count == 2 && narrow[0] < narrow[1])
  }

  @Test func aPartThatFailsIsSaidAndTheOthersAreShown() throws {
    let result = try notebook(
      "```{mod-curve}\nlabel: fig-left\nmodels: [c]\n```\n\n```{scatter}\nlabel: fig-right\n```\n\n"
        + "```{compose}\nlabel: both\nfigures: [fig-left, fig-right]\n```\n", made)
    #expect(result.problems.map(\.message) == ["the experiment has no model `c`"])
    #expect(result.figures.map(\.label) == ["fig-right", "both"])
    #expect(result.document.says("could not be made"))
    #expect(result.document.says("Figure 1a could not be made. test.md:3: the experiment has no model `c`"))
  }

  /// Nothing runs off a page: what does not fit becomes narrower, as many parts beside each other; at last it is an error.
  @Test func whatIsHigherThanAPageIsSaid() throws {
    let names = (1...6).map { "fig-\($0)" }
    let cells = names.map { "```{mod-curve}\nlabel: \($0)\naccuracy: false\n```\n\n" }.joined()
    let listed = names.joined(separator: ", ")
    let wide = try notebook(
      "\(cells)```{compose}\nlabel: all\nfigures: [\(listed)]\ncolumns: 3\ncaption: Words below.\n```\n", made)
    #expect(wide.problems == [] && wide.document.says("Figure 1. Words below."))
    let letters = try #require(wide.figures.last).frame.texts.filter {
      $0.text.hasPrefix("(") && $0.text.hasSuffix(")")
    }
    let heights = Set(letters.filter { $0.text.count == 3 }.map { Int($0.origin.y.rounded()) })
    #expect(heights.count == 2, "three beside each other")
    let tall = try notebook(
      "\(cells)```{compose}\nlabel: all\nfigures: [\(listed)]\ncolumns: 1\n```\n", made)
    let problem = try #require(tall.problems.first)
    #expect(
      problem.message.hasPrefix("6 parts in one column are ") && problem.message.contains(" points high even where"))
    #expect(problem.remedy == "Name fewer figures, or let more stand beside each other: `columns`.")
  }

  @Test(arguments: [
    ("figures: [fig-left, nothing]", "no figure has the label `nothing`"),
    ("figures: [fig-left, fig-left]", "`fig-left` stands in a figure already"),
    ("figures: [tab-a]", "`tab-a` is no figure that could stand in another"),
    ("figures: [both]", "`both` is no figure that could stand in another"),
    ("figures: [fig-left]\nwidths: [1, 2, 3]", "`widths` has 3 values for `columns: 2`"),
    ("figures: [fig-left]\ntitles: [a, b]", "`titles` has 2 values for 1 parts"),
    ("columns: 2", "the key `figures` is missing"),
  ])
  func whatCannotBeComposed(_ options: String, _ message: String) throws {
    let result = try notebook(
      "\(parts)```{mod-table}\nlabel: tab-a\n```\n\n```{compose}\nlabel: both\n\(options)\n```\n", made)
    #expect(result.problems.count == 1)
    #expect(result.problems.first?.message.hasPrefix(message) == true, "\(result.problems)")
  }
}
