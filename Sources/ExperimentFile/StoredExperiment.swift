import Attacks
import Datasets
import Explanations
import Foundation
import Measures
import Results
import Support

/// The experiment as the record of a run keeps it: every chosen member by its name, with its options as they are written.
///
/// Records of older versions, of one attack, one explanation and one measure, are read as well.
extension Experiment: Decodable {
  private enum Key: String, CodingKey {
    case title, seed, resamples, data, models, attacks, attack, control, explain, compare, report
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let attacks =
      if container.contains(.attack) {
        [try container.decode(AttackSetting.self, forKey: .attack)]
      } else {
        try container.decode([AttackSetting].self, forKey: .attacks)
      }
    self.init(
      title: try container.decode(String.self, forKey: .title), seed: try container.decode(Int.self, forKey: .seed),
      resamples: try container.decodeIfPresent(Int.self, forKey: .resamples) ?? Resampling.standard,
      data: try container.decode(DataOptions.self, forKey: .data),
      models: try container.decode([ModelOptions].self, forKey: .models), attacks: attacks,
      // Versions that had no such option ran it on all.
      control: try container.decodeIfPresent(ControlSize.self, forKey: .control) ?? .all,
      explain: try container.decode(ExplainOptions.self, forKey: .explain),
      compare: try container.decode(CompareOptions.self, forKey: .compare),
      report: try container.decode(ReportOptions.self, forKey: .report))
  }
}

/// A member of a registry with its options, as JSON has it.
private struct StoredChoice: Codable {
  var name: String
  var options: [String: String]

  init(_ name: String, _ member: some Configurable) {
    self.name = name
    options = member.writtenOptions
  }

  static func unknown(_ kind: String, _ name: String) -> Problem {
    .failure(
      "the run used the \(kind) `\(printable(name))`, which this Heatdrift does not have",
      remedy: "Use the Heatdrift that the results were made with.")
  }
}

/// Any key of a JSON object.
private struct AnyKey: CodingKey {
  var stringValue: String
  var intValue: Int? { nil }
  init(_ name: String) { stringValue = name }
  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }

  /// "lossLabel" is how older versions wrote `loss-label`.
  static func former(_ name: String) -> AnyKey {
    let words = name.split(separator: "-")
    return AnyKey(
      words.prefix(1).joined() + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined())
  }
}

extension KeyedDecodingContainer<AnyKey> {
  /// The options of a member: under `options`, or, in records of older versions, beside the others.
  fileprivate func options(_ names: [String]) throws -> [String: String] {
    if let options = try decodeIfPresent([String: String].self, forKey: AnyKey("options")) { return options }
    var found: [String: String] = [:]
    for name in names {
      let key = AnyKey.former(name)
      guard contains(key), try !decodeNil(forKey: key) else { continue }
      if let text = try? decode(String.self, forKey: key) {
        found[name] = scalar(text)
      } else if let number = try? decode(Double.self, forKey: key) {
        found[name] = numberText(number)
      } else {
        found[name] = try decode(Bool.self, forKey: key) ? "true" : "false"
      }
    }
    return found
  }
}

extension AttackSetting: Codable, Equatable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: AnyKey.self)
    let name = try container.decode(String.self, forKey: AnyKey("method"))
    guard let type = Attacks.attacks[name] else { throw StoredChoice.unknown("attack", name) }
    self.init(
      attack: try type.init(options: container.options(type.optionNames)),
      levels: try container.decode([Double].self, forKey: AnyKey("epsilons")),
      fractions: Dictionary(
        try (container.decodeIfPresent([Fraction].self, forKey: AnyKey("fractions")) ?? []).map {
          ($0.level, $0.written)
        },
        uniquingKeysWith: { first, _ in first }),
      source: try container.decodeIfPresent(TransferSource.self, forKey: AnyKey("source")))
  }

  /// A level as it was written.
  private struct Fraction: Codable {
    var level: Double
    var written: String
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: AnyKey.self)
    try container.encode(method, forKey: AnyKey("method"))
    try container.encodeIfPresent(source, forKey: AnyKey("source"))
    try container.encode(levels, forKey: AnyKey("epsilons"))
    try container.encode(attack.writtenOptions, forKey: AnyKey("options"))
    guard !fractions.isEmpty else { return }
    try container.encode(
      fractions.sorted { $0.key < $1.key }.map { Fraction(level: $0.key, written: $0.value) },
      forKey: AnyKey("fractions"))
  }

  public static func == (first: AttackSetting, second: AttackSetting) -> Bool {
    first.levels == second.levels && first.fractions == second.fractions
      && first.source == second.source
      && AnyHashable(first.attack) == AnyHashable(second.attack)
  }
}

extension DataOptions: Codable, Equatable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: AnyKey.self)
    let name = try container.decode(String.self, forKey: AnyKey("source"))
    guard let type = dataSources[name] else { throw StoredChoice.unknown("data source", name) }
    var options = try container.options(type.optionNames)
    if container.contains(AnyKey("faces")), try !container.decodeNil(forKey: AnyKey("faces")) {
      let faces = try container.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("faces"))
      options.merge(try faces.options(type.optionNames)) { first, _ in first }
    }
    // Written though it said nothing.
    if let align = options["align"], align != "box" { options["margin"] = nil }
    self.init(
      source: try type.init(options: options),
      splitSeed: try container.decode(Int.self, forKey: AnyKey("splitSeed")))
    split = try container.decode(Split.self, forKey: AnyKey("split"))
    limit = try container.decodeIfPresent(Int.self, forKey: AnyKey("limit"))
    labels = try container.decodeIfPresent(LabelMeaning.self, forKey: AnyKey("labels")) ?? .classes
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: AnyKey.self)
    try container.encode(type(of: source).key, forKey: AnyKey("source"))
    try container.encode(source.writtenOptions, forKey: AnyKey("options"))
    try container.encode(split, forKey: AnyKey("split"))
    try container.encode(splitSeed, forKey: AnyKey("splitSeed"))
    try container.encodeIfPresent(limit, forKey: AnyKey("limit"))
    // Records without it are the same as those of versions that did not know it.
    if labels != .classes { try container.encode(labels, forKey: AnyKey("labels")) }
  }

  public static func == (first: DataOptions, second: DataOptions) -> Bool {
    first.selection == second.selection && first.labels == second.labels
      && AnyHashable(first.source) == AnyHashable(second.source)
  }
}

extension ExplainOptions: Codable, Equatable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: AnyKey.self)
    let choices =
      if container.contains(AnyKey("method")) {
        [StoredChoice(try container.decode(String.self, forKey: AnyKey("method")), standardExplanation.init())]
      } else {
        try container.decode([StoredChoice].self, forKey: AnyKey("methods"))
      }
    let methods = try choices.map { choice -> any Explanation in
      guard let type = explanations[choice.name] else { throw StoredChoice.unknown("explanation", choice.name) }
      return try type.init(options: choice.options)
    }
    self.init(
      methods: methods, targets: try container.decode([ExplanationTarget].self, forKey: AnyKey("targets")))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: AnyKey.self)
    try container.encode(methods.map { StoredChoice(type(of: $0).key, $0) }, forKey: AnyKey("methods"))
    try container.encode(targets, forKey: AnyKey("targets"))
  }

  public static func == (first: ExplainOptions, second: ExplainOptions) -> Bool {
    first.targets == second.targets && first.methods.map { AnyHashable($0) } == second.methods.map { AnyHashable($0) }
  }
}

extension CompareOptions: Codable, Equatable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: AnyKey.self)
    guard container.contains(AnyKey("measures")) else {
      self.init(measures: [try standardMeasure.init(options: container.options(standardMeasure.optionNames))])
      return
    }
    let choices = try container.decode([StoredChoice].self, forKey: AnyKey("measures"))
    self.init(
      measures: try choices.map { choice -> any Measure in
        guard let type = Measures.measures[choice.name] else { throw StoredChoice.unknown("measure", choice.name) }
        return try type.init(options: choice.options)
      })
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: AnyKey.self)
    try container.encode(measures.map { StoredChoice(type(of: $0).key, $0) }, forKey: AnyKey("measures"))
  }

  public static func == (first: CompareOptions, second: CompareOptions) -> Bool {
    first.measures.map { AnyHashable($0) } == second.measures.map { AnyHashable($0) }
  }
}
