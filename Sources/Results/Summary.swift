/// A value with its 95% bootstrap interval over images.
public struct Estimate: Sendable, Hashable {
  public var value: Double
  public var lower: Double
  public var upper: Double

  public init(value: Double, lower: Double, upper: Double) {
    self.value = value
    self.lower = lower
    self.upper = upper
  }
}

/// What one attack level did to one model, layer and target.
public struct LevelSummary: Sendable, Hashable {
  public var epsilon: Double
  /// Mean of NISSIM over the images.
  public var mod: Estimate
  public var accuracy: Estimate
  /// Share of the images whose clean prediction was right and whose attacked one is wrong, among those that
  /// were right; nil when none was right.
  public var successRate: Double?
  /// Pairs in which at least one map is dead.
  public var deadCount: Int
  /// Pairs in which the attack changed nothing (`Measurement.isUnmoved`); 0 for the control.
  public var unmovedCount: Int
  /// NISSIM of each image, in the order of `ExperimentResults.images`.
  public var nissim: [Double]
}

/// One line of the report's tables: a model at one layer with one target.
public struct SeriesSummary: Sendable, Hashable {
  public var model: ModelRecord
  public var layer: String
  public var target: ExplanationTarget
  public var imageCount: Int
  public var cleanAccuracy: Estimate
  public var control: LevelSummary
  /// One for each of `ExperimentResults.epsilons`.
  public var levels: [LevelSummary]
  public var vid: Estimate
  public var vidOfMOD: Estimate
  public var vidPooled: Estimate
  /// Dead maps over all levels, the clean maps counted once.
  public var deadMapCount: Int
  /// Images on which the loss has a gradient of 0 everywhere, as far as the direction of the attack was stored.
  public var zeroGradientImageCount: Int
}
