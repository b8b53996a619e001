import Results

/// What tells the series of a figure or table apart, and nothing more: the model's name alone when every model
/// has one layer and the experiment one target.
public struct SeriesNaming: Sendable {
  public let showsLayer: Bool
  public let showsTarget: Bool
  private let modelOrder: [String]
  private let seriesOrder: [String]

  /// - Parameters:
  ///   - summaries: every series that may appear together.
  ///   - models: keys of all models of the experiment, so that a model keeps its colour in every figure.
  public init(_ summaries: [SeriesSummary], models: [String]) {
    showsLayer = Dictionary(grouping: summaries, by: \.model.key).values.contains { Set($0.map(\.layer)).count > 1 }
    showsTarget = Set(summaries.map(\.target)).count > 1
    modelOrder = models
    // What stands for a model where only one series can comes first, so that it has the model's own colour and differs
    // from those of the other models however many layers there are.
    let mains = models.compactMap { key in
      summaries.first { $0.model.key == key && $0.layer == Self.deepest($0.model) }
    }
    let identities = mains.map(Self.identity)
    seriesOrder = identities + summaries.map(Self.identity).filter { !identities.contains($0) }
  }

  private static func deepest(_ model: ModelRecord) -> String? {
    model.layers.contains(model.lastLayer) ? model.lastLayer : model.layers.last
  }

  private static func identity(_ summary: SeriesSummary) -> String {
    "\(summary.model.key)\u{0}\(summary.layer)\u{0}\(summary.target.rawValue)"
  }

  /// "VGG16", "VGG16 features.29", "VGG16 features.29 (label)".
  public func label(_ summary: SeriesSummary) -> String {
    var text = summary.model.name
    if showsLayer { text += " " + summary.layer }
    if showsTarget { text += " (\(summary.target.rawValue))" }
    return text
  }

  public func style(_ summary: SeriesSummary) -> SeriesStyle {
    if !showsLayer, !showsTarget { return Palette.style(modelOrder.firstIndex(of: summary.model.key) ?? 0) }
    return Palette.style(seriesOrder.firstIndex(of: Self.identity(summary)) ?? 0)
  }
}
