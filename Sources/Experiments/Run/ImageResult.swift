import Explanations
import Results

/// What one model measured on one image.
struct ImageResult: Sendable {
  struct Row: Sendable {
    var pair: KeyMaker.MapCoordinates
    /// Of each measure a number for each of its columns.
    var values: [[Double]]
    /// But for what the measures say.
    var measurement: Results.Measurement
  }

  var subject: KeyMaker.Subject
  var rows: [Row] = []
  var maps: [(ingredients: [(name: String, value: String)], map: RawMap)] = []
  var photograph: (ingredients: [(name: String, value: String)], png: [UInt8])?
  var scores: [(level: KeyMaker.Level, scores: ClassScores)] = []
  /// By attack, into the experiment's attacks.
  var perturbations: [(attack: Int, signs: PerturbationSigns)] = []
}
