import Architectures
import Datasets
import ExperimentFile
import Foundation
import GoldenSupport
import Graphs
import Images
import Measuring
import Results
import Store
import Support
import Synchronization
import Tensors
import Weights

/// A network small enough to compute by hand: its one layer `maps` is the image itself (K = 3, the colours), and
/// the logit of class c is the mean over the image of colour c, for the three classes red, green, blue.
///
/// So d logit_c / d x is 1 / S^2 for colour c and 0 elsewhere, and the raw map of class c is colour c / S^2.
func colourNetwork(size: Int) throws -> Network {
  var builder = GraphBuilder(width: 1, inputSize: size)
  let image = builder.image()
  let maps = builder.relu("maps", image)
  let again = builder.relu("again", maps)
  let pooled = builder.adaptiveAveragePooling("pool", again, size: 1)
  _ = builder.linear("fc", pooled, features: 3)
  let identity = Tensor(shape: [3, 3], values: [1, 0, 0, 0, 1, 0, 0, 0, 1])
  let weights = DictionaryTensors(["fc.weight": identity, "fc.bias": Tensor(zeros: [3])])
  return try Network(
    builder.graph(name: "colours", lastLayer: "again"),
    normalisation: Normalisation(mean: [0, 0, 0], standardDeviation: [1, 1, 1]), weights: weights)
}

/// Computes the colour network in closed form, and counts what it was asked for.
final class ColourEngine: Engine {
  struct Counts: Equatable, Sendable {
    var prepared: [[String]] = []
    var logits = 0
    var inputGradients = 0
    var explanations = 0
  }

  let name = "colours"
  let version = "colours 1"
  let counts = Mutex(Counts())
  /// Fails on images whose mean red is this.
  let brokenRed: Float?
  /// Finds NaN when it looks inside the network, and takes its time for it.
  let isUnsound: Bool
  /// Sees every image as so bright: a processor that errs.
  let brightness: Float

  init(brokenRed: Float? = nil, isUnsound: Bool = false, brightness: Float = 1) {
    self.brightness = brightness
    self.brokenRed = brokenRed
    self.isUnsound = isUnsound
  }

  func prepare(_ network: Network, layers: [ResolvedLayer]) throws(Problem) -> any PreparedNetwork {
    counts.withLock { $0.prepared.append(layers.map(\.name)) }
    return Prepared(engine: self, network: network, layers: layers)
  }

  private struct Prepared: PreparedNetwork {
    let engine: ColourEngine
    let network: Network
    let layers: [ResolvedLayer]
    func makeSession(
      batch: Int, for purpose: SessionPurpose, gradients: LayerGradients, beside other: (any NetworkSession)?
    ) throws(Problem) -> any NetworkSession {
      Session(engine: engine, layers: layers, capacity: batch)
    }
  }

  private final class Session: NetworkSession {
    let engine: ColourEngine
    let layers: [ResolvedLayer]
    let capacity: Int
    var images: [Tensor] = []

    init(engine: ColourEngine, layers: [ResolvedLayer], capacity: Int) {
      self.engine = engine
      self.layers = layers
      self.capacity = capacity
    }

    func bytes(explaining scores: Int) -> Int { 50 << 20 }

    func staysFinite(_ image: Tensor) throws(Problem) -> Bool {
      guard engine.isUnsound else { return true }
      Thread.sleep(forTimeInterval: 0.2)
      throw .failure("layer again is NaN")
    }

    func logits(of images: [Tensor]) throws(Problem) -> [[Float]] {
      engine.counts.withLock { $0.logits += images.count }
      let images =
        engine.brightness == 1
        ? images
        : images.map { image in
          Tensor(shape: image.shape, values: image.values.map { $0 * engine.brightness })
        }
      self.images = images
      var all: [[Float]] = []
      for image in images {
        let area = image.shape[1] * image.shape[2]
        let logits = (0..<3).map { channel in
          Float(image.values[channel * area..<(channel + 1) * area].reduce(0.0) { $0 + Double($1) } / Double(area))
        }
        if let broken = engine.brokenRed, abs(logits[0] - broken) < 1e-6 {
          // As whatever an engine does on the thread of a pass may.
          _ = concurrentMap([0]) { $0 }
          throw .failure("layer maps is NaN")
        }
        all.append(logits)
      }
      return all
    }

    private func spread(_ score: Score) -> Tensor {
      let shape = images[score.image].shape
      let area = shape[1] * shape[2]
      return Tensor(
        shape: shape, values: score.logitGradient.flatMap { [Float](repeating: $0 / Float(area), count: area) })
    }

    func inputGradient(of score: Score) throws(Problem) -> Tensor {
      engine.counts.withLock { $0.inputGradients += 1 }
      return spread(score)
    }

    func explainLayers(
      _ scores: [Score], visit: (Int, LentEvidence) throws(Problem) -> Void,
      visitMeans: (Int, LentMeans) throws(Problem) -> Void
    ) throws(Problem) {
      engine.counts.withLock { $0.explanations += scores.count }
      for layer in layers.indices.reversed() {
        for (index, score) in scores.enumerated() {
          try images[score.image].withFeatureMaps { (activations) throws(Problem) in
            try spread(score).withFeatureMaps { (gradients) throws(Problem) in
              try visit(
                index,
                LentEvidence(layer: layer, activations: activations, gradients: gradients, folding: nil))
            }
          }
        }
      }
    }
  }
}

/// 32 x 32 pixels, one colour on the left and one on the right.
func halves(_ left: [UInt8], _ right: [UInt8]) -> RGBImage {
  RGBImage(
    width: 32, height: 32,
    pixels: (0..<32).flatMap { _ in (0..<32).flatMap { $0 < 16 ? left : right } })
}

/// A plan over the colour network and the images that a folder holds as `<label>/<name>.png`.
struct ColourExperiment {
  let folder = try? TestFolder()
  var attack = "epsilons: [0.2]"
  var targets = "[predicted]"
  var layers = "[last]"
  var window = "uniform"
  /// "measures: [rank]"; with a window where there is none.
  var measures: String?
  var keepPictures = "auto"
  var control: String?
  var revisedLayers: [String]?
  var images: [(path: String, label: Int, image: RGBImage)] = [
    ("red/a.png", 0, halves([200, 100, 0], [100, 100, 0])),
    ("green/b.png", 1, halves([10, 120, 30], [10, 240, 60])),
    ("blue/c.png", 2, halves([90, 0, 60], [20, 10, 250])),
  ]

  func yaml() -> String {
    """
    title: Colours
    seed: 3
    data: {source: folder, root: faces}
    input: {size: 32, mean: [0, 0, 0], std: [1, 1, 1]}
    models: [{architecture: vgg16, weights: colours.safetensors, layers: \(layers)}]
    attack: {\(attack)}
    explain: {targets: \(targets)}
    compare: {\(measures ?? "window: \(window)")}
    """ + (keepPictures == "auto" ? "" : "\nreport: {keep-pictures: \(keepPictures)}")
      + (control.map { "\ncontrol: \($0)" } ?? "")
  }

  func file() throws -> ExperimentFile { try ExperimentFile(text: yaml(), path: "Experiments/colours.yaml") }

  func plan() throws -> Plan {
    guard let folder else { throw Problem.failure("no temporary folder") }
    let experiment = try file().experiment
    let network = try colourNetwork(size: 32)
    let options = experiment.models[0]
    let layers = try network.resolve(layers: options.layers)
    let record = ModelRecord(
      key: options.key, name: options.name, architecture: options.architecture?.rawValue ?? "", width: 1, inputSize: 32,
      mean: [0, 0, 0], standardDeviation: [1, 1, 1], classCount: 3, parameterCount: network.parameterCount,
      weightsFile: "colours.safetensors", weightsSHA256: "c0", layers: layers.map(\.name), lastLayer: "again",
      revisedLayers: revisedLayers)
    var planned: [PlannedImage] = []
    for (path, label, image) in images {
      let bytes = try ImageEncoder.png(image)
      if !FileManager.default.fileExists(atPath: "\(folder.path)/\(path)") { try folder.write(bytes, to: path) }
      let source = LabelledImage(path: path, url: URL(filePath: "\(folder.path)/\(path)"), label: label)
      let hash = try Checksum.sha256(contentsOf: source.url)
      planned.append(PlannedImage(record: ImageRecord(path: path, label: label, sha256: hash), source: source))
    }
    let model = PlannedModel(
      record: record, options: options, network: network, layers: layers, preparation: try InputPreparation(size: 32))
    return Plan(experiment: experiment, models: [model], images: planned, classNames: ["red", "green", "blue"])
  }

  func store() throws -> ResultsStore {
    guard let folder else { throw Problem.failure("no temporary folder") }
    return try ResultsStore(path: folder.path + "/results.sqlite")
  }

  /// Runs into a store.
  /// - Returns: the record of the run, which is not saved.
  func record(in store: ResultsStore) throws -> StoredRun {
    let plan = try plan()
    let outcome = try Runner(plan: plan, store: store, engine: ColourEngine(), threads: 1).run()
    return StoredRun(
      file: try file(), plan: plan, engine: "colours 1", outcome: outcome, software: [], template: nil)
  }

  /// Runs into the experiment's own store and returns what the store then has.
  func run(
    engine: any Engine = ColourEngine(), threads: Int = 1,
    shouldStop: @escaping @Sendable () -> Bool = { false },
    observe: @escaping @Sendable (RunEvent) -> Void = { _ in }
  ) throws -> (outcome: RunOutcome, results: ExperimentResults?) {
    let plan = try plan()
    let store = try store()
    let outcome = try Runner(plan: plan, store: store, engine: engine, threads: threads)
      .run(shouldStop: shouldStop, observe: observe)
    let run = StoredRun(
      file: try file(), plan: plan, engine: engine.version, outcome: outcome, software: [], template: nil)
    return (outcome, outcome.wasStopped ? nil : try store.results(of: run))
  }
}
