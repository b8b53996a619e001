import Foundation
import Notebooks
import Rendering
import Support
import Testing

/// The structure of whole reports as text, the same whatever the libraries that drew them. A missing one is recorded, and
/// the test fails until it has been read and committed.
@Suite struct StructureGoldenTests {
  @Test(arguments: ["paper", "compare", "review", "model"])
  func isAsItWas(_ name: String) throws {
    let tests = URL(filePath: #filePath).deletingLastPathComponent()
    let folder = tests.deletingLastPathComponent().deletingLastPathComponent().appending(path: "Templates")
    let renderer = try Renderer()
    let notebook = try Notebook(
      Template.load(name, folders: [folder]), results: MadeUpResults().results, measurer: renderer.measurer)
    #expect(notebook.problems == [])
    let pdf = try renderer.pdf(notebook.document)
    let inspection = try PDFInspection(pdf, file: name)
    #expect(inspection.faults == [])
    let faults = try PDFConformance(pdf, file: name).faults.map(\.description)
    #expect(faults == [])
    #expect(inspection.pages.count == notebook.document.pages.count)
    let text = inspection.structure.joined(separator: "\n") + "\n"
    let url = tests.appending(path: "Goldens/\(name)-structure.txt")
    guard let golden = try? String(contentsOf: url, encoding: .utf8) else {
      try text.write(to: url, atomically: true, encoding: .utf8)
      Issue.record("\(url.lastPathComponent) was missing and has been recorded: read it")
      return
    }
    let (found, expected) = (text.split(separator: "\n"), golden.split(separator: "\n"))
    for (index, (line, other)) in zip(found, expected).enumerated() where line != other {
      Issue.record("line \(index + 1): \(line), expected \(other)")
      break
    }
    #expect(found.count == expected.count)
  }
}
