import Graphs
import Support

extension Plan {
  /// On how many of the images each model names the label, by clean passes alone: which of several ways to feed a network is
  /// the one that it was trained with.
  /// - Returns: in the order of `models`.
  /// - Throws: `Problem` for an image that cannot be read, or a network that cannot be prepared.
  public func correctPredictions(by engine: any Engine) throws(Problem) -> [Int] {
    var counts: [Int] = []
    for model in models {
      try model.makeReady(for: engine)
      let prepared = try engine.prepare(model.run(), layers: Array(model.layers.suffix(1)))
      let halves = stride(from: 0, to: images.count, by: 4).map { $0..<min($0 + 4, images.count) }
      let correct = try concurrentMap(halves) { [images] (range) throws(Problem) -> Int in
        let session = try prepared.makeSession(batch: 1, for: .explanations)
        var correct = 0
        for image in images[range] {
          let picture = try image.source.load(
            expecting: image.record.sha256, orientation: model.options.input.orientation)
          let logits = try session.logits(of: model.preparation(picture.image))
          correct += Prediction(logits).label == image.record.label ? 1 : 0
        }
        return correct
      }
      counts.append(correct.reduce(0, +))
    }
    return counts
  }
}
