import Attacks
import Foundation
import GoldenSupport
import Support
import Tensors
import Testing

/// The iterated attacks against torchattacks in double precision: `Scripts/goldens/attacks.py`.
@Suite struct IteratedAttackTests {
  private struct Golden: Decodable {
    struct Noise: Decodable {
      var seed: UInt64
      var sha256: String
      var signs: [Float]
    }

    var epsilon: Double
    var steps: Int
    var attacked: [String: [Double]]
    var noise: Noise
  }

  private let golden: Golden
  private let image = Tensor(shape: [3, 6, 5], values: generated("attack/image", count: 90).map { Float($0) })

  init() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens/attacks.json")
    golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
  }

  private func subject(sha256: String = "aa", seed: UInt64 = 1) -> AttackSubject {
    AttackSubject(image: image, sha256: sha256, seed: seed)
  }

  @Test(arguments: [
    ("pgd", "{}"), ("pgd, step-size 0.06", "{step-size: 0.06}"), ("mi-fgsm", "{}"),
    ("mi-fgsm, decay 0.5", "{decay: 0.5}"),
  ])
  func agreesWithTorchattacks(_ name: String, _ options: String) throws {
    let key = String(name.prefix { $0 != "," })
    let value = try YAMLDocument.parse(options) { _, _ in Place() }
    func made<Kind: Attack>(_ kind: Kind.Type) throws -> any Attack {
      try Kind(reading: MappingReader(value, path: "attack", known: Kind.optionNames), .none)
    }
    let kind: any Attack.Type = try #require(attacks[key])
    var attack = try made(kind)
    if var one = attack as? PGD {
      one.steps = golden.steps
      attack = one
    } else if var one = attack as? MIFGSM {
      one.steps = golden.steps
      attack = one
    }
    let gradients = QuadraticLoss(image)
    let attacked = try attack.prepare(subject(), gradients: gradients).attacked(level: golden.epsilon)
    let expected = try #require(golden.attacked[name])
    // A step less or more would be 0.014 away.
    #expect(zip(attacked.image.values, expected).allSatisfy { abs(Double($0) - $1) <= 1e-6 })
    #expect(
      gradients.taken == golden.steps - 1, "the first gradient is that of the clean image, which all levels share")
    #expect(attacked.image.values.allSatisfy { (0...1).contains($0) })
    #expect(zip(attacked.image.values, image.values).allSatisfy { abs($0 - $1) <= Float(golden.epsilon) + 1e-6 })
    #expect(attacked.clippedShare > 0 && attacked.clippedShare < 0.5)
  }

  @Test func onlyOneStepOfFullSizeIsFGSM() throws {
    var one = PGD()
    one.steps = 1
    one.stepSize = 0.1
    let fgsm = try FGSM().prepare(subject(), gradients: QuadraticLoss(image)).attacked(level: 0.1)
    let pgd = try one.prepare(subject(), gradients: QuadraticLoss(image)).attacked(level: 0.1)
    #expect(zip(fgsm.image.values, pgd.image.values).allSatisfy { abs($0 - $1) <= 1e-7 })
    #expect(fgsm.clippedShare == pgd.clippedShare)
  }

  @Test func aRandomStartIsTheSeedsAndTheImages() throws {
    var attack = PGD()
    attack.startsAtRandom = true
    attack.steps = 2
    func attacked(_ subject: AttackSubject) throws -> [Float] {
      try attack.prepare(subject, gradients: QuadraticLoss(image)).attacked(level: 0.05).image.values
    }
    let first = try attacked(subject())
    #expect(try attacked(subject()) == first)
    #expect(try attacked(subject(seed: 2)) != first && attacked(subject(sha256: "ab")) != first)
    #expect(zip(first, image.values).allSatisfy { abs($0 - $1) <= 0.05 + 1e-6 })
    #expect(attack.drawsAtRandom && !PGD().drawsAtRandom)
  }

  @Test func noiseIsTheSameForEveryLevelAndNetwork() throws {
    let noise = golden.noise
    let subject = AttackSubject(
      image: Tensor(shape: [4, 5, 5], values: [Float](repeating: 0.5, count: 100)), sha256: noise.sha256,
      seed: noise.seed)
    let prepared = try Noise().prepare(subject, gradients: QuadraticLoss(image))
    #expect(prepared.direction?.values == noise.signs)
    #expect(try prepared.attacked(level: 0.25).image.values == noise.signs.map { 0.5 + 0.25 * $0 })
    #expect(try prepared.attacked(level: 0.125).image.values == noise.signs.map { 0.5 + 0.125 * $0 })
    #expect(Noise().drawsAtRandom)
  }

  @Test func eightBitsAreWhatAFileWouldKeep() throws {
    var attack = MIFGSM()
    attack.quantise = .eightBit
    let attacked = try attack.prepare(subject(), gradients: QuadraticLoss(image)).attacked(level: 0.1)
    #expect(attacked.image.values.allSatisfy { ($0 * 255).rounded() / 255 == $0 })
  }
}

/// The cross entropy of class 0 of the golden's network of two logits, (sum(a x + q x^2), 0).
private final class QuadraticLoss: LossGradients {
  private let clean: Tensor
  private let linear = generated("attack/linear", count: 90).map { Float(($0 - 0.5) * 0.2) }
  private let square = generated("attack/square", count: 90).map { Float(($0 - 0.5) * 0.4) }
  private(set) var taken = 0

  init(_ clean: Tensor) { self.clean = clean }

  func atCleanImage(awayFrom label: LossLabel) -> Tensor { gradient(clean) }

  func at(_ image: Tensor, awayFrom label: LossLabel) -> Tensor {
    taken += 1
    return gradient(image)
  }

  private func gradient(_ image: Tensor) -> Tensor {
    let x = image.values.map { Double($0) }
    let z = x.indices.reduce(0.0) { $0 + Double(linear[$1]) * x[$1] + Double(square[$1]) * x[$1] * x[$1] }
    let factor = 1 / (1 + exp(-z)) - 1
    return Tensor(
      shape: image.shape,
      values: x.indices.map { Float(factor * (Double(linear[$0]) + 2 * Double(square[$0]) * x[$0])) })
  }
}
