import Datasets
import ExperimentFile
import Images
import Results
import Store
import Support

/// An experiment with everything opened and checked that it names; nothing is computed yet and nothing written.
///
///     let file = try ExperimentFile(path: "Experiments/orl.yaml")
///     let plan = try Plan(file)
public struct Plan: Sendable {
  /// What was asked for.
  public private(set) var experiment: Experiment
  /// In the experiment's order.
  public private(set) var models: [PlannedModel]
  /// Those that the split and the limit left, in the order of the data.
  public private(set) var images: [PlannedImage]
  /// Files that cannot even be opened; the others are measured without them.
  public let unreadable: [SkippedImage]
  /// Class index to name.
  public let classNames: [String]
  /// On which images the control is run.
  public let control: ControlImages
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
  /// With which revision of our own arithmetic rows are looked for and kept; that of the program but in tests of rows that an
  /// earlier one left.
  package var arithmetic = KeyMaker.arithmeticRevision

  /// Of the rows of one model.
  /// - Parameter engine: the library that computes and its version: "oneDNN 2.6.3".
  package func keys(of model: PlannedModel, engine: String) -> KeyMaker {
    KeyMaker(
      experiment: experiment, model: model.options, record: model.record, all: models.map(\.record), engine: engine,
      decoders: decoders, arithmetic: arithmetic)
  }

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

  /// - Parameter control: drawn as the experiment says unless given.
  public init(
    experiment: Experiment, models: [PlannedModel], images: [PlannedImage], classNames: [String], notes: [String] = [],
    unreadable: [SkippedImage] = [], control: ControlImages? = nil, decoders: String? = DecoderRevision.current,
    mostPictures: Int = Plan.mostPictures
  ) {
    self.mostPictures = mostPictures
    self.control = control ?? ControlImages(experiment.control, of: images.map(\.record), seed: experiment.seed)
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
  ///   - shard: whose images are to be measured; of others' what is known is not looked at again. Nil for all.
  /// - Throws: `Problem` of kind `.usage`: weights that are missing, damaged, not finite or do not fit, unknown layers,
  ///   missing data, data of which no image can be opened, labels outside a network's classes where they are to be such; `.changed` for files that
  ///   others write to meanwhile.
  public init(
    _ file: ExperimentFile, early: EarlyPreparation? = nil, hashes known: FileHashes = FileHashes(),
    shard: Shard? = nil
  ) throws(Problem) {
    experiment = file.experiment
    decoders = DecoderRevision.current
    // Reading and hashing weights and images is most of the time before a run.
    let (models, (dataset, found)) = try concurrently { [experiment] () throws(Problem) in
      try concurrentMap(Array(experiment.models.enumerated())) { (index, options) throws(Problem) in
        let path = "models[\(index)]"
        return try PlannedModel.opened(options, data: experiment.data, hashes: known) {
          (network, layers) throws(Problem) in
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
      return (dataset, FoundImages(dataset.images, known, shard: shard))
    }
    let unreadable = found.unreadable
    hashes = found.hashes
    for model in models {
      try hashes.keep(model.files) { FileHashes.weightsKey(model.options, layers: model.record.layers, $0) }
    }
    if found.images.isEmpty, let first = unreadable.first {
      throw .usage(
        at: file.places["data.root"] ?? file.places["data"],
        "none of the \(unreadable.count) images can be opened; the first is \(first.path): \(first.reason)",
        remedy: "Check the permissions of the files.")
    }
    // What maps that were computed elsewhere have of it.
    let matched = try MatchedMaps(models, experiment, found.images, places: file.places)
    let images = matched.images
    self.models = matched.models
    for (index, model) in matched.models.enumerated() where model.maps != nil {
      experiment.models[index].input = model.options.input
    }
    self.images = images
    control = matched.control
    self.early = early
    self.unreadable = unreadable
    classNames = dataset.classNames
    notes = file.notes + dataset.notes + models.compactMap(\.note) + matched.notes
    warnings = dataset.warnings + models.compactMap(\.warning)
    warnings += matched.warnings
    passedOver = dataset.passedOver.map { SkippedImage(path: $0.path, reason: $0.reason) } + matched.passedOver
    warnings += models.compactMap { $0.training?.overlapWarning(images, model: $0.record.name) }
    warnings += Plan.trainingWarnings(models, data: experiment.data, images: images, classNames: classNames)
    if found.changedCount > 0 {
      warnings.append(
        Warning(
          "\(found.changedCount) of this shard's images changed since they were hashed for all shards, and may belong to another "
            + "shard now",
          remedy: "`heatdrift merge` names what is missing then; or hash all images again, for all shards."))
    }
    // What can make every number wrong goes first.
    if experiment.data.labels == .classes {
      warnings = try classCountWarnings(dataset, places: file.places) + warnings
      try checkLabels(dataset.numbering, places: file.places)
    }
    try checkTransfers(places: file.places)
  }

  /// A class of one model must be one of the other.
  private func checkTransfers(places: [String: Place]) throws(Problem) {
    for (index, setting) in experiment.attacks.enumerated() {
      guard let source = models.first(where: { $0.options.key == setting.source?.model }),
        let other = models.first(where: { $0.record.classCount != source.record.classCount })
      else { continue }
      let path = experiment.attacks.count == 1 && places["attack"] != nil ? "attack" : "attacks[\(index)]"
      throw .usage(
        at: places["\(path).transfer-from"] ?? places[path],
        "\(setting.title) attacks \(other.record.name), which has \(other.record.classCount) classes, with the gradient of a "
          + "network of \(source.record.classCount)",
        remedy: "Attacks can be transferred between networks of the same classes.")
    }
  }

  static func dataset(of data: DataOptions, places: [String: Place]) throws(Problem) -> Dataset {
    let whole = try usage(at: places["data.classes"] ?? places["data.root"] ?? places["data"]) { () throws(Problem) in
      try data.source.open(data.selection)
    }
    return try usage(at: places["data.split"] ?? places["data"]) { () throws(Problem) in
      try data.source.select(data.selection, from: whole)
    }
  }

  /// Where the experiment file names a model's weights, or its ONNX file.
  private func weightsPlace(of model: Int, _ places: [String: Place]) -> Place? {
    places["models[\(model)].weights"] ?? places["models[\(model)].network"]
      ?? places["models[\(model)].\(ModelOptions.mapsKey)"]
  }

  private func checkLabels(_ numbering: Numbering, places: [String: Place]) throws(Problem) {
    for (index, model) in models.enumerated() {
      guard let image = images.first(where: { $0.record.label >= model.record.classCount }) else { continue }
      let name = classNames.indices.contains(image.record.label) ? " (\(classNames[image.record.label]))" : ""
      let labels = images.map(\.record.label)
      throw .usage(
        at: image.source.listed ?? weightsPlace(of: index, places),
        "\(model.record.name) has \(model.record.classCount) classes, but \(image.record.path) has the label "
          + "\(image.record.label)\(name), counted from 0",
        remedy: Self.labelRemedy(numbering, labels: labels, names: classNames.count, outputs: model.record.classCount))
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

extension Plan {
  /// The first of its images alone.
  package func first(_ count: Int) -> Plan {
    var part = self
    part.images = Array(images.prefix(count))
    return part
  }

  /// The same with something that its reader should know first.
  package func remarked(_ warning: Warning) -> Plan {
    var plan = self
    plan.warnings.insert(warning, at: 0)
    return plan
  }

  /// How many images an experiment names; none is opened.
  /// - Throws: `Problem` where the data cannot be listed.
  package static func imageCount(of file: ExperimentFile) throws(Problem) -> Int {
    try dataset(of: file.experiment.data, places: file.places).images.count
  }

  /// A part of it, for a report on what is there of a run that is not complete.
  /// - Parameters:
  ///   - images: indices, in their order.
  ///   - models: likewise.
  ///   - warning: what its reader should know first.
  func part(images chosen: [Int], models kept: [Int], warning: Warning) -> Plan {
    var part = self
    part.images = chosen.map { images[$0] }
    part.models = kept.map { models[$0] }
    part.experiment.models = kept.map { experiment.models[$0] }
    part.warnings.insert(warning, at: 0)
    return part
  }

  /// Holds the number of classes to the networks' outputs, where the labels' numbers hang on it.
  private func classCountWarnings(_ dataset: Dataset, places: [String: Place]) throws(Problem) -> [Warning] {
    var warnings: [Warning] = []
    let count = classNames.count
    let differing = models.enumerated().filter { $0.element.record.classCount != count }
    switch dataset.numbering {
    case .given: break
    case .sorted(let what):
      if let (index, model) = differing.first(where: { $0.element.record.classCount < count }) {
        throw .usage(
          at: weightsPlace(of: index, places),
          "\(model.record.name) has \(model.record.classCount) outputs, but there are \(count) \(what)",
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
            remedy: dataset.isImageNet
              ? "The folders are called as ImageNet's classes are: `data: {classes: imagenet-torchvision}` gives them "
                + "the indices that networks for ImageNet have."
              : "Say which folder is which output (`data: {classes: {FOLDER: INDEX, ...}}`), or name all classes in their "
                + "order in a file (`data: {classes: names.txt}`): labels are then those of the names, whatever is "
                + "missing, and what has no folder is named. Without such a list the answers to clean images tell: where "
                + "they do, another warning says before which class one is missing."))
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
    for model in models where !outputs.contains(model.record.classCount) { outputs.append(model.record.classCount) }
    return outputs.map { count in
      let names = models.filter { $0.record.classCount == count }.map(\.record.name)
      return (listInWords(names) + (names.count == 1 ? " has" : " have"), count)
    }
  }
}

/// Before anything is started every problem is one of the call's, whoever found it, but for files that change; where it
/// does not say its own place, the experiment file's is the next best.
func usage<Result>(at place: Place?, _ body: () throws(Problem) -> Result) throws(Problem) -> Result {
  do {
    return try body()
  } catch {
    var problem = error
    if problem.kind != .changed { problem.kind = .usage }
    problem.place = problem.place ?? place
    throw problem
  }
}
