import Foundation
import Notebooks
import Support
import Testing

@Suite struct CatalogueTests {
  @Test func documentationIsThatOfTheDefinitions() throws {
    let folder = URL(filePath: #filePath).appending(path: "../../../Documentation").standardizedFileURL
    let written = try String(contentsOf: folder.appending(path: "Cells.md"), encoding: .utf8)
    #expect(written == CellCatalogue.markdown, "Scripts/make-cell-pictures.sh writes Documentation/Cells.md again")
    for example in CellDefinition.all.flatMap(\.examples) {
      let picture = folder.appending(path: example.picture)
      #expect(FileManager.default.fileExists(atPath: picture.path), "\(example.picture) is missing")
    }
  }

  @Test func everyExampleIsReadByTheCellItShows() throws {
    var names: Set<String> = []
    for cell in CellDefinition.all {
      #expect(!cell.examples.isEmpty)
      for example in cell.examples {
        #expect(names.insert(example.name).inserted, "two examples are called \(example.name)")
        let template = try Template(source: example.source(of: cell), file: example.name)
        #expect(template.check().map(\.message) == [])
      }
    }
  }

  /// What most cells have is shown once; what a cell has to itself, or shares with few, by the cell's own pictures.
  @Test func everyOptionIsShownByAPicture() {
    let cells = CellDefinition.all
    func isShown(_ option: String, by cell: CellDefinition) -> Bool {
      cell.examples.contains { "\n\($0.yaml)".contains("\n\(option):") }
    }
    for cell in cells {
      for option in cell.options {
        let isShared = cells.count { $0.options.contains { $0.name == option.name } } > cells.count / 2
        #expect(
          isShared ? cells.contains { isShown(option.name, by: $0) } : isShown(option.name, by: cell),
          "no picture shows \(option.name) of \(cell.name)")
      }
    }
  }

  @Test func textOfACellHasEveryOption() throws {
    let cell = try #require(CellDefinition.all.first { $0.name == "sample-card" })
    let text = CellCatalogue.text(of: cell)
    #expect(
      text.contains(
        """
          amplify: a whole number, 1 to 100 (default: 10)
              How many times greater the perturbation is shown.

        """))
    for option in cell.options { #expect(text.contains("  \(option.name): ")) }
    #expect(text.hasSuffix("In a template\n\n  ```{sample-card}\n  models: [resnet50]\n  ```\n"))
  }
}
