import Attacks
import Foundation
import Results
import Support

/// What a network that was run elsewhere said of one image.
public struct MapsAnswer: Sendable, Hashable {
  /// Of every class; nil where only the highest are known.
  public let logits: [Float]?
  /// The highest classes, the greatest first, of equals the lower class index. Where only probabilities are known their natural
  /// logarithms stand for the logits, which they are but for a number that is the same for all classes.
  public let highest: [ClassScore]

  /// Class index of the greatest logit.
  public var prediction: Int { highest.first?.label ?? 0 }
  /// Its softmax probability, in [0, 1].
  public var confidence: Double { highest.first?.probability ?? 0 }

  /// - Throws: `Problem` for a logit that is NaN or infinite.
  init(logits: [Float]) throws(Problem) {
    if let place = logits.firstIndex(where: { !$0.isFinite }) {
      throw .numbers(
        "the logit of class \(place) is \(logits[place])",
        remedy: "Look for NaN and infinity where the logits were computed.")
    }
    self.logits = logits
    let scores = ClassScores(logits: logits, probabilities: softmax(logits), clean: logits)
    highest = scores.classes
  }

  /// - Parameters:
  ///   - classes: class indices.
  ///   - probabilities: of these, in the same order.
  /// - Throws: `Problem` for a class that there is none of, or twice, and for probabilities outside of (0, 1] or above 1 together.
  init(classes: [Int], probabilities: [Float], classCount: Int) throws(Problem) {
    var seen: Set<Int> = []
    for (label, probability) in zip(classes, probabilities) {
      guard (0..<classCount).contains(label) else {
        throw .numbers("class \(label) is none of the \(classCount)", remedy: "Classes are counted from 0.")
      }
      guard seen.insert(label).inserted else { throw .numbers("class \(label) stands there twice") }
      guard probability > 0, probability <= 1 else {
        throw .numbers(
          "the probability of class \(label) is \(probability), expected a number above 0 and at most 1",
          remedy: "Give the softmax probabilities of the highest classes, and no class with none.")
      }
    }
    // Single precision, and services that round to two digits.
    guard probabilities.reduce(0.0, { $0 + Double($1) }) <= 1.02 else {
      throw .numbers("the probabilities of the highest classes are more than 1 together")
    }
    logits = nil
    highest = zip(classes, probabilities).map { label, probability in
      ClassScore(label: label, logit: Float(log(Double(probability))), probability: Double(probability))
    }.sorted { (-$0.logit, $0.label) < (-$1.logit, $1.label) }
  }

  /// What is stored of an answer at an attack level: the highest classes, and those that led on the clean image.
  public func scores(against clean: MapsAnswer) -> ClassScores {
    guard let logits, let first = clean.logits, logits.count == first.count else { return ClassScores(highest) }
    return ClassScores(logits: logits, probabilities: softmax(logits), clean: first)
  }
}
