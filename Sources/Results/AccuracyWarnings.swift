import Foundation
import Support

extension ExperimentResults {
  /// What the answers to clean images show of a network whose labels, input or weights are not those it was trained
  /// with: accuracy that guessing would reach, and labels that move by one from some class on. None where labels are no
  /// classes.
  public var accuracyWarnings: [Warning] {
    guard labels == .classes, let tables = try? tables else { return [] }
    return zip(models, tables.cleanPredictions).compactMap { model, predictions in
      let answers = CleanAnswers(images, predictions)
      return answers.shiftWarning(model, classNames: classNames) ?? answers.chanceWarning(model)
    }
  }
}

/// What one model answered to each clean image.
private struct CleanAnswers {
  /// Label and answer.
  private var pairs: [(label: Int, answer: Int)] = []
  private let right: Int

  /// - Parameter predictions: of each image; negative where it was not measured.
  init(_ images: [ImageRecord], _ predictions: [Int32]) {
    for (image, prediction) in zip(images, predictions) where prediction >= 0 {
      pairs.append((image.label, Int(prediction)))
    }
    right = pairs.count { $0.label == $0.answer }
  }

  /// When the answers may be guesses (P of so many right ones by guessing above 5%), and are too few right ones for a
  /// network that is halfway between guessing and knowing (P below 5%). Of less than ten images nothing is said.
  func chanceWarning(_ model: ModelRecord) -> Warning? {
    let labels = Set(pairs.map(\.label)).count
    let classes = labels > 1 ? min(labels, model.classCount) : model.classCount
    guard classes > 1, pairs.count >= 10 else { return nil }
    let chance = 1 / Double(classes)
    let halfway = (1 + chance) / 2
    guard Double(right) < halfway * Double(pairs.count),
      BinomialTail.atMost(right, of: pairs.count, probability: halfway) < 0.05,
      1 - BinomialTail.atMost(right - 1, of: pairs.count, probability: chance) > 0.05
    else { return nil }
    return Warning(
      "\(model.name) names \(right) of \(pairs.count) clean images right, which is no better than guessing among "
        + "\(classes) classes",
      remedy:
        "Its attention is then not that of a working network. The usual causes: labels that are numbered otherwise "
        + "than in training (counted from 1, a class too many or too few, another order), another normalisation (`input: {mean, "
        + "std, range}`), blue before red (`input: {channels: bgr}`), or weights of another training.")
  }

  /// When many more answers would be right if labels moved up by one, or by more, from some class on: as they do where
  /// class folders are missing.
  func shiftWarning(_ model: ModelRecord, classNames: [String]) -> Warning? {
    let room = min(model.classCount - classNames.count, 32)
    guard room > 0, let last = pairs.map(\.label).max(), last < classNames.count else { return nil }
    var hits = [[Int]](repeating: [Int](repeating: 0, count: room + 1), count: last + 1)
    for (label, answer) in pairs where label >= 0 && (0...room).contains(answer - label) {
      hits[label][answer - label] += 1
    }
    // Of each label and shift the most hits so far, and the shift before it; shifts never fall.
    var best = [Int](repeating: 0, count: room + 1)
    var origins: [[Int]] = []
    for own in hits {
      var origin: [Int] = []
      var leader = 0
      for shift in 0...room {
        if best[shift] > best[leader] { leader = shift }
        origin.append(leader)
      }
      best = (0...room).map { best[origin[$0]] + own[$0] }
      origins.append(origin)
    }
    guard let most = best.max(), var shift = best.firstIndex(of: most),
      most - right >= 3, most - right > pairs.count / 50
    else { return nil }
    var places: [String] = []
    for label in origins.indices.reversed() {
      let former = origins[label][shift]
      let count = label == 0 ? shift : shift - former
      if count > 0 {
        places.append("\(count == 1 ? "one class" : "\(count) classes") before `\(classNames[label])`")
      }
      shift = former
    }
    return Warning(
      "\(model.name) names \(right) of \(pairs.count) clean images right, and would name \(most) right if the data "
        + "lacked \(places.reversed().joined(separator: " and "))",
      remedy:
        "The labels of the network are then not those of the data, and the numbers of this report are wrong. Put the "
        + "missing class folder back, empty if need be, or name all classes in their order in a file (`data: {classes: "
        + "names.txt}`).")
  }
}

/// The distribution of the number of successes.
enum BinomialTail {
  /// - Returns: P of at most `count` successes of `trials`, each with `probability` in (0, 1); 0 for a negative count.
  static func atMost(_ count: Int, of trials: Int, probability: Double) -> Double {
    guard count >= 0 else { return 0 }
    guard count < trials else { return 1 }
    let odds = log(probability) - log1p(-probability)
    // Term by term from that of no success, in logarithms: none overflows, and what underflows is nothing.
    var term = Double(trials) * log1p(-probability)
    var sum = exp(term)
    for successes in stride(from: 1, through: count, by: 1) {
      term += log(Double(trials - successes + 1) / Double(successes)) + odds
      sum += exp(term)
    }
    return min(1, sum)
  }
}
