/// A class's logit on one image, and its softmax probability among all classes.
public struct ClassScore: Sendable, Hashable {
  /// Class index.
  public var label: Int
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
  /// A line for each class: label, logit and probability in the fewest digits that read back as the same numbers; then
  /// `clipped SHARE` where that is known.
  public var text: String {
    classes.map { "\($0.label) \($0.logit) \($0.probability)\n" }.joined()
      + (clippedShare.map { "clipped \($0)\n" } ?? "")
  }

  /// - Returns: nil for a text that `text` does not make: other words, numbers out of range, classes out of order.
  public init?(text: String) {
    var classes: [ClassScore] = []
    var clippedShare: Double?
    // By bytes: a report reads thousands of these, and splitting into characters took most of that time.
    for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
      let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map { Substring($0) }
      guard clippedShare == nil else { return nil }
      if words.count == 2, words[0] == "clipped" {
        guard let share = Double(words[1]), (0...1).contains(share) else { return nil }
        clippedShare = share
        continue
      }
      guard words.count == 3, let label = Int(words[0]), label >= 0, let logit = Float(words[1]), logit.isFinite,
        let probability = Double(words[2]), (0...1).contains(probability)
      else { return nil }
      if let last = classes.last, (-last.logit, last.label) >= (-logit, label) { return nil }
      classes.append(ClassScore(label: label, logit: logit, probability: probability))
    }
    guard !classes.isEmpty, classes.count <= 2 * Self.count else { return nil }
    self.classes = classes
    self.clippedShare = clippedShare
  }
}
