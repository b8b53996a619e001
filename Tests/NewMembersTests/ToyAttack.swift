import Attacks
import Support
import Tensors

/// Makes every image brighter, which needs no gradient: one more attack is this file and one line where it is registered.
struct Brighter: Attack {
  static let key = "brighter"
  static let title = "Brighter"
  static let help = "Adds epsilon times the strength to every value."
  // Its strength is a part of what it adds.
  static let hasDirection = false
  static let options: [DeclaredOption<Brighter>] = [
    DeclaredOption(
      "strength", \.strength, .number(in: .above(0, upTo: 1)), part: .always, help: "How much of epsilon is added.")
  ]

  var strength = 1.0

  func methods(levels: String) -> String { "*x′ = min(1, x + ε)*, at ε = \(levels)." }

  func prepare(_ subject: AttackSubject, gradients: any LossGradients) throws(Problem) -> any PreparedAttack {
    Prepared(image: subject.image, strength: Float(strength))
  }

  private struct Prepared: PreparedAttack {
    let image: Tensor
    let strength: Float
    var direction: Tensor? { nil }

    func attacked(level: Double) throws(Problem) -> AttackedImage {
      let values = image.values.map { min(1, $0 + strength * Float(level)) }
      return AttackedImage(image: Tensor(shape: image.shape, values: values), clippedShare: 0)
    }
  }
}
