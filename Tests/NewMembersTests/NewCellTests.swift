import Explanations
import Images
import Notebooks
import Results
import Support
import Testing
import Typesetting

/// A toy cell, from its line in the registry to the page.
@Suite struct NewCellTests {
  private struct NoPictures: PictureSource {
    func rawMap(of series: SeriesIdentity, image: String, epsilon: Double?) throws -> RawMap? { nil }
    func photograph(model: String, image: String) throws -> RGBImage? { nil }
  }

  /// Two models on four images, of which the i-th drifts by i / 10, on the second model by 0.05 more.
  private var results: ExperimentResults {
    let models = ["a", "b"].map { key in
      ModelRecord(
        key: key, name: key.uppercased(), architecture: "vgg16", width: 1, inputSize: 32, mean: [0, 0, 0],
        standardDeviation: [1, 1, 1], classCount: 2, parameterCount: 1, weightsFile: "w", weightsSHA256: "",
        layers: ["last"], lastLayer: "last")
    }
    let images = (1...4).map { ImageRecord(path: "image\($0)", label: 0, sha256: "") }
    var results = ExperimentResults(
      title: "Toy", seed: 1, models: models, images: images, classNames: ["x"], epsilons: [0.1], targets: [.label],
      measurements: [], options: [], provenance: [], skipped: [], pictures: NoPictures())
    let (attack, explanation) = (results.attacks[0].key, results.explanationKeys[0])
    for model in models {
      for (index, image) in images.enumerated() {
        for epsilon in [0, 0.1] {
          let drift = epsilon == 0 ? 0 : Double(index + 1) / 10 + (model.key == "b" ? 0.05 : 0)
          results.measurements.append(
            Measurement(
              model: model.key, image: image.path, label: 0, attack: attack, explanation: explanation, target: .label,
              layer: "last", epsilon: epsilon, cleanPrediction: 0, adversarialPrediction: 0, cleanConfidence: 1,
              adversarialConfidence: 1, dissimilarities: [drift], parts: [1 - 2 * drift], cleanPeak: 1,
              adversarialPeak: 1))
        }
      }
    }
    return results
  }

  private func notebook(_ source: String) throws -> Notebook {
    try Notebook(Template(source: source, file: "toy.md"), results: results, measurer: FixedMeasurer())
  }

  @Test func itStandsOnThePage() throws {
    try cells.adding(MostMovedCell.self) { () throws -> Void in
      let made = try notebook("See @tab-moved-b.\n\n```{most-moved}\nlabel: tab-moved\ncount: 2\n```")
      #expect(made.problems == [])
      #expect(made.tables.map(\.label) == ["tab-moved-a", "tab-moved-b"])
      #expect(made.tables.first?.csv == "image,drift\nimage4,0.4\nimage3,0.3\n")
      #expect(made.tables.last?.csv == "image,drift\nimage4,0.45\nimage3,0.35\n")
      let words = made.document.squeezedText
      #expect(words.contains("SeeTable2."))
      #expect(words.contains("Table1.Theimagesthatdriftmost,of4images,by"))
      #expect(words.contains("image40.4image30.3"))
    }
  }

  /// What all cells of series share, it has without a word.
  @Test func theSharedOptionsHold() throws {
    try cells.adding(MostMovedCell.self) { () throws -> Void in
      let one = try notebook("```{most-moved}\nlabel: tab-moved\nmodels: [b]\ncount: 1\ncaption: Mine.\n```")
      #expect(one.tables.map(\.label) == ["tab-moved"])
      #expect(one.tables.first?.csv == "image,drift\nimage4,0.45\n")
      #expect(
        try notebook("```{most-moved}\nmodels: [vgg]\n```").problems.map(\.description) == [
          "toy.md:2: the experiment has no model `vgg`\n  Known are: `a`, `b`."
        ])
    }
  }

  @Test func mistakesInItsOptionsAreNamed() throws {
    try cells.adding(MostMovedCell.self) { () throws -> Void in
      func message(_ option: String) throws -> String {
        try Template(source: "```{most-moved}\n\(option)\n```", file: "toy.md").check().map(\.description).joined()
      }
      #expect(
        try message("cuont: 2") == "toy.md:2: unknown option `cuont` in the cell `most-moved`\n  Did you mean `count`?")
      #expect(try message("count: 0") == "toy.md:2: `count` must be a whole number from 1 to 100, found `0`")
    }
  }

  @Test func itIsListed() {
    cells.adding(MostMovedCell.self) {
      #expect(
        CellCatalogue.summary.split(separator: "\n").contains {
          $0.hasPrefix("most-moved ")
            && $0.hasSuffix("The images that drift most, greatest first; one table for each series.")
        })
      let text = CellCatalogue.text(of: MostMovedCell.self)
      #expect(text.contains("  count: a whole number from 1 to 100 (default: 3)\n      How many images are listed.\n"))
      #expect(text.contains("  models: a word or a list of words (default: all)\n"))
      #expect(text.contains("  layers: a word or a list of words (default: last)\n"))
      #expect(text.hasSuffix("In a template\n\n  ```{most-moved}\n  count: 2\n  ```\n"))
    }
  }
}
