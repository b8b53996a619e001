import Architectures
import Datasets
import ExperimentFile
import Foundation
import Graphs
import Images
import Results
import Store
import Support
import Tensors
import Weights

/// A model whose weights were opened, looked at, and found to fit.
public struct PlannedModel: Sendable {
  /// What reports and provenance say of it.
  public let record: ModelRecord
  /// As the experiment file has them.
  public let options: ModelOptions
  /// With its weights, which are read when an engine prepares it.
  public let network: Network
  /// Input side first.
  public let layers: [ResolvedLayer]
  /// Makes a picture the network's input.
  public let preparation: InputPreparation
  /// What the weights are read from, held to what was hashed.
  public let files: [HeldFile]

  public init(
    record: ModelRecord, options: ModelOptions, network: Network, layers: [ResolvedLayer],
    preparation: InputPreparation, files: [HeldFile] = []
  ) {
    self.files = files
    self.record = record
    self.options = options
    self.network = network
    self.layers = layers
    self.preparation = preparation
  }
}

/// An image whose bytes were read once, for its hash.
public struct PlannedImage: Sendable {
  /// What reports and provenance say of it.
  public let record: ImageRecord
  /// Where its file lies.
  public let source: LabelledImage

  public init(record: ImageRecord, source: LabelledImage) {
    self.record = record
    self.source = source
  }

  /// As a model's network sees it, (3, S, S) in [0, 1].
  /// - Throws: `Problem` for a file that cannot be read, is no image, or is not the one that was planned with.
  func input(of model: PlannedModel) throws(Problem) -> Tensor {
    try model.preparation(source.load(expecting: record.sha256, orientation: model.options.input.orientation).image)
  }
}

/// An experiment with everything opened and checked that it names; nothing is computed yet and nothing written.
///
///     let file = try ExperimentFile(path: "Experiments/orl.yaml")
///     let plan = try Plan(file)
public struct Plan: Sendable {
  /// What was asked for.
  public let experiment: Experiment
  /// In the experiment's order.
  public let models: [PlannedModel]
  /// Those that the split and the limit left, in the order of the data.
  public let images: [PlannedImage]
  /// Files that cannot even be opened; the others are measured without them.
  public let unreadable: [SkippedImage]
  /// Class index to name.
  public let classNames: [String]
  /// What the data leave out and why, in sentences.
  public let notes: [String]
  /// What the reader of the results should know; `ExperimentResults` adds what shows in the results themselves.
  public private(set) var warnings: [Warning] = []
  /// Files of the data's folders that are none of its images.
  public private(set) var passedOver: [SkippedImage] = []
  /// Holds the only model's network where it was prepared while its weights were hashed.
  public var early: EarlyPreparation?
  /// What the libraries that decode the images do otherwise than those of the goldens; see `DecoderRevision`.
  public let decoders: String?

  /// Of images and weights, for the next plan.
  public private(set) var hashes = FileHashes()

  /// Once they are stored they are of no use any more, and of many images they take much memory.
  public mutating func forgetHashes() { hashes = FileHashes() }

  /// Of so many images the store keeps all pictures where the experiment does not say it.
  public static let mostPictures = 1000
  private var mostPictures = Plan.mostPictures

  /// Whether the store keeps the inputs of all images and the directions of their attacks.
  var keepsPictures: Bool {
    switch experiment.report.keepPictures {
    case .always: true
    case .never: false
    case .auto: images.count <= mostPictures
    }
  }

  public init(
    experiment: Experiment, models: [PlannedModel], images: [PlannedImage], classNames: [String], notes: [String] = [],
    unreadable: [SkippedImage] = [], decoders: String? = DecoderRevision.current, mostPictures: Int = Plan.mostPictures
  ) {
    self.mostPictures = mostPictures
    self.decoders = decoders
    self.experiment = experiment
    self.models = models
    self.images = images
    self.classNames = classNames
    self.notes = notes
    self.unreadable = unreadable
  }

  /// - Parameters:
  ///   - early: prepares a model while its weights are hashed, where there is but one; for a run that will compute
  ///     everything. With several all are looked at before the first is measured, and none is kept meanwhile.
  ///   - known: hashes of images and weights from the run before; every other file is read.
  /// - Throws: `Problem` of kind `.usage`: weights that are missing, damaged, not finite or do not fit, unknown layers,
  ///   missing data, data of which no image can be opened, labels outside a network's classes; `.changed` for files that
  ///   others write to meanwhile.
  public init(
    _ file: ExperimentFile, early: EarlyPreparation? = nil, hashes known: FileHashes = FileHashes()
  ) throws(Problem) {
    experiment = file.experiment
    decoders = DecoderRevision.current
    // Reading and hashing weights and images is most of the time before a run.
    let (models, (dataset, found)) = try concurrently { [experiment] () throws(Problem) in
      try concurrentMap(Array(experiment.models.enumerated())) { (index, options) throws(Problem) in
        let path = "models[\(index)]"
        return try PlannedModel(options, hashes: known) { (network, layers) throws(Problem) in
          // An engine looks at all values itself.
          if experiment.models.count == 1, early?.prepare(network, layers: layers, model: options.key) == true {
            return
          }
          try network.checkWeights(layers: layers)
        } place: {
          file.places["\(path).\($0)"] ?? file.places[path]
        }
      }
    } _: { [experiment] () throws(Problem) in
      let dataset = try Plan.dataset(of: experiment.data, places: file.places)
      return (dataset, FoundImages(dataset.images, known))
    }
    let (images, unreadable) = (found.images, found.unreadable)
    hashes = found.hashes
    for model in models {
      try hashes.keep(model.files) { FileHashes.weightsKey(model.options, layers: model.layers.map(\.name), $0) }
    }
    if images.isEmpty, let first = unreadable.first {
      throw .usage(
        at: file.places["data.root"] ?? file.places["data"],
        "none of the \(unreadable.count) images can be opened; the first is \(first.path): \(first.reason)",
        remedy: "Check the permissions of the files.")
    }
    self.models = models
    self.images = images
    self.early = early
    self.unreadable = unreadable
    classNames = dataset.classNames
    notes = file.notes + dataset.notes + models.compactMap(\.note)
    warnings = dataset.warnings + models.compactMap(\.warning)
    passedOver = dataset.passedOver.map { SkippedImage(path: $0.path, reason: $0.reason) }
    // What can make every number wrong goes first.
    warnings = try classCountWarnings(dataset.numbering, places: file.places) + warnings
    try checkLabels(dataset.numbering, places: file.places)
  }

  static func dataset(of data: DataOptions, places: [String: Place]) throws(Problem) -> Dataset {
    let whole = try usage(at: places["data.root"] ?? places["data"]) { () throws(Problem) in
      try data.source.open(data.selection)
    }
    return try usage(at: places["data.split"] ?? places["data"]) { () throws(Problem) in
      try data.source.select(data.selection, from: whole)
    }
  }

  private func checkLabels(_ numbering: Numbering, places: [String: Place]) throws(Problem) {
    for (index, model) in models.enumerated() {
      guard let image = images.first(where: { $0.record.label >= model.network.classCount }) else { continue }
      let name = classNames.indices.contains(image.record.label) ? " (\(classNames[image.record.label]))" : ""
      let labels = images.map(\.record.label)
      throw .usage(
        at: image.source.listed ?? places["models[\(index)].weights"],
        "\(model.record.name) has \(model.network.classCount) classes, but \(image.record.path) has the label "
          + "\(image.record.label)\(name), counted from 0",
        remedy: Self.labelRemedy(numbering, labels: labels, names: classNames.count, outputs: model.network.classCount))
    }
  }

  private static func labelRemedy(_ numbering: Numbering, labels: [Int], names: Int, outputs: Int) -> String {
    if numbering == .named, names > outputs {
      return
        "The file of class names has \(names) names for \(outputs) outputs: take out what is none, such as a heading."
    }
    if numbering == .given, labels.min() == 1, labels.max() == outputs {
      return "The labels run from 1 to \(outputs): they must be counted from 0."
    }
    return "Use weights that were trained on these labels, or the data that the weights were trained on."
  }
}

/// The images of a plan, each held to its hash.
private struct FoundImages: Sendable {
  private(set) var images: [PlannedImage] = []
  private(set) var unreadable: [SkippedImage] = []
  private(set) var hashes = FileHashes()

  init(_ sources: [LabelledImage], _ known: FileHashes) {
    images.reserveCapacity(sources.count)
    // Some thousand at a time: what is found of each takes more than what is kept of it.
    for start in stride(from: 0, to: sources.count, by: 4096) {
      let some = Array(sources[start..<min(start + 4096, sources.count)])
      let found = concurrentMap(some) { image in Result { () throws(Problem) in try known.examine(image) } }
      for (image, found) in zip(some, found) { add(image, found) }
    }
  }

  private mutating func add(
    _ image: LabelledImage, _ found: Result<(sha256: String, orientation: Int, kept: FileHashes.Entry?), Problem>
  ) {
    switch found {
    case .failure(let problem): unreadable.append(SkippedImage(path: image.path, reason: problem.message))
    case .success(let (hash, orientation, kept)):
      if let kept { hashes.entries[image.path] = kept }
      images.append(
        PlannedImage(
          record: ImageRecord(
            path: image.path, label: image.label, sha256: hash, alignment: image.alignment?.description,
            orientation: orientation == 1 ? nil : orientation),
          source: image))
    }
  }
}

extension Plan {
  /// Holds the number of classes to the networks' outputs, where the labels' numbers hang on it.
  private func classCountWarnings(
    _ numbering: Numbering, places: [String: Place]
  ) throws(Problem) -> [Warning] {
    var warnings: [Warning] = []
    let count = classNames.count
    let differing = models.enumerated().filter { $0.element.network.classCount != count }
    switch numbering {
    case .given: break
    case .sorted(let what):
      if let (index, model) = differing.first(where: { $0.element.network.classCount < count }) {
        throw .usage(
          at: places["models[\(index)].weights"],
          "\(model.record.name) has \(model.network.classCount) outputs, but there are \(count) \(what)",
          remedy:
            "Every label behind one too many is wrong. Take away what is no class, or use weights that were trained on "
            + "these classes.")
      }
      for (names, outputs) in Plan.grouped(differing.map(\.element)) {
        let missing = outputs - count
        warnings.append(
          Warning(
            "There \(count == 1 ? "is" : "are") \(count) \(what), but \(names) \(outputs) outputs: if "
              + "\(missing == 1 ? "one is" : "\(missing) are") missing, every label behind is wrong",
            remedy:
              "Name all classes in their order in a file (`data: {classes: names.txt}`): labels are then those of the "
              + "names, whatever is missing, and what has no folder is named. Without such a file the answers to clean "
              + "images tell: where they do, another warning says before which class one is missing."))
      }
    case .named:
      for (names, outputs) in Plan.grouped(differing.map(\.element)) {
        warnings.append(
          Warning(
            "There are \(count) class names, but \(names) \(outputs) outputs",
            remedy: "Names must stand in the order in which the network was trained, none left out."))
      }
    }
    return warnings
  }

  /// Models by their number of outputs, in the order of the experiment: "VGG16 and ResNet50 have", 40.
  private static func grouped(_ models: [PlannedModel]) -> [(names: String, outputs: Int)] {
    var outputs: [Int] = []
    for model in models where !outputs.contains(model.network.classCount) { outputs.append(model.network.classCount) }
    return outputs.map { count in
      let names = models.filter { $0.network.classCount == count }.map(\.record.name)
      return (listInWords(names) + (names.count == 1 ? " has" : " have"), count)
    }
  }
}

// MARK: - What of a weights file was taken

extension PlannedModel {
  /// Whether something else in the file would fit as well, and the experiment does not say which is meant.
  private var isUnsaid: Bool { options.state == nil && record.weightsState?.others.isEmpty == false }

  fileprivate var warning: Warning? {
    guard isUnsaid, let state = record.weightsState else { return nil }
    let others = state.others.map { "`\(printable($0))`" }
    let choices = ([state.name] + state.others).prefix(4).map { "`state: \(printable($0))`" }
    return Warning(
      "Of the weights file of \(record.name) `\(printable(state.name))` was taken; \(others.joined(separator: ", ")) would fit "
        + "as well",
      remedy: "Say in the experiment which is meant: \(choices.joined(separator: ", ")).")
  }

  /// What a reader of the results may want to know, in a sentence.
  fileprivate var note: String? {
    guard !isUnsaid, let state = record.weightsState, !state.others.isEmpty || state.isChosen else { return nil }
    return "Weights of \(record.name): \(state.notes.joined(separator: "; "))."
  }

  /// What was taken, left off and left aside, beyond what the plan's notes and warnings say.
  public var remarks: [String] {
    guard let state = record.weightsState, note == nil else { return [] }
    return isUnsaid ? Array(state.notes.dropFirst()) : state.notes
  }
}

extension PlannedModel {
  /// - Parameters:
  ///   - known: hashes of files from the run before; such a file is neither read nor looked at before it is computed with.
  ///   - checking: looks at all weights while the file is hashed.
  ///   - place: of a key of the model, to tell where the experiment file names what is wrong.
  init(
    _ options: ModelOptions, hashes known: FileHashes = FileHashes(),
    checking: @Sendable (Network, [ResolvedLayer]) throws(Problem) -> Void = { (network, layers) throws(Problem) in
      try network.checkWeights(layers: layers)
    }, place: (String) -> Place?
  ) throws(Problem) {
    let path = SharedFolders.model(options.weights.resolved)
    let weightsPlace = place("weights")
    guard FileManager.default.fileExists(atPath: path) else {
      throw .usage(
        at: weightsPlace, "there is no weights file `\(options.weights.written)` for \(options.name)",
        remedy: "Paths are relative to the experiment file; looked for it at \(path).")
    }
    let input = options.input
    let weights = try usage(at: weightsPlace) { () throws(Problem) in try WeightsFile.open(path, for: .run) }
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
    let names = layers.map(\.name)
    let isKnown = known.note(weights.files) { FileHashes.weightsKey(options, layers: names, $0) }
    let hash = try usage(at: weightsPlace) { () throws(Problem) in
      guard !isKnown else { return try weights.sha256() }
      return try HeldFile.whileUnchanged(weights.files) { () throws(Problem) in
        try concurrently { () throws(Problem) in
          try weights.sha256()
        } _: { () throws(Problem) in
          try checking(network, layers)
        }.0
      }
    }
    let preparation = try usage(at: place("input")) { () throws(Problem) in
      try InputPreparation(size: input.size, fit: input.fit == .crop ? .crop(resize: input.resize) : .squash)
    }
    let revised = network.graph.onceExplainedAsSums(layers)
    let record = ModelRecord(
      key: options.key, name: options.name, architecture: options.architecture.rawValue, width: options.width,
      inputSize: input.size, mean: input.normalisation.mean,
      standardDeviation: input.normalisation.standardDeviation,
      classCount: network.classCount, parameterCount: network.parameterCount, weightsFile: options.weights.fileName,
      weightsSHA256: hash, layers: layers.map(\.name), lastLayer: network.lastLayer,
      weightsState: placed.notes.isEmpty
        ? nil
        : WeightsState(
          name: placed.place.name, isChosen: placed.isChosen, others: placed.others,
          notes: placed.notes.map(PlannedModel.quoted)), revisedLayers: revised.isEmpty ? nil : revised)
    self.init(
      record: record, options: options, network: network, layers: layers, preparation: preparation,
      files: weights.files)
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

/// Before anything is started every problem is one of the call's, whoever found it, but for files that change; where it
/// does not say its own place, the experiment file's is the next best.
private func usage<Result>(at place: Place?, _ body: () throws(Problem) -> Result) throws(Problem) -> Result {
  do {
    return try body()
  } catch {
    var problem = error
    if problem.kind != .changed { problem.kind = .usage }
    problem.place = problem.place ?? place
    throw problem
  }
}
