import Diagnostics
import Networks
import Tensors
import Weights

/// The architectures that an experiment can name, with the defaults of the measurement protocol.
public enum Architecture: String, CaseIterable, Sendable, Codable {
  case vgg16
  case resnet50
  case resnet101
  case inceptionV3 = "inception_v3"
  case xception

  /// As a report calls it.
  public var displayName: String {
    switch self {
    case .vgg16: "VGG16"
    case .resnet50: "ResNet50"
    case .resnet101: "ResNet101"
    case .inceptionV3: "InceptionV3"
    case .xception: "Xception"
    }
  }

  /// Height and width of the square input, in pixels.
  public var inputSize: Int {
    switch self {
    case .vgg16, .resnet50, .resnet101: 224
    case .inceptionV3, .xception: 299
    }
  }

  /// The length of the shorter side before the centre is cut out, for `fit: crop`.
  public var resizeForCrop: Int {
    switch self {
    case .vgg16, .resnet50, .resnet101: 256
    case .inceptionV3: 342
    case .xception: 333
    }
  }

  /// Of the normalisation, per channel, red first.
  public var mean: [Double] {
    switch self {
    case .vgg16, .resnet50, .resnet101: [0.485, 0.456, 0.406]
    case .inceptionV3, .xception: [0.5, 0.5, 0.5]
    }
  }

  public var standardDeviation: [Double] {
    switch self {
    case .vgg16, .resnet50, .resnet101: [0.229, 0.224, 0.225]
    case .inceptionV3, .xception: [0.5, 0.5, 0.5]
    }
  }

  /// The last convolutional layer, `layers: last`.
  public var lastLayer: String {
    switch self {
    case .vgg16: "features.29"
    case .resnet50, .resnet101: "layer4.2"
    case .inceptionV3: "Mixed_7c"
    case .xception: "act4"
    }
  }

  /// Published classes; a weights file decides otherwise.
  static let publishedClasses = 1000

  /// The tensor whose rows are the classes.
  var classifierWeight: String { self == .vgg16 ? "classifier.6.weight" : "fc.weight" }

  /// Loads a network from named tensors.
  ///
  /// The number of classes is read from the weights, and so is the width of VGG16's two hidden fully connected
  /// layers: they are features, not channels, and `width` leaves them alone.
  /// - Parameters:
  ///   - width: multiplies every channel count but the image's.
  ///   - inputSize: nil for the published one.
  /// - Throws: `Problem` that lists missing, left-over and misshapen tensors, and names the architecture and width
  ///   that the weights would fit.
  public func network(
    weights: any NamedTensors, width: Double = 1, inputSize: Int? = nil, mean: [Double]? = nil,
    standardDeviation: [Double]? = nil
  ) throws(Problem) -> Network {
    let builder = build(width: width, inputSize: inputSize ?? self.inputSize, sizes: HeadSizes(of: self, in: weights))
    if let problem = builder.problem { throw problem }
    let comparison = WeightsComparison(expected: expectedTensors(of: builder.nodes), found: weights)
    guard comparison.fits else {
      throw comparison.problem(architecture: description(width: width), remedy: Architecture.remedy(for: weights))
    }
    return try Network(
      architecture: rawValue, builder: builder, lastLayer: lastLayer, mean: mean ?? self.mean,
      standardDeviation: standardDeviation ?? self.standardDeviation, weights: weights)
  }

  /// The layers that can be explained, without any weights.
  public func layers(width: Double = 1, inputSize: Int? = nil) throws(Problem) -> [LayerDescription] {
    let builder = build(width: width, inputSize: inputSize ?? self.inputSize, sizes: HeadSizes(width: width))
    if let problem = builder.problem { throw problem }
    return describeLayers(of: builder.nodes, lastLayer: lastLayer)
  }

  /// The tensors of a network with this many classes: what a weights file must hold.
  public func requiredTensors(width: Double = 1, classes: Int, hiddenFeatures: Int? = nil) -> [ExpectedTensor] {
    var sizes = HeadSizes(width: width)
    sizes.classes = classes
    if let hiddenFeatures { sizes.hiddenFeatures = (hiddenFeatures, hiddenFeatures) }
    return expectedTensors(of: build(width: width, inputSize: inputSize, sizes: sizes).nodes)
  }

  private func build(width: Double, inputSize: Int, sizes: HeadSizes) -> NetworkBuilder {
    var builder = NetworkBuilder(width: width, inputSize: inputSize)
    switch self {
    case .vgg16: buildVGG16(&builder, classes: sizes.classes, hiddenFeatures: sizes.hiddenFeatures)
    case .resnet50: buildResNet(&builder, classes: sizes.classes, depths: [3, 4, 6, 3])
    case .resnet101: buildResNet(&builder, classes: sizes.classes, depths: [3, 4, 23, 3])
    case .inceptionV3: buildInceptionV3(&builder, classes: sizes.classes)
    case .xception: buildXception(&builder, classes: sizes.classes)
    }
    return builder
  }

  private func description(width: Double) -> String { width == 1 ? rawValue : "\(rawValue) of width \(width)" }

  /// The tensor whose rows tell the width, and how many rows it has at width 1.
  private var widthProbe: (name: String, rows: Int) {
    switch self {
    case .vgg16: ("features.28.weight", 512)
    case .resnet50, .resnet101: ("layer4.2.conv3.weight", 2048)
    case .inceptionV3: ("Mixed_7c.branch1x1.conv.weight", 320)
    case .xception: ("conv4.pointwise.weight", 2048)
    }
  }

  /// Which architecture and width a set of weights would fit, as a sentence.
  private static func remedy(for weights: any NamedTensors) -> String {
    for architecture in allCases {
      let probe = architecture.widthProbe
      guard let rows = weights.shape(of: probe.name)?.dimensions.first, rows > 0 else { continue }
      let width = Double(rows) / Double(probe.rows)
      let builder = architecture.build(
        width: width, inputSize: architecture.inputSize, sizes: HeadSizes(of: architecture, in: weights))
      if WeightsComparison(expected: expectedTensors(of: builder.nodes), found: weights).fits {
        return "The file fits `architecture: \(architecture.rawValue)`"
          + (width == 1 ? "." : " with `width: \(width)`.")
      }
    }
    return "The file fits none of the known architectures: "
      + allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ") + "."
  }
}

/// The sizes that a weights file decides.
private struct HeadSizes {
  var classes = Architecture.publishedClasses
  var hiddenFeatures: (Int, Int)

  init(width: Double) {
    let hidden = max(1, Int((4096 * width).rounded()))
    hiddenFeatures = (hidden, hidden)
  }

  init(of architecture: Architecture, in weights: any NamedTensors) {
    self.init(width: 1)
    func rows(_ name: String) -> Int? { weights.shape(of: name)?.dimensions.first }
    if let rows = rows(architecture.classifierWeight) { classes = rows }
    if let first = rows("classifier.0.weight"), let second = rows("classifier.3.weight") {
      hiddenFeatures = (first, second)
    }
  }
}
