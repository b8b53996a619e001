import Foundation
import Images
import Notebooks
import Support
import Testing
import Typesetting

@Suite struct LabelTests {
  private let made = MadeUpResults(models: ["a", "b"], names: ["A", "B"], imageCount: 3, epsilons: [0.1])

  @Test func labelsHaveAnyForm() throws {
    let result = try notebook(
      """
      # First words {#intro}

      See @Fig:Drift, @tab_results, @intro, @sec-second-part and (@own.table). Mail a@b.org, \\@home, `@code`.

      | a | b |
      |---|--:|
      | 1 | 2 |

      : Numbers of *one's own* {#own.table}

      ## Second part

      ```{mod-curve}
      label: Fig:Drift
      ```

      ```{mod-table}
      label: tab_results
      ```
      """, made)
    #expect(result.problems == [])
    #expect(
      result.document.says(
        "See Figure 1, Table 2, “First words”, “Second part” and (Table 1). Mail a@b.org, @home, @code."))
    #expect(result.document.says("Table 1. Numbers of one’s own"))
    #expect(result.figures.map(\.label) == ["fig-drift"] && result.tables.map(\.label) == ["tab-results"])
  }

  /// The label of a cell that is made for each target stands for the first of them.
  @Test func aRepeatedCellCanBeNamed() throws {
    let several = MadeUpResults(
      models: ["a", "b"], names: ["A", "B"], imageCount: 6, epsilons: [0.1], targets: [.predicted, .label])
    let result = try notebook("See @tab-all.\n\n```{agreement}\nlabel: tab-all\n```\n", several)
    #expect(result.problems == [])
    #expect(result.document.says("See Table 1."))
    #expect(result.tables.map(\.label) == ["tab-all-predicted", "tab-all-label"])
  }

  @Test func automaticLabelsCanBeNamed() throws {
    let result = try notebook("See @figure-1, @table-1.\n\n```{mod-curve}\n```\n\n```{mod-table}\n```\n", made)
    #expect(result.problems == [])
    #expect(result.document.says("See Figure 1, Table 1."))
  }

  @Test func picturesAreNumberedAndCited() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "labels-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let image = RGBImage(width: 30, height: 20, pixels: [UInt8](repeating: 90, count: 1800))
    try Data(ImageEncoder.png(image)).write(to: folder.appending(path: "p.png"))
    let source =
      "As @pipeline and @other show, @fig-both-b.\n\n![The *pipeline* of {{ models.count }} models](p.png){#pipeline}\n\n"
      + "![words](p.png \"Other.\"){#other}\n\n![plain](p.png \"No number.\")\n\n```{mod-curve}\nlabel: curve\n```\n\n"
      + "![in](p.png){#part}\n\n```{compose}\nlabel: fig-both\nfigures: [curve, part]\n```\n"
    try Data(source.utf8).write(to: folder.appending(path: "t.md"))
    let template = try Template.load(folder.appending(path: "t.md").path, folders: [])
    #expect(template.check() == [])
    let result = try Notebook(template, results: made.results, measurer: FixedMeasurer())
    #expect(result.problems == [])
    #expect(result.document.says("As Figure 1 and Figure 2 show, Figure 3b."))
    #expect(result.document.says("Figure 1. The pipeline of 2 models"))
    #expect(result.document.says("Figure 2. Other."))
    #expect(!result.document.says("Figure 3. No number.") && result.document.says("(b) in"))
  }

  @Test func aMistakeMarksItsOwnPlace() throws {
    let result = try notebook(
      """
      Before @nowhere after, <b>bold</b>, [bad](#nope), [link](javascript:x). End.

      <div>

      Next paragraph. [kept](#intro)

      # Kept {#intro}

      # Wrong {#9-}
      """, made)
    #expect(
      result.problems.map { "\($0.place?.line ?? 0) \($0.message)" } == [
        "1 raw HTML cannot stand in a report", "1 a link to `javascript:x` cannot stand in a report",
        "3 raw HTML cannot stand in a report",
        "9 the label `9-` is not made of a letter, then letters, digits, and - _ : . between them",
        "1 nothing has the label `nowhere`", "1 nothing has the label `nope`",
      ])
    #expect(result.document.says("Before [nothing has the label nowhere] after,"))
    #expect(result.document.says("End.") && result.document.says("Next paragraph. kept"))
  }

  @Test func aMistakeInALoopIsToldOnce() throws {
    let result = try notebook(
      "{% for model in models %}\n```{mod-curve}\naxsi: log\n```\n\n{{ modle.name }}\n{% end %}\n", made)
    #expect(
      result.problems.map(\.message) == ["unknown value `modle.name`", "unknown option `axsi` in the cell `mod-curve`"])
    #expect(result.document.says("mod-curve could not be made. test.md:3: the same as above."))
  }

  @Test func whatCanBeSeenBeforeARunIsTold() {
    #expect(message("See @fig-a-{{ model.key }} and @fig-a-x.\n\n```{heatmap-grid}\nlabel: fig-a\n```") == "")
    #expect(
      message("See @fig-b.\n\n```{mod-curve}\nlabel: fig-a\n```")
        == "test.md:1: nothing has the label `fig-b`\n  Did you mean `fig-a`? The sign alone is written `\\@`.")
    #expect(
      message("```{mod-curve}\nlabel: fig-a\ncaption: As @fig-c.\n```").hasPrefix(
        "test.md:3: nothing has the label `fig-c`"))
    #expect(message("# A {#x}\n\n# B {#x}").hasPrefix("test.md:3: the label `x` stands twice"))
    #expect(
      message("{% if noise.count %}\n# A {#x}\n{% else %}\n# B {#x}\n{% end %}\n\n@x") == "")
    #expect(
      message("```{mod-curve}\nlabel: fig-a\n```\n\n```{mod-curve}\nlabel: Fig_a\n```").hasPrefix(
        "test.md:6: the file of the label `Fig_a` would be called as that of another"))
    #expect(message("one\n\n<div>\n").hasPrefix("test.md:3: raw HTML cannot stand in a report"))
    #expect(
      message("```{compose}\nfigures: [fig-a]\n```").hasPrefix(
        "test.md:2: no figure has the label `fig-a`\n  There are none."))
    #expect(message("```{mod-curve}\nlabel: a b\n```").hasPrefix("test.md:2: the label `a b` is not made of"))
    #expect(message("---\ntitle: \"{{ titel }}\"\n---\n").hasPrefix("test.md:1: unknown value `titel`"))
  }
}
