import Support

extension Network {
  /// Looks at every weight that the network uses, as an engine does when it prepares it, and keeps none: so that the last
  /// of several models is found to be unsound before the first one is measured.
  /// - Throws: `Problem` that names the tensor, for values that are not finite, negative variances, types that are no
  ///   floating-point numbers, and normalisation that overflows where it is folded in.
  public func checkWeights(layers: [ResolvedLayer]) throws(Problem) {
    _ = try concurrentMap(Program(self, layers: layers).steps) { (step) throws(Problem) in
      switch step.kind {
      case .convolution(let convolution, let normalisation, _):
        _ = try FoldedConvolution(convolution, normalisation, weights: weights)
      case .linear(let linear):
        try weights.checkFinite(linear.path + ".weight")
        try weights.checkFinite(linear.path + ".bias")
      default: break
      }
    }
  }
}
