import Support
import Tensors

/// Projected gradient descent (Madry, Makelov, Schmidt, Tsipras, Vladu, "Towards Deep Learning Models Resistant to
/// Adversarial Attacks", ICLR 2018), in pixel units of [0, 1] as torchattacks has it.
public struct PGD: Attack {
  public static let key = "pgd"
  public static let title = "PGD"
  public static let expansion: String? = "projected gradient descent"
  public static let references = [
    Publication(
      "A. Madry, A. Makelov, L. Schmidt, D. Tsipras, A. Vladu",
      "Towards Deep Learning Models Resistant to Adversarial Attacks",
      "International Conference on Learning Representations (ICLR)", 2018, "arXiv:1706.06083")
  ]
  public static let help =
    "Small steps along the sign of the loss's gradient, each kept within epsilon (Madry et al., ICLR 2018)."
  public static let hasDirection = false
  public static let options: [DeclaredOption<PGD>] = [
    .lossLabel(\.lossLabel), .steps(\.steps), .stepSize(\.stepSize, standard: "2.5 epsilon / `steps`"),
    DeclaredOption(
      "random-start", \.startsAtRandom, .answer, part: .always,
      help: "Begins at a point that is drawn within epsilon of the image, by the seed and the image's content."),
    .quantise(\.quantise),
  ]

  /// The class whose loss the steps raise.
  public var lossLabel = LossLabel.label
  /// How many gradients are taken.
  public var steps = 10
  /// Of each step, in pixel units; nil for 2.5 epsilon / steps.
  public var stepSize: Double?
  /// Whether the first step begins at a point drawn from the ball around the image.
  public var startsAtRandom = false
  /// How the attacked image is kept; no step depends on it.
  public var quantise = Quantisation.none

  public init() {}

  public var drawsAtRandom: Bool { startsAtRandom }

  public func methods(levels: String) -> String {
    let size = stepSize.map { numberText($0) } ?? "2.5 ε / \(steps)"
    return
      "\(steps) steps *x′ ← clamp(clip(x′ + \(size) sign(g)), 0, 1)*, where *g* is the gradient of the "
      + "cross-entropy loss for \(lossLabel.words) at *x′* and clip keeps every value within ε of the image, from "
      + (startsAtRandom ? "a point drawn within ε of it" : "the image itself")
      + ". Levels: ε = \(levels), in pixel units."
      + quantise.sentence()
  }

  public func prepare(_ subject: AttackSubject, gradients: any LossGradients) throws(Problem) -> any PreparedAttack {
    let (steps, stepSize) = (steps, stepSize)
    var start: (@Sendable (Double) -> Tensor)?
    if startsAtRandom { start = { epsilon in PGD.start(subject, within: Float(epsilon)) } }
    return IteratedSteps(
      image: subject.image, gradients: gradients, lossLabel: lossLabel, count: steps,
      size: { epsilon in stepSize ?? 2.5 * epsilon / Double(steps) }, start: start, decay: nil, quantise: quantise)
  }

  /// clamp(x + u, 0, 1), u uniform in [-epsilon, epsilon): 24 bits of a number of `RandomSigns.generator` for each value.
  private static func start(_ subject: AttackSubject, within epsilon: Float) -> Tensor {
    var generator = RandomSigns.generator(subject, purpose: "pgd")
    let values = subject.image.values.map { value in
      let share = Float(generator.next() >> 40) / 8_388_608 - 1
      return min(1, max(0, value + epsilon * share))
    }
    return Tensor(shape: subject.image.shape, values: values)
  }
}
