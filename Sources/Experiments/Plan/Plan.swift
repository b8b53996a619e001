import Architectures
import Datasets
import Diagnostics
import Foundation
import Hashing
import Images
import Networks
import Results
import Weights

/// A model whose weights were opened and found to fit.
public struct PlannedModel: Sendable {
  public let record: ModelRecord
  public let options: ModelOptions
  public let network: Network
  /// Input side first.
  public let layers: [ResolvedLayer]
  public let preparation: InputPreparation

  public init(
    record: ModelRecord, options: ModelOptions, network: Network, layers: [ResolvedLayer],
    preparation: InputPreparation
  ) {
    self.record = record
    self.options = options
    self.network = network
    self.layers = layers
    self.preparation = preparation
  }
}

/// An image whose bytes were read once, for its hash.
public struct PlannedImage: Sendable {
  public let record: ImageRecord
  public let source: LabelledImage

  public init(record: ImageRecord, source: LabelledImage) {
    self.record = record
    self.source = source
  }
}

/// An experiment with everything opened and checked that it names; nothing is computed yet and nothing written.
///
///     let file = try ExperimentFile(path: "Experiments/orl.yaml")
///     let plan = try Plan(file)
public struct Plan: Sendable {
  public let experiment: Experiment
  public let models: [PlannedModel]
  public let images: [PlannedImage]
  /// Files that cannot even be opened; the others are measured without them.
  public let unreadable: [SkippedImage]
  /// Class index to name.
  public let classNames: [String]
  /// What the data leave out and why, in sentences.
  public let notes: [String]
  /// What the libraries that decode the images do otherwise than those of the goldens; see `DecoderRevision`.
  public let decoders: String?

  public init(
    experiment: Experiment, models: [PlannedModel], images: [PlannedImage], classNames: [String], notes: [String] = [],
    unreadable: [SkippedImage] = [], decoders: String? = DecoderRevision.current
  ) {
    self.decoders = decoders
    self.experiment = experiment
    self.models = models
    self.images = images
    self.classNames = classNames
    self.notes = notes
    self.unreadable = unreadable
  }

  /// - Parameter early: prepares the first model while its weights are hashed; for a run that will compute everything.
  /// - Throws: `Problem` of kind `.usage`: weights that are missing, damaged or do not fit, unknown layers, missing
  ///   data, data of which no image can be opened, labels outside a network's classes.
  public init(_ file: ExperimentFile, early: EarlyPreparation? = nil) throws(Problem) {
    experiment = file.experiment
    decoders = DecoderRevision.current
    // Reading and hashing weights and images is most of the time before a run.
    let (models, (dataset, hashes)) = try concurrently { [experiment] () throws(Problem) in
      try concurrentMap(Array(experiment.models.enumerated())) { (index, options) throws(Problem) in
        let path = "models[\(index)]"
        return try PlannedModel(options, early: index == 0 ? early : nil) {
          file.places["\(path).\($0)"] ?? file.places[path]
        }
      }
    } _: { [experiment] () throws(Problem) in
      let dataset = try Plan.dataset(of: experiment.data, places: file.places)
      let hashes = concurrentMap(dataset.images) { image in
        Result { () throws(Problem) in try Checksum.sha256(contentsOf: image.url) }
      }
      return (dataset, hashes)
    }
    var images: [PlannedImage] = []
    var unreadable: [SkippedImage] = []
    for (image, hash) in zip(dataset.images, hashes) {
      switch hash {
      case .failure(let problem): unreadable.append(SkippedImage(path: image.path, reason: problem.message))
      case .success(let hash):
        images.append(
          PlannedImage(
            record: ImageRecord(
              path: image.path, label: image.label, sha256: hash, alignment: image.alignment?.description),
            source: image))
      }
    }
    if images.isEmpty, let first = unreadable.first {
      throw .usage(
        at: file.places["data.root"] ?? file.places["data"],
        "none of the \(unreadable.count) images can be opened; the first is \(first.path): \(first.reason)",
        remedy: "Check the permissions of the files.")
    }
    self.models = models
    self.images = images
    self.unreadable = unreadable
    classNames = dataset.classNames
    notes =
      dataset.notes
      + models.flatMap { model -> [String] in
        guard let state = model.record.weightsState, !state.others.isEmpty || state.isChosen else { return [] }
        return ["Weights of \(model.record.name): \(state.notes.joined(separator: "; "))."]
      }
    try checkLabels(places: file.places)
  }

  private static func dataset(of data: DataOptions, places: [String: Place]) throws(Problem) -> Dataset {
    func url(_ path: ExperimentPath?, isFolder: Bool) -> URL? {
      path.map { URL(filePath: $0.resolved, directoryHint: isFolder ? .isDirectory : .notDirectory) }
    }
    let root = url(data.root, isFolder: true)
    if data.source == .vggface2 {
      return try usage(at: places["data.root"] ?? places["data"]) { () throws(Problem) in
        guard let root, let faces = data.faces else { throw Problem.usage("`data.root` is missing") }
        return try Dataset.vggface2(
          root, options: faces, list: url(data.list, isFolder: false), split: data.split, seed: data.splitSeed,
          limit: data.limit)
      }
    }
    let whole = try usage(at: places["data.root"] ?? places["data"]) { () throws(Problem) in
      switch data.source {
      case .orl: return try Dataset.orl(cache: root)
      case .manifest:
        guard let manifest = url(data.path, isFolder: false) else { throw Problem.usage("`data.path` is missing") }
        return try Dataset.manifest(manifest, root: root, classes: url(data.classes, isFolder: false))
      case .folder, .vggface2:
        guard let root else { throw Problem.usage("`data.root` is missing") }
        var dataset = try Dataset.folder(root)
        if let classes = url(data.classes, isFolder: false) {
          dataset.classNames = try ClassNames(contentsOf: classes).names(for: dataset.classNames)
        }
        return dataset
      }
    }
    return try usage(at: places["data.split"] ?? places["data"]) { () throws(Problem) in
      let selected = try whole.selecting(data.split, seed: data.splitSeed, limit: data.limit)
      if data.source == .manifest { try selected.checkPlaces() }
      return selected
    }
  }

  private func checkLabels(places: [String: Place]) throws(Problem) {
    for (index, model) in models.enumerated() {
      guard let image = images.first(where: { $0.record.label >= model.network.classCount }) else { continue }
      let name = classNames.indices.contains(image.record.label) ? " (\(classNames[image.record.label]))" : ""
      throw .usage(
        at: places["models[\(index)].weights"],
        "\(model.record.name) has \(model.network.classCount) classes, but \(image.record.path) has the label "
          + "\(image.record.label)\(name), counted from 0",
        remedy: "Use weights that were trained on these labels, or the data that the weights were trained on.")
    }
  }
}

extension PlannedModel {
  /// - Parameter place: of a key of the model, to tell where the experiment file names what is wrong.
  fileprivate init(
    _ options: ModelOptions, early: EarlyPreparation?, place: (String) -> Place?
  ) throws(Problem) {
    let path = options.weights.resolved
    let weightsPlace = place("weights")
    guard FileManager.default.fileExists(atPath: path) else {
      throw .usage(
        at: weightsPlace, "there is no weights file `\(options.weights.written)` for \(options.name)",
        remedy: "Paths are relative to the experiment file; looked for it at \(path).")
    }
    let input = options.input
    let weights = try usage(at: weightsPlace) { () throws(Problem) in try WeightsFile.open(path) }
    let placed: PlacedWeights
    do {
      placed = try options.architecture.place(in: weights, state: options.state, width: options.width)
    } catch {
      // Where the experiment file says it, or should.
      var problem = error
      if let place = place(options.state == nil ? "weights" : "state") { problem.place = place }
      throw problem
    }
    let network = try usage(at: weightsPlace) { () throws(Problem) in
      if weights.format == .numPyPickle, options.variant == nil, options.architecture.variants.contains(.caffe) {
        throw .usage(
          at: weightsPlace,
          "`\(options.weights.fileName)` is a pickle of NumPy arrays, as networks that were converted from Caffe are; "
            + "its tensors do not tell which variant of \(options.architecture.rawValue) they belong to",
          remedy: "Add `variant: caffe` (the published weights for VGGFace2) or `variant: standard` to the model.")
      }
      return try options.architecture.network(
        weights: placed.weights, width: options.width, variant: options.variant ?? .standard,
        inputSize: input.size, normalisation: input.normalisation)
    }
    let layers = try usage(at: place("layers")) { () throws(Problem) in try network.resolve(layers: options.layers) }
    let hash = try usage(at: weightsPlace) { () throws(Problem) in
      try concurrently { () throws(Problem) in
        try PlannedModel.sha256(of: weights.files)
      } _: { () throws(Problem) in
        early?.prepare(network, layers: layers, model: options.key)
      }.0
    }
    let preparation = try usage(at: place("input")) { () throws(Problem) in
      try InputPreparation(size: input.size, fit: input.fit == .crop ? .crop(resize: input.resize) : .squash)
    }
    let record = ModelRecord(
      key: options.key, name: options.name, architecture: options.architecture.rawValue, width: options.width,
      inputSize: input.size, mean: input.mean, standardDeviation: input.standardDeviation,
      classCount: network.classCount, parameterCount: network.parameterCount, weightsFile: options.weights.fileName,
      weightsSHA256: hash, layers: layers.map(\.name), lastLayer: network.lastLayer,
      weightsState: placed.notes.isEmpty
        ? nil
        : WeightsState(
          name: placed.place.name, isChosen: placed.isChosen, others: placed.others,
          notes: placed.notes.map(PlannedModel.quoted)))
    self.init(record: record, options: options, network: network, layers: layers, preparation: preparation)
  }

  /// Of several files that of a text with a line for each: its SHA-256, two spaces, its name.
  private static func sha256(of files: [String]) throws(Problem) -> String {
    let hashes = try concurrentMap(files) { (file) throws(Problem) in
      try Checksum.sha256(contentsOf: URL(filePath: file))
    }
    guard files.count > 1 else { return hashes.first ?? Checksum.sha256([UInt8]()) }
    let lines = zip(hashes, files).map { "\($0)  \($1.split(separator: "/").last ?? "")\n" }
    return Checksum.sha256(Array(lines.joined().utf8))
  }

  /// `ema` of a terminal is “ema” in a report.
  private static func quoted(_ text: String) -> String {
    var isOpen = false
    return String(
      text.map { character in
        guard character == "`" else { return character }
        isOpen.toggle()
        return isOpen ? "“" : "”"
      })
  }
}

/// Before anything is started every problem is one of the call's, whoever found it; where it does not say its own
/// place, the experiment file's is the next best.
private func usage<Result>(at place: Place?, _ body: () throws(Problem) -> Result) throws(Problem) -> Result {
  do {
    return try body()
  } catch {
    var problem = error
    problem.kind = .usage
    problem.place = problem.place ?? place
    throw problem
  }
}
