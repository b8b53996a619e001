import Foundation
import Notebooks
import Support
import Testing

@Suite struct CatalogueTests {
  @Test func documentationIsThatOfTheDefinitions() throws {
    let folder = URL(filePath: #filePath).appending(path: "../../../Documentation").standardizedFileURL
    let written = try String(contentsOf: folder.appending(path: "Cells.md"), encoding: .utf8)
    #expect(written == CellCatalogue.markdown, "Scripts/make-cell-pictures.sh writes Documentation/Cells.md again")
    for example in cells.all.flatMap({ $0.examples }) {
      let picture = folder.appending(path: example.picture)
      #expect(FileManager.default.fileExists(atPath: picture.path), "\(example.picture) is missing")
    }
  }

  @Test func everyExampleIsReadByTheCellItShows() throws {
    var names: Set<String> = []
    for cell in cells.all {
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
    let all = cells.all
    func isShown(_ option: String, by cell: any Cell.Type) -> Bool {
      cell.examples.contains { "\n\($0.yaml)".contains("\n\(option):") }
    }
    for cell in all {
      for option in cell.optionNames {
        let isShared = all.count { $0.optionNames.contains(option) } > all.count / 2
        #expect(
          isShared ? all.contains { isShown(option, by: $0) } : isShown(option, by: cell),
          "no picture shows \(option) of \(cell.key)")
      }
    }
  }

  @Test func textOfACellHasEveryOption() throws {
    let cell = try #require(cells["sample-card"])
    let text = CellCatalogue.text(of: cell)
    #expect(
      text.contains(
        """
          amplify: a whole number from 1 to 100 (default: 10)
              How many times greater the perturbation of the strongest level is shown.

        """))
    for option in cell.optionNames { #expect(text.contains("  \(option): ")) }
    #expect(text.hasSuffix("In a template\n\n  ```{sample-card}\n  models: [resnet50]\n  ```\n"))
  }
}
