import Foundation
import Notebooks
import Results
import Support
import Testing
import Typesetting

@Suite struct ComparisonTests {
  private func lines(_ csv: String) -> [[String]] {
    csv.split(separator: "\n").map { line in
      line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
  }

  @Test func differencesAreMeansOfPairs() throws {
    let made = MadeUpResults(models: ["a", "b"], names: ["A", "B"])
    let table = lines(try notebook("```{difference-table}\nlabel: tab-difference\n```", made).tables[0].csv)
    #expect(table.count == 2)
    let row = table[1]
    let nissim = { (model: String) in
      made.results.measurements.filter { $0.model == model && $0.epsilon == 0.1 }.map(\.dissimilarity)
    }
    let (first, second) = (nissim(row[0]), nissim(row[3]))
    let mean = zip(first, second).map { $0 - $1 }.reduce(0, +) / Double(first.count)
    let column = try #require(table[0].firstIndex(of: "difference_0.1"))
    let value = try #require(Double(row[column]))
    let lower = try #require(Double(row[column + 1]))
    let upper = try #require(Double(row[column + 2]))
    #expect(abs(value - mean) < 1e-12)
    #expect(value >= 0, "the model that drifts most comes first")
    #expect(lower < value && value < upper)
    #expect(row[6] == "40")
  }

  @Test func theOtherWayRoundIsTheNegative() throws {
    let results = MadeUpResults().results
    let all = try results.summarise()
    let forth = try #require(results.differences(among: [all[0], all[1]]).pairs.first).levels
    let back = try #require(results.differences(among: [all[1], all[0]]).pairs.first).levels
    for (one, other) in zip(forth, back) {
      #expect(abs(one.mod.value + other.mod.value) < 1e-12)
      #expect(abs(one.mod.lower + other.mod.upper) < 1e-12)
      #expect(abs(one.mod.upper + other.mod.lower) < 1e-12)
      #expect(one.probability == other.probability && one.adjusted == other.adjusted)
    }
    let turned = try #require(
      results.differences(among: [all[0], all[1]]).of(all[1].identity, minus: all[0].identity))
    #expect(turned.levels.map(\.mod.value) == forth.map { -$0.mod.value })
    let same = results.differences(among: [all[0], all[0]]).pairs
    #expect(same.allSatisfy { $0.levels.allSatisfy { $0.mod == Estimate(value: 0, lower: 0, upper: 0) } })
    #expect(same.allSatisfy { $0.levels.allSatisfy { $0.probability == 1 && !$0.isClear } })
  }

  @Test func onlyImagesOfBothCount() throws {
    var results = MadeUpResults().results
    let all = try results.summarise()
    let gone = results.images[3].path
    results.measurements.removeAll { $0.model == all[0].model.key && $0.image == gone && $0.epsilon == 0 }
    #expect(results.differences(among: [all[0], all[1]]).pairs.map(\.imageCount) == [39])
  }

  /// Ten pairs at a level share what the flips can tell: a p of 10 / 401 at least, and of six images 10 / 32. Other levels are other
  /// families.
  @Test func whatNoDifferenceCanReachIsSaid() throws {
    let all = try MadeUpResults().results.summarise()
    let family = MadeUpResults().results.differences(among: all)
    #expect(family.leastProbability == 10 * (1.0 / 401))
    #expect(family.pairs.flatMap(\.levels).allSatisfy { $0.adjusted >= family.leastProbability })
    for epsilon in [0.005, 0.1] {
      let alone = MadeUpResults().results.differences(among: all, epsilons: [epsilon])
      for (one, other) in zip(alone.pairs, family.pairs) {
        #expect(one.levels.map(\.adjusted) == other.levels.filter { $0.epsilon == epsilon }.map(\.adjusted))
        #expect(one.levels.count == 1)
      }
    }
    func text(_ made: MadeUpResults) throws -> Document { try notebook("```{difference-table}\n```", made).document }
    #expect(try !text(MadeUpResults()).says("However great"))
    #expect(
      try text(MadeUpResults(imageCount: 6)).says(
        "However great, no difference can have p below 0.312 here: so few images do not tell more."))
    #expect(try !text(MadeUpResults(models: ["a", "b"], names: ["A", "B"])).says("However great"))
  }

  @Test func oneModelHasNothingToCompare() throws {
    let made = try notebook("```{difference-table}\n```", MadeUpResults(models: ["a"], names: ["A"]))
    #expect(
      made.problems.map(\.description) == [
        """
        test.md:1, cell difference-table: there is only one series, and nothing to compare it with
          Select two models or more.
        """
      ])
  }

  @Test func rankedTablesGoFromTheLeastDriftAndMarkTheBest() throws {
    let made = try notebook("```{mod-table}\nlabel: tab-mod\nranked: true\n```")
    try #require(made.tables.count > 0)
    let table = lines(made.tables[0].csv)
    let column = try #require(table[0].firstIndex(of: "mod_0.1"))
    let mods = table.dropFirst().compactMap { Double($0[column]) }
    #expect(mods.count == 5)
    #expect(mods == mods.sorted())
    let bold = made.document.pages.flatMap { Self.bold($0.items) }
    let results = MadeUpResults().results
    let all = try results.summarise()
    var marked = 0
    for epsilon in results.epsilons {
      let column = try #require(table[0].firstIndex(of: "mod_\(epsilon)"))
      let least = table.dropFirst().compactMap { Double($0[column]) }.min() ?? .nan
      let superlative = try #require(results.superlative(.least, among: all, epsilon: epsilon))
      #expect(bold.contains(String(format: "%.3f", least)) == superlative.isClear, "\(superlative.objections)")
      marked += superlative.isClear ? 1 : 0
    }
    #expect(marked > 0 && marked < 5)
    #expect(!bold.contains(String(format: "%.3f", mods[4])))
  }

  private static func bold(_ items: [PlacedItem]) -> [String] {
    items.flatMap { item -> [String] in
      switch item {
      case .text(let text): text.font.bold ? [text.text] : []
      case .group(let inner, _, _), .tagged(let inner, _, _): bold(inner)
      default: []
      }
    }
  }

  @Test func extremesAreBothEndsOfTheDrift() throws {
    let source = "```{samples-extreme}\nlabel: fig-extreme\nmodels: highest-mod\nsamples: 2\n```"
    let made = try notebook(source)
    #expect(made.problems == [])
    #expect(made.figures.map(\.label) == ["fig-extreme"])
    #expect(
      made.document.says(
        "The 2 images with the least and the 2 with the greatest drift (NISSIM) at ε = 0.1, least first."))
    let all = try MadeUpResults().results.summarise()
    let most = try #require(all.max { ($0.levels.last?.mod.value ?? 0) < ($1.levels.last?.mod.value ?? 0) })
    #expect(made.document.says("Grad-CAM of \(most.model.name) at"))
    let values = (most.levels.last?.dissimilarities ?? []).sorted()
    for value in values.prefix(2) + values.suffix(2) { #expect(made.document.says(String(format: "%.3f", value))) }
  }

  @Test(arguments: ["paper", "compare", "review", "model"])
  func shippedTemplatesAreMadeWithoutProblems(_ name: String) throws {
    let template = try Template.load(name, folders: [shippedTemplates])
    #expect(template.check() == [])
    for made in [
      MadeUpResults(imageCount: 5), MadeUpResults(models: ["a"], names: ["A"], imageCount: 5),
      MadeUpResults(models: ["a", "b"], names: ["A", "B"], imageCount: 3, hasScores: false),
      MadeUpResults(models: ["a", "b"], names: ["A", "B"], imageCount: 3, layers: ["l1", "l2", "l3"]),
      MadeUpResults(
        models: ["a", "b"], names: ["A", "B"], imageCount: 3, layers: ["l1", "l2"], targets: [.predicted, .label]),
      MadeUpResults(models: ["a", "b"], names: ["A", "B"], imageCount: 1, epsilons: [0.03]),
    ] {
      let notebook = try Notebook(template, results: made.results, measurer: FixedMeasurer())
      #expect(notebook.problems == [])
    }
  }

  @Test func lettersPagesAreOfThatSize() throws {
    let made = try notebook("---\npaper: Letter\n---\ntext\n")
    #expect(made.document.pages.map(\.size) == [Size(width: 612, height: 792)])
  }
}
