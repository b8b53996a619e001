import Explanations
import Figures
import Measures
import Notebooks
import Results
import Testing

/// Three models whose drifts are 0.1, 0.2 and 0.3 by the first measure and Grad-CAM; by the second measure, and by LayerCAM, the
/// order of some is another one.
@Suite struct MeasuresCellTests {
  private func results(_ values: [String: [[Double]]]) -> ExperimentResults {
    let made = MadeUpResults(
      models: ["a", "b", "c"], names: ["A", "B", "C"], imageCount: 6, epsilons: [0.01, 0.1], deadEvery: 1)
    var results = made.results
    let keys = values.keys.sorted()
    if keys.count > 1 { results.explanations.append(LayerCAM()) }
    if values.values.contains(where: { $0[0].count > 1 }) { results.measures.append(RankCorrelation()) }
    results.measurements = results.measurements.flatMap { row in
      keys.map { explanation in
        var row = row
        row.explanation = explanation
        let model = row.model == "a" ? 0 : row.model == "b" ? 1 : 2
        // At the weaker level everybody drifts a tenth of that.
        let scale = row.epsilon == 0 ? 0 : row.epsilon == 0.1 ? 1 : 0.1
        row.dissimilarities = (values[explanation]?[model] ?? []).map { $0 * scale }
        row.parts = [1 - 2 * row.dissimilarities[0]]
        return row
      }
    }
    return results
  }

  private func notebook(_ options: String, _ results: ExperimentResults) throws -> Notebook {
    try Notebook(
      Template(source: "```{measures}\nlabel: tab-measures\n\(options)```", file: "test.md"), results: results,
      measurer: FixedMeasurer())
  }

  private func lines(_ notebook: Notebook) throws -> [String] {
    try #require(notebook.tables.first).csv.split(separator: "\n").map(String.init)
  }

  @Test func theOppositeOrderIsMinusOne() throws {
    let shown = try notebook("", results(["grad-cam": [[0.1, 0.6], [0.2, 0.5], [0.3, 0.4]]]))
    #expect(shown.problems == [])
    let table = try lines(shown)
    #expect(table[0] == "model,layer,target,measure,epsilon,images,mod,mod_lower,mod_upper,rank")
    let expected: [(String, Double, String)] = [
      ("a,last,predicted,nissim,0.1,6", 0.1, "1"), ("a,last,predicted,rank,0.1,6", 0.6, "3"),
      ("b,last,predicted,nissim,0.1,6", 0.2, "2"), ("b,last,predicted,rank,0.1,6", 0.5, "2"),
      ("c,last,predicted,nissim,0.1,6", 0.3, "3"), ("c,last,predicted,rank,0.1,6", 0.4, "1"),
    ]
    #expect(table.count == 1 + expected.count)
    for (line, (head, mod, rank)) in zip(table.dropFirst(), expected) {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      #expect(line.hasPrefix(head + ",") && fields[9] == rank, "\(line)")
      for field in fields[6...8] { #expect(abs((Double(field) ?? 0) - mod) < 1e-12, "\(line)") }
    }
    #expect(
      shown.document.says(
        "The order of the models by each measure: MOD at ε = 0.1, over 6 images.")
    )
    #expect(
      shown.document.says(
        "The least MOD depends on the column: it is that of A in 1 and C in 1 of 2 orders. Kendall’s τ between both orders "
          + "is −1.00. Of 3 models two orders are the same by chance alone in 1 of 6 cases."))
  }

  @Test func measuresTimesExplanationsAreColumns() throws {
    let shown = try notebook(
      "",
      results([
        "grad-cam": [[0.1, 0.2], [0.2, 0.3], [0.3, 0.4]], "layer-cam": [[0.2, 0.1], [0.1, 0.2], [0.3, 0.3]],
      ]))
    #expect(shown.problems == [])
    #expect(try lines(shown).count == 1 + 3 * 4)
    #expect(shown.document.says("The order of the models by each measure and explanation: MOD"))
    // scipy.stats.kendalltau([1, 2, 3], [2, 1, 3]) is 1/3.
    #expect(
      shown.document.says(
        "it is that of A in 3 and B in 1 of 4 orders. Kendall’s τ between two orders lies between 0.33 (NISSIM of Grad-CAM "
          + "and NISSIM of LayerCAM) and 1.00."))
    #expect(shown.document.says("Kendall’s τ between the orders of the models: 1 the same order"))
    #expect(shown.document.says("A0.100 (1)"))
    let some = try notebook(
      "explanations: [layer-cam]\nepsilon: 0.01\n",
      results([
        "grad-cam": [[0.1, 0.2], [0.2, 0.3], [0.3, 0.4]], "layer-cam": [[0.2, 0.1], [0.1, 0.2], [0.3, 0.3]],
      ]))
    let first = try #require(try lines(some).dropFirst().first).split(separator: ",")
    #expect(
      first[3] == "layer-cam" && first[5] == "0.01" && abs((Double(first[7]) ?? 0) - 0.02) < 1e-12 && first.last == "2")
  }

  @Test func theSameOrderIsSaid() throws {
    let shown = try notebook("", results(["grad-cam": [[0.1], [0.2], [0.3]], "layer-cam": [[0.2], [0.3], [0.4]]]))
    #expect(shown.problems == [])
    #expect(
      shown.document.says("The order of the models by each explanation: MOD at ε = 0.1, of NISSIM, over 6 images."))
    #expect(shown.document.says("A has the least MOD in both orders; both orders are the same (Kendall’s τ 1)."))
    let one = try notebook(
      "models: [b]\n", results(["grad-cam": [[0.1], [0.2], [0.3]], "layer-cam": [[0.2], [0.3], [0.4]]]))
    #expect(one.problems == [])
    #expect(
      one.document.says("Fewer than two models have a place in an order of drift: there are no orders to compare."))
    #expect(!one.document.says("rank 1"))
  }

  @Test func oneOfBothIsNothingToCompare() throws {
    let alone = try notebook("", results(["grad-cam": [[0.1], [0.2], [0.3]]]))
    #expect(
      alone.problems.map(\.description) == [
        """
        test.md:1, cell tab-measures: there is one measure and one explanation, and nothing to compare
          List several in the experiment file, as `compare: {measures: [nissim, rank]}` or `explain: {methods: [grad-cam, hires-cam]}`, and run it again.
        """
      ])
    let unknown = try notebook("measures: [rnak]\n", results(["grad-cam": [[0.1, 0.2], [0.2, 0.3], [0.3, 0.4]]]))
    #expect(
      unknown.problems.map(\.description) == [
        "test.md:3: the experiment has no measure `rnak`\n  Did you mean `rank`?"
      ])
  }

  /// Fifteen columns are more than a page is wide.
  @Test func manyWaysStandInSeveralTables() throws {
    var results = results(["grad-cam": [[0.1, 0.2, 0.3], [0.2, 0.3, 0.4], [0.3, 0.4, 0.5]]])
    results.measures = [NISSIM(), RankCorrelation(), TopK()]
    results.explanations = [GradCAM(), HiResCAM(), XGradCAM(), GradCAMPlusPlus(), LayerCAM()]
    let rows = results.measurements
    results.measurements = results.explanationKeys.flatMap { key in
      rows.map { row in
        var row = row
        row.explanation = key
        return row
      }
    }
    let shown = try notebook("", results)
    #expect(shown.problems == [])
    #expect(try lines(shown).count == 1 + 3 * 15, "the exported table has all")
    #expect(shown.document.says("Further explanations and measures."))
    #expect(
      shown.document.says("orders are the same (Kendall’s τ 1)")
        && !shown.document.says("Kendall’s τ between the orders"))
    let two = try notebook("explanations: [grad-cam, layer-cam]\n", results)
    #expect(
      two.document.says("Kendall’s τ between the orders of the models") && !two.document.says("Further explanations"))
    let without = try notebook("explanations: [grad-cam, layer-cam]\ntau: false\n", results)
    #expect(!without.document.says("Kendall’s τ between the orders of the models"))
  }

  /// What has no place in an order of drift has no rank, and no part in tau.
  @Test func theDeadAreNotRanked() throws {
    var results = results(["grad-cam": [[0.1, 0.6], [0.2, 0.5], [0.3, 0.4]]])
    results.measurements = results.measurements.map { row in
      var row = row
      if row.model == "a" { row.adversarialPeak = 0 }
      return row
    }
    let shown = try notebook("", results)
    let ranks = try lines(shown).dropFirst().map { line in
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      return "\(fields[0]) \(fields[3]) \(fields[9])"
    }
    #expect(ranks == ["a nissim ", "a rank ", "b nissim 1", "b rank 2", "c nissim 2", "c rank 1"])
    #expect(shown.document.says("(–)"))
    #expect(shown.document.says("Of 2 models two orders are the same by chance alone in 1 of 2 cases."))
  }
}
