import Attacks
import Figures
import Notebooks
import Rendering
import Results
import Testing
import Typesetting

@Suite struct AgreementCellTests {
  private let made = MadeUpResults(
    models: ["a", "b", "c"], names: ["A", "B", "C"], imageCount: 12, epsilons: [0.01, 0.1], deadEvery: 1)

  private func notebook(_ options: String, _ results: ExperimentResults) throws -> Notebook {
    try Notebook(
      Template(source: "```{agreement}\nlabel: tab-agreement\n\(options)```", file: "test.md"), results: results,
      measurer: FixedMeasurer())
  }

  private func lines(_ notebook: Notebook) throws -> [[String]] {
    try #require(notebook.tables.first).csv.split(separator: "\n").map { line in
      line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
  }

  @Test func itShowsWhatTheResultsSay() throws {
    let results = made.results
    for (option, epsilon) in [("", 0.1), ("epsilon: 0.01\n", 0.01)] {
      let shown = try notebook(option, results)
      #expect(shown.problems == [])
      let expected = try results.agreements(among: results.summarise(), epsilon: epsilon)
      let table = try lines(shown)
      #expect(
        table[0] == [
          "model", "layer", "target", "other_model", "other_layer", "other_target", "epsilon", "images", "spearman",
          "spearman_lower", "spearman_upper", "shift_cosine", "shift_images", "both_directed",
        ])
      #expect(table.dropFirst().map { [$0[0], $0[3]] } == [["a", "b"], ["a", "c"], ["b", "c"]])
      for (line, pair) in zip(table.dropFirst(), expected) {
        #expect(line[6] == "\(epsilon)" && line[7] == "12" && line[12] == "12")
        #expect(Double(line[8]) == pair.correlation.value && Double(line[9]) == pair.correlation.lower)
        #expect(Double(line[10]) == pair.correlation.upper && Double(line[11]) == pair.cosine)
        #expect(line[13] == "\(pair.haveDirections)")
        #expect(shown.document.says(Numbers.fixed(pair.correlation.value, 2)))
        #expect(shown.document.says(Numbers.interval(pair.correlation.lower, pair.correlation.upper, 2)))
      }
      let clear = expected.count { $0.isCorrelated }
      #expect(
        shown.document.says(
          "bold and shaded where its interval excludes 0 (\(clear) of \(expected.count), each taken alone, not adjusted)"
        ))
      let level = "at ε = \(Numbers.epsilon(epsilon)). "
      let directed = expected.filter(\.haveDirections)
      // Cosines of few pairs stand in the caption, and the matrix has no empty half.
      let listsCosines = 2 * directed.count <= expected.count
      #expect(shown.document.says(level + (listsCosines ? "Whether" : "Above the diagonal: whether")))
      for pair in directed { #expect(shown.document.says(Numbers.fixed(pair.cosine ?? .nan, 2))) }
      #expect(shown.document.says("No two models both have a common direction") == directed.isEmpty)
      #expect(shown.document.says("95% intervals of Fisher’s z."))
    }
    let plain = try notebook("intervals: false\n", results)
    #expect(!plain.document.says("Small figures"))
  }

  @Test func identicalModelsAgree() throws {
    var results = made.results
    let first = results.measurements.filter { $0.model == "a" }
    results.measurements = ["a", "b", "c"].flatMap { model in
      first.map { row in
        var row = row
        row.model = model
        return row
      }
    }
    results.pictures = MadeUpPictures(photographs: [], size: 32, models: ["a"])
    let table = try lines(try notebook("", results))
    for line in table.dropFirst() {
      #expect(line[8...10] == ["1.0", "", ""], "one order of a few images has no interval")
      #expect(abs((Double(line[11]) ?? 0) - 1) < 1e-12)
    }
  }

  @Test func eachAttackHasAMatrix() throws {
    var results = made.results
    let rows = results.measurements
    results.attacks.append(AttackSetting(attack: Noise(), levels: [0.01, 0.1]))
    results.measurements += rows.map { row in
      var row = row
      row.attack = "noise"
      return row
    }
    let shown = try notebook("", results)
    #expect(shown.problems == [])
    #expect(shown.tables.map(\.label) == ["tab-agreement-fgsm", "tab-agreement-noise"])
    #expect(shown.document.says("at ε = 0.1 (Noise). "))
  }

  @Test func whatItCannotShowItSays() throws {
    let one = try notebook("models: [a]\n", made.results)
    #expect(
      one.problems.map(\.description) == [
        """
        test.md:1, cell tab-agreement: there is only one series, and nothing to compare it with
          Select two models or more.
        """
      ])
    let level = try notebook("epsilon: 0.3\n", made.results)
    #expect(
      level.problems.map(\.description) == [
        "test.md:3: the experiment has no attack level `0.3`\n  Known are: `0.01`, `0.1`."
      ])
    let many = MadeUpResults(
      models: ["a", "b"], names: ["A", "B"], imageCount: 5, epsilons: [0.1], layers: (1...7).map { "l\($0)" })
    let wide = try notebook("layers: all\n", many.results)
    #expect(wide.problems == [])
    #expect(wide.document.says("Printed are the first 12 of 14 layers; the exported table has all."))
    #expect(try #require(wide.tables.first).csv.split(separator: "\n").count == 1 + 14 * 13 / 2)
    #expect(!wide.document.says("B l7") && wide.document.says("B l5"))
  }

  @Test func cellsAreShadedBehindTheirNumbers() throws {
    // On all images but one the second model drifts as the first.
    var results = made.results
    let image = try #require(results.images.last?.path)
    let first = results.measurements.filter { $0.model == "a" && $0.image != image }
    results.measurements.removeAll { $0.model == "b" && $0.image != image }
    results.measurements += first.map { row in
      var row = row
      row.model = "b"
      return row
    }
    let shown = try notebook("", results)
    let fills = shown.document.pages.flatMap { Self.fills($0.items) }
    let expected = try results.agreements(among: results.summarise(), epsilon: 0.1)
    // What may be chance is not shaded.
    for pair in expected {
      let shade = try #require(Tint.of(pair.correlation.value))
      #expect(fills.contains(shade) == pair.isCorrelated, "\(pair.correlation.value)")
    }
    #expect(Set(expected.map(\.isCorrelated)) == [true, false])
    #expect(Tint.of(0) == Colour.white && Tint.of(.nan) == nil && Tint.of(1) == Tint.of(2))
    #expect(Tint.of(-1) != Tint.of(1))
  }

  @Test func aShadedTableIsASoundTaggedOne() throws {
    let renderer = try Renderer()
    let shown = try Notebook(
      Template(source: "```{agreement}\n```", file: "test.md"), results: made.results, measurer: renderer.measurer)
    let inspection = try PDFInspection(renderer.pdf(shown.document), file: "agreement")
    #expect(inspection.faults == [])
    let rho = try made.results.agreements(among: made.results.summarise(), epsilon: 0.1).map(\.correlation.value)
    #expect(
      inspection.structure.joined().contains(
        "Matrix of 3 series. A and B: correlation of the drifts \(Numbers.fixed(rho[0], 2)), cosine of the shifts "))
  }

  private static func fills(_ items: [PlacedItem]) -> [Colour] {
    items.flatMap { item -> [Colour] in
      switch item {
      case .path(let path): path.fill.map { [$0] } ?? []
      case .group(let inner, _, _), .tagged(let inner, _, _), .valued(let inner, _): fills(inner)
      default: []
      }
    }
  }
}
