import Explanations
import Results

/// What one model measured on one image.
struct ImageResult: Sendable {
  struct Level: Sendable {
    var level: KeyMaker.Level
    /// Class index of the highest logit, and its softmax probability.
    var prediction: Int
    var confidence: Double
    var scores: ClassScores
  }

  /// A clean and an attacked map.
  struct Pair: Sendable {
    var place: KeyMaker.MapCoordinates
    /// Of the attacked image.
    var map: RawMap
    /// Of each measure a number for each of its columns.
    var values: [[Double]]
  }

  var keys: KeyMaker
  var subject: KeyMaker.Subject
  /// For messages: how the report calls the model, and the image's path.
  var model: String
  var image: String
  /// Of the clean image.
  var prediction: Int
  var confidence: Double
  var levels: [Level] = []
  var cleanMaps: [(place: KeyMaker.MapCoordinates, map: RawMap)] = []
  var pairs: [Pair] = []
  /// The input as PNG; nil where the store has it, or keeps none.
  var photograph: [UInt8]?
  /// By attack, into the experiment's attacks.
  var directions: [(attack: Int, signs: PerturbationSigns)] = []
}
