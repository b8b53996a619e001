import Attacks
import Explanations
import Images
import Measures
import Support

/// Which class a heatmap explains.
public enum ExplanationTarget: String, Sendable, Hashable, CaseIterable, Codable {
  /// Each image's own highest logit: clean and attacked images may explain different classes.
  case predicted
  /// The true class.
  case label
  /// The class predicted on the clean image, for both.
  case cleanPrediction = "clean-prediction"
}

/// What of a weights file with several dictionaries of tensors, or with names behind a prefix, a model was made of.
public struct WeightsState: Sendable, Hashable, Codable {
  /// Keys and prefix with dots between them: "ema", "state_dict.student".
  public var name: String
  /// Whether the experiment chose another one than is taken where nothing is said.
  public var isChosen: Bool
  /// Others of the file that would fit as well.
  public var others: [String]
  /// What was taken, left off and left aside, in sentences.
  public var notes: [String]

  public init(name: String, isChosen: Bool, others: [String], notes: [String]) {
    self.name = name
    self.isChosen = isChosen
    self.others = others
    self.notes = notes
  }

  /// The name where results depend on it beyond the file.
  public var chosen: String? { isChosen ? name : nil }
}

/// One prototype for each label, with which an embedding's cosines are logits.
public struct HeadRecord: Sendable, Hashable, Codable {
  /// Of the file of prototypes; of those made of training images that of the text with a line for each of these: its label, the
  /// SHA-256 of the file, how the face was cut out.
  public var sha256: String
  /// How many training images they are made of; nil for those of a file.
  public var images: Int?
  /// What cosines are multiplied by.
  public var scale: Double

  public init(sha256: String, images: Int?, scale: Double) {
    self.sha256 = sha256
    self.images = images
    self.scale = scale
  }
}

/// One network of an experiment.
public struct ModelRecord: Sendable, Hashable, Codable {
  /// Unique within an experiment; how cells and results.csv refer to it: "vgg16".
  public var key: String
  /// How the report calls it: "VGG16".
  public var name: String
  /// `Architecture.rawValue`: "vgg16"; `onnx` for a network from an ONNX file, `maps` for one whose maps were computed elsewhere.
  public var architecture: String
  /// By which channel counts are multiplied.
  public var width: Double
  /// Height and width of the square input, in pixels.
  public var inputSize: Int
  /// Of the normalisation, per channel, in the units that the network takes.
  public var mean: [Double]
  /// Likewise.
  public var standardDeviation: [Double]
  /// Its logits.
  public var classCount: Int
  /// Numbers that were trained; 0 where nobody says how many.
  public var parameterCount: Int
  /// File name without folders; of maps that were computed elsewhere their file or folder.
  public var weightsFile: String
  /// Of the file; of an index of shards that of the text with a line for each file, the index first: its SHA-256, two
  /// spaces, its name.
  public var weightsSHA256: String
  /// Nil where the file is the state dict and all names in it are the network's own.
  public var weightsState: WeightsState?
  /// The explained layers, input side first, by the name under which they were asked for and resolved.
  public var layers: [String]
  /// The architecture's last convolutional layer ("features.29").
  public var lastLayer: String
  /// Those of `layers` that are explained otherwise than by the first versions, whose rows of them are none of this run's;
  /// nil where there are none.
  public var revisedLayers: [String]?
  /// How the network was trained, in words of the experiment: "on clean photographs alone".
  public var training: String?
  /// What makes logits of the network's embedding; nil where it has logits.
  public var head: HeadRecord?
  /// What was done with a network from an ONNX file that changes numbers, or that a reader should know, in sentences; nil where
  /// there is nothing.
  public var remarks: [String]?
  /// Where its maps come from; nil for a network that Heatdrift runs.
  public var maps: MapsRecord?

  /// What `architecture` is of a network from an ONNX file.
  public static let onnx = "onnx"

  public init(
    key: String, name: String, architecture: String, width: Double, inputSize: Int, mean: [Double],
    standardDeviation: [Double], classCount: Int, parameterCount: Int, weightsFile: String, weightsSHA256: String,
    layers: [String], lastLayer: String, weightsState: WeightsState? = nil, revisedLayers: [String]? = nil,
    training: String? = nil, remarks: [String]? = nil, head: HeadRecord? = nil, maps: MapsRecord? = nil
  ) {
    self.maps = maps
    self.head = head
    self.remarks = remarks
    self.training = training
    self.revisedLayers = revisedLayers
    self.weightsState = weightsState
    self.key = key
    self.name = name
    self.architecture = architecture
    self.width = width
    self.inputSize = inputSize
    self.mean = mean
    self.standardDeviation = standardDeviation
    self.classCount = classCount
    self.parameterCount = parameterCount
    self.weightsFile = weightsFile
    self.weightsSHA256 = weightsSHA256
    self.layers = layers
    self.lastLayer = lastLayer
  }
}

/// One image of an experiment.
public struct ImageRecord: Sendable, Hashable, Codable {
  /// Relative to the data's root, with forward slashes: "s1/10.pgm". Unique within an experiment.
  public var path: String
  /// Class index.
  public var label: Int
  /// Of the file's bytes.
  public var sha256: String
  /// How the face was cut out of the picture, as far as it was; results depend on it.
  public var alignment: String?
  /// The EXIF orientation, 2 to 8, of a picture that is not stored upright.
  public var orientation: Int?

  public init(path: String, label: Int, sha256: String, alignment: String? = nil, orientation: Int? = nil) {
    self.orientation = orientation
    self.path = path
    self.label = label
    self.sha256 = sha256
    self.alignment = alignment
  }
}

/// One row of the results: a model, an image, an attack, an explanation, a target, a layer and an epsilon, with what every
/// measure of the experiment says of the pair of maps.
public struct Measurement: Sendable, Hashable, Codable {
  /// `ModelRecord.key`.
  public var model: String
  /// `ImageRecord.path`.
  public var image: String
  /// True class index.
  public var label: Int
  /// `Attack.key`.
  public var attack: String
  /// `Explanation.key`.
  public var explanation: String
  /// Which class is explained.
  public var target: ExplanationTarget
  /// By the name under which it was asked for.
  public var layer: String
  /// In pixel units of [0, 1]; 0 is the control.
  public var epsilon: Double
  /// Class index of the highest logit on the clean image.
  public var cleanPrediction: Int
  /// The same on the attacked image.
  public var adversarialPrediction: Int
  /// Softmax probability of the prediction, in [0, 1].
  public var cleanConfidence: Double
  /// The same on the attacked image.
  public var adversarialConfidence: Double
  /// A number for each of `ExperimentResults.measures`; 0 where the maps are the same, NaN where a measure has no value for the
  /// pair.
  public var dissimilarities: [Double]
  /// What these are made of, where they are made of something that has a column of its own: of each measure in order, those
  /// of `Measure.columns` before its last.
  public var parts: [Double]
  /// Maximum of the clean raw map; 0 when it is dead.
  public var cleanPeak: Float
  /// The same of the attacked image's map.
  public var adversarialPeak: Float
  /// Softmax probability, on this row's image, of the class predicted on the clean one, in [0, 1]; nil in results of
  /// versions that did not store it.
  public var cleanClassConfidence: Double?
  /// The share of the attacked image's values that the clamp to [0, 1] held, in [0, 1]; nil where it was not stored.
  public var clippedShare: Double?
  /// Whether the gradient of the loss is 0 for every value of the image, so that an attack along its sign adds nothing; nil where the
  /// direction of the attack was not stored.
  public var gradientIsZero: Bool?

  public init(
    model: String, image: String, label: Int, attack: String, explanation: String, target: ExplanationTarget,
    layer: String, epsilon: Double, cleanPrediction: Int, adversarialPrediction: Int, cleanConfidence: Double,
    adversarialConfidence: Double, dissimilarities: [Double], parts: [Double], cleanPeak: Float,
    adversarialPeak: Float, cleanClassConfidence: Double? = nil,
    clippedShare: Double? = nil, gradientIsZero: Bool? = nil
  ) {
    self.model = model
    self.image = image
    self.label = label
    self.attack = attack
    self.explanation = explanation
    self.target = target
    self.layer = layer
    self.epsilon = epsilon
    self.cleanPrediction = cleanPrediction
    self.adversarialPrediction = adversarialPrediction
    self.cleanConfidence = cleanConfidence
    self.adversarialConfidence = adversarialConfidence
    self.dissimilarities = dissimilarities
    self.parts = parts
    self.cleanPeak = cleanPeak
    self.adversarialPeak = adversarialPeak
    self.cleanClassConfidence = cleanClassConfidence
    self.clippedShare = clippedShare
    self.gradientIsZero = gradientIsZero
  }

  /// - Parameter values: of each measure a number for each of its columns, its own value last.
  public mutating func setValues(_ values: [[Double]]) { setValues(count: values.count) { values[$0] } }

  /// - Parameters:
  ///   - count: of measures.
  ///   - values: of a measure a number for each of its columns, its own value last.
  public mutating func setValues(count: Int, _ values: (Int) -> [Double]) {
    dissimilarities = []
    parts = []
    dissimilarities.reserveCapacity(count)
    for measure in 0..<count {
      let values = values(measure)
      dissimilarities.append(values.last ?? .nan)
      if values.count > 1 { parts += values.dropLast() }
    }
  }

  /// Whether two rows say the same, be it that a measure has no value.
  public func isSame(as other: Measurement) -> Bool {
    func bits(_ row: Measurement) -> [UInt64] { (row.dissimilarities + row.parts).map(\.bitPattern) }
    guard bits(self) == bits(other), dissimilarities.count == other.dissimilarities.count else { return false }
    var (own, other) = (self, other)
    for row in [\Measurement.dissimilarities, \.parts] {
      own[keyPath: row] = []
      other[keyPath: row] = []
    }
    return own == other
  }

  /// What the experiment's first measure says; NaN where there is none.
  public var dissimilarity: Double { dissimilarities.first ?? .nan }

  /// How much of its probability the class predicted on the clean image lost; nil where that is not known.
  public var confidenceDrop: Double? { cleanClassConfidence.map { cleanConfidence - $0 } }

  /// Whether one of the two maps, or both, have no positive value.
  public var isDead: Bool { !(cleanPeak > 0) || !(adversarialPeak > 0) }
}

/// An option as it was used, for the methods section: "attack.loss-label", "label".
public struct OptionRecord: Sendable, Hashable, Codable {
  /// As the experiment file has it, with its path: "attack.loss-label".
  public var key: String
  /// In words.
  public var value: String

  public init(key: String, value: String) {
    self.key = key
    self.value = value
  }
}

/// An image that was planned but could not be measured.
public struct SkippedImage: Sendable, Hashable, Codable {
  /// Relative to the data's root.
  public var path: String
  /// A sentence without a full stop.
  public var reason: String

  public init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }
}

/// A name and a value for the provenance section: "oneDNN", "2.6.3".
public struct ProvenanceEntry: Sendable, Hashable, Codable {
  /// "software", "rendering", "fonts", "experiment", "weights", "data"
  public var section: String
  /// Of the library, file or option.
  public var name: String
  /// In words.
  public var value: String

  /// Libraries that drew the pages.
  public static let rendering = "rendering"
  /// Files of the fonts that they were drawn with.
  public static let fonts = "fonts"

  public init(section: String, name: String, value: String) {
    self.section = section
    self.name = name
    self.value = value
  }
}

/// Where the pictures behind the rows come from: the results store, or a made-up one in tests.
public protocol PictureSource: Sendable {
  /// The raw map of a row; `epsilon` nil is the clean image's, 0 the control's. Nil when it was not kept.
  func rawMap(of series: SeriesIdentity, image: String, epsilon: Double?) throws -> RawMap?
  /// The photograph as the network saw it before the attack (resized or cropped square), 8-bit.
  func photograph(model: String, image: String) throws -> RGBImage?
  /// The direction of an attack on an image. Nil when it has none, or it was not kept.
  func perturbation(model: String, image: String, attack: String) throws -> PerturbationSigns?
  /// The highest logits of an image at an attack level, 0 the clean image. Nil when they were not kept.
  func scores(model: String, image: String, attack: String, epsilon: Double) throws -> ClassScores?
}

extension PictureSource {
  public func perturbation(model: String, image: String, attack: String) throws -> PerturbationSigns? { nil }
  public func scores(model: String, image: String, attack: String, epsilon: Double) throws -> ClassScores? { nil }
}
