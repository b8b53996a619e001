import Support

extension Network {
  /// Looks at every weight that the network uses, as an engine does when it prepares it, and keeps none: so that the last
  /// of several models is found to be unsound before the first one is measured.
  /// - Throws: `Problem` that names the tensor, for values that are not finite, negative variances, types that are no
  ///   floating-point numbers, and normalisation that overflows where it is folded in.
  public func checkWeights(layers: [ResolvedLayer]) throws(Problem) {
    _ = try concurrentMap(Program(graph, layers: layers).steps) { (step) throws(Problem) in
      switch step.kind {
      case .convolution(let convolution): _ = try FoldedConvolution(convolution, weights: weights)
      case .linear(let linear):
        try weights.checkFinite(linear.weights.name)
        if let bias = linear.bias { try weights.checkFinite(bias.name) }
      default: break
      }
    }
  }
}
