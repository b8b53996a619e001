import Support
import Tensors

/// The momentum iterative fast gradient sign method (Dong, Liao, Pang, Su, Zhu, Hu, Li, "Boosting Adversarial Attacks with
/// Momentum", CVPR 2018), in pixel units of [0, 1]; each gradient is divided by the mean of its magnitudes, as torchattacks
/// has it, where the paper divides by their sum.
public struct MIFGSM: Attack {
  public static let key = "mi-fgsm"
  public static let title = "MI-FGSM"
  public static let expansion: String? = "momentum iterative fast gradient sign method"
  public static let references = [
    Publication(
      "Y. Dong, F. Liao, T. Pang, H. Su, J. Zhu, X. Hu, J. Li",
      "Boosting Adversarial Attacks with Momentum",
      "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR), 9185–9193", 2018,
      "doi:10.1109/CVPR.2018.00957")
  ]
  public static let help =
    "Small steps along the sign of a sum of gradients, in which those before fade (Dong et al., CVPR 2018)."
  public static let hasDirection = false
  public static let options: [DeclaredOption<MIFGSM>] = [
    .lossLabel(\.lossLabel), .steps(\.steps), .stepSize(\.stepSize, standard: "epsilon / `steps`"),
    DeclaredOption(
      "decay", \.decay, .number(in: .closed(0, 10)), part: .always,
      help: "What of the gradients before is kept at each step."),
    .quantise(\.quantise),
  ]

  /// The class whose loss the steps raise.
  public var lossLabel = LossLabel.label
  /// How many gradients are taken.
  public var steps = 10
  /// Of each step, in pixel units; nil for epsilon / steps.
  public var stepSize: Double?
  /// By which the sum of the gradients before is multiplied at each step.
  public var decay = 1.0
  /// How the attacked image is kept; no step depends on it.
  public var quantise = Quantisation.none

  public init() {}

  public func methods(levels: String) -> String {
    let size = stepSize.map { numberText($0) } ?? "(ε / \(steps))"
    return
      "\(steps) steps *x′ ← clamp(clip(x′ + \(size) sign(v)), 0, 1)*, *v ← \(numberText(decay)) v + g / mean|g|*, "
      + "where *g* is the gradient of the cross-entropy loss for \(lossLabel.words) at *x′* and clip keeps every value within ε of "
      + "the image. Levels: ε = \(levels), in pixel units."
      + quantise.sentence()
  }

  public func prepare(_ subject: AttackSubject, gradients: any LossGradients) throws(Problem) -> any PreparedAttack {
    let (steps, stepSize) = (steps, stepSize)
    return IteratedSteps(
      image: subject.image, gradients: gradients, lossLabel: lossLabel, count: steps,
      size: { stepSize ?? $0 / Double(steps) }, start: nil, decay: decay, quantise: quantise)
  }
}
