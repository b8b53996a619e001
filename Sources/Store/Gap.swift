import ExperimentFile
import Results
import Support

/// What an experiment asks of an image and is not stored.
package struct Gap: Sendable {
  package struct Row: Sendable {
    package var pair: KeyMaker.MapCoordinates
    /// Into the experiment's measures.
    package var measure: Int
  }

  /// Those that miss a row or their logits.
  package var levels: [KeyMaker.Level] = []
  package var layers: Set<String> = []
  package var rows: [Row] = []
  package var allRows = 0

  /// - Parameters:
  ///   - hasControl: whether the control is run on the image. Where it is not, the clean image's logits are wanted all the same:
  ///     they stand at its level.
  ///   - keys: of the model.
  ///   - layers: likewise.
  ///   - wanted: nil where there is no store yet.
  ///   - stored: of the image's passes.
  package init(
    _ experiment: Experiment, _ keys: KeyMaker, hasControl: Bool, layers names: [String], _ wanted: WantedRows?,
    _ stored: [StoredLayout]
  ) {
    for level in experiment.levels where !keys.isRepeated(level, in: experiment) && keys.includes(level) {
      let before = rows.count
      for pair in experiment.pairs(at: level, layers: names)
      where (level.epsilon > 0 || hasControl) && keys.includes(pair) {
        let key = wanted?.key(pair)
        for measure in experiment.compare.measures.indices {
          allRows += 1
          if let key, let settings = wanted?.measures[measure],
            stored.contains(where: { $0.has(key, measure: settings) })
          {
            continue
          }
          rows.append(Row(pair: pair, measure: measure))
          layers.insert(pair.layer)
        }
      }
      // What older versions did not store is measured again; its rows are there and stay as they are.
      let hasScores = wanted?.level(level).map { own in stored.contains { $0.hasScores(at: own) } } ?? false
      if rows.count > before || !hasScores { levels.append(level) }
    }
  }
}
