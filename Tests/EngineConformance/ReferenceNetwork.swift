import Graphs
import Tensors
import Weights

/// A network in double precision, every operation as its definition has it: what engines are held to. Slow and plain; it
/// shares no code with any engine, and knows of no fusing.
struct ReferenceNetwork {
  private let network: Network
  private let weights: [String: [Double]]

  init(_ network: Network) throws {
    self.network = network
    var weights: [String: [Double]] = [:]
    for tensor in network.graph.tensors {
      weights[tensor.name] = try network.weights.values(tensor.name).map { Double($0) }
    }
    self.weights = weights
  }

  /// All values, by node, row-major.
  /// - Parameter image: (channels, height, width) in [0, 1].
  func values(of image: [Double]) -> [[Double]] {
    var values: [[Double]] = [normalised(image)]
    complete(&values)
    return values
  }

  /// The last value, where some node's value is another one.
  func logits(_ values: [[Double]], replacing node: NodeIndex, by value: [Double]) -> [Double] {
    var some = Array(values[..<node]) + [value]
    complete(&some)
    return some[some.count - 1]
  }

  private func complete(_ values: inout [[Double]]) {
    for node in network.graph.nodes[values.count...] { values.append(value(of: node, values)) }
  }

  private func normalised(_ image: [Double]) -> [Double] {
    let normalisation = network.normalisation
    let channels = network.input[0]
    let area = network.input[1] * network.input[2]
    return (0..<image.count).map { index in
      let channel = index / area
      let source = normalisation.channels == .rgb ? channel : channels - 1 - channel
      let x = normalisation.range * image[source * area + index % area]
      return (x - normalisation.mean[channel]) / normalisation.standardDeviation[channel]
    }
  }

  private func value(of node: Node, _ values: [[Double]]) -> [Double] {
    let input = node.inputs.first.map { values[$0] } ?? []
    let shape = node.inputs.first.map { network.graph.nodes[$0].shape } ?? node.shape
    switch node.operation {
    case .image: return values[0]
    case .relu: return input.map { max($0, 0) }
    case .add: return zip(input, values[node.inputs[1]]).map(+)
    case .concatenation(let axis):
      let parts = node.inputs.map { (values: values[$0], shape: network.graph.nodes[$0].shape) }
      return ReferenceElements.joined(parts, axis: axis, to: node.shape)
    case .linear(let linear):
      let matrix = self[linear.weights]
      return (0..<linear.outputFeatures).map { output in
        let sum = input.indices.reduce(0.0) { $0 + matrix[output * linear.inputFeatures + $1] * input[$1] }
        return sum + (linear.bias.map { self[$0][output] } ?? 0)
      }
    case .batchNormalisation(let normalisation):
      let area = shape.dimensions.dropFirst().reduce(1, *)
      return input.enumerated().map { index, x in
        let k = index / area
        let deviation = (self[normalisation.variance][k] + normalisation.epsilon).squareRoot()
        return (x - self[normalisation.mean][k]) / deviation * self[normalisation.scale][k]
          + self[normalisation.shift][k]
      }
    case .adaptiveAveragePooling: return Self.adaptive(input, shape, to: node.shape)
    case .pooling(let pooling): return Self.pooled(input, shape, pooling, to: node.shape)
    case .convolution(let convolution): return convolved(input, shape, convolution, to: node.shape)
    case .activation(let activation): return input.map { ReferenceElements.value(activation, $0) }
    case .parametricReLU(_, let slope):
      return zip(input, ReferenceElements.broadcast(self[slope], slope.shape, to: shape)).map { $0 > 0 ? $0 : $1 * $0 }
    case .affine(_, let affine):
      func constants(_ handle: TensorHandle?, or value: Double) -> [Double] {
        guard let handle else { return input.map { _ in value } }
        return ReferenceElements.broadcast(self[handle], handle.shape, to: shape)
      }
      return zip(zip(input, constants(affine.scale, or: 1)), constants(affine.shift, or: 0)).map { $0.0 * $0.1 + $1 }
    case .arithmetic(let arithmetic):
      let operands = node.inputs.map {
        ReferenceElements.broadcast(values[$0], network.graph.nodes[$0].shape, to: node.shape)
      }
      return zip(operands[0], operands[1]).map { ReferenceElements.value(arithmetic, $0, $1) }
    case .matrixProduct:
      let operands = node.inputs.map { (values: values[$0], shape: network.graph.nodes[$0].shape) }
      return ReferenceElements.product(operands[0], operands[1], to: node.shape)
    case .reduction(let reduction): return ReferenceElements.reduced(reduction, input, shape)
    case .standardisation(let standardisation): return ReferenceElements.standardised(standardisation, input, shape)
    case .softmax(let axis): return ReferenceElements.softmax(axis: axis, input, shape)
    case .localResponse(let response): return ReferenceElements.localResponse(response, input, shape)
    case .rearrangement(let rearrangement): return ReferenceElements.rearranged(rearrangement, input)
    case .resampling(let resampling):
      return ReferenceElements.resampled(resampling, input, shape, to: node.shape)
    }
  }

  private subscript(tensor: TensorHandle) -> [Double] { weights[tensor.name] ?? [] }

  private func convolved(
    _ input: [Double], _ shape: Shape, _ convolution: Convolution, to output: Shape
  ) -> [Double] {
    let geometry = convolution.geometry
    let (rows, columns) = (geometry.window.vertical, geometry.window.horizontal)
    let filters = self[convolution.weights]
    let inputs = geometry.inputChannels / geometry.groups
    let outputs = geometry.outputChannels / geometry.groups
    var result: [Double] = []
    Self.forEachPlace(output) { channel, y, x in
      var sum = convolution.bias.map { self[$0][channel] } ?? 0
      for c in 0..<inputs {
        let source = channel / outputs * inputs + c
        for i in 0..<rows.kernel {
          let row = y * rows.stride - rows.paddingBefore + i * rows.dilation
          guard row >= 0, row < shape[1] else { continue }
          for j in 0..<columns.kernel {
            let column = x * columns.stride - columns.paddingBefore + j * columns.dilation
            guard column >= 0, column < shape[2] else { continue }
            sum +=
              filters[((channel * inputs + c) * rows.kernel + i) * columns.kernel + j]
              * input[(source * shape[1] + row) * shape[2] + column]
          }
        }
      }
      result.append(sum)
    }
    return result
  }

  private static func pooled(_ input: [Double], _ shape: Shape, _ pooling: Pooling, to output: Shape) -> [Double] {
    let (rows, columns) = (pooling.window.vertical, pooling.window.horizontal)
    var result: [Double] = []
    forEachPlace(output) { channel, y, x in
      var seen: [Double] = []
      var padded = 0
      for i in 0..<rows.kernel {
        for j in 0..<columns.kernel {
          let row = y * rows.stride - rows.paddingBefore + i * rows.dilation
          let column = x * columns.stride - columns.paddingBefore + j * columns.dilation
          if row < shape[1] + rows.paddingAfter, column < shape[2] + columns.paddingAfter { padded += 1 }
          guard row >= 0, row < shape[1], column >= 0, column < shape[2] else { continue }
          seen.append(input[(channel * shape[1] + row) * shape[2] + column])
        }
      }
      switch pooling.kind {
      case .maximum: result.append(seen.max() ?? 0)
      case .average: result.append(seen.reduce(0, +) / Double(pooling.countsPadding ? padded : seen.count))
      }
    }
    return result
  }

  private static func adaptive(_ input: [Double], _ shape: Shape, to output: Shape) -> [Double] {
    var result: [Double] = []
    forEachPlace(output) { channel, y, x in
      // torch.nn.AdaptiveAvgPool2d: from floor(y h / H) to ceil((y + 1) h / H).
      let rows = y * shape[1] / output[1]..<((y + 1) * shape[1] + output[1] - 1) / output[1]
      let columns = x * shape[2] / output[2]..<((x + 1) * shape[2] + output[2] - 1) / output[2]
      var sum = 0.0
      for row in rows { for column in columns { sum += input[(channel * shape[1] + row) * shape[2] + column] } }
      result.append(sum / Double(rows.count * columns.count))
    }
    return result
  }

  private static func forEachPlace(_ shape: Shape, _ body: (_ channel: Int, _ y: Int, _ x: Int) -> Void) {
    for channel in 0..<shape[0] { for y in 0..<shape[1] { for x in 0..<shape[2] { body(channel, y, x) } } }
  }
}
