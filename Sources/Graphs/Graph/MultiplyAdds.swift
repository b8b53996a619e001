import Tensors

extension Network {
  /// Multiply-adds of one forward pass of one image, by convolutions, fully connected layers and products of values; a
  /// backward pass to
  /// the image takes as many. The usual measure of a network's arithmetic (half of its floating-point operations).
  public var multiplyAdds: Int { graph.multiplyAdds }
}

extension Graph {
  /// As of `Network`.
  public var multiplyAdds: Int {
    nodes.reduce(0) { sum, node in
      switch node.operation {
      case .convolution(let convolution): return sum + convolution.geometry.multiplyAdds(to: node.shape)
      case .linear(let linear): return sum + linear.inputFeatures * linear.outputFeatures
      case .matrixProduct:
        let (first, second) = (nodes[node.inputs[0]].shape, nodes[node.inputs[1]].shape)
        return sum + MatrixProducts(first, second).multiplyAdds
      default: return sum
      }
    }
  }
}

extension ConvolutionGeometry {
  /// - Parameter output: (output channels, height, width).
  public func multiplyAdds(to output: Shape) -> Int {
    output.count * (inputChannels / groups) * window.kernelHeight * window.kernelWidth
  }
}
