import Support
import Tensors

/// Small steps along the gradient's sign, none of which leaves the ball of epsilon around the image: what the iterated
/// attacks share. In Float32, in the order of torchattacks 3.5.1.
struct IteratedSteps: PreparedAttack {
  let image: Tensor
  let gradients: any LossGradients
  let lossLabel: LossLabel
  let count: Int
  /// Of one step, in pixel units, by epsilon.
  let size: @Sendable (Double) -> Double
  /// Where the first step begins, by epsilon; nil for the image itself.
  let start: (@Sendable (Double) -> Tensor)?
  /// How much of the gradients before goes on, each divided by its mean magnitude; nil for steps along the gradient alone.
  let decay: Double?
  let quantise: Quantisation

  /// Its steps have other signs at every level.
  var direction: Tensor? { nil }

  func attacked(level: Double) throws(Problem) -> AttackedImage {
    var current = start?(level) ?? image
    var velocity: [Float]?
    var clipped = 0.0
    for step in 0..<count {
      let gradient =
        step == 0 && start == nil
        ? try gradients.atCleanImage(awayFrom: lossLabel) : try gradients.at(current, awayFrom: lossLabel)
      guard gradient.shape == image.shape else {
        throw .failure("an image of shape \(image.shape) was given a gradient of shape \(gradient.shape)")
      }
      var along = gradient.values
      if let decay {
        along = Self.accumulated(along, onto: velocity, decay: Float(decay))
        velocity = along
      }
      (current, clipped) = moved(current, along: along, by: Float(size(level)), within: Float(level))
    }
    quantise.apply(to: &current.values)
    return AttackedImage(image: current, clippedShare: clipped)
  }

  /// clamp(x + clamp(y + size sign(g) - x, -epsilon, epsilon), 0, 1), and the share of the values that the last clamp held.
  private func moved(_ y: Tensor, along g: [Float], by size: Float, within epsilon: Float) -> (Tensor, Double) {
    var values = [Float](repeating: 0, count: g.count)
    var clipped: Int32 = 0
    do {
      let x = image.values.span
      let y = y.values.span
      let g = g.span
      var output = values.mutableSpan
      // Compared once, so that the loop needs no checks.
      precondition(x.count == output.count && y.count == output.count && g.count == output.count)
      for i in output.indices {
        let sign: Float = g[i] > 0 ? 1 : (g[i] < 0 ? -1 : 0)
        let away = y[i] + size * sign - x[i]
        let value = x[i] + (away < -epsilon ? -epsilon : (away > epsilon ? epsilon : away))
        clipped &+= (value < 0 ? 1 : 0) &+ (value > 1 ? 1 : 0)
        output[i] = value < 0 ? 0 : (value > 1 ? 1 : value)
      }
    }
    return (Tensor(shape: image.shape, values: values), Double(clipped) / Double(max(1, g.count)))
  }

  /// g / mean |g| + decay v. A gradient of zeros adds nothing, where torchattacks divides by 0.
  private static func accumulated(_ gradient: [Float], onto velocity: [Float]?, decay: Float) -> [Float] {
    var sum = 0.0
    for value in gradient { sum += Double(abs(value)) }
    let mean = Float(sum / Double(max(1, gradient.count)))
    let scaled = mean > 0 ? gradient.map { $0 / mean } : gradient
    guard let velocity, velocity.count == scaled.count else { return scaled }
    var next = scaled
    for i in next.indices { next[i] += velocity[i] * decay }
    return next
  }
}

extension DeclaredOption {
  /// Of attacks of many small steps.
  static func steps(_ path: any WritableKeyPath<Owner, Int> & Sendable) -> DeclaredOption {
    DeclaredOption("steps", path, .wholeNumber(in: 1...1000), part: .always, help: "How many gradients are taken.")
  }

  /// Likewise.
  static func stepSize(
    _ path: any WritableKeyPath<Owner, Double?> & Sendable, standard: String
  ) -> DeclaredOption {
    DeclaredOption(
      "step-size", path, OptionKind.number(in: .above(0, upTo: 1)).optional(), standard: standard,
      example: "step-size: 0.01", part: .always, help: "Of each step, in pixel units of [0, 1].")
  }
}
