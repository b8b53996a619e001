import Attacks
import Explanations
import Measures
import Support

/// What a report needs of all rows: of each series and level a number for each image and measure, and what else counts of a
/// row, a bit each. No row is kept; images, models and all else are meant by their places in the results.
struct MeasurementTables: Sendable {
  /// What is true of a row.
  struct Traits: OptionSet, Sendable {
    let rawValue: UInt16

    static let measured = Traits(rawValue: 1)
    /// The clean image's prediction is the expected one (`LabelMeaning.expected`): its label, where that is a class.
    static let cleanRight = Traits(rawValue: 2)
    /// The attacked image's prediction is the expected one.
    static let right = Traits(rawValue: 4)
    /// The two predictions differ.
    static let flipped = Traits(rawValue: 8)
    static let dead = Traits(rawValue: 16)
    static let unmoved = Traits(rawValue: 32)
    static let cleanMapIsDead = Traits(rawValue: 64)
    static let mapIsDead = Traits(rawValue: 128)
    static let gradientIsZero = Traits(rawValue: 256)
  }

  /// The rows of one model, attack, explanation, target and layer.
  struct Series: Sendable {
    /// The control first.
    let levels: [Double]
    /// By measure, level and image; NaN where there is no row, or the measure has no value for its pair.
    var values: [[[Double]]]
    /// By level and image.
    var traits: [[Traits]]
    /// Of `Measurement.clippedShare`, by level, added image by image.
    var clippedSums: [Double]
    var clippedCounts: [Int]

    /// By measure: `Measure.hasGaps`.
    private let hasGaps: [Bool]
    /// By image: whether the control is run on it.
    let hasControl: [Bool]

    fileprivate init(levels: [Double], measures: [any Measure], hasControl: [Bool]) {
      let images = hasControl.count
      self.hasControl = hasControl
      self.levels = levels
      hasGaps = measures.map { type(of: $0).hasGaps }
      values = [[[Double]]](
        repeating: [[Double]](repeating: [Double](repeating: .nan, count: images), count: levels.count),
        count: measures.count)
      traits = [[Traits]](repeating: [Traits](repeating: [], count: images), count: levels.count)
      clippedSums = [Double](repeating: 0, count: levels.count)
      clippedCounts = [Int](repeating: 0, count: levels.count)
    }

    /// Whether every level of an image was measured, the control where it is run on the image.
    func isComplete(_ image: Int) -> Bool {
      traits.indices.allSatisfy { traits[$0][image].contains(.measured) || $0 == 0 && !hasControl[image] }
    }

    /// What is true of an image at every level: of its clean prediction and its clean map.
    func clean(_ image: Int) -> Traits {
      traits[0][image].contains(.measured) ? traits[0][image] : traits.last?[image] ?? []
    }

    /// Whether a measure has a value at every level of an image that was measured.
    /// A number that is missing otherwise is none to pass over.
    func hasValues(_ image: Int, measure: Int) -> Bool {
      !hasGaps[measure]
        || zip(traits, values[measure]).allSatisfy { !$0[image].contains(.measured) || !$1[image].isNaN }
    }

    /// Whether an image counts in the means of a measure.
    /// - Parameter measure: nil for whatever measure.
    func counts(_ image: Int, measure: Int?) -> Bool {
      isComplete(image) && (measure.map { hasValues(image, measure: $0) } ?? true)
    }

    /// How many rows of a level have all of these traits.
    func count(_ wanted: Traits, level: Int) -> Int { traits[level].count { $0.isSuperset(of: wanted) } }
  }

  /// In the order of the rows: by model, attack, explanation, target and layer.
  var series: [Series] = []
  /// Names stand for places only while rows are added: results may be renamed afterwards.
  private var places: [SeriesIdentity: Int]
  /// By model and image: the class of the clean image's highest logit; -1 where there is none.
  var cleanPredictions: [[Int32]]
  var rowCount = 0
  /// By model: rows that have `Measurement.cleanClassConfidence`.
  var scoredRowCounts: [Int]
  /// By image: whether any row is of it.
  var isMeasured: [Bool]

  /// Where a row goes.
  private struct Target {
    var series: Int
    var level: Int
    var model: Int
  }

  // Rows of one image come in the same order as those of the image before, nearly always: what their names mean is known.
  private var order: [(row: SeriesIdentity, epsilon: Double, target: Target?)] = []
  private var position = 0
  private let models: [String: Int]
  private var images: [String: Int]
  private var image: (path: String, index: Int?) = ("", nil)
  private let labels: LabelMeaning

  /// - Parameter results: of whose rows none is there yet.
  init(_ results: ExperimentResults) {
    labels = results.labels
    images = Dictionary(
      results.images.enumerated().map { ($1.path, $0) }, uniquingKeysWith: { first, _ in first })
    models = Dictionary(
      results.models.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first })
    cleanPredictions = results.models.map { _ in [Int32](repeating: -1, count: results.images.count) }
    scoredRowCounts = results.models.map { _ in 0 }
    isMeasured = [Bool](repeating: false, count: results.images.count)
    let hasControl = results.images.map { results.control.contains($0.path) }
    let hasNone = hasControl.map { _ in false }
    var places: [SeriesIdentity: Int] = [:]
    for model in results.models {
      let own = results.grids[model.key]?.hasControl ?? true ? hasControl : hasNone
      for (identity, levels) in results.rowSeries(of: model) {
        if places[identity] == nil { places[identity] = series.count }
        series.append(Series(levels: levels, measures: results.measures, hasControl: own))
      }
    }
    self.places = places
  }

  mutating func add(_ rows: [Measurement]) {
    for row in rows { add(row) }
  }

  /// No row is added any more: the names of very many images take much memory.
  mutating func end() {
    (images, places, order) = ([:], [:], [])
  }

  private mutating func add(_ row: Measurement) {
    rowCount += 1
    if image.path != row.image {
      image = (row.image, images[row.image])
      position = 0
    }
    let target = target(of: row)
    guard let image = image.index else { return }
    isMeasured[image] = true
    guard let target else { return }
    if row.cleanClassConfidence != nil { scoredRowCounts[target.model] += 1 }
    if cleanPredictions[target.model][image] < 0 {
      cleanPredictions[target.model][image] = Int32(clamping: row.cleanPrediction)
    }
    // Of two rows for one place the first counts.
    guard target.level >= 0, series[target.series].traits[target.level][image].isEmpty else { return }
    series[target.series].traits[target.level][image] = Traits(row, labels)
    for (measure, value) in row.dissimilarities.enumerated() where measure < series[target.series].values.count {
      series[target.series].values[measure][target.level][image] = value
    }
    if let share = row.clippedShare {
      series[target.series].clippedSums[target.level] += share
      series[target.series].clippedCounts[target.level] += 1
    }
  }

  private mutating func target(of row: Measurement) -> Target? {
    defer { position += 1 }
    if position < order.count, order[position].epsilon == row.epsilon, order[position].row.isThat(of: row) {
      return order[position].target
    }
    let identity = SeriesIdentity(row)
    let found = places[identity].map { place in
      Target(
        series: place, level: series[place].levels.firstIndex(of: row.epsilon) ?? -1, model: models[row.model] ?? 0)
    }
    let known = (row: identity, epsilon: row.epsilon, target: found)
    if position < order.count {
      order[position] = known
    } else if position == order.count, order.count < 1 << 16 {
      order.append(known)
    }
    return found
  }
}

extension MeasurementTables.Traits {
  fileprivate init(_ row: Measurement, _ labels: LabelMeaning) {
    var traits: Self = .measured
    let expected = labels.expected(row)
    if row.cleanPrediction == expected { traits.insert(.cleanRight) }
    if row.adversarialPrediction == expected { traits.insert(.right) }
    if row.adversarialPrediction != row.cleanPrediction { traits.insert(.flipped) }
    if row.isDead { traits.insert(.dead) }
    if row.isUnmoved { traits.insert(.unmoved) }
    if !(row.cleanPeak > 0) { traits.insert(.cleanMapIsDead) }
    if !(row.adversarialPeak > 0) { traits.insert(.mapIsDead) }
    if row.gradientIsZero == true { traits.insert(.gradientIsZero) }
    self = traits
  }
}

extension SeriesIdentity {
  /// Whether a row is of it, whatever the measure.
  func isThat(of row: Measurement) -> Bool {
    model == row.model && layer == row.layer && target == row.target && attack == row.attack
      && explanation == row.explanation
  }
}

extension ExperimentResults {
  /// Where in the tables the rows of a series are; the measure does not count.
  func place(of series: SeriesIdentity) -> Int? {
    var start = 0
    for model in models {
      guard model.key == series.model else {
        start += attacks.count * explanations.count * targets.count * model.layers.count
        continue
      }
      guard let attack = attacks.firstIndex(where: { $0.key == series.attack }),
        let explanation = explanationKeys.firstIndex(of: series.explanation),
        let target = targets.firstIndex(of: series.target), let layer = model.layers.firstIndex(of: series.layer)
      else { return nil }
      let outer = (attack * explanations.count + explanation) * targets.count + target
      return start + outer * model.layers.count + layer
    }
    return nil
  }

  /// At which levels a model was attacked, without the control.
  func levels(of attack: AttackSetting, _ model: String) -> [Double] {
    grids[model].map { $0.levels[attack.key] ?? attack.levels } ?? attack.levels
  }

  /// Whatever rows of a model there can be, without a measure, in their order, with their levels, the control first.
  func rowSeries(of model: ModelRecord) -> [(identity: SeriesIdentity, levels: [Double])] {
    attacks.flatMap { attack in
      explanationKeys.flatMap { explanation in
        targets.flatMap { target in
          model.layers.map { layer in
            (
              SeriesIdentity(
                model: model.key, attack: attack.key, explanation: explanation, target: target, layer: layer,
                measure: ""), [0] + levels(of: attack, model.key)
            )
          }
        }
      }
    }
  }
}
