import Attacks
import Figures
import Notebooks
import Results
import Testing

/// Two models; MOD of victim v by the gradient of s is 0.1 (1 + s) + 0.02 v, of its own twice as much.
@Suite struct TransferMatrixTests {
  private static let models = ["a", "b"]

  private static func mod(_ source: Int, _ victim: Int) -> Double {
    (0.1 * Double(1 + source) + 0.02 * Double(victim)) * (source == victim ? 2 : 1)
  }

  private func results(_ sources: [Int], plain: Bool = true, pgd: Bool = false) -> ExperimentResults {
    var results = MadeUpResults(
      models: Self.models, names: ["A", "B"], imageCount: 6, epsilons: [0.01, 0.1], deadEvery: 1
    ).results
    let transfers = sources.map { source in
      AttackSetting(
        attack: FGSM(), levels: [0.01, 0.1],
        source: TransferSource(model: Self.models[source], name: Self.models[source].uppercased()))
    }
    let others =
      pgd ? [AttackSetting(attack: PGD(), levels: [0.01], source: TransferSource(model: "a", name: "A"))] : []
    results.attacks = (plain ? [results.attacks[0]] : []) + transfers + others
    let rows = results.measurements
    results.measurements = results.attacks.flatMap { setting in
      rows.filter { $0.epsilon == 0 || setting.levels.contains($0.epsilon) }.map { row in
        var row = row
        row.attack = setting.key
        let victim = row.model == "a" ? 0 : 1
        let source = setting.source.map { $0.model == "a" ? 0 : 1 } ?? victim
        let drift = row.epsilon == 0 ? 0 : Self.mod(source, victim) * 10 * row.epsilon
        row.dissimilarities = [drift]
        row.parts = [1 - 2 * drift]
        row.cleanPrediction = row.label
        // A foreign gradient changes the answer on the first image alone.
        let isFooled = row.epsilon > 0 && (source == victim || row.label == 0)
        row.adversarialPrediction = isFooled ? row.label + 1 : row.label
        return row
      }
    }
    return results
  }

  private func notebook(_ options: String, _ results: ExperimentResults) throws -> Notebook {
    try Notebook(
      Template(source: "```{transfer-matrix}\nlabel: tab-transfer\n\(options)```", file: "test.md"), results: results,
      measurer: FixedMeasurer())
  }

  private func lines(_ notebook: Notebook) throws -> [[String]] {
    try #require(notebook.tables.first).csv.split(separator: "\n").map { line in
      line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
  }

  @Test func sourcesByVictims() throws {
    let shown = try notebook("success: true\n", results([0, 1]))
    #expect(shown.problems == [])
    let table = try lines(shown)
    #expect(
      table[0] == [
        "method", "source", "model", "layer", "target", "attack", "epsilon", "images", "own_gradient", "mod",
        "mod_lower", "mod_upper", "success_rate", "success_rate_lower", "success_rate_upper", "fooled", "clean_right",
        "dead_pairs",
      ])
    // Each model is a source: its own gradient stands on the diagonal, once.
    #expect(
      table.dropFirst().map { Array($0[0...2]) } == [
        ["fgsm", "a", "a"], ["fgsm", "a", "b"], ["fgsm", "b", "a"], ["fgsm", "b", "b"],
      ])
    for (line, (source, victim)) in zip(table.dropFirst(), [(0, 0), (0, 1), (1, 0), (1, 1)]) {
      #expect(abs((Double(line[9]) ?? 0) - Self.mod(source, victim)) < 1e-12)
      #expect(line[8] == "\(source == victim)" && line[6] == "0.1" && line[7] == "6")
      #expect(line[15] == (source == victim ? "6" : "1") && line[16] == "6")
    }
    #expect(shown.document.says("A0.2000.200–0.2000.1200.120–0.120"))
    #expect(
      shown.document.says(
        "Another’s gradient moves most the attention of A by that of B (0.200), least that of B by that of A (0.120). It makes "
          + "27% to 100% of the MOD that the attacked model’s own gradient makes."))
    #expect(shown.document.says("Attack success: the share of the images recognised when clean that are no longer."))
    #expect(shown.document.says("A100.0 (6 of 6)") && shown.document.says("16.7 (1 of 6)"))
    #expect(!(try notebook("", results([0, 1]))).document.says("Attack success"))
  }

  @Test func thePlainAttackHasALineWhereSomeAreNoSources() throws {
    let shown = try notebook("epsilon: 0.01\nintervals: false\n", results([0]))
    let table = try lines(shown)
    #expect(
      table.dropFirst().map { [$0[1], $0[2], $0[8]] } == [
        ["a", "a", "true"], ["b", "b", "true"], ["a", "a", "true"], ["a", "b", "false"],
      ])
    #expect(abs((Double(table[2][9]) ?? 0) - Self.mod(1, 1) / 10) < 1e-12)
    #expect(shown.document.says("its own0.0200.044A0.0200.012"))
    #expect(
      shown.document.says(
        "Another’s gradient moves the attention of B by that of A (0.012). It makes 27% of the MOD that the attacked model’s own "
          + "gradient makes."))
    // Without it nobody knows what the model's own gradient does.
    let alone = try notebook("", results([0], plain: false))
    #expect(try lines(alone).count == 1 + 2)
    #expect(!alone.document.says("It makes"))
  }

  @Test func methodsStandApartAtALevelOfAll() throws {
    let shown = try notebook("", results([0, 1], pgd: true))
    #expect(shown.problems == [])
    #expect(shown.document.says("at ε = 0.01"), "the strongest level that all have")
    #expect(try lines(shown).dropFirst().map { $0[0] } == ["fgsm", "fgsm", "fgsm", "fgsm", "pgd", "pgd"])
    #expect(shown.document.says("attack gradient of"))
  }

  @Test func withoutATransferItSaysHowToListOne() throws {
    let none = try notebook("", results([]))
    #expect(
      none.problems.map(\.description) == [
        """
        test.md:1, cell tab-transfer: no attack takes the gradient of another model
          List one for each source under `attacks` of the experiment file, as `{method: fgsm, epsilons: [...], transfer-from: MODEL}`, and run it again.
        """
      ])
  }
}
