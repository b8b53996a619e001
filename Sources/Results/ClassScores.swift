/// A class's logit on one image, and its softmax probability among all classes.
public struct ClassScore: Sendable, Hashable {
  /// Class index.
  public var label: Int
  /// As the network gave it.
  public var logit: Float
  /// In [0, 1].
  public var probability: Double

  public init(label: Int, logit: Float, probability: Double) {
    self.label = label
    self.logit = logit
    self.probability = probability
  }
}

/// The highest logits of one image, and on the same image the logits of the classes that led on the clean one, so
/// that before and after can be held against each other.
public struct ClassScores: Sendable, Hashable {
  /// How many of the highest are kept.
  public static let count = 5

  /// Those of the image itself and those of the clean image together, by logit, greatest first; of equal logits the
  /// lower class index first. The clean image's prediction is always among them.
  public let classes: [ClassScore]
  /// The share of the image's values that the attack's clamp to [0, 1] held; nil where it was not stored.
  public let clippedShare: Double?

  public init(_ classes: [ClassScore], clippedShare: Double? = nil) {
    self.classes = classes
    self.clippedShare = clippedShare
  }

  /// - Parameters:
  ///   - logits: of every class; without NaN.
  ///   - probabilities: their softmax.
  ///   - clean: the logits of the clean image.
  public init(logits: [Float], probabilities: [Double], clean: [Float], clippedShare: Double? = nil) {
    let kept = Set(Self.highest(logits) + Self.highest(clean))
    classes = kept.sorted { (-logits[$0], $0) < (-logits[$1], $1) }
      .map { ClassScore(label: $0, logit: logits[$0], probability: probabilities[$0]) }
    self.clippedShare = clippedShare
  }

  /// At most five, the prediction first.
  public var highest: ArraySlice<ClassScore> { classes.prefix(Self.count) }

  /// Nil for a class that is not among those kept.
  public subscript(label: Int) -> ClassScore? { classes.first { $0.label == label } }

  private static func highest(_ logits: [Float]) -> [Int] {
    var found: [Int] = []
    for _ in 0..<min(count, logits.count) {
      var best: Int?
      for index in logits.indices where !found.contains(index) {
        if best.map({ logits[index] > logits[$0] }) ?? true { best = index }
      }
      if let best { found.append(best) }
    }
    return found
  }
}

extension ClassScores {
  /// Whether these can be an image's: a few classes, the greatest logit first, nothing out of its range.
  public var isPossible: Bool {
    guard !classes.isEmpty, classes.count <= 2 * Self.count, clippedShare.map((0...1).contains) ?? true else {
      return false
    }
    return classes.indices.allSatisfy { index in
      let own = classes[index]
      guard own.label >= 0, own.logit.isFinite, (0...1).contains(own.probability) else { return false }
      guard index > 0 else { return true }
      let before = classes[index - 1]
      return (-before.logit, before.label) < (-own.logit, own.label)
    }
  }

  /// From the text that stores of version 3 have: a line for each class, label, logit and probability; then `clipped SHARE`
  /// where that is known.
  /// - Returns: nil for other words, numbers out of range, classes out of order.
  public init?(text: String) {
    var classes: [ClassScore] = []
    var clippedShare: Double?
    // By bytes: there are thousands of these, and splitting into characters took most of the time.
    for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
      let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map { Substring($0) }
      guard clippedShare == nil else { return nil }
      if words.count == 2, words[0] == "clipped" {
        guard let share = Double(words[1]) else { return nil }
        clippedShare = share
        continue
      }
      guard words.count == 3, let label = Int(words[0]), let logit = Float(words[1]), let probability = Double(words[2])
      else { return nil }
      classes.append(ClassScore(label: label, logit: logit, probability: probability))
    }
    self.init(classes, clippedShare: clippedShare)
    guard isPossible else { return nil }
  }
}
