import Foundation
import Images
import Notebooks
import Rendering
import Support
import Testing

/// Cells as they look, held to small pictures that somebody has looked at. A missing one is recorded, and the test fails
/// until it has been seen and committed.
@Suite struct PictureGoldenTests {
  @Test(arguments: ["mod-curve", "heatmap-grid", "mod-table", "dissimilarity-histogram"])
  func looksAsItDid(_ cell: String) throws {
    let renderer = try Renderer()
    let template = try Template(source: "```{\(cell)}\nmodels: [vgg16]\n```\n", file: cell)
    let (frame, problems) = Notebook.excerpt(
      template, results: MadeUpResults().results, width: 300, measurer: renderer.measurer)
    #expect(problems == [])
    let image = try renderer.image(frame, dotsPerInch: 60)
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens/\(cell).png")
    guard FileManager.default.fileExists(atPath: url.path) else {
      try Data(ImageEncoder.png(image)).write(to: url)
      Issue.record("\(url.lastPathComponent) was missing and has been recorded: look at it")
      return
    }
    let golden = try ImageDecoder.decode(contentsOf: url)
    #expect(image.width == golden.width)
    #expect(image.height == golden.height)
    guard image.pixels.count == golden.pixels.count else { return }
    // Another build of the font or of Cairo may smooth an edge otherwise; a label that moved changes far more.
    let differences = zip(image.pixels, golden.pixels).map { abs(Int($0) - Int($1)) }
    let mean = Double(differences.reduce(0, +)) / Double(differences.count)
    let far = Double(differences.count { $0 > 64 }) / Double(differences.count)
    #expect(mean < 1.5, "mean difference \(mean) of 255")
    #expect(far < 0.01, "\(far) of the values differ by more than 64")
  }
}
