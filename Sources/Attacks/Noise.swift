import Foundation
import Support
import Tensors

/// Noise of the attacks' own size, which knows nothing of the network: what drifts under it as well is not the attack's.
public struct Noise: Attack {
  public static let key = "noise"
  public static let title = "Noise"
  public static let help =
    "Adds or takes epsilon at random: the same signs for every epsilon, model and machine. What an attack is held to."
  public static let options: [DeclaredOption<Noise>] = [.quantise(\.quantise)]

  /// How the image is kept; the signs do not depend on it.
  public var quantise = Quantisation.none

  public static let usesGradient = false

  public static let isBaseline = true

  public init() {}

  public var drawsAtRandom: Bool { true }

  public func methods(levels: String) -> String {
    "*x′ = clamp(x + ε r, 0, 1)*, where *r* is −1 or +1 for each value, drawn from the experiment’s seed and "
      + "the image’s content: the same for every ε and every model. Levels: ε = \(levels), in pixel units."
      + quantise.sentence("The image")
  }

  public var directionIngredients: [(name: String, value: String)] { ingredients.filter { $0.name != "quantise" } }

  public func prepare(_ subject: AttackSubject, gradients: any LossGradients) throws(Problem) -> any PreparedAttack {
    SignStep(image: subject.image, gradient: RandomSigns.tensor(subject), quantise: quantise)
  }
}

/// Signs that are drawn for an image, the same on every machine.
enum RandomSigns {
  /// Begins where SHA-256 of `purpose`, the seed and the image's own SHA-256, each on a line, says: the first eight bytes of
  /// it as a number, the highest first.
  static func generator(_ subject: AttackSubject, purpose: String) -> SplitMix64 {
    let hash = SHA256.hash(data: Data("\(purpose)\n\(subject.seed)\n\(subject.sha256)\n".utf8))
    return SplitMix64(seed: hash.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
  }

  /// -1 or +1 for each value in the order of the tensor: the bits of the numbers of `generator`, the lowest first, a set
  /// one +1.
  static func tensor(_ subject: AttackSubject) -> Tensor {
    var generator = generator(subject, purpose: "noise")
    var bits: UInt64 = 0
    let values = subject.image.values.indices.map { index -> Float in
      if index % 64 == 0 { bits = generator.next() }
      defer { bits >>= 1 }
      return bits & 1 == 1 ? 1 : -1
    }
    return Tensor(shape: subject.image.shape, values: values)
  }
}
