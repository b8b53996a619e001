import ExperimentFile
import Foundation
import Support
import Testing

@Suite struct ExperimentDocumentationTests {
  /// Whoever changes an option removes the page, runs the test twice and looks at the difference.
  @Test func thePageIsMadeOfTheDeclarations() throws {
    let path = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../Documentation/ExperimentFile.md")
    guard FileManager.default.fileExists(atPath: path.path) else {
      try Data(ExperimentDocumentation.markdown.utf8).write(to: path)
      Issue.record("Documentation/ExperimentFile.md was made: look at it and run the test again")
      return
    }
    #expect(try String(contentsOf: path, encoding: .utf8) == ExperimentDocumentation.markdown)
  }
}
