import Results
import Notebooks
import Support
import Testing

@Suite struct TableLookTests {
  private let made = MadeUpResults(
    models: ["a", "b"], names: ["A", "B"], imageCount: 8, epsilons: [0.01, 0.05, 0.1])

  @Test func columnsAndDigitsAreChosen() throws {
    let result = try notebook(
      "```{mod-table}\nlabel: tab-mod\ncolumns: [model, \"0.1\", vid, accuracy]\ndigits: 2\nintervals: none\n```", made)
    #expect(result.problems == [])
    let all = try made.results.summarise()
    let latex = try #require(result.tables.first).latex
    func two(_ value: Double) -> String {
      let n = Int((value * 100).rounded()); return "\(n / 100).\(n % 100 < 10 ? "0" : "")\(n % 100)"
    }
    func percent(_ share: Proportion) -> String { "\(Int((share.value * 100).rounded()))" }
    let first = all[0]
    let line =
      "A & \(two(first.levels[2].mod.value)) & \(two(first.vid.value)) & \(percent(first.cleanAccuracy)) & "
      + "\(percent(first.levels[2].accuracy)) \\\\"
    #expect(latex.contains("\n" + line + "\n"), "\(latex)")
    #expect(!latex.contains("scriptsize") && !latex.contains("tabcolsep"))
    #expect(result.tables[0].wideLatex == nil)
    // The CSV has every column with all digits.
    #expect(result.tables[0].csv.contains("mod_0.05") && result.tables[0].csv.contains("\(first.levels[2].mod.value)"))
    #expect(!result.document.says("of all pairs, of those that kept"))
  }

  @Test func intervalsStandBesideTheNumbers() throws {
    let result = try notebook("```{vid-table}\nlabel: tab-v\nintervals: beside\n```", made)
    let first = try made.results.summarise()[0]
    let vid = first.vid
    let text = "\(three(vid.value)) [\(three(vid.lower))–\(three(vid.upper))]"
    #expect(result.document.says(text))
    #expect(result.document.says("In square brackets: 95% bootstrap"))
    #expect(
      try #require(result.tables.first).latex.contains(
        "\(three(vid.value)) {\\scriptsize [\(three(vid.lower))--\(three(vid.upper))]}"))
  }

  private func three(_ value: Double) -> String {
    let thousandths = String(Int((value * 1000).rounded()))
    return "0." + String(repeating: "0", count: 3 - thousandths.count) + thousandths
  }

  @Test func wideTablesAreCutIntoBlocksForAColumn() throws {
    let table = try #require(try notebook("```{mod-table}\nlabel: tab-mod\n```", made).tables.first)
    let blocks = table.latex.components(separatedBy: "\\begin{tabular}").count - 1
    #expect(blocks == 2 && table.latex.contains("\\footnotesize\\setlength{\\tabcolsep}{3pt}"))
    // Each says which model its lines are of; every number stands once.
    #expect(table.latex.components(separatedBy: "\nA & ").count == 3)
    let wide = try #require(table.wideLatex)
    #expect(wide.components(separatedBy: "\\begin{tabular}").count == 2 && !wide.contains("resizebox"))
  }

  @Test(arguments: [
    ("columns: [model, mods]", "test.md:2: the table has no column `mods`\n  Did you mean `MOD`?"),
    ("digits: 7", "test.md:2: `digits` must be a whole number from 1 to 6, found `7`"),
    ("intervals: above", "test.md:2: `intervals` must be one of `below`, `beside`, `none`, found `above`"),
  ])
  func whatCannotBeChosen(_ option: String, _ message: String) throws {
    let result = try notebook("```{mod-table}\n\(option)\n```", made)
    #expect(
      result.problems.map { $0.description.components(separatedBy: "\n").prefix(2).joined(separator: "\n") } == [
        message
      ])
  }

  @Test func answersStillDo() throws {
    #expect(try notebook("```{vid-table}\nintervals: false\n```", made).problems == [])
    #expect(!(try notebook("```{vid-table}\nintervals: false\n```", made).document.says("Small figures")))
  }
}
