import Foundation
import Notebooks
import Support
import Testing

@Suite struct TemplateTests {
  @Test func unknownCell() {
    #expect(
      message("# A\n\n```{mod-tabel}\n```\n") == """
        test.md:3: unknown cell `mod-tabel`
          Did you mean `mod-table`?
        """)
  }

  @Test func unknownOption() {
    #expect(
      message("```{heatmap-grid}\nlabel: fig-a\nsampels: 4\n```") == """
        test.md:3: unknown option `sampels` in the cell `heatmap-grid`
          Did you mean `samples`?
        """)
  }

  @Test func wrongValues() {
    #expect(
      message("```{heatmap-grid}\nsamples: 0\n```")
        == "test.md:2: `samples` must be a whole number from 1 to 40, found `0`")
    #expect(
      message("```{heatmap-grid}\noverlay: strong\n```")
        == "test.md:2: `overlay` must be a number from 0.0 to 1.0, found `strong`")
    #expect(
      message("```{heatmap-grid}\ncolour-map: infernal\n```") == """
        test.md:2: `colour-map` must be one of `inferno`, `viridis`, `magma`, `grey`, `jet`, found `infernal`
          Did you mean `inferno`?
        """)
    #expect(
      message("```{mod-curve}\naccuracy: maybe\n```")
        == "test.md:2: `accuracy` must be `true` or `false`, found `maybe`")
    #expect(
      message("```{mod-curve}\ncaption: [a, b]\n```") == "test.md:2: `caption` must be a text, found a list")
  }

  @Test func brokenStructure() {
    #expect(
      message("text\n```{mod-table}\nlabel: a\n") == """
        test.md:2, cell mod-table: the cell has no end
          Close it with a line that holds only ```.
        """)
    #expect(
      message("\n{% for model in models %}\ntext") == """
        test.md:2: the part that starts here has no end
          Close it with a line that holds only `{% end %}`.
        """)
    #expect(
      message("{% end %}") == """
        test.md:1: `{% end %}` ends nothing
          Remove it, or open a part before it with `{% for model in models %}` or `{% if NAME %}`.
        """)
    #expect(
      message("{% for model in modles %}\n{% end %}") == """
        test.md:1: `modles` is nothing to loop over
          Did you mean `models`?
        """)
    #expect(
      message("---\ntitle: a\n") == """
        test.md:1: the front matter has no end
          Close it with a line that holds only `---`.
        """)
    #expect(
      message("---\ntitel: a\n---\n") == """
        test.md:2: unknown option `titel` in the front matter
          Did you mean `title`?
        """)
    #expect(
      message("---\npaper: A5\n---\n")
        == "test.md:2: `paper` must be one of `A4`, `Letter`, found `A5`\n  Did you mean `A4`?")
  }

  @Test func unknownValues() {
    #expect(
      message("One\ntwo {{ modle.name }}.") == """
        test.md:2: unknown value `modle.name`
          Did you mean `model.name`?
        """)
    #expect(
      message("{% if ded.count %}\n{% end %}") == """
        test.md:1: unknown value `ded.count`
          Did you mean `dead.count`?
        """)
  }

  @Test func codeIsNoCell() {
    #expect(message("````\n```{nonsense}\n```\n````\n") == "")
  }

  @Test func lookup() throws {
    #expect(try Template.load("paper", folders: [shippedTemplates]).file == "paper.md")
    #expect(Template.names(in: [shippedTemplates]).contains("paper"))
    do {
      _ = try Template.load("papre", folders: [shippedTemplates])
      Issue.record("there is no such template")
    } catch {
      #expect(
        error.description == """
          there is no template `papre`
            Did you mean `paper`? A path to a template of your own ends in .md.
          """)
      #expect(error.exitCode == 64)
    }
    do {
      _ = try Template.load("nowhere/own.md", folders: [])
      Issue.record("there is no such file")
    } catch {
      #expect(
        error.description
          == "nowhere/own.md: the template cannot be read\n  Check the path and its permissions.")
    }
  }

  @Test func theShippedTemplateIsInOrder() throws {
    #expect(try Template.load("paper", folders: [shippedTemplates]).check() == [])
  }
}
