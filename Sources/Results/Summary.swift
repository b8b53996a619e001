/// What one attack level did to one model, layer and target.
public struct LevelSummary: Sendable, Hashable {
  /// 0 for the control.
  public var epsilon: Double
  /// Mean of the measure over the images that have a value.
  public var mod: Estimate
  /// The same over the pairs without a dead map; nil where no map is dead.
  public var modWithoutDead: Estimate?
  /// The same over the pairs that held their prediction.
  public var modHeld: Estimate
  /// The same over the pairs whose prediction changed.
  public var modFlipped: Estimate
  /// The images whose prediction changed, of all.
  public var flipped: Proportion
  /// The images whose prediction is their label, of all; where labels are no classes those whose prediction is that of the
  /// clean image.
  public var accuracy: Proportion
  /// The images whose clean prediction was right and whose attacked one is wrong, of those that were right; where labels are
  /// no classes those whose prediction changed, of all.
  public var success: Proportion
  /// Pairs in which at least one map is dead.
  public var deadCount: Int
  /// Pairs in which the attack changed nothing (`Measurement.isUnmoved`); 0 for the control.
  public var unmovedCount: Int
  /// Pairs to which the measure gives no value.
  public var missingCount: Int
  /// the measure of each image, in the order of `ExperimentResults.images`; NaN where it has none.
  public var dissimilarities: [Double]

  /// Nil when none was right when clean.
  public var successRate: Double? { success.total == 0 ? nil : success.value }
  /// Pairs that held their prediction.
  public var heldCount: Int { flipped.total - flipped.count }
  /// Their share of all; NaN of none.
  public var heldShare: Double { Double(heldCount) / Double(flipped.total) }
}

/// What tells a series from the others of an experiment: everything that is measured but image and attack level.
public struct SeriesIdentity: Sendable, Hashable {
  /// `ModelRecord.key`.
  public var model: String
  /// `Attack.key`.
  public var attack: String
  /// `Explanation.key`.
  public var explanation: String
  /// Which class is explained.
  public var target: ExplanationTarget
  /// By the name under which it was asked for.
  public var layer: String
  /// `Measure.key`.
  public var measure: String

  public init(
    model: String, attack: String, explanation: String, target: ExplanationTarget, layer: String, measure: String
  ) {
    self.model = model
    self.attack = attack
    self.explanation = explanation
    self.target = target
    self.layer = layer
    self.measure = measure
  }
}

extension SeriesIdentity {
  /// That of a row; a row has what every measure says.
  public init(_ row: Measurement) {
    self.init(
      model: row.model, attack: row.attack, explanation: row.explanation, target: row.target, layer: row.layer,
      measure: "")
  }
}

/// One line of the report's tables: a series of measurements with what they come to.
public struct SeriesSummary: Sendable, Hashable {
  /// Whose series it is.
  public var model: ModelRecord
  /// `Attack.key`.
  public var attack: String
  /// `Explanation.key`.
  public var explanation: String
  /// By the name under which it was asked for.
  public var layer: String
  /// Which class is explained.
  public var target: ExplanationTarget
  /// `Measure.key`.
  public var measure: String
  /// Of the measure, into `Measurement.dissimilarities`.
  public var measureIndex: Int
  /// Those of which every level was measured and has a value of the measure.
  public var imageCount: Int
  /// Those that were measured and left out, since the measure has no value for them at some level.
  public var valuelessCount = 0
  /// The clean images whose prediction is their label, of all; all where labels are no classes.
  public var cleanAccuracy: Proportion
  /// At epsilon 0.
  public var control: LevelSummary
  /// One for each level of the attack.
  public var levels: [LevelSummary]
  /// Read per image: the mean of the images' standard deviations over the levels; NaN of a single level, which has no spread.
  public var vid: Estimate
  /// The same over the images none of whose maps is dead; nil where no map is.
  public var vidWithoutDead: Estimate?
  /// The standard deviation of MOD over the levels.
  public var vidOfMOD: Estimate
  /// The same over the images none of whose maps is dead; nil where no map is.
  public var vidOfMODWithoutDead: Estimate?
  /// The standard deviation over all images and levels.
  public var vidPooled: Estimate
  /// The same over the images none of whose maps is dead; nil where no map is.
  public var vidPooledWithoutDead: Estimate?
  /// Dead maps over all levels, the clean maps counted once.
  public var deadMapCount: Int
  /// Images on which the loss has a gradient of 0 everywhere, as far as the direction of the attack was stored.
  public var zeroGradientImageCount: Int

  /// Whether a row is one of the series'.
  public func contains(_ row: Measurement) -> Bool {
    identity.isThat(of: row)
  }

  /// What the series' measure says of one of its rows.
  public func value(of row: Measurement) -> Double {
    row.dissimilarities.indices.contains(measureIndex) ? row.dissimilarities[measureIndex] : .nan
  }

  /// By which it is found.
  public var identity: SeriesIdentity {
    SeriesIdentity(
      model: model.key, attack: attack, explanation: explanation, target: target, layer: layer, measure: measure)
  }
}
