import Architectures
import Attacks
import Datasets
import Explanations
import Graphs
import Images
import Measures
import Results
import Support

/// What an experiment file asks for: checked, with every default filled in.
///
/// The defaults are those of the measurement protocol. Which model, image and option a number depends on can be read
/// from here; `Plan` adds what the named files turn out to hold.
public struct Experiment: Sendable, Equatable, Encodable {
  /// Printed at the top of the report.
  public var title: String
  /// Draws the split, the limited choice of images and the bootstrap samples.
  public var seed: Int
  /// How many resamples and flips of signs intervals and tests are made of; no measurement depends on it.
  public var resamples = Resampling.standard
  /// Which images are measured.
  public var data: DataOptions
  /// At least one; their names and keys are unique.
  public var models: [ModelOptions]
  /// At least one.
  public var attacks: [AttackSetting]
  /// On which images the control, epsilon 0, is run.
  public var control = ControlSize.standard
  /// How predictions are explained, and which.
  public var explain: ExplainOptions
  /// What pairs of heatmaps are measured by.
  public var compare: CompareOptions
  /// How the report is written.
  public var report: ReportOptions

  /// The levels of all attacks, ascending, without the control 0.
  public var epsilons: [Double] { Set(attacks.flatMap(\.levels)).sorted() }
}

/// Where the images come from and which of them are used.
public struct DataOptions: Sendable {
  /// Where they lie, with its options.
  public var source: any DataSource
  /// Which part of them is used.
  public var split: Split
  /// Draws the 80/10/10 split; the experiment's seed unless given.
  public var splitSeed: Int
  /// So many images, stratified by label; nil for all.
  public var limit: Int?
  /// Whether the labels are the networks' classes; no measured number depends on it.
  public var labels = LabelMeaning.classes

  /// The part that the source names as its own default, all of it.
  public init(source: any DataSource, splitSeed: Int) {
    self.source = source
    split = type(of: source).standardSplit
    self.splitSeed = splitSeed
  }

  /// Split, seed and limit together, as sources take them.
  public var selection: DataSelection { DataSelection(split: split, seed: splitSeed, limit: limit) }

  /// Those of every source.
  static let options: [DeclaredOption<DataOptions>] = [
    DeclaredOption(
      "split", \.split, .choice, standard: "all of a folder or a manifest, otherwise test",
      help: "Which part is used: 80/10/10 per label, seeded."),
    DeclaredOption(
      "split-seed", \.splitSeed, .wholeNumber(in: 0...Int.max), standard: "the experiment's seed",
      help: "Draws the split."),
    DeclaredOption(
      "limit", \.limit, OptionKind.wholeNumber(in: 1...Int.max).optional(), standard: "all", example: "limit: 100",
      help: "So many images only, spread over the labels."),
    DeclaredOption(
      "labels", \.labels, .choice, isQuiet: true,
      help:
        "Whether the labels are classes of the networks, or `unrelated` to them, as where networks see photographs of things that "
        + "they do not know: then reports speak of predictions that held and not of accuracy."),
  ]
}

/// How an image becomes a network's input.
public struct InputOptions: Sendable, Hashable, Codable {
  /// How a picture of other proportions becomes a square.
  public enum Fit: String, Sendable, Hashable, Codable, CaseIterable {
    /// The whole image, its sides scaled apart.
    case squash
    /// The shorter side is scaled to `resize`, then the centre is cut out.
    case crop
  }

  /// Height and width in pixels.
  public var size: Int
  /// What the network does with the square image before its first layer; range 1 or 255.
  public var normalisation: Normalisation
  /// How a picture of other proportions becomes a square.
  public var fit: Fit
  /// Length of the shorter side before the centre is cut out; used by `crop` only.
  public var resize: Int
  /// Whether the EXIF orientation turns the picture.
  public var orientation: OrientationUse

  /// Whether the network takes one channel: pictures become grey.
  public var isGrey: Bool { normalisation.mean.count == 1 }

  public init(
    size: Int, normalisation: Normalisation, fit: Fit, resize: Int, orientation: OrientationUse = .apply
  ) {
    self.orientation = orientation
    self.size = size
    self.normalisation = normalisation
    self.fit = fit
    self.resize = resize
  }
}

/// As the first versions stored it: the normalisation's parts among the others.
extension InputOptions {
  private enum CodingKeys: String, CodingKey {
    case size, mean, standardDeviation, channels, range, fit, resize, orientation
  }

  /// Results that were stored before networks could take blue first are of networks that take red first, and of pictures
  /// that were turned.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      size: try container.decode(Int.self, forKey: .size),
      normalisation: Normalisation(
        mean: try container.decode([Double].self, forKey: .mean),
        standardDeviation: try container.decode([Double].self, forKey: .standardDeviation),
        channels: try container.decodeIfPresent(ChannelOrder.self, forKey: .channels) ?? .rgb,
        range: try container.decodeIfPresent(Double.self, forKey: .range) ?? 1),
      fit: try container.decode(Fit.self, forKey: .fit), resize: try container.decode(Int.self, forKey: .resize),
      orientation: try container.decodeIfPresent(OrientationUse.self, forKey: .orientation) ?? .apply)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(size, forKey: .size)
    try container.encode(normalisation.mean, forKey: .mean)
    try container.encode(normalisation.standardDeviation, forKey: .standardDeviation)
    try container.encode(normalisation.channels, forKey: .channels)
    // 1 or 255, and stored as a whole number.
    try container.encode(Int(normalisation.range), forKey: .range)
    try container.encode(fit, forKey: .fit)
    try container.encode(resize, forKey: .resize)
    try container.encode(orientation, forKey: .orientation)
  }
}

/// A network of the experiment: which, with what weights, and what of it is explained.
public struct ModelOptions: Sendable, Hashable, Codable {
  /// Unique within the experiment: the architecture's name where one model has it, otherwise the model's name.
  public var key: String
  /// What the weights are put into; nil for a network from an ONNX file, which has graph and weights in one.
  public var architecture: Architecture?
  /// Nil where the file does not say it, which means the standard one.
  public var variant: ArchitectureVariant?
  /// As the report calls it.
  public var name: String
  /// The file of weights, or the index of its shards; of a network from an ONNX file that file.
  public var weights: ExperimentPath
  /// Which of the weights file's dictionaries, or the prefix in it; nil for the one that is taken where nobody says it.
  public var state: String?
  /// Multiplies every channel count.
  public var width: Double
  /// How an image becomes this network's input.
  public var input: InputOptions
  /// Of a network from an ONNX file whose output is an embedding; nil where it has logits.
  public var head: HeadOptions?
  /// `last`, `all`, or names.
  public var layers: [String]
  /// True for a network whose maps were computed elsewhere, nil for every other; `weights` is then their file or folder, and `input`
  /// is what that says, once it was opened.
  public var comesAsMaps: Bool?
  /// How the network was trained, in words; nil where nobody says it.
  public var training: String?
  /// The `split-seed` of the data whose training part the network was fitted to; nil where nobody says it.
  public var trainedSplitSeed: Int?

  init(
    key: String, architecture: Architecture?, variant: ArchitectureVariant?, name: String, weights: ExperimentPath,
    state: String?, width: Double, input: InputOptions, layers: [String]
  ) {
    self.key = key
    self.architecture = architecture
    self.variant = variant
    self.name = name
    self.weights = weights
    self.state = state
    self.width = width
    self.input = input
    self.layers = layers
  }

  /// With the defaults that follow from an architecture and its variant; `weights` must be given.
  init(architecture: Architecture, variant: ArchitectureVariant?) {
    let published = architecture.normalisation(variant ?? .standard)
    self.init(
      key: architecture.rawValue, architecture: architecture, variant: variant,
      name: architecture.displayName(variant ?? .standard), weights: ExperimentPath(written: "", resolved: ""),
      state: nil, width: 1,
      input: InputOptions(
        size: architecture.inputSize, normalisation: published, fit: .squash, resize: architecture.resizeForCrop),
      layers: ["last"])
  }

  /// But for `architecture`, from which the defaults of the others follow, and `input`; see `InputKeys`.
  static let options: [DeclaredOption<ModelOptions>] = [
    DeclaredOption(
      "variant", \.variant, OptionKind.choice.optional(), standard: "standard",
      help: "A ResNet as its authors published it for Caffe, as the weights for VGGFace2 are, is `caffe`."),
    DeclaredOption(
      "name", \.name, .text, standard: "the published one, with the width if it is another: VGG16 ×¼",
      example: "name: ours",
      help: "As the report calls it."),
    DeclaredOption(
      "weights", \.weights, .path, required: "weights: weights/resnet50.safetensors",
      help: "safetensors, .pth, .pt, .bin, .pkl: told by content."),
    DeclaredOption(
      "state", \.state, OptionKind.text.optional(), standard: "the one that fits", example: "state: ema",
      help: "Which of a checkpoint's networks; needed only where there are several."),
    DeclaredOption(
      "width", \.width, .number(in: .above(0, upTo: 4)), standard: "1", help: "Multiplies every channel count."),
    DeclaredOption(
      "layers", \.layers, OptionKind.text.list(), standard: "[last]",
      help: "`last`, `all`, or names: `heatdrift layers ARCHITECTURE` lists them."),
    DeclaredOption(
      "training", \.training, OptionKind.text.optional(), standard: "none",
      example: "training: on clean photographs alone", isQuiet: true,
      help: "How it was trained, in a few words that stand beside comparisons."),
    DeclaredOption(
      "trained-split-seed", \.trainedSplitSeed, OptionKind.wholeNumber(in: 0...Int.max).optional(),
      standard: "none", example: "trained-split-seed: 7", isQuiet: true,
      help:
        "The `split-seed` of the data whose training part it was fitted to, where a safetensors file does not say it; runs on "
        + "such images are warned of."),
  ]
}

extension ModelOptions {
  /// A network from an ONNX file, called what the file is called.
  init(network file: ExperimentPath, input: InputOptions) {
    self.init(
      key: "", architecture: nil, variant: nil, name: Self.stem(of: file.fileName), weights: file, state: nil, width: 1,
      input: input, layers: ["last"])
  }

  /// "weights/mobilenet.onnx" is called "mobilenet".
  static func stem(of path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return name.lowercased().hasSuffix(".onnx") && name.count > 5 ? String(name.dropLast(5)) : name
  }

  /// The key that names an ONNX file.
  static let networkKey = "network"
  /// The key beside it that makes logits of an embedding.
  static let headKey = "head"

  /// Of a network from an ONNX file, which brings with it what the others say of an architecture and its weights.
  static let networkOptions: [DeclaredOption<ModelOptions>] =
    [
      DeclaredOption(
        networkKey, \.weights, .path, required: "network: weights/mobilenet.onnx",
        help: "An ONNX file: any convolutional network, with its weights. `input` must say `size`, `mean` and `std`."),
      DeclaredOption(
        "name", \.name, .text, standard: "the file's, without `.onnx`", example: "name: ours",
        help: "As the report calls it."),
    ] + options.filter { $0.name != "name" && whyNotBesideNetwork[$0.name] == nil }

  /// Keys that mean nothing to a network from an ONNX file, and why.
  static let whyNotBesideNetwork = [
    "weights": "an ONNX file has its weights in it, or names the files beside it that have them",
    "state": "an ONNX file holds one network",
    "variant": "an ONNX file holds the network in the one form in which it was exported",
    "width": "the channels of an ONNX file's network are as they were exported",
    "classes": "the classes of an ONNX file's network are its outputs; their names go into `data.classes`",
  ]

  /// Those that this model has.
  var declaredOptions: [DeclaredOption<ModelOptions>] {
    comesAsMaps == true ? Self.mapsOptions : architecture == nil ? Self.networkOptions : Self.options
  }
}

/// Which classes' explanations are compared, and how they are made.
public struct ExplainOptions: Sendable {
  /// At least one.
  public var methods: [any Explanation]
  /// At least one.
  public var targets: [ExplanationTarget]

  static let options: [DeclaredOption<ExplainOptions>] = [
    DeclaredOption(
      "targets", \.targets, OptionKind.choice.list(),
      help: "Which class is explained: each image's own prediction, the true label, the clean image's prediction.")
  ]
}

/// What pairs of heatmaps are measured by.
public struct CompareOptions: Sendable {
  /// At least one.
  public var measures: [any Measure]

  /// What an experiment that names none is measured by.
  static let standardKey = standardMeasure.key

  /// What reports call the measures, in words: "a and b".
  public var titles: String { listInWords(measures.map { type(of: $0).title }) }
}

extension Experiment {
  /// What is measured, without what the report is called, how it looks and how levels are written in it.
  package var withoutReport: Experiment {
    var experiment = self
    experiment.title = ""
    for index in experiment.attacks.indices { experiment.attacks[index].fractions = [:] }
    experiment.resamples = Resampling.standard
    for index in experiment.models.indices {
      experiment.models[index].training = nil
      experiment.models[index].trainedSplitSeed = nil
      // What the maps say, which an experiment file cannot know.
      if experiment.models[index].comesAsMaps == true { experiment.models[index].input = .unknown }
    }
    experiment.report = ReportOptions(template: ExperimentPath(written: "", resolved: ""), formats: [])
    return experiment
  }
}
