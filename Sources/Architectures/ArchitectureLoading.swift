import Graphs
import Images
import Support
import Tensors
import Weights

extension Architecture {
  /// Loads a network from named tensors, under our names or others that its weights are found under.
  ///
  /// The number of classes is read from the weights, and so is the width of hidden fully connected layers (VGG16 has
  /// two): they are features, not channels, and `width` leaves them alone.
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
        "\(rawValue) has no variant `\(variant.rawValue)`", remedy: Architecture.whoHas(variant))
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
    if let most = tensors.names.mostPixels, inputSize > most {
      throw .usage(
        at: Place(file: weights.source),
        "the weights are of \(tensors.names.name)'s \(rawValue), which at an input of \(inputSize) pixels is another "
          + "network than this one",
        remedy: "Choose an `input.size` below \(most + 1): there the two are the same.")
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
      width: width, variant: variant, inputSize: inputSize ?? self.inputSize, sizes: HeadSizes(of: self, width: width))
    return try builder.graph(name: rawValue, lastLayer: lastLayer).layers
  }

  /// The tensors of a network with this many classes: what a weights file must hold.
  /// - Parameter hiddenFeatures: of the layers whose width the weights decide (VGG16's two of 4096); nil for the published ones times `width`.
  public func requiredTensors(width: Double = 1, classes: Int, hiddenFeatures: Int? = nil) -> [TensorHandle] {
    var sizes = HeadSizes(of: self, width: width)
    sizes.classes = classes
    if let hiddenFeatures { sizes.hiddenFeatures = hiddenLayers.map { _ in hiddenFeatures } }
    return build(width: width, variant: .standard, inputSize: inputSize, sizes: sizes).tensors
  }

  private func description(width: Double) -> String { width == 1 ? rawValue : "\(rawValue) of width \(width)" }

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
