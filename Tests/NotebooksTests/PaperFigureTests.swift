import Foundation
import Notebooks
import Testing

/// Figures for papers and the names under a title.
@Suite struct PaperFigureTests {
  private let cells =
    "```{mod-curve}\nlabel: fig-curve\n```\n\n```{heatmap-grid}\nlabel: fig-grid\nmodels: vgg16\n```\n"

  private var made: MadeUpResults {
    var made = MadeUpResults()
    made.imageCount = 5
    return made
  }

  @Test func figuresAreAsWideAsPapersAre() throws {
    let figures = try notebook(cells, made).figures
    #expect(figures.map(\.label) == ["fig-curve", "fig-grid"])
    // 6.875 and 3.25 inches.
    for figure in figures {
      #expect(abs(figure.frame.size.width - 495) < 0.01)
      #expect(abs(figure.columnFrame.size.width - 234) < 0.01)
      #expect(!figure.alternative.isEmpty)
    }
    // Too narrow for both panels side by side.
    #expect(figures[0].columnFrame.size.height > 1.5 * figures[0].frame.size.height)
  }

  @Test func theTemplateSaysHowWide() throws {
    let figures = try notebook("---\ntext-width: 127\ncolumn-width: 63.5\n---\n" + cells, made).figures
    #expect(figures.map { [$0.frame.size.width, $0.columnFrame.size.width] } == [[360, 180], [360, 180]])
    #expect(
      message("---\ntext-width: 10\n---\n") == "test.md:2: `text-width` must lie in [60, 400], found `10`"
    )
  }

  @Test func authorsStandUnderTheTitle() throws {
    let template = try Template(source: "# Head\n", file: "test.md")
    let results = made.results
    let with = try Notebook(template, results: results, authors: ["A. One", "B. Two"], measurer: FixedMeasurer())
    #expect(with.document.text.hasPrefix("ORLfacesunderFGSMA.One,B.TwoHead"))
    let without = try Notebook(template, results: results, measurer: FixedMeasurer())
    #expect(without.document.text.hasPrefix("ORLfacesunderFGSMHead"))
  }

  @Test func aNoticeNamesNoFolder() throws {
    let template = try Template(source: "```{mod-tabel}\n```\n", file: "/home/zelda/mine.md")
    let made = try Notebook(template, results: made.results, measurer: FixedMeasurer())
    #expect(made.document.says("mine.md:1: unknown cell"))
    #expect(!made.document.text.contains("zelda"))
  }
}
