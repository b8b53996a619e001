import Support
import Tensors
import Weights

/// A convolution's weights after batch normalisation has been folded into them.
public struct FoldedConvolution: Sendable {
  /// (output, input / groups, kernel height, kernel width), row-major.
  public private(set) var weights: [Float]
  /// (output).
  public private(set) var bias: [Float]
}

/// What batch normalisation does to a channel: y = scale (x - mean) + beta.
///
/// In single precision and in this order, as PyTorch's exporters and onnxscript fold it before a network comes to us
/// as an ONNX file: the network and its file have the same weights then, to the bit. Folding in double precision is
/// more exact by half a unit in the last place of a weight, which the sums over hundreds of them do not show.
struct ChannelAffine: Sendable {
  let scale: [Float]
  private let mean: [Float]
  private let beta: [Float]

  /// scale = gamma / sqrt(var + epsilon) (Ioffe & Szegedy 2015, evaluation mode).
  init(_ normalisation: BatchNormalisation, weights: any NamedTensors) throws(Problem) {
    let gamma = try weights.finiteValues(normalisation.scale.name)
    beta = try weights.finiteValues(normalisation.shift.name)
    mean = try weights.finiteValues(normalisation.mean.name)
    let variance = try weights.variances(normalisation.variance.name)
    let epsilon = Float(normalisation.epsilon)
    scale = zip(gamma, variance).map { $0 / ($1 + epsilon).squareRoot() }
  }

  /// What becomes of a value of a channel, be it a convolution's bias.
  func callAsFunction(_ value: Float, channel: Int) -> Float {
    (value - mean[channel]) * scale[channel] + beta[channel]
  }

  /// What becomes of 0 in each channel.
  var shift: [Float] { scale.indices.map { self(0, channel: $0) } }

  /// What no convolution takes in.
  /// - Throws: as `init`, and where a channel's factor or offset is too great for that.
  static func alone(
    _ normalisation: BatchNormalisation, weights: any NamedTensors
  ) throws(Problem) -> (scale: [Float], shift: [Float]) {
    let affine = try ChannelAffine(normalisation, weights: weights)
    let (scale, shift) = (affine.scale, affine.shift)
    guard scale.allSatisfy(\.isFinite), shift.allSatisfy(\.isFinite) else {
      throw .usage(
        at: Place(file: weights.source), "the factors of \(normalisation.name) overflow",
        remedy: "The file is damaged, or its training diverged: use another one.")
    }
    return (scale, shift)
  }
}

extension FoldedConvolution {
  /// Reads a convolution's weights and folds the normalisation behind it into them: see `ChannelAffine`.
  /// - Throws: `Problem` that names the tensor whose values are not finite, or are negative variances, or the
  ///   normalisation whose folding overflows.
  public init(_ convolution: FusedConvolution, weights tensors: any NamedTensors) throws(Problem) {
    let outputs = convolution.geometry.outputChannels
    weights = try tensors.finiteValues(convolution.weights.name)
    if let handle = convolution.bias {
      bias = try tensors.finiteValues(handle.name)
    } else {
      bias = [Float](repeating: 0, count: outputs)
    }
    guard weights.count == convolution.geometry.weightsShape.count, bias.count == outputs else {
      throw .failure(
        at: Place(file: tensors.source),
        "a convolution of \(convolution.geometry.weightsShape.count) weights and "
          + "\(outputs) biases was given \(weights.count) and \(bias.count)")
    }
    guard let normalisation = convolution.normalisation else { return }
    let affine = try ChannelAffine(normalisation, weights: tensors)
    let perChannel = weights.count / outputs
    do {
      var values = weights.mutableSpan
      for channel in 0..<outputs {
        let scale = affine.scale[channel]
        let start = channel * perChannel
        // Compared once, so that the loop needs no checks and becomes vector code.
        precondition(start >= 0 && start + perChannel <= values.count)
        for index in 0..<perChannel { values[start &+ index] *= scale }
      }
    }
    for channel in bias.indices {
      bias[channel] = affine(bias[channel], channel: channel)
    }
    guard weights.allSatisfy(\.isFinite), bias.allSatisfy(\.isFinite) else {
      throw .usage(
        at: Place(file: tensors.source), "folding \(normalisation.name) into \(convolution.name) overflows",
        remedy: "The file is damaged, or its training diverged: use another one.")
    }
  }
}

extension FusedLinear {
  /// Reads weights, row-major, and bias, with the normalisation folded into them as into those of a convolution.
  /// - Parameters:
  ///   - weights: room for (output, input).
  ///   - bias: room for (output); 0 in it.
  /// - Throws: `Problem` that names the tensor whose values are not finite, or are negative variances, or the
  ///   normalisation whose folding overflows.
  public func load(_ tensors: any NamedTensors, weights: AlignedBuffer, bias: AlignedBuffer) throws(Problem) {
    try tensors.copyFinite(linear.weights.name, to: weights)
    if let handle = linear.bias { try tensors.copyFinite(handle.name, to: bias) }
    guard let normalisation else { return }
    let affine = try ChannelAffine(normalisation, weights: tensors)
    var isFinite = true
    for output in 0..<linear.outputFeatures {
      let scale = affine.scale[output]
      bias.floats[output] = affine(bias.floats[output], channel: output)
      let row = weights.floats.part(output * linear.inputFeatures..<(output + 1) * linear.inputFeatures)
      var values = unsafe row.mutableSpan
      for index in values.indices { values[index] *= scale }
      isFinite = isFinite && bias.floats[output].isFinite && Elementwise.isFinite(values.span)
    }
    guard isFinite else {
      throw .usage(
        at: Place(file: tensors.source), "folding \(normalisation.name) into \(linear.name) overflows",
        remedy: "The file is damaged, or its training diverged: use another one.")
    }
  }
}

extension NamedTensors {
  /// A tensor's values, none of them NaN or infinite.
  ///
  /// oneDNN's ReLU turns NaN into 0, so a damaged weight could pass unseen if it were not found here.
  func finiteValues(_ name: String) throws(Problem) -> [Float] {
    let values = try values(name)
    try checkFinite(values.span, name)
    return values
  }

  /// The same of variances: NaN would come of the root of a negative one, and a wrong number of one near 0.
  func variances(_ name: String) throws(Problem) -> [Float] {
    let values = try finiteValues(name)
    if let index = values.firstIndex(where: { $0 < 0 }) {
      throw .usage(
        at: Place(file: source, tensor: name),
        "element \(index) is \(values[index]), expected a variance of at least 0",
        remedy: "The file is damaged, or its training diverged: use another one.")
    }
    return values
  }

  /// Looks at a tensor's values, and keeps none.
  func checkFinite(_ name: String) throws(Problem) {
    try forEachPiece(of: name) { (start, values) throws(Problem) in
      try checkFinite(values, name, from: start)
    }
  }

  /// The same, into memory for as many.
  /// - Throws: `Problem` that names the tensor and its first value that is not finite, and where there are more or fewer.
  public func copyFinite(_ name: String, to buffer: AlignedBuffer) throws(Problem) {
    let expected = buffer.count
    var count = 0
    try forEachPiece(of: name) { (start, values) throws(Problem) in
      count += values.count
      guard count <= expected else { return }
      try checkFinite(values, name, from: start)
      buffer.floats.copy(values, at: start)
    }
    guard count == expected else {
      throw .failure(at: Place(file: source, tensor: name), "expected \(expected) values, found \(count)")
    }
  }

  /// - Parameter start: which element of the tensor is the first of `values`.
  private func checkFinite(
    _ values: Span<Float>, _ name: String, from start: Int = 0
  ) throws(Problem) {
    guard !Elementwise.isFinite(values), let index = values.indices.first(where: { !values[$0].isFinite }) else {
      return
    }
    throw .usage(
      at: Place(file: source, tensor: name),
      "element \(start + index) is \(values[index]), expected a finite number",
      remedy: "The file is damaged, or its training diverged: use another one.")
  }
}
