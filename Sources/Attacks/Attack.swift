import Support
import Tensors

/// The class whose loss an attack raises.
public enum LossLabel: String, Sendable, Hashable, Codable, CaseIterable {
  /// The true class.
  case label
  /// The class predicted on the clean image.
  case predicted

  /// For the methods section: "the true class".
  var words: String { self == .predicted ? "the class predicted on the clean image" : "the true class" }
}

/// How an attacked image is kept.
public enum Quantisation: String, Sendable, Hashable, Codable, CaseIterable {
  /// As Float32.
  case none
  /// Rounded to n/255: what survives an 8-bit file.
  case eightBit = "8bit"

  /// For the methods section, where images are rounded: a sentence with a space before it.
  /// - Parameter image: what is rounded: "The attacked image".
  func sentence(_ image: String = "The attacked image") -> String {
    self == .eightBit ? " \(image) is rounded to 8 bits before it is classified and explained." : ""
  }

  /// Halves to even.
  func apply(to values: inout [Float]) {
    guard self == .eightBit else { return }
    var output = values.mutableSpan
    for i in output.indices { output[i] = (output[i] * 255).rounded(.toNearestOrEven) / 255 }
  }
}

/// The gradients that an attack may ask for, of the cross-entropy loss of the network that it attacks, or of the one that it is
/// transferred from.
public protocol LossGradients: AnyObject {
  /// d loss / d image at the clean image, which every level can share. Asked for again it costs nothing.
  /// - Returns: (3, S, S), in units of the image in [0, 1]; finite.
  /// - Throws: `Problem` when it is not finite.
  func atCleanImage(awayFrom label: LossLabel) throws(Problem) -> Tensor

  /// At another image of the same shape: a forward and a backward pass.
  /// - Returns: as `atCleanImage(awayFrom:)`.
  /// - Throws: `Problem` when it is not finite.
  func at(_ image: Tensor, awayFrom label: LossLabel) throws(Problem) -> Tensor
}

/// An image to be attacked.
public struct AttackSubject: Sendable {
  /// (3, S, S) in [0, 1].
  public let image: Tensor
  /// Of the image's file, in hexadecimal digits: what is drawn at random is drawn from this and the seed.
  public let sha256: String
  /// The experiment's.
  public let seed: UInt64

  public init(image: Tensor, sha256: String, seed: UInt64) {
    self.image = image
    self.sha256 = sha256
    self.seed = seed
  }
}

/// An image after an attack.
public struct AttackedImage: Sendable {
  /// (3, S, S) in [0, 1].
  public let image: Tensor
  /// The share of its values that the clamp to [0, 1] held, in [0, 1]: there the attack is weaker than its level says.
  public let clippedShare: Double

  public init(image: Tensor, clippedShare: Double) {
    self.image = image
    self.clippedShare = clippedShare
  }
}

/// An attack on one image, made ready for all levels.
public protocol PreparedAttack {
  /// Numbers of which the sign is that of what is added, where it is the same at every level: then pictures of all of
  /// them can be drawn again from it. (3, S, S); nil otherwise.
  var direction: Tensor? { get }

  /// - Parameter level: epsilon, in (0, 1].
  /// - Returns: x' with |x' - x| at most epsilon everywhere; where it is rounded to 8 bits, at most 1/510 more.
  /// - Throws: `Problem` when the attack cannot be computed.
  func attacked(level: Double) throws(Problem) -> AttackedImage
}

/// A way to change an image within a bound so that a network errs.
///
/// One more attack is one more file beside this one and a line in `attacks`.
public protocol Attack: Configurable, Citable {
  /// As experiment files write it: "fgsm".
  static var key: String { get }
  /// As reports call it: "FGSM".
  static var title: String { get }
  /// One line with the source, for documentation.
  static var help: String { get }

  /// Whether what it adds is epsilon times the same signs at every level: then each image has a
  /// `PreparedAttack.direction`, and reports can show attacked photographs.
  static var hasDirection: Bool { get }

  /// Whether it follows the gradient of a loss, which may then be another network's (`AttackSetting.source`).
  static var usesGradient: Bool { get }

  /// Whether it is what attacks are held against, and none itself: it has no place in an order of drift, and never stands for a
  /// model.
  static var isBaseline: Bool { get }

  /// What the methods section says of it with these options, behind the title and a colon: sentences in Markdown's emphasis.
  /// - Parameter levels: "0.01, 0.02 and 0.05".
  func methods(levels: String) -> String

  /// What the keys of everything that was attacked are made of: the attack's name and options.
  var ingredients: [(name: String, value: String)] { get }

  /// Whether what it adds is drawn: then the experiment's seed is a part of the keys.
  var drawsAtRandom: Bool { get }

  /// What the keys of stored directions are made of: the options on which `PreparedAttack.direction` depends.
  var directionIngredients: [(name: String, value: String)] { get }

  /// - Throws: `Problem` when a gradient is not finite.
  func prepare(_ subject: AttackSubject, gradients: any LossGradients) throws(Problem) -> any PreparedAttack
}

extension Attack {
  public static var hasDirection: Bool { true }

  public static var usesGradient: Bool { true }

  public static var isBaseline: Bool { false }

  public var ingredients: [(name: String, value: String)] { [("attack", Self.key)] + optionIngredients }

  public var drawsAtRandom: Bool { false }

  public var directionIngredients: [(name: String, value: String)] { ingredients }
}

/// The attacks that experiment files can name.
public let attacks = Registry<any Attack.Type>("attack", [FGSM.self, PGD.self, MIFGSM.self, Noise.self]) { $0.key }

/// The one that is meant where a file names none.
public let standardAttack: any Attack.Type = FGSM.self

extension Attack {
  /// The key of the class whose loss an attack raises, of those that follow the gradient of one.
  public static var lossLabelKey: String { "loss-label" }

  /// Whether it leads away from the label of an image, which must then be a class of the attacked network.
  public var leadsAwayFromLabel: Bool { writtenOptions[Self.lossLabelKey] == LossLabel.label.rawValue }
}

extension DeclaredOption {
  /// Of attacks that follow the gradient of a loss.
  public static func lossLabel(_ path: any WritableKeyPath<Owner, LossLabel> & Sendable) -> DeclaredOption {
    DeclaredOption(
      "loss-label", path, .choice, part: .always,
      help: "The attack leads away from the true label, or from what the attacked model `predicted` on the clean image."
    )
  }

  /// Of attacks whose images may be rounded; `AttackedImage.image` then holds n/255 only.
  public static func quantise(_ path: any WritableKeyPath<Owner, Quantisation> & Sendable) -> DeclaredOption {
    DeclaredOption(
      "quantise", path, .choice, part: .always, help: "`8bit` rounds attacked images to what a file can hold.")
  }
}
