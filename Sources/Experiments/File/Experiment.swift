import Architectures
import Datasets
import Images
import Networks
import Results

/// What an experiment file asks for: checked, with every default filled in.
///
/// The defaults are those of the measurement protocol. Which model, image and option a number depends on can be read
/// from here; `Plan` adds what the named files turn out to hold.
public struct Experiment: Sendable, Hashable, Codable {
  public var title: String
  /// Draws the split, the limited choice of images and the bootstrap samples.
  public var seed: Int
  public var data: DataOptions
  public var models: [ModelOptions]
  public var attack: AttackOptions
  public var explain: ExplainOptions
  public var compare: CompareOptions
  public var report: ReportOptions
}

/// A file or folder that the experiment names.
public struct ExperimentPath: Sendable, Hashable, Codable {
  /// As the file has it, environment variables not yet replaced: what may be shown to others.
  public var written: String
  /// To open it: relative to the current folder, or absolute. Never stored or shown in outputs.
  public var resolved: String

  public init(written: String, resolved: String) {
    self.written = written
    self.resolved = resolved
  }

  public init(from decoder: any Decoder) throws {
    written = try decoder.singleValueContainer().decode(String.self)
    resolved = written
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(written)
  }

  /// Without folders.
  public var fileName: String { resolved.split(separator: "/").last.map(String.init) ?? resolved }
}

public struct DataOptions: Sendable, Hashable, Codable {
  public enum Source: String, Sendable, Hashable, Codable, CaseIterable {
    /// One sub-folder per label.
    case folder
    case manifest
    /// The ORL faces from the user's cache.
    case orl
    case vggface2
  }

  public var source: Source
  /// Nil where the source knows its own place.
  public var root: ExperimentPath?
  /// Of a manifest: the CSV file.
  public var path: ExperimentPath?
  /// A file of class names, of a folder or a manifest.
  public var classes: ExperimentPath?
  /// Of VGGFace2: one of its lists of images.
  public var list: ExperimentPath?
  /// Of VGGFace2.
  public var faces: VGGFace2Options?
  public var split: Split
  /// Draws the 80/10/10 split; the experiment's seed unless given.
  public var splitSeed: Int
  /// So many images, stratified by label; nil for all.
  public var limit: Int?
  /// Of a folder or a manifest: whether links may lead out of the root.
  public var followsLinks = false
}

extension DataOptions {
  /// Results that were stored before links could be followed are of data without such links.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      source: try container.decode(Source.self, forKey: .source),
      root: try container.decodeIfPresent(ExperimentPath.self, forKey: .root),
      path: try container.decodeIfPresent(ExperimentPath.self, forKey: .path),
      classes: try container.decodeIfPresent(ExperimentPath.self, forKey: .classes),
      list: try container.decodeIfPresent(ExperimentPath.self, forKey: .list),
      faces: try container.decodeIfPresent(VGGFace2Options.self, forKey: .faces),
      split: try container.decode(Split.self, forKey: .split),
      splitSeed: try container.decode(Int.self, forKey: .splitSeed),
      limit: try container.decodeIfPresent(Int.self, forKey: .limit),
      followsLinks: try container.decodeIfPresent(Bool.self, forKey: .followsLinks) ?? false)
  }
}

/// How an image becomes a network's input.
public struct InputOptions: Sendable, Hashable, Codable {
  public enum Fit: String, Sendable, Hashable, Codable, CaseIterable {
    /// The whole image, its sides scaled apart.
    case squash
    /// The shorter side is scaled to `resize`, then the centre is cut out.
    case crop
  }

  /// Height and width in pixels.
  public var size: Int
  /// Of the normalisation, per channel in the order of `channels`, in units of [0, range].
  public var mean: [Double]
  public var standardDeviation: [Double]
  /// The order in which the network takes the colours.
  public var channels: ChannelOrder
  /// What white is to the network before the mean is taken away: 1 or 255.
  public var range: Int
  public var fit: Fit
  /// Length of the shorter side before the centre is cut out; used by `crop` only.
  public var resize: Int
  /// Whether the EXIF orientation turns the picture.
  public var orientation: OrientationUse

  public init(
    size: Int, mean: [Double], standardDeviation: [Double], channels: ChannelOrder = .rgb, range: Int = 1, fit: Fit,
    resize: Int, orientation: OrientationUse = .apply
  ) {
    self.orientation = orientation
    self.size = size
    self.mean = mean
    self.standardDeviation = standardDeviation
    self.channels = channels
    self.range = range
    self.fit = fit
    self.resize = resize
  }
}

extension InputOptions {
  /// Results that were stored before networks could take blue first are of networks that take red first, and of pictures
  /// that were turned.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      size: try container.decode(Int.self, forKey: .size), mean: try container.decode([Double].self, forKey: .mean),
      standardDeviation: try container.decode([Double].self, forKey: .standardDeviation),
      channels: try container.decodeIfPresent(ChannelOrder.self, forKey: .channels) ?? .rgb,
      range: try container.decodeIfPresent(Int.self, forKey: .range) ?? 1,
      fit: try container.decode(Fit.self, forKey: .fit), resize: try container.decode(Int.self, forKey: .resize),
      orientation: try container.decodeIfPresent(OrientationUse.self, forKey: .orientation) ?? .apply)
  }

  public var normalisation: Normalisation {
    Normalisation(mean: mean, standardDeviation: standardDeviation, channels: channels, range: Double(range))
  }
}

public struct ModelOptions: Sendable, Hashable, Codable {
  /// Unique within the experiment: the architecture's name where one model has it, otherwise the model's name.
  public var key: String
  public var architecture: Architecture
  /// Nil where the file does not say it, which means the standard one.
  public var variant: ArchitectureVariant?
  /// As the report calls it.
  public var name: String
  public var weights: ExperimentPath
  /// Which of the weights file's dictionaries, or the prefix in it; nil for the one that is taken where nobody says it.
  public var state: String?
  /// Multiplies every channel count.
  public var width: Double
  public var input: InputOptions
  /// `last`, `all`, or names.
  public var layers: [String]
}

public struct AttackOptions: Sendable, Hashable, Codable {
  public enum Method: String, Sendable, Hashable, Codable, CaseIterable { case fgsm }

  public enum LossLabel: String, Sendable, Hashable, Codable, CaseIterable {
    /// The true class.
    case label
    /// The class predicted on the clean image.
    case predicted
  }

  public enum Quantisation: String, Sendable, Hashable, Codable, CaseIterable {
    case none
    /// The attacked image is rounded to n/255.
    case eightBit = "8bit"
  }

  public var method: Method
  /// In pixel units of [0, 1], ascending, without the control 0.
  public var epsilons: [Double]
  public var lossLabel: LossLabel
  public var quantise: Quantisation
}

public struct ExplainOptions: Sendable, Hashable, Codable {
  public enum Method: String, Sendable, Hashable, Codable, CaseIterable { case gradCAM = "grad-cam" }

  public var method: Method
  public var targets: [ExplanationTarget]
}

public struct CompareOptions: Sendable, Hashable, Codable {
  public enum Window: String, Sendable, Hashable, Codable, CaseIterable {
    /// 7 x 7, sample covariance.
    case uniform
    /// Sigma 1.5 over 11 x 11, population covariance.
    case gaussian
  }

  public var window: Window
}

public struct ReportOptions: Sendable, Hashable, Codable {
  public enum Format: String, Sendable, Hashable, Codable, CaseIterable { case pdf, svg }

  public enum SVGText: String, Sendable, Hashable, Codable, CaseIterable {
    /// Outlines: the same everywhere, without the fonts.
    case paths
    /// Text that can be selected and found.
    case text
  }

  /// A template's name, or a path that ends in `.md`.
  public var template: ExperimentPath
  public var formats: [Format]
  public var svgText = SVGText.paths
  /// Printed under the title.
  public var authors: [String] = []
  /// Leaves out authors and the names of files.
  public var isAnonymous = false
}

extension ReportOptions {
  /// Reports that were stored before there were these options had their defaults.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      template: try container.decode(ExperimentPath.self, forKey: .template),
      formats: try container.decode([Format].self, forKey: .formats),
      svgText: try container.decodeIfPresent(SVGText.self, forKey: .svgText) ?? .paths,
      authors: try container.decodeIfPresent([String].self, forKey: .authors) ?? [],
      isAnonymous: try container.decodeIfPresent(Bool.self, forKey: .isAnonymous) ?? false)
  }
}
