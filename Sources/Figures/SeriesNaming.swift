import Results
import Support

/// What tells the series of a figure or table apart, and nothing more: the model's name alone when every model
/// has one layer and the experiment one attack, explanation, target and measure.
public struct SeriesNaming: Sendable {
  /// Whether there are several attacks to tell apart.
  public let showsAttack: Bool
  /// Whether there are several explanations.
  public let showsExplanation: Bool
  /// Whether a model has several layers.
  public let showsLayer: Bool
  /// Whether there are several targets.
  public let showsTarget: Bool
  /// Whether there are several measures.
  public let showsMeasure: Bool
  /// How attack levels are printed.
  public let levels: LevelNames
  /// What labels say of a series: of all that the experiment has several of, or of what differs among some series.
  private var told: Set<SeriesPart> = Set(SeriesPart.allCases)
  private let modelOrder: [String]
  private let seriesOrder: [SeriesIdentity]
  private let attacks: [String: String]
  private let explanations: [String: String]
  private let measures: [String: String]
  /// Models of one of several runs, all of whose series explain one class: the run's name tells it.
  private let impliesTarget: Set<String>

  /// - Parameters:
  ///   - summaries: every series that may appear together.
  ///   - results: the experiment, so that a model keeps its colour in every figure.
  public init(_ summaries: [SeriesSummary], of results: ExperimentResults) {
    func differ<Part: Hashable>(_ part: (SeriesSummary) -> Part) -> Bool { Set(summaries.map(part)).count > 1 }
    func titles(_ key: (SeriesSummary) -> String, _ title: (String) -> String) -> [String: String] {
      Dictionary(summaries.map { (key($0), title(key($0))) }, uniquingKeysWith: { first, _ in first })
    }
    showsAttack = differ(\.attack)
    showsExplanation = differ(\.explanation)
    showsLayer = Dictionary(grouping: summaries, by: \.model.key).values.contains { Set($0.map(\.layer)).count > 1 }
    showsTarget = differ(\.target)
    showsMeasure = differ(\.measure)
    impliesTarget =
      results.runs == nil
      ? []
      : Set(
        Dictionary(grouping: summaries, by: \.model.key).filter { Set($0.value.map(\.target)).count == 1 }.keys)
    attacks = titles(\.attack, results.attackTitle)
    explanations = titles(\.explanation, results.explanationTitle)
    measures = titles(\.measure, results.measureTitle)
    levels = results.levelNames
    modelOrder = results.models.map(\.key)
    // What stands for a model where only one series can comes first, so that it has the model's own colour and differs
    // from those of the other models however many layers there are.
    let mains = modelOrder.compactMap { key -> SeriesSummary? in
      let deepest = summaries.filter { $0.model.key == key && $0.layer == $0.model.deepestLayer }
      return deepest.first { !results.isBaseline($0.attack) } ?? deepest.first
    }
    var order: [SeriesIdentity] = []
    var seen: Set<SeriesIdentity> = []
    for identity in (mains + summaries).map(Self.identity) where seen.insert(identity).inserted {
      order.append(identity)
    }
    seriesOrder = order
  }

  /// The same looks, and labels that say only in what the shown series differ: what they have in common is said once, by
  /// `common`. Layers are told where one of the shown models has several.
  public func among(_ shown: [SeriesSummary]) -> SeriesNaming {
    var naming = self
    naming.told = Set(
      SeriesPart.allCases.filter { part in
        // The last layers of several networks have names of their own, which tell nobody apart.
        let own = part == .layer ? Array(Dictionary(grouping: shown, by: \.model.key).values) : [shown]
        return own.contains { series in Set(series.map { part.key(of: $0) }).count > 1 }
      })
    return naming
  }

  /// "Attack: PGD; measure: top-k": what the experiment has several of and the shown series have in common, for a
  /// caption; empty where there is nothing.
  /// - Parameter parts: those that the caption leaves to be said.
  public func common(_ shown: [SeriesSummary], _ parts: Set<SeriesPart>) -> String {
    guard let first = shown.first else { return "" }
    let words = SeriesPart.allCases.compactMap { part -> String? in
      if part == .layer { return parts.contains(part) ? layers(shown) : nil }
      guard parts.contains(part), has(part), Set(shown.map { part.key(of: $0) }).count == 1 else { return nil }
      return switch part {
      case .attack: "attack: \(attack(first))"
      case .explanation: "explanation: \(explanation(first))"
      case .target: "explained class: \(first.target.rawValue)"
      case .measure: "measure: \(measures[first.measure] ?? first.measure)"
      case .layer: nil
      }
    }
    let text = words.joined(separator: "; ")
    return text.prefix(1).uppercased() + text.dropFirst()
  }

  /// Which layer of each model is shown, where models were explained at several and one of each is; nil where that is said
  /// otherwise.
  private func layers(_ shown: [SeriesSummary]) -> String? {
    let own = Dictionary(grouping: shown, by: \.model.key).values
    guard showsLayer, !own.contains(where: { Set($0.map(\.layer)).count > 1 }) else { return nil }
    let names = Set(shown.map(\.layer))
    if names.count == 1, let only = names.first { return "layer: \(only)" }
    if shown.allSatisfy({ $0.layer == $0.model.deepestLayer }) { return "layers: the deepest of each model" }
    var seen: Set<String> = []
    let each = shown.filter { seen.insert($0.model.key).inserted }.map { "\($0.layer) of \($0.model.name)" }
    return "layers: \(listInWords(each))"
  }

  /// Whether the experiment has several of them.
  private func has(_ part: SeriesPart) -> Bool {
    switch part {
    case .attack: showsAttack
    case .explanation: showsExplanation
    case .target: showsTarget
    case .measure: showsMeasure
    case .layer: showsLayer
    }
  }

  /// Whether labels and the columns of tables tell series apart by it.
  public func tells(_ part: SeriesPart) -> Bool { has(part) && told.contains(part) }

  /// No figure shows more than one measure: a series has one look for all of them.
  private static func identity(_ summary: SeriesSummary) -> SeriesIdentity {
    var identity = summary.identity
    identity.measure = ""
    return identity
  }

  /// What reports call the series' attack.
  public func attack(_ summary: SeriesSummary) -> String { attacks[summary.attack] ?? summary.attack }

  /// What reports call the series' explanation.
  public func explanation(_ summary: SeriesSummary) -> String {
    explanations[summary.explanation] ?? summary.explanation
  }

  /// "VGG16", "VGG16 features.29", "VGG16, Noise, LayerCAM, rank", "VGG16 features.29 (label)".
  /// - Parameters:
  ///   - withAttack: false where the attack is the same for all that stand together.
  ///   - withExplanation: false where what is said holds for every explanation.
  public func label(_ summary: SeriesSummary, withAttack: Bool = true, withExplanation: Bool = true) -> String {
    var text = summary.model.name
    if tells(.layer) { text += " " + summary.layer }
    if tells(.attack), withAttack { text += ", " + attack(summary) }
    if tells(.explanation), withExplanation { text += ", " + explanation(summary) }
    if tells(.measure) { text += ", " + (measures[summary.measure] ?? summary.measure) }
    if tells(.target), !impliesTarget.contains(summary.model.key) { text += " (\(summary.target.rawValue))" }
    return text
  }

  /// With everything in which the series differ.
  public func label(_ summary: SeriesSummary) -> String { label(summary, withAttack: true, withExplanation: true) }

  /// Of a figure whose caption names layer, target and measure, and the explanation or all layers: "VGG16", "VGG16, Noise".
  public func modelLabel(_ summary: SeriesSummary) -> String {
    summary.model.name + (showsAttack ? ", " + attack(summary) : "")
  }

  /// The look that the series has in every figure.
  public func style(_ summary: SeriesSummary) -> SeriesStyle {
    guard showsAttack || showsExplanation || showsLayer || showsTarget else {
      return Palette.style(modelOrder.firstIndex(of: summary.model.key) ?? 0)
    }
    return Palette.style(seriesOrder.firstIndex(of: Self.identity(summary)) ?? 0)
  }
}

/// What series can differ in, beside the model.
public enum SeriesPart: Sendable, Hashable, CaseIterable {
  /// In the order in which captions name them.
  case attack, explanation, layer, target, measure

  /// What is left to be said behind a caption that names the measure.
  public static let allButMeasure: Set<SeriesPart> = [.attack, .explanation, .layer, .target]

  fileprivate func key(of summary: SeriesSummary) -> String {
    switch self {
    case .attack: summary.attack
    case .explanation: summary.explanation
    case .target: summary.target.rawValue
    case .measure: summary.measure
    case .layer: summary.layer
    }
  }
}
