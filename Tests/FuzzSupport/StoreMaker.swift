import Architectures
import Datasets
import EngineOpenBLAS
import ExperimentFile
import Explanations
import Foundation
import Graphs
import Images
import Measuring
import Results
import Store
import Support
import Tensors
import Typesetting
import Weights

/// A folder of its own, gone afterwards.
package final class FuzzFolder: Sendable {
  package let path: String

  package init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "heatdrift-fuzz-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Every character half as wide as the font is high.
package struct HalfWide: TextMeasurer {
  package init() {}

  package func extent(of text: String, font: Font) -> TextExtent {
    TextExtent(width: Double(text.count) * font.size / 2, ascent: font.size * 0.75, descent: font.size * 0.25)
  }
}

/// A sound store of a finished run over three images and a network of one layer.
package struct StoreMaker {
  /// The store's file, the plan of its run, and what it gives. The plan's images are gone with `folder`.
  package struct Made {
    package let bytes: [UInt8]
    package let results: ExperimentResults
    package let plan: Plan
    package let folder: FuzzFolder
  }

  package init() {}

  private let yaml = """
    title: Fuzz
    data: {source: folder, root: faces}
    input: {size: 32, mean: [0, 0, 0], std: [1, 1, 1]}
    models: [{architecture: vgg16, weights: colours.safetensors}]
    attack: {epsilons: [0.1, 0.2]}
    """

  package func make() throws -> Made {
    let folder = try FuzzFolder()
    let file = try ExperimentFile(text: yaml, path: "fuzz.yaml")
    var builder = GraphBuilder(width: 1, inputSize: 32)
    let maps = builder.relu("maps", builder.image())
    _ = builder.linear("fc", builder.adaptiveAveragePooling("pool", maps, size: 1), features: 3)
    let weights = DictionaryTensors([
      "fc.weight": Tensor(shape: [3, 3], values: [1, 0, 0, 0, 1, 0, 0, 0, 1]), "fc.bias": Tensor(zeros: [3]),
    ])
    let network = try Network(
      builder.graph(name: "colours", lastLayer: "maps"),
      normalisation: Normalisation(mean: [0, 0, 0], standardDeviation: [1, 1, 1]), weights: weights)
    let options = file.experiment.models[0]
    let model = PlannedModel(
      record: ModelRecord(
        key: options.key, name: options.name, architecture: "vgg16", width: 1, inputSize: 32, mean: [0, 0, 0],
        standardDeviation: [1, 1, 1], classCount: 3, parameterCount: 12, weightsFile: "colours.safetensors",
        weightsSHA256: "c0", layers: ["maps"], lastLayer: "maps"),
      options: options, network: network, layers: try network.resolve(layers: ["last"]),
      preparation: try InputPreparation(size: 32))
    var images: [PlannedImage] = []
    for label in 0..<3 {
      let pixels = (0..<32 * 32 * 3).map { UInt8($0 * (label + 3) % 251) }
      let bytes = try ImageEncoder.png(RGBImage(width: 32, height: 32, pixels: pixels))
      let url = URL(filePath: "\(folder.path)/\(label).png")
      try Data(bytes).write(to: url)
      images.append(
        PlannedImage(
          record: ImageRecord(path: "\(label).png", label: label, sha256: Checksum.sha256(bytes)),
          source: LabelledImage(path: "\(label).png", url: url, label: label)))
    }
    let plan = Plan(experiment: file.experiment, models: [model], images: images, classNames: ["a", "b", "c"])
    let store = try ResultsStore(path: "\(folder.path)/results.sqlite")
    let engine = try OpenBLASEngine()
    let outcome = try Runner(plan: plan, store: store, engine: engine, threads: 1).run()
    let run = StoredRun(
      file: file, plan: plan, engine: engine.version, outcome: outcome, software: [], template: "# T\n")
    try store.save(run)
    try store.close()
    let bytes = Array(try Data(contentsOf: URL(filePath: "\(folder.path)/results.sqlite")))
    let reader = try ResultsStore(readingAt: "\(folder.path)/results.sqlite")
    var results = try reader.results(of: run)
    results.pictures = KeptPictures(folder: folder, pictures: results.pictures)
    return Made(bytes: bytes, results: results, plan: plan, folder: folder)
  }
}

/// Keeps the folder for as long as somebody may ask for a picture.
private struct KeptPictures: PictureSource, @unchecked Sendable {
  let folder: FuzzFolder
  let pictures: any PictureSource

  func rawMap(of series: SeriesIdentity, image: String, epsilon: Double?) throws -> RawMap? {
    try pictures.rawMap(of: series, image: image, epsilon: epsilon)
  }

  func photograph(model: String, image: String) throws -> RGBImage? {
    try pictures.photograph(model: model, image: image)
  }

  func perturbation(model: String, image: String, attack: String) throws -> PerturbationSigns? {
    try pictures.perturbation(model: model, image: image, attack: attack)
  }

  func scores(model: String, image: String, attack: String, epsilon: Double) throws -> ClassScores? {
    try pictures.scores(model: model, image: image, attack: attack, epsilon: epsilon)
  }
}
