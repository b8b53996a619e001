import Graphs
import Images
import Support
import Tensors
import Weights

/// The architectures that an experiment can name.
public let architectures = Registry<Architecture>(
  "architecture", [.vgg16, .resnet50, .resnet101, .inceptionV3, .xception]
) { $0.rawValue }

/// A network as it was published, with the defaults of the measurement protocol: what an experiment names, and builds
/// at any width, for any number of classes.
///
/// Each is a value in a file of its own, beside the table of its paper.
public struct Architecture: Sendable {
  /// As experiment files name it: "inception_v3".
  public let rawValue: String
  /// As a report calls it: "InceptionV3".
  public let displayName: String
  /// Who published it.
  public let references: [Publication]
  /// Height and width of the square input, in pixels.
  public let inputSize: Int
  /// The length of the shorter side in pixels before the centre is cut out, for `fit: crop`.
  public let resizeForCrop: Int
  /// The last convolutional layer, `layers: last`.
  public let lastLayer: String
  /// The forms that it is published in with what each makes of an image, the default first.
  let forms: [(variant: ArchitectureVariant, normalisation: Normalisation)]
  /// The layer whose tensors' rows are the classes.
  let classifier: String
  /// Fully connected layers whose width is none of channels, with their published width: the weights decide it.
  let hiddenLayers: [(name: String, features: Int)]
  /// The tensors whose rows tell the width, and how many rows they have at width 1. The second one is for a file whose
  /// first cannot be read.
  let widthProbes: (names: [String], rows: Int)
  /// Under what other names its weights are found.
  let otherNames: [TensorNames]
  private let building: @Sendable (inout GraphBuilder, HeadSizes, ArchitectureVariant) -> Void

  /// - Parameters:
  ///   - key: as experiment files name it.
  ///   - title: as a report calls it.
  ///   - references: who published it.
  ///   - inputSize: height and width of the square input, in pixels.
  ///   - resizeForCrop: length of the shorter side in pixels before the centre is cut out.
  ///   - lastLayer: the last convolutional layer.
  ///   - forms: how it is published, the default first, and what each makes of an image.
  ///   - classifier: the layer whose tensors' rows are the classes.
  ///   - hiddenLayers: fully connected layers whose width the weights decide, with the published one.
  ///   - widthProbes: tensors whose rows tell the width, and how many they have at width 1.
  ///   - otherNames: of its tensors.
  ///   - build: writes the graph, under the names of `lastLayer`, `classifier` and so on.
  public init(
    _ key: String, title: String, references: [Publication] = [], inputSize: Int, resizeForCrop: Int, lastLayer: String,
    forms: [(variant: ArchitectureVariant, normalisation: Normalisation)], classifier: String = "fc",
    hiddenLayers: [(name: String, features: Int)] = [], widthProbes: (names: [String], rows: Int),
    otherNames: [TensorNames] = [],
    build: @escaping @Sendable (inout GraphBuilder, HeadSizes, ArchitectureVariant) -> Void
  ) {
    rawValue = key
    displayName = title
    self.references = references
    self.inputSize = inputSize
    self.resizeForCrop = resizeForCrop
    self.lastLayer = lastLayer
    self.forms = forms
    self.classifier = classifier
    self.hiddenLayers = hiddenLayers
    self.widthProbes = widthProbes
    self.otherNames = otherNames
    building = build
  }

  /// The graph as far as it is written, without weights.
  func build(
    width: Double, variant: ArchitectureVariant, inputSize: Int, sizes: HeadSizes
  ) -> GraphBuilder {
    var builder = GraphBuilder(width: width, inputSize: inputSize)
    building(&builder, sizes, variant)
    return builder
  }
}

extension Architecture: CaseIterable, RawRepresentable, Hashable, Codable {
  /// As they are registered.
  public static var allCases: [Architecture] { architectures.all }

  /// Nil for a name that no architecture has.
  public init?(rawValue: String) {
    guard let architecture = architectures[rawValue] else { return nil }
    self = architecture
  }

  public static func == (a: Architecture, b: Architecture) -> Bool { a.rawValue == b.rawValue }

  public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

/// The sizes of a network's head, which a weights file decides.
public struct HeadSizes: Sendable {
  /// Rows of the classifier.
  public var classes: Int
  /// Features of the architecture's hidden layers, in their order.
  public var hiddenFeatures: [Int]

  /// As published: a weights file decides otherwise.
  static let publishedClasses = 1000

  /// - Parameter width: multiplies the hidden layers' published features.
  init(of architecture: Architecture, width: Double) {
    classes = HeadSizes.publishedClasses
    hiddenFeatures = architecture.hiddenLayers.map { max(1, Int((Double($0.features) * width).rounded())) }
  }

  /// Those that weights have; the published ones where they do not tell.
  init(of architecture: Architecture, in weights: any NamedTensors) {
    self.init(of: architecture, width: 1)
    // A quantised weight says no shape; its bias does.
    func rows(_ layer: String) -> Int? {
      (weights.shape(of: "\(layer).weight") ?? weights.shape(of: "\(layer).bias"))?.dimensions.first
    }
    if let rows = rows(architecture.classifier) { classes = rows }
    let hidden = architecture.hiddenLayers.compactMap { rows($0.name) }
    if hidden.count == architecture.hiddenLayers.count { hiddenFeatures = hidden }
  }
}
