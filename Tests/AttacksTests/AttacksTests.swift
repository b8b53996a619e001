import Foundation
import Support
import Tensors
import Testing

@testable import Attacks

@Suite struct SignStepTests {
  private let image = Tensor(shape: [3, 1, 2], values: [0, 0.5, 1, 0.25, 0.99, 0.01])
  private let gradient = Tensor(shape: [3, 1, 2], values: [-1e-30, 3, 2, -0.5, 0, -0.0])

  @Test func stepsAlongTheSignAndClamps() throws {
    let attacked = try SignStep.attack(image, gradient: gradient, epsilon: 0.1)
    #expect(attacked.values == [0, 0.5 + Float(0.1), 1, 0.25 - Float(0.1), 0.99, 0.01])
    #expect(attacked.shape == image.shape)
  }

  @Test func clippedAreTheValuesThatTheClampHolds() {
    // 0 - 0.1 and 1 + 0.1 are held; 0.5 + 0.1 and 0.25 - 0.1 are not; two have no sign.
    #expect(SignStep.clippedShare(image, gradient: gradient, epsilon: 0.1) == 2.0 / 6)
    #expect(SignStep.clippedShare(image, gradient: gradient, epsilon: 0.6) == 4.0 / 6)
    #expect(SignStep.clippedShare(image, gradient: gradient, epsilon: 0) == 0)
  }

  @Test func epsilonZeroIsTheImageItself() throws {
    #expect(try SignStep.attack(image, gradient: gradient, epsilon: 0) == image)
  }

  @Test func eightBitsAreWhatAFileWouldKeep() throws {
    let attacked = try SignStep.attack(image, gradient: gradient, epsilon: 0.1, quantise: .eightBit)
    #expect(attacked.values == [0, 153, 255, 38, 252, 3].map { Float($0) / 255 })
  }

  @Test func brokenGradientsAreRefused() {
    let problem = #expect(throws: Problem.self) {
      try SignStep.attack(image, gradient: Tensor(shape: [3, 1, 2], values: [0, 0, .nan, 0, 0, 0]), epsilon: 0.1)
    }
    #expect(problem?.message == "the gradient of the loss has NaN elements")
    let other = #expect(throws: Problem.self) {
      try SignStep.attack(image, gradient: Tensor(zeros: [3, 2, 1]), epsilon: 0.1)
    }
    #expect(other?.message == "an image of shape 3x1x2 was given a gradient of shape 3x2x1")
  }
}

@Suite struct CrossEntropyTests {
  @Test func softmaxOfLargeLogitsDoesNotOverflow() {
    let shares = softmax([1000, 1000, -1000])
    #expect(shares == [0.5, 0.5, 0])
    #expect(softmax([]).isEmpty)
  }

  @Test func gradientIsTheFiniteDifferenceOfTheLoss() {
    let logits: [Float] = [0.3, -1.2, 2.5, 0.1]
    func loss(_ z: [Double]) -> Double { log(z.reduce(0) { $0 + exp($1) }) - z[1] }
    let gradient = crossEntropyGradient(logits: logits, label: 1)
    for index in logits.indices {
      var above = logits.map(Double.init)
      var below = above
      above[index] += 1e-5
      below[index] -= 1e-5
      #expect(abs((loss(above) - loss(below)) / 2e-5 - Double(gradient[index])) < 1e-6)
    }
  }

  @Test func aSureNetworkStillHasADirection() {
    // 1 - softmax would cancel to 0 in Float32 and nearly so in double precision.
    let gradient = crossEntropyGradient(logits: [60, 0], label: 0)
    #expect(gradient[0] < 0 && gradient[1] > 0 && gradient[0] == -gradient[1])
  }

  @Test func argmaxTakesTheFirst() {
    #expect(argmax([1, 3, 3, 2]) == 1)
    #expect(argmax([]) == 0)
  }
}
