/// The runs that results come from, where they stand side by side: what each brings, and in what they differ.
public struct RunOverview: Sendable, Hashable {
  /// One of the runs.
  public struct Run: Sendable, Hashable {
    /// By which the report tells it from the others.
    public var name: String
    /// `ModelRecord.key` of its models, as the results call them.
    public var models: [String]
    /// Images that it measured.
    public var imageCount: Int
    /// SHA-256 of its lines of `results.csv`; empty where nobody read them.
    public var rowsSHA256: String

    public init(name: String, models: [String], imageCount: Int, rowsSHA256: String = "") {
      self.name = name
      self.models = models
      self.imageCount = imageCount
      self.rowsSHA256 = rowsSHA256
    }
  }

  /// Something that is one thing in one run and another in another.
  public struct Difference: Sendable, Hashable {
    /// "models", "options", "software", "weights" or "data"; comparisons of reports have more.
    public var section: String
    /// Of the option, library, model or count.
    public var name: String
    /// In words, one for each run or folder; nil for one that has no such thing.
    public var values: [String?]

    public init(section: String, name: String, values: [String?]) {
      self.section = section
      self.name = name
      self.values = values
    }
  }

  /// In the order in which they were named; at least two.
  public var runs: [Run]
  /// Images that all of them measured, by content.
  public var commonImages: Int
  /// Whether they were made to differ, one for each combination of settings.
  public var isSweep: Bool
  /// In the order in which tables have them.
  public var differences: [Difference]
  /// How the values of networks compare that are the same in several runs, in sentences.
  public var agreements: [String]

  public init(
    runs: [Run], commonImages: Int, isSweep: Bool, differences: [Difference], agreements: [String] = []
  ) {
    self.runs = runs
    self.commonImages = commonImages
    self.isSweep = isSweep
    self.differences = differences
    self.agreements = agreements
  }

  /// The name of the run that a model is of; nil for none of theirs.
  /// - Parameter model: `ModelRecord.key`.
  public func run(of model: String) -> String? { runs.first { $0.models.contains(model) }?.name }

  /// The same with every text as it is shown.
  public func renamed(models: NameTable, show: (String) -> String) -> RunOverview {
    var copy = self
    copy.runs = runs.map {
      Run(
        name: show($0.name), models: $0.models.map { models[$0] }, imageCount: $0.imageCount, rowsSHA256: $0.rowsSHA256)
    }
    copy.differences = differences.map { difference in
      Difference(
        section: difference.section, name: show(difference.name), values: difference.values.map { $0.map(show) })
    }
    copy.agreements = agreements.map(show)
    return copy
  }
}

/// What of the results' attacks, levels, explanations, targets and measures a model was measured by, where not every model was by
/// all.
public struct ModelGrid: Sendable, Hashable {
  /// By `Attack.key`, ascending, without the control.
  public var levels: [String: [Double]]
  /// `Explanation.key`
  public var explanations: Set<String>
  /// Which classes were explained.
  public var targets: Set<ExplanationTarget>
  /// `Measure.key`
  public var measures: Set<String>
  /// Whether the control was run on the images on which it is run.
  public var hasControl: Bool

  public init(
    levels: [String: [Double]], explanations: Set<String>, targets: Set<ExplanationTarget>, measures: Set<String>,
    hasControl: Bool = true
  ) {
    self.hasControl = hasControl
    self.levels = levels
    self.explanations = explanations
    self.targets = targets
    self.measures = measures
  }

  /// Whether there is such a series.
  func has(_ series: SeriesIdentity) -> Bool {
    levels[series.attack] != nil && explanations.contains(series.explanation) && targets.contains(series.target)
      && measures.contains(series.measure)
  }
}
