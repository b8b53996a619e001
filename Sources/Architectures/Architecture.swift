import Graphs
import Images
import Support
import Tensors
import Weights

/// The architectures that an experiment can name, with the defaults of the measurement protocol.
public enum Architecture: String, CaseIterable, Sendable, Codable {
  /// Configuration D of Simonyan and Zisserman (ICLR 2015), without batch normalisation.
  case vgg16
  /// He, Zhang, Ren and Sun (CVPR 2016), blocks (3, 4, 6, 3); torchvision's strides unless the variant is `caffe`.
  case resnet50
  /// The same with blocks (3, 4, 23, 3).
  case resnet101
  /// Szegedy et al. (CVPR 2016), without the auxiliary classifier.
  case inceptionV3 = "inception_v3"
  /// Chollet (CVPR 2017), with timm's `legacy_xception` deciding details.
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

  /// The length of the shorter side in pixels before the centre is cut out, for `fit: crop`.
  public var resizeForCrop: Int {
    switch self {
    case .vgg16, .resnet50, .resnet101: 256
    case .inceptionV3: 342
    case .xception: 333
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

  /// The layer whose tensors' rows are the classes.
  var classifier: String { self == .vgg16 ? "classifier.6" : "fc" }

  /// Loads a network from named tensors, under torchvision's, timm's or pretrainedmodels' names.
  ///
  /// The number of classes is read from the weights, and so is the width of VGG16's two hidden fully connected
  /// layers: they are features, not channels, and `width` leaves them alone.
  /// - Parameters:
  ///   - width: multiplies every channel count but the image's.
  ///   - variant: one of `variants`.
  ///   - inputSize: nil for the published one.
  ///   - normalisation: nil for the variant's published one.
  /// - Throws: `Problem` that lists missing, left-over and misshapen tensors, and names the architecture and width
  ///   that the weights would fit.
  public func network(
    weights: any NamedTensors, width: Double = 1, variant: ArchitectureVariant = .standard, inputSize: Int? = nil,
    normalisation: Normalisation? = nil
  ) throws(Problem) -> Network {
    guard variants.contains(variant) else {
      throw .usage(
        "\(rawValue) has no variant `\(variant.rawValue)`", remedy: "The ResNets have one: leave `variant` out.")
    }
    let tensors = OwnTensors(weights, for: self)
    let inputSize = inputSize ?? self.inputSize
    let builder = build(
      width: width, variant: variant, inputSize: inputSize, sizes: HeadSizes(of: self, in: tensors))
    let graph = try builder.graph(name: rawValue, lastLayer: lastLayer)
    let expected = graph.tensors
    let comparison = WeightsComparison(expected: expected, found: tensors)
    let refusals = expected.lazy.compactMap { tensors.refusal(of: $0.name) }
    guard comparison.withoutRefused().fits else {
      var problem = comparison.problem(
        architecture: description(width: width), remedy: remedy(for: weights))
      if let file = weights as? WeightsFile, !file.outside.isEmpty {
        let shown = file.outside.prefix(6).map { printable($0) }.joined(separator: ", ")
        problem.message +=
          "; outside of \(file.prefix.isEmpty ? "it" : "`\(printable(file.prefix))`") "
          + "\(file.outside.count == 1 ? "1 tensor" : "\(file.outside.count) tensors"): \(shown)"
          + (file.outside.count > 6 ? ", and \(file.outside.count - 6) more" : "")
      }
      throw problem
    }
    if let problem = refusals.first { throw problem }
    // timm's convolution of 7 x 7 slides over a larger map, where torchvision averages the map to 7 x 7 first.
    if tensors.names == .timm, inputSize >= 256 {
      throw .usage(
        at: Place(file: weights.source),
        "the weights are of timm's vgg16, which at an input of \(inputSize) pixels is another network than torchvision's",
        remedy: "Choose an `input.size` below 256: there the two are the same.")
    }
    return try Network(
      graph, normalisation: normalisation ?? self.normalisation(variant), weights: comparison.fitting(rawValue))
  }

  /// The layers that can be explained, without any weights, input side first.
  /// - Throws: `Problem` when the input is too small for the layers.
  public func layers(
    width: Double = 1, variant: ArchitectureVariant = .standard, inputSize: Int? = nil
  ) throws(Problem) -> [LayerDescription] {
    let builder = build(
      width: width, variant: variant, inputSize: inputSize ?? self.inputSize, sizes: HeadSizes(width: width))
    return try builder.graph(name: rawValue, lastLayer: lastLayer).layers
  }

  /// The tensors of a network with this many classes: what a weights file must hold.
  /// - Parameter hiddenFeatures: width of VGG16's two hidden fully connected layers; nil for 4096 times `width`.
  public func requiredTensors(width: Double = 1, classes: Int, hiddenFeatures: Int? = nil) -> [TensorHandle] {
    var sizes = HeadSizes(width: width)
    sizes.classes = classes
    if let hiddenFeatures { sizes.hiddenFeatures = (hiddenFeatures, hiddenFeatures) }
    return build(width: width, variant: .standard, inputSize: inputSize, sizes: sizes).tensors
  }

  private func build(
    width: Double, variant: ArchitectureVariant, inputSize: Int, sizes: HeadSizes
  ) -> GraphBuilder {
    var builder = GraphBuilder(width: width, inputSize: inputSize)
    switch self {
    case .vgg16: buildVGG16(&builder, classes: sizes.classes, hiddenFeatures: sizes.hiddenFeatures)
    case .resnet50: buildResNet(&builder, classes: sizes.classes, depths: [3, 4, 6, 3], isCaffe: variant == .caffe)
    case .resnet101: buildResNet(&builder, classes: sizes.classes, depths: [3, 4, 23, 3], isCaffe: variant == .caffe)
    case .inceptionV3: buildInceptionV3(&builder, classes: sizes.classes)
    case .xception: buildXception(&builder, classes: sizes.classes)
    }
    return builder
  }

  private func description(width: Double) -> String { width == 1 ? rawValue : "\(rawValue) of width \(width)" }

  /// The tensors whose rows tell the width, and how many rows they have at width 1. The second one is for a file whose
  /// first cannot be read.
  var widthProbes: (names: [String], rows: Int) {
    switch self {
    case .vgg16: (["features.28.weight", "features.28.bias"], 512)
    case .resnet50, .resnet101: (["layer4.2.conv3.weight", "layer4.2.bn3.weight"], 2048)
    case .inceptionV3: (["Mixed_7c.branch1x1.conv.weight", "Mixed_7c.branch1x1.bn.weight"], 320)
    case .xception: (["conv4.pointwise.weight", "bn4.weight"], 2048)
    }
  }

  /// Compares weights under our names with the graph of this width.
  func fit(_ tensors: OwnTensors, width: Double) -> ArchitectureFit {
    let sizes = HeadSizes(of: self, in: tensors)
    let builder = build(width: width, variant: .standard, inputSize: inputSize, sizes: sizes)
    let expected = builder.tensors
    let comparison = WeightsComparison(expected: expected, found: tensors)
    return ArchitectureFit(
      self, width: width, classes: sizes.classes, names: tensors.names,
      comparison: comparison.withoutRefused(),
      refusals: expected.compactMap { tensors.refusal(of: $0.name) })
  }

  /// Which architecture and width a set of weights would fit, as a sentence.
  private func remedy(for weights: any NamedTensors) -> String {
    let file = weights as? WeightsFile
    // In a file the tensors of another architecture may lie elsewhere.
    let fits = file.flatMap { try? ArchitectureFit.all(in: $0).map(\.0) } ?? ArchitectureFit.all(for: weights)
    if let fit = fits.first, fit.fits {
      let keys =
        "`architecture: \(fit.architecture.rawValue)`" + (fit.width == 1 ? "" : " with `width: \(fit.width)`")
      // The same architecture, elsewhere in the file.
      if fit.architecture == self, let file, let place = try? fit.architecture.place(in: file),
        !place.weights.isSamePart(as: file)
      {
        return "The file fits \(keys) at `state: \(printable(place.place.name))`."
      }
      return "The file fits \(keys)."
    }
    if let name = file?.path.split(separator: "/").last, let shard = ShardName(String(name)) {
      return "The file is number \(shard.number) of \(shard.count) that belong together: give their index, "
        + "`\(shard.index)`, which names them all."
    }
    return "The file fits none of the known architectures: "
      + Architecture.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
      + ". `heatdrift weights inspect` shows what it holds."
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
    // A quantised weight says no shape; its bias does.
    func rows(_ layer: String) -> Int? {
      (weights.shape(of: "\(layer).weight") ?? weights.shape(of: "\(layer).bias"))?.dimensions.first
    }
    if let rows = rows(architecture.classifier) { classes = rows }
    if let first = rows("classifier.0"), let second = rows("classifier.3") {
      hiddenFeatures = (first, second)
    }
  }
}
