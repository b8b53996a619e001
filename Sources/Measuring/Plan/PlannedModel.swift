import Architectures
import ExperimentFile
import Foundation
import Graphs
import Images
import Maps
import Results
import Store
import Support
import Weights

/// A model whose weights were opened, looked at, and found to fit.
public struct PlannedModel: Sendable {
  /// What reports and provenance say of it.
  public let record: ModelRecord
  /// As the experiment file has them.
  public let options: ModelOptions
  /// With its weights, which are read when an engine prepares it; nil for a model whose maps were computed elsewhere.
  public let network: Network?
  /// Those that an engine explains, input side first; none of a model without a network.
  public let layers: [ResolvedLayer]
  /// What was computed elsewhere; nil for a model that is run.
  public let maps: MapsCollection?
  /// Makes a picture the network's input.
  public let preparation: InputPreparation
  /// What the weights are read from, held to what was hashed.
  public let files: [HeldFile]
  /// What the network was fitted to, as far as that is said.
  public let trainedSplit: TrainedSplit?
  /// What a cosine head's prototypes are made of, by an engine before it prepares the network.
  let training: TrainingPrototypes?

  /// - Throws: `Problem` where something has to be computed before the network can be prepared, and that goes wrong.
  func makeReady(for engine: any Engine) throws(Problem) { try training?.compute(by: engine) }

  /// - Throws: `Problem` for a model that nobody can run.
  func run() throws(Problem) -> Network {
    guard let network else { throw .failure("\(record.name) comes as maps, and is not run") }
    return network
  }

  init(
    record: ModelRecord, options: ModelOptions, network: Network?, layers: [ResolvedLayer],
    preparation: InputPreparation, files: [HeldFile] = [], trainedSplit: TrainedSplit? = nil,
    training: TrainingPrototypes?, maps: MapsCollection? = nil
  ) {
    self.maps = maps
    self.training = training
    self.trainedSplit = trainedSplit
    self.files = files
    self.record = record
    self.options = options
    self.network = network
    self.layers = layers
    self.preparation = preparation
  }
}

extension PlannedModel {
  /// Of which nothing has to be computed before an engine prepares it.
  public init(
    record: ModelRecord, options: ModelOptions, network: Network, layers: [ResolvedLayer],
    preparation: InputPreparation, files: [HeldFile] = [], trainedSplit: TrainedSplit? = nil
  ) {
    self.init(
      record: record, options: options, network: network, layers: layers, preparation: preparation, files: files,
      trainedSplit: trainedSplit, training: nil)
  }
}

// MARK: - What of a weights file was taken

extension PlannedModel {
  /// Whether something else in the file would fit as well, and the experiment does not say which is meant.
  private var isUnsaid: Bool { options.state == nil && record.weightsState?.others.isEmpty == false }

  var warning: Warning? {
    guard isUnsaid, let state = record.weightsState else { return nil }
    let others = state.others.map { "`\(printable($0))`" }
    let choices = ([state.name] + state.others).prefix(4).map { "`state: \(printable($0))`" }
    return Warning(
      "Of the weights file of \(record.name) `\(printable(state.name))` was taken; \(others.joined(separator: ", ")) would fit "
        + "as well",
      remedy: "Say in the experiment which is meant: \(choices.joined(separator: ", ")).")
  }

  /// What a reader of the results may want to know, in a sentence.
  var note: String? {
    guard !isUnsaid, let state = record.weightsState, !state.others.isEmpty || state.isChosen else { return nil }
    return "Weights of \(record.name): \(state.notes.joined(separator: "; "))."
  }

  /// What was taken, left off and left aside, beyond what the plan's notes and warnings say.
  public var remarks: [String] {
    if let remarks = record.remarks { return remarks }
    guard let state = record.weightsState, note == nil else { return [] }
    return isUnsaid ? Array(state.notes.dropFirst()) : state.notes
  }
}

extension PlannedModel {
  /// - Parameters:
  ///   - data: of the experiment, whose training part some networks' prototypes are made of.
  ///   - known: hashes of files from the run before; such a file is neither read nor looked at before it is computed with.
  ///   - checking: looks at all weights while the file is hashed.
  ///   - place: of a key of the model, to tell where the experiment file names what is wrong.
  static func opened(
    _ options: ModelOptions, data: DataOptions, hashes known: FileHashes = FileHashes(),
    checking: @Sendable (Network, [ResolvedLayer]) throws(Problem) -> Void = { (network, layers) throws(Problem) in
      try network.checkWeights(layers: layers)
    }, place: (String) -> Place?
  ) throws(Problem) -> PlannedModel {
    if options.comesAsMaps == true { return try maps(options, hashes: known, place: place) }
    guard let architecture = options.architecture else {
      return try network(options, data: data, hashes: known, checking: checking, place: place)
    }
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
      placed = try architecture.place(in: weights, state: options.state, width: options.width)
    } catch {
      // Where the experiment file says it, or should.
      var problem = error
      if let place = place(options.state == nil ? "weights" : "state") { problem.place = place }
      throw problem
    }
    let network = try usage(at: weightsPlace) { () throws(Problem) in
      if weights.format == .numPyPickle, options.variant == nil, architecture.variants.contains(.caffe) {
        throw .usage(
          at: weightsPlace,
          "`\(options.weights.fileName)` is a pickle of NumPy arrays, as networks that were converted from Caffe are; "
            + "its tensors do not tell which variant of \(architecture.rawValue) they belong to",
          remedy: "Add `variant: caffe` (the published weights for VGGFace2) or `variant: standard` to the model.")
      }
      return try architecture.network(
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
      key: options.key, name: options.name, architecture: architecture.rawValue, width: options.width,
      inputSize: input.size, mean: input.normalisation.mean,
      standardDeviation: input.normalisation.standardDeviation,
      classCount: network.classCount, parameterCount: network.parameterCount, weightsFile: options.weights.fileName,
      weightsSHA256: hash, layers: layers.map(\.name), lastLayer: network.lastLayer,
      weightsState: placed.notes.isEmpty
        ? nil
        : WeightsState(
          name: placed.place.name, isChosen: placed.isChosen, others: placed.others,
          notes: placed.notes.map(PlannedModel.quoted)), revisedLayers: revised.isEmpty ? nil : revised,
      training: options.training)
    return PlannedModel(
      record: record, options: options, network: network, layers: layers, preparation: preparation,
      files: weights.files, trainedSplit: TrainedSplit(options, metadata: weights.metadata))
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
