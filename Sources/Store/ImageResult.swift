import Explanations
import Results

/// What one model measured on one image.
package struct ImageResult: Sendable {
  package struct Level: Sendable {
    package var level: KeyMaker.Level
    /// Class index of the highest logit, and its softmax probability.
    package var prediction: Int
    package var confidence: Double
    package var scores: ClassScores

    package init(level: KeyMaker.Level, prediction: Int, confidence: Double, scores: ClassScores) {
      self.level = level
      self.prediction = prediction
      self.confidence = confidence
      self.scores = scores
    }
  }

  /// A clean and an attacked map.
  package struct Pair: Sendable {
    package var place: KeyMaker.MapCoordinates
    /// Of the attacked image.
    package var map: RawMap
    /// Of each measure a number for each of its columns.
    package var values: [[Double]]

    package init(place: KeyMaker.MapCoordinates, map: RawMap, values: [[Double]]) {
      self.place = place
      self.map = map
      self.values = values
    }
  }

  package var keys: KeyMaker
  package var subject: KeyMaker.Subject
  /// For messages: how the report calls the model, and the image's path.
  package var model: String
  package var image: String
  /// Of the clean image.
  package var prediction: Int
  package var confidence: Double
  package var levels: [Level] = []
  package var cleanMaps: [(place: KeyMaker.MapCoordinates, map: RawMap)] = []
  package var pairs: [Pair] = []
  /// The input as PNG; nil where the store has it, or keeps none.
  package var photograph: [UInt8]?
  /// By attack, into the experiment's attacks.
  package var directions: [(attack: Int, signs: PerturbationSigns)] = []

  package init(
    keys: KeyMaker, subject: KeyMaker.Subject, model: String, image: String, prediction: Int, confidence: Double,
    levels: [Level] = [], cleanMaps: [(place: KeyMaker.MapCoordinates, map: RawMap)] = [], pairs: [Pair] = [],
    photograph: [UInt8]? = nil, directions: [(attack: Int, signs: PerturbationSigns)] = []
  ) {
    self.keys = keys
    self.subject = subject
    self.model = model
    self.image = image
    self.prediction = prediction
    self.confidence = confidence
    self.levels = levels
    self.cleanMaps = cleanMaps
    self.pairs = pairs
    self.photograph = photograph
    self.directions = directions
  }
}
