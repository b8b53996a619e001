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

  @Test func aFootnoteThatWouldBeLost() {
    #expect(
      message("One[^a].\n\n[^a]: first\n\n[^A]: second\n") == """
        test.md:5: the footnote `[^a]` stands on line 3 already
          Give one of them another name.
        """)
    #expect(
      message("One[^a].\n\n[^a]: first\n\n[^b]: second\n") == """
        test.md:5: nothing refers to the footnote `[^b]`
          Put `[^b]` where its mark belongs, or take it out.
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
        == "test.md:2: `overlay` must be a number in [0, 1], found `strong`")
    #expect(
      message("```{heatmap-grid}\ncolour-map: infernal\n```") == """
        test.md:2: `colour-map` must be one of `inferno`, `viridis`, `magma`, `grey`, `jet`, found `infernal`
          Did you mean `inferno`?
        """)
    #expect(
      message("```{mod-curve}\naccuracy: maybe\n```")
        == "test.md:2: `accuracy` must be one of `true`, `false`, found `maybe`")
    #expect(
      message("```{mod-curve}\ncaption: [a, b]\n```") == "test.md:2: `caption` must be a text, found a list")
  }

  /// Templates go through the same strict reader as experiment files, with its limits.
  @Test func theYAMLOfCellsIsReadStrictly() {
    #expect(
      message("```{mod-curve}\nlabel: fig-a\nlabel: fig-b\n```")
        == "test.md:2: `label` appears more than once in one mapping\n  Keep one of them.")
    #expect(
      message("```{methods}\nmod-table\n```")
        == "test.md:2: the cell `methods` must be a mapping of options, found `mod-table`\n"
        + "  Its options are: `label`, `caption`.")
    #expect(
      message("\n```{mod-curve}\nmodels: [a, b\n```")
        == "test.md:4: not valid YAML: did not find expected ',' or ']' while parsing a flow sequence\n"
        + "  Look at this line and the one above: indentation, a missing colon, bracket or quote.")
    #expect(
      message("```{mod-curve}\nmodels: &a [x]\nlayers: *a\naxsi: log\n```")
        == "test.md:4: unknown option `axsi` in the cell `mod-curve`\n  Did you mean `axis`?")
    let aliases = [String](repeating: "*a", count: 30).joined(separator: ", ")
    #expect(
      message("```{mod-curve}\nmodels: [&a x, \(aliases)]\n```")
        == "test.md:2: the file uses more than 24 aliases (`*name`)\n  Write repeated values out.")
    // Emphasised words are no aliases, and ${...} is no variable.
    let words = (0..<40).map { "an *emphasised* word \($0)" }.joined(separator: " ")
    #expect(message("```{mod-curve}\ncaption: \(words), ${HOME}\n```") == "")
    #expect(message("```{mod-curve}\n# nothing\n```\n\n```{mod-curve}\n```") == "")
  }

  @Test func whatWouldBePrintedAsItStands() {
    func check(_ text: String) -> [String] {
      (try? Template(source: text, file: "test.md"))?.check().map(\.description) ?? []
    }
    #expect(
      check("One.\n\nSee {{ models.count and more.\n") == [
        "test.md:3: a value has no end\n  Close it with `}}`; as text it is code: `` `{{` ``."
      ])
    #expect(
      check("text {% if models.count %} x {% end %}\n") == [
        "test.md:1: a part stands within a line, or has no end\n  Put it on a line of its own, `{% if NAME %}`; as text it is code: "
          + "`` `{%` ``."
      ])
    #expect(check("{{ models.count\n}} is whole, `{{` and `{%`\n\n```\n{{ x\n{% if\n```\n") == [])
    #expect(
      message("text\n```{mod-curve\nlabel: a\n```\n") == """
        test.md:2: the name of the cell has no end
          Close it: `` ```{NAME} ``.
        """)
    #expect(
      message("---\nlanguage: \"zz_!!\"\n---\n") == """
        test.md:2: `language: zz_!!` is no language tag
          Write one of BCP 47: en-GB, de, pt-BR.
        """)
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
