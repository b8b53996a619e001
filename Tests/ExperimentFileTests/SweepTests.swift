import ExperimentFile
import Support
import Testing

/// `--sweep KEY=VALUE,VALUE`.
@Suite struct SweepTests {
  private func names(_ arguments: String...) throws -> [String] { try Sweep(arguments).settings.map(\.name) }

  private func message(_ arguments: String...) -> String {
    do throws(Problem) {
      _ = try Sweep(arguments)
      return "none"
    } catch {
      return error.kind == .usage ? error.message : "another kind"
    }
  }

  @Test func allCombinationsTheFirstKeySlowest() throws {
    let sweep = try Sweep(["explain.targets=predicted,label", "compare.window=uniform, gaussian"])
    #expect(
      sweep.settings.map(\.name) == [
        "targets predicted, window uniform", "targets predicted, window gaussian", "targets label, window uniform",
        "targets label, window gaussian",
      ])
    #expect(
      sweep.settings.map { $0.overrides.map { "\($0.key)=\($0.value)" } }[2] == [
        "explain.targets=label", "compare.window=uniform",
      ])
  }

  @Test func valuesWithCommasStandInBrackets() throws {
    #expect(try names("attack.epsilons=[0.01],[0.02, 0.04]") == ["epsilons [0.01]", "epsilons [0.02, 0.04]"])
    #expect(
      try names("attacks=[{method: fgsm, epsilons: [0.1]}],[{method: pgd, epsilons: [0.1], steps: 2}]") == [
        "attacks [{method: fgsm, epsilons: [0.1]}]", "attacks [{method: pgd, epsilons: [0.1], steps: 2}]",
      ])
    #expect(try names("data.classes='a,b',c") == ["classes 'a,b'", "classes c"])
  }

  @Test func namesTellSettingsApart() throws {
    #expect(
      try names("models[0].width=0.25,1", "models[1].width=1,2").first == "models[0].width 0.25, models[1].width 1")
    #expect(
      try names("models[0].weights=/home/me/a.pth,/home/you/b.pth") == ["weights a.pth", "weights b.pth"])
    #expect(try names("models[0].weights=x/a.pth,y/a.pth") == ["weights x/a.pth (1)", "weights y/a.pth (2)"])
  }

  @Test func whatCannotBeMeant() {
    #expect(message("explain.targets") == "`--sweep explain.targets` has no `=`")
    #expect(message("a[=1,2") == "`--sweep a[=1,2` has no valid key before the `=`")
    #expect(message("seed=1") == "`--sweep seed=1` names one value, and a sweep needs two")
    #expect(message("seed=1,,2") == "`--sweep seed=1,,2` has a comma with no value beside it")
    #expect(message("seed=1,2,1") == "`--sweep seed=1,2,1` names `1` twice")
    #expect(message("seed=1,2", "seed=3,4") == "`--sweep` names `seed` twice")
    #expect(
      message("report.template=paper,review")
        == "`--sweep report.template=paper,review`: `report.template` changes nothing that is measured")
    let many = (1...17).map(String.init).joined(separator: ",")
    #expect(
      message("seed=\(many)", "data.limit=\(many)") == "`--sweep` makes 289 combinations, more than 256")
  }
}
