/// What the labels of the data are to the networks.
public enum LabelMeaning: String, Sendable, Hashable, Codable, CaseIterable {
  /// Classes of the networks: a prediction is right or wrong.
  case classes
  /// No classes of the networks, as where networks for ImageNet see photographs of one's own: nothing is right or wrong,
  /// and a prediction is held against that of the clean image.
  case unrelated

  /// - Returns: the class that a row's predictions are held against: the label, or what the same network predicted on the
  ///   clean image.
  public func expected(_ row: Measurement) -> Int { self == .classes ? row.label : row.cleanPrediction }

  /// What becomes of predictions, in the words of reports.
  public var words: PredictionWords { self == .classes ? .answers : .predictions }
}

/// What reports call the predictions that are as expected: right answers where labels are the networks' classes, else
/// predictions that held. The one place for these words, so that no report speaks of accuracy where there is none.
public struct PredictionWords: Sendable {
  /// Heads a column: "accuracy".
  public let column: String
  /// Over an axis, and before a row: "accuracy".
  public let title: String
  /// For the first page of a report; empty where labels are classes.
  public let notice: String
  /// Without an article: "accuracy".
  public let noun: String
  /// The same within a sentence, with the article that it needs.
  public let share: String
  /// What figures count, before "of images": "right answers".
  public let counted: String
  /// Heads a column of what attacked images are taken for: "wrong answer".
  public let otherColumn: String
  /// When an attack succeeds, a sentence for captions.
  public let success: String
  /// The same for the methods section.
  public let successMethods: String
  /// Whose bar is dark among those of other classes: "the true class".
  public let expectedClass: String
  /// What stands under a photograph: "its true class".
  public let photographName: String
  /// What stands under a heatmap beside that: "the predicted one".
  public let mapName: String
  /// What stands under an attacked photograph: "the predicted class".
  public let predictedName: String
  /// Those that are red, italic and crossed: "wrong".
  public let crossed: String

  static let answers = PredictionWords(
    column: "accuracy", title: "accuracy", notice: "", noun: "accuracy", share: "accuracy", counted: "right answers",
    otherColumn: "wrong answer",
    success: "Attack success: the share of the images recognised when clean that are no longer.",
    successMethods:
      "An attack succeeds on an image when the clean prediction was right and the attacked one is wrong.",
    expectedClass: "the true class", photographName: "its true class", mapName: "the predicted one",
    predictedName: "the predicted class", crossed: "wrong")

  static let predictions = PredictionWords(
    column: "held", title: "predictions held",
    notice:
      "The labels of the images are not classes of the networks, so that no prediction is right or wrong: each is held against "
      + "what the same network predicts on the clean image, and holds where it is the same.",
    noun: "share of predictions that held",
    share: "the share of predictions that held", counted: "predictions that held", otherColumn: "other prediction",
    success: "Attack success: the share of the images whose prediction changed.",
    successMethods:
      "A prediction holds where that of the attacked image is that of the clean one; an attack succeeds on an image when it does "
      + "not.",
    expectedClass: "the class predicted on the clean image", photographName: "its label",
    mapName: "the number of the predicted class", predictedName: "the number of the predicted class",
    crossed: "changed")
}
