import Notebooks
import Rendering
import Support
import Testing

@Suite struct ReviewTests {
  @Test(arguments: [5, 1])
  func aReviewHasTwoPages(_ models: Int) throws {
    var made = MadeUpResults(imageCount: 8)
    made.models = Array(made.models.prefix(models))
    made.names = Array(made.names.prefix(models))
    let template = try Template.load("review", folders: [shippedTemplates])
    let notebook = try Notebook(template, results: made.results, measurer: Renderer().measurer)
    #expect(notebook.problems == [])
    #expect(notebook.document.pages.count == 2)
    #expect(notebook.figures.count == 1)
  }
}
