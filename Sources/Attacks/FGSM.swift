import Support
import Tensors

/// The fast gradient sign method (Goodfellow, Shlens, Szegedy, "Explaining and Harnessing Adversarial Examples",
/// ICLR 2015), in pixel units of [0, 1] as torchattacks has it.
public struct FGSM: Attack {
  public static let key = "fgsm"
  public static let title = "FGSM"
  public static let expansion: String? = "fast gradient sign method"
  public static let references = [
    Publication(
      "I. J. Goodfellow, J. Shlens, C. Szegedy",
      "Explaining and Harnessing Adversarial Examples",
      "International Conference on Learning Representations (ICLR)", 2015, "arXiv:1412.6572")
  ]
  public static let help = "One step along the sign of the loss's gradient (Goodfellow et al., ICLR 2015)."
  public static let options: [DeclaredOption<FGSM>] = [.lossLabel(\.lossLabel), .quantise(\.quantise)]

  /// The class whose loss the step raises.
  public var lossLabel = LossLabel.label
  /// How the attacked image is kept; the direction does not depend on it.
  public var quantise = Quantisation.none

  public init() {}

  public func methods(levels: String) -> String {
    let quantised = quantise == .none ? " The attacked image is not rounded to 8 bits." : quantise.sentence()
    return
      "*x′ = clamp(x + ε sign(g), 0, 1)*, where *g* is the gradient of the cross-entropy loss for \(lossLabel.words) with "
      + "respect to the image; *sign(0) = 0*, and one gradient serves every ε. Levels: ε = \(levels), in pixel "
      + "units.\(quantised)"
  }

  /// The sign is taken before anything is rounded.
  public var directionIngredients: [(name: String, value: String)] { ingredients.filter { $0.name != "quantise" } }

  public func prepare(_ subject: AttackSubject, gradients: any LossGradients) throws(Problem) -> any PreparedAttack {
    SignStep(
      image: subject.image, gradient: try gradients.atCleanImage(awayFrom: lossLabel), quantise: quantise)
  }
}
