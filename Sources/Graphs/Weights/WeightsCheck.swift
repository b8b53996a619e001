import Support
import Tensors

extension Network {
  /// Looks at every weight that the network uses, as an engine does when it prepares it, and keeps none: so that the last
  /// of several models is found to be unsound before the first one is measured.
  /// - Throws: `Problem` that names the tensor, for values that are not finite, negative variances, types that are no
  ///   floating-point numbers, and normalisation that overflows where it is folded in.
  public func checkWeights(layers: [ResolvedLayer]) throws(Problem) {
    _ = try concurrentMap(Program(graph, layers: layers).steps) { (step) throws(Problem) in
      switch step.kind {
      case .convolution(let convolution): _ = try FoldedConvolution(convolution, weights: weights)
      case .linear(let fused) where fused.normalisation != nil:
        let linear = fused.linear
        try fused.load(
          weights, weights: AlignedBuffer(count: linear.inputFeatures * linear.outputFeatures),
          bias: AlignedBuffer(count: linear.outputFeatures))
      case .linear(let fused):
        for tensor in Operation.linear(fused.linear).tensors { try weights.checkFinite(tensor.name) }
      case .other(.batchNormalisation(let normalisation)):
        _ = try ChannelAffine.alone(normalisation, weights: weights)
      case .other(let operation):
        for tensor in operation.tensors { try weights.checkFinite(tensor.name) }
      case .image, .relu, .pooling, .adaptiveAveragePooling, .add, .concatenation: break
      }
    }
  }
}
