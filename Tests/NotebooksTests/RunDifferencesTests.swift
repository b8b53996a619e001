import Notebooks
import Results
import Testing
import Typesetting

/// What differs between runs that stand side by side.
@Suite struct RunDifferencesTests {
  private func results(_ runs: Int = 2, differ: Bool = true) -> ExperimentResults {
    var results = MadeUpResults(
      models: ["a", "b", "c", "d"], names: ["A", "B", "C", "D"], imageCount: 6, deadEvery: 1
    )
    .results
    let sum = String(repeating: "0123456789abcdef", count: 4)
    func values(_ first: String?, _ rest: String?) -> [String?] {
      [first] + [String?](repeating: rest, count: runs - 1)
    }
    results.runs = RunOverview(
      runs: (0..<runs).map { run in
        RunOverview.Run(name: "run \(run)", models: [["a", "b", "c", "d"][run]], imageCount: run == 0 ? 6 : 9)
      }, commonImages: 6, isSweep: false,
      differences: differ
        ? [
          .init(section: "options", name: "compare.window", values: values("uniform", "gaussian")),
          .init(section: "options", name: "data.limit", values: values("6", nil)),
          .init(section: "weights", name: "a", values: values(sum, sum.reversed() + ", ema")),
        ] : [], agreements: ["A and B are one network."])
    return results
  }

  private func notebook(_ options: String, _ results: ExperimentResults) throws -> Notebook {
    try Notebook(
      Template(source: "```{run-differences}\nlabel: tab-runs\n\(options)```\n", file: "test.md"), results: results,
      measurer: FixedMeasurer())
  }

  @Test func aColumnForEachRun() throws {
    let made = try notebook("", results())
    #expect(made.problems == [])
    let sum = String(repeating: "0123456789abcdef", count: 4)
    #expect(
      made.tables.map(\.csv) == [
        """
        section,name,run 0,run 1
        options,compare.window,uniform,gaussian
        options,data.limit,6,
        weights,a,\(sum),"\(String(sum.reversed())), ema"

        """
      ])
    let text = made.document
    #expect(text.says("0123456789ab…"))
    #expect(text.says("fedcba987654…, ema"))
    #expect(text.says("A and B are one network."))
    #expect(
      text.says(
        "Table 1. What differs between the runs; what all of them share is left out."))
  }

  @Test func ofManyRunsALineForEachValue() throws {
    let made = try notebook("columns: 2\n", results(4))
    #expect(
      made.tables[0].csv.split(separator: "\n").first == "section,name,run 0,run 1,run 2,run 3")
    let latex = (made.tables[0].wideLatex ?? made.tables[0].latex)
      .replacing("\\raggedright\\let\\\\=\\tabularnewline ", with: "")
    #expect(latex.contains("options & compare.window & uniform & run 0"))
    #expect(latex.contains("&  & gaussian & run 1; run 2; run 3"))
    let short = try notebook("columns: 1\nrows: 2\n", results())
    #expect(short.document.says("and 4 more"))
  }

  @Test func whatThereIsToSayWhereNothingDiffers() throws {
    #expect(
      try notebook("", results(differ: false)).tables[0].csv == "runs\nNothing that is recorded of them differs.\n")
    var one = results()
    one.runs = nil
    #expect(
      try notebook("", one).tables[0].csv
        == "runs\n\"There is one run, and nothing that it could differ from.\"\n")
  }

  @Test func valuesForProse() throws {
    func text(_ results: ExperimentResults) throws -> Document {
      try Notebook(
        Template(
          source:
            "{% if runs.several %}\n{{ runs.several | noun run }}: {{ runs.list }}. {{ runs.sentence }}\n{% else %}\nOne.\n{% end %}\n",
          file: "test.md"), results: results, measurer: FixedMeasurer()
      ).document
    }
    #expect(
      try text(results()).says(
        "two runs: “run 0” and “run 1”. The runs “run 0” and “run 1” stand side by side over the 6 images that all of them "
          + "measured. “run 1” measured 3 beyond them."))
    var one = results()
    one.runs = nil
    #expect(try text(one).says("One."))
  }
}
