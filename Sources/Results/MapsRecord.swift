/// Where the maps of a model come from that Heatdrift did not compute, and what of an experiment they are of.
public struct MapsRecord: Sendable, Hashable, Codable {
  /// A library that had a part in them, and its version.
  public struct Software: Sendable, Hashable, Codable {
    /// "torch"
    public var name: String
    /// "2.9.1"
    public var version: String

    public init(name: String, version: String) {
      self.name = name
      self.version = version
    }
  }

  /// What computed them, in the words of who made the file.
  public var producer: String
  /// By name.
  public var software: [Software]
  /// Of how many files.
  public var fileCount: Int
  /// Whether the maps were scaled to [0, 1] before they were written, so that their peaks tell nothing.
  public var areScaled: Bool
  /// Whether some images have the pictures that the network was given.
  public var haveInputs: Bool
  /// By `AttackSetting.key`: the experiment's levels that they have, ascending, without the control; nil until the experiment is
  /// held against them.
  public var levels: [String: [Double]]?
  /// `Explanation.key`, of the experiment's.
  public var explanations: [String]?
  /// Of the experiment's.
  public var targets: [ExplanationTarget]?
  /// Whether the control's images have clean maps that were computed a second time.
  public var hasControl: Bool?

  public init(
    producer: String, software: [Software], fileCount: Int, areScaled: Bool, haveInputs: Bool,
    levels: [String: [Double]]? = nil, explanations: [String]? = nil, targets: [ExplanationTarget]? = nil,
    hasControl: Bool? = nil
  ) {
    self.producer = producer
    self.software = software
    self.fileCount = fileCount
    self.areScaled = areScaled
    self.haveInputs = haveInputs
    self.levels = levels
    self.explanations = explanations
    self.targets = targets
    self.hasControl = hasControl
  }

  /// "our script (numpy 2.1, torch 2.9.1)"
  public var words: String {
    guard !software.isEmpty else { return producer }
    return "\(producer) (\(software.map { "\($0.name) \($0.version)" }.joined(separator: ", ")))"
  }

  /// What of an experiment they are of.
  /// - Parameter measures: `Measure.key` of all of the experiment's.
  public func grid(measures: Set<String>) -> ModelGrid? {
    guard let levels, let explanations, let targets else { return nil }
    return ModelGrid(
      levels: levels, explanations: Set(explanations), targets: Set(targets), measures: measures,
      hasControl: hasControl ?? false)
  }
}

extension ModelRecord {
  /// What `architecture` is of a network whose maps were computed elsewhere.
  public static let mapsArchitecture = "maps"
}

extension ModelGrid {
  /// What both have.
  public func intersection(_ other: ModelGrid) -> ModelGrid {
    var levels: [String: [Double]] = [:]
    for (attack, own) in self.levels {
      let both = own.filter { other.levels[attack]?.contains($0) ?? false }
      if !both.isEmpty { levels[attack] = both }
    }
    return ModelGrid(
      levels: levels, explanations: explanations.intersection(other.explanations),
      targets: targets.intersection(other.targets), measures: measures.intersection(other.measures),
      hasControl: hasControl && other.hasControl)
  }
}
