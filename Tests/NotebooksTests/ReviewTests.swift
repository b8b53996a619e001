import Notebooks
import Rendering
import Support
import Testing

@Suite struct ReviewTests {
  @Test(arguments: [5, 1])
  func aReviewHasTwoOrThreePages(_ models: Int) throws {
    var made = MadeUpResults(imageCount: 8)
    made.models = Array(made.models.prefix(models))
    made.names = Array(made.names.prefix(models))
    let template = try Template.load("review", folders: [shippedTemplates])
    let notebook = try Notebook(template, results: made.results, measurer: Renderer().measurer)
    #expect(notebook.problems == [])
    #expect((2...3).contains(notebook.document.pages.count))
    // The curve, the differences where there are some, and the heatmaps of every model on one image.
    #expect(notebook.figures.map(\.label) == ["fig-curve"] + (models > 1 ? ["fig-differences"] : []) + ["fig-grid"])
    let grid = try #require(notebook.figures.last)
    let named = grid.frame.texts.filter { $0.rotation == 90 }.map(\.text)
    #expect(named.sorted() == made.names.sorted())
  }
}
