import Support
import Tensors

/// One step of epsilon along the signs of a tensor, which serves every level.
struct SignStep: PreparedAttack {
  let image: Tensor
  /// Whose signs are taken.
  let gradient: Tensor
  let quantise: Quantisation
  var direction: Tensor? { gradient }

  func attacked(level: Double) throws(Problem) -> AttackedImage {
    AttackedImage(
      image: try SignStep.attack(image, gradient: gradient, epsilon: level, quantise: quantise),
      clippedShare: SignStep.clippedShare(image, gradient: gradient, epsilon: level))
  }

  /// x' = clamp(x + epsilon sign(g), 0, 1), sign(0) = 0.
  /// - Parameters:
  ///   - image: in [0, 1].
  ///   - gradient: of the loss with respect to the image; of the same shape.
  ///   - epsilon: in [0, 1]; 0 gives the image itself, rounded where it is quantised.
  ///   - quantise: `.eightBit` rounds after the clamp, halves to even.
  /// - Returns: of the image's shape, in [0, 1].
  /// - Throws: `Problem` when a gradient is NaN or of another shape.
  static func attack(
    _ image: Tensor, gradient: Tensor, epsilon: Double, quantise: Quantisation = .none
  ) throws(Problem) -> Tensor {
    guard image.shape == gradient.shape else {
      throw .failure("an image of shape \(image.shape) was given a gradient of shape \(gradient.shape)")
    }
    let step = Float(epsilon)
    let count = image.values.count
    // Counted, not returned from: only a loop without a way out becomes vector code.
    var undefined: Int32 = 0
    var values = [Float](repeating: 0, count: count)
    do {
      let x = image.values.span
      let g = gradient.values.span
      var output = values.mutableSpan
      // Compared once, so that the loops need no checks.
      precondition(x.count == count && g.count == count)
      for i in output.indices {
        undefined &+= g[i] == g[i] ? 0 : 1
        let value = moved(x[i], by: step, along: g[i])
        output[i] = value < 0 ? 0 : (value > 1 ? 1 : value)
      }
    }
    quantise.apply(to: &values)
    guard undefined == 0 else {
      throw .numbers(
        "the gradient of the loss has NaN elements", remedy: "Check the weights: the network does not compute numbers.")
    }
    return Tensor(shape: image.shape, values: values)
  }

  /// The share of an image's values that the step would take below 0 or above 1, where the clamp holds them: there the
  /// attack is weaker than its epsilon says.
  /// - Parameter gradient: of the same shape.
  /// - Returns: in [0, 1]; 0 for an epsilon of 0.
  static func clippedShare(_ image: Tensor, gradient: Tensor, epsilon: Double) -> Double {
    let step = Float(epsilon)
    let count = min(image.values.count, gradient.values.count)
    var clipped: Int32 = 0
    let x = image.values.span.extracting(0..<count)
    let g = gradient.values.span.extracting(0..<count)
    for i in x.indices {
      let value = moved(x[i], by: step, along: g[i])
      clipped &+= (value < 0 ? 1 : 0) &+ (value > 1 ? 1 : 0)
    }
    return Double(clipped) / Double(max(1, count))
  }

  /// Before any clamp: a step along the gradient's sign, none where the gradient is 0 or NaN.
  @inline(__always)
  private static func moved(_ x: Float, by step: Float, along gradient: Float) -> Float {
    x + step * (gradient > 0 ? 1 : (gradient < 0 ? -1 : 0))
  }
}
