import Results
import Support

/// Whether a figure tells pairs that held their prediction from those that flipped.
enum PairSplit: String, Sendable, Hashable, CaseIterable {
  case all
  case heldFlipped = "held-flipped"
}

extension DeclaredOption {
  static func pairs(_ path: any WritableKeyPath<Owner, PairSplit> & Sendable) -> DeclaredOption {
    DeclaredOption(
      "pairs", path, .choice, help: "`held-flipped` tells pairs that held their prediction from those that flipped.")
  }
}

/// What captions say of pairs that held or flipped.
enum PairWords {
  /// Which pairs compare the explanations of two classes, as a sentence.
  static func classes(_ selection: Selection) -> String {
    let own = selection.summaries.count { $0.target == .predicted }
    if own == 0 { return "Both maps of every pair explain one class." }
    if own == selection.summaries.count {
      return "A pair that flipped compares the explanations of two classes; one that held, of one."
    }
    return
      "Where the predicted class is explained, a pair that flipped compares the explanations of two classes; both maps of "
      + "every other pair explain one."
  }
}
