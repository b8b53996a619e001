import Support
import Tensors

/// The fast gradient sign method (Goodfellow, Shlens, Szegedy, "Explaining and Harnessing Adversarial Examples",
/// ICLR 2015), in pixel units of [0, 1] as torchattacks has it.
public struct FGSM: Attack {
  public static let key = "fgsm"
  public static let title = "FGSM"
  public static let help = "One step along the sign of the loss's gradient (Goodfellow et al., ICLR 2015)."
  public static let options: [DeclaredOption<FGSM>] = [.lossLabel(\.lossLabel), .quantise(\.quantise)]

  /// The class whose loss the step raises.
  public var lossLabel = LossLabel.label
  /// How the attacked image is kept; the direction does not depend on it.
  public var quantise = Quantisation.none

  public init() {}

  public func methods(levels: String) -> String {
    let label = lossLabel == .predicted ? "the class predicted on the clean image" : "the true class"
    let quantised =
      quantise == .eightBit
      ? " The attacked image is rounded to 8 bits before it is classified and explained."
      : " The attacked image is not rounded to 8 bits."
    return
      "\(FGSM.title): *x′ = clamp(x + ε sign(g), 0, 1)*, where *g* is the gradient of the cross-entropy loss for \(label) with "
      + "respect to the image; sign(0) = 0, and one gradient serves every ε. Levels: ε = \(levels), in pixel units; the "
      + "control ε = 0 is run as well.\(quantised)"
  }

  /// The sign is taken before anything is rounded.
  public var directionIngredients: [(name: String, value: String)] { ingredients.filter { $0.name != "quantise" } }

  public func prepare(_ subject: AttackSubject, gradients: any LossGradients) throws(Problem) -> any PreparedAttack {
    Step(
      image: subject.image, gradient: try gradients.atCleanImage(awayFrom: lossLabel), quantise: quantise)
  }

  private struct Step: PreparedAttack {
    let image: Tensor
    let gradient: Tensor
    let quantise: Quantisation
    var direction: Tensor? { gradient }

    func attacked(level: Double) throws(Problem) -> AttackedImage {
      AttackedImage(
        image: try FGSM.attack(image, gradient: gradient, epsilon: level, quantise: quantise),
        clippedShare: FGSM.clippedShare(image, gradient: gradient, epsilon: level))
    }
  }

  /// x' = clamp(x + epsilon sign(g), 0, 1), sign(0) = 0.
  /// - Parameters:
  ///   - image: in [0, 1].
  ///   - gradient: of the loss with respect to the image; of the same shape.
  ///   - epsilon: in [0, 1]; 0 gives the image itself, rounded where it is quantised.
  ///   - quantise: `.eightBit` rounds after the clamp, halves to even.
  /// - Returns: of the image's shape, in [0, 1].
  /// - Throws: `Problem` when a gradient is NaN or of another shape.
  public static func attack(
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
      if quantise == .eightBit {
        for i in output.indices { output[i] = (output[i] * 255).rounded(.toNearestOrEven) / 255 }
      }
    }
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
  public static func clippedShare(_ image: Tensor, gradient: Tensor, epsilon: Double) -> Double {
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
