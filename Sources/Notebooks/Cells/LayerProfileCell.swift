import Figures
import Results
import Support

/// Drift by depth.
struct LayerProfileCell: PanelledCell {
  static let key = "layer-profile"
  static let help = "MOD by depth: a model’s layers from its input to its output, a curve for each attack level."
  static let product = CellProduct.figure
  static let options: [DeclaredOption<Self>] = DeclaredOption<Self>.series + [.forEach] + DeclaredOption<Self>.panels
  static let examples = [
    CellExample(key, "A model of which all layers were explained:", "models: [vgg16]"),
    CellExample("layer-profile-one", "One attack level:", "models: [vgg16]\nepsilons: [0.05]"),
    CellExample(
      "layer-profile-panels", "A panel for each model with several layers, one under the other:",
      "panels: model\ncolumns: 1\nepsilons: [0.01, 0.1]"),
  ]

  var shown = SeriesOptions()
  var panels = Panels.none
  var columns: Int?
  var repetition: CellRepetition { panels == .model ? .models : .layers }
  var commonParts: Set<SeriesPart> { [.explanation, .measure] }

  /// Of a panel, in points.
  private static let leastWidth = 135.0

  init() {}

  /// The models that have a profile, and those of which one layer was explained.
  private func found(
    _ context: CellContext
  ) throws -> (selection: Selection, profiles: [(model: ModelRecord, series: [SeriesSummary])], others: [String]) {
    let selection = try context.selection(self)
    let all = selection.summaries.byModel
    let profiles = all.filter { $0.series.count > 1 }
    guard !profiles.isEmpty else {
      throw Problem.failure(
        "only one layer of \(Values.list(all.map(\.model.name))) was explained, and a profile needs two or more",
        remedy: "Write `layers: all` for the model in the experiment file and run it again.")
    }
    return (selection, profiles, all.filter { $0.series.count == 1 }.map(\.model.name))
  }

  func caption(_ context: CellContext) throws -> String {
    let (selection, profiles, others) = try found(context)
    guard let first = profiles.first?.series.first else { return "" }
    let name =
      panels == .model
      ? "each model" + (context.data.naming.showsAttack ? " under \(context.data.naming.attack(first))" : "")
      : context.data.naming.modelLabel(first)
    let levels =
      selection.epsilons.count == 1
      ? "At ε\u{A0}=\u{A0}\(context.data.printed(selection.epsilons[0]))"
      : "A curve for each attack level ε, the stronger the darker"
    return
      "MOD of \(name) at each explained layer, over \(selection.images); explained class: "
      + "\(first.target.rawValue). \(levels)."
      + (IntervalWords(selection).areNone
        ? ""
        : " Upright lines: \(IntervalWords(selection).noun)\(selection.epsilons.count > 1 ? ", beside each other" : "").")
      + IntervalWords(selection).caveat
      + (panels == .model && profiles.count > 1 ? " All panels are on one scale." : "")
      + (others.isEmpty
        ? ""
        : " One layer was explained of \(Values.list(others)), which \(others.count == 1 ? "has" : "have") no profile.")
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    let (selection, profiles, _) = try found(context)
    // The same axis for every model, so that profiles can be held against each other.
    let greatest =
      context.data.summaries.filter { $0.measure == selection.summaries.first?.measure }
      .flatMap { summary in
        summary.levels.filter { selection.epsilons.contains($0.epsilon) }.map { $0.mod.interval?.upper ?? $0.mod.value }
      }.filter(\.isFinite).max() ?? 0
    let isPanelled = panels == .model
    let plots = profiles.map { model, series in
      DepthPlot(
        layers: series.map(\.layer), curves: Self.curves(series, selection, context.data),
        title: isPanelled ? "\(model.name): MOD" : selection.measure.modTitle, width: 0,
        plotHeight: isPanelled && self.columns != 1 ? 105 : 150, least: greatest, bounds: selection.measure.bounds)
    }
    let words = profiles.map { model, series in
      let ends = series.map { one in
        "\(one.layer) \(Numbers.fixed(ReportData.level(one, selection.epsilons.last)?.mod.value ?? .nan, 3))"
      }
      return (isPanelled ? "\(model.name): " : "") + ends.joined(separator: ", ")
    }
    let (chosen, measurer, style, count) = (columns, context.measurer, context.style, plots.count)
    let columns = { @Sendable (width: Double) in
      FigurePanels.columns(of: count, chosen: chosen, width: width, leastWidth: Self.leastWidth)
    }
    // What a page cannot hold goes on in a next part.
    let rows = max(1, Int(context.maximumHeight / (chosen == 1 ? 235 : 190)))
    let capacity = isPanelled ? rows * columns(context.width) : 1
    return zip(plots.parts(ofAtMost: capacity), words.parts(ofAtMost: capacity)).map { plots, words in
      let own = words.joined(separator: "; ")
      return .plot(alternative: "MOD by layer. At the strongest attack: \(own).") { width in
        let panels = plots.map { FigurePanels.Panel($0, measurer: measurer, style: style) }
        return FigurePanels(panels: panels, columns: columns(width), width: width, leastWidth: Self.leastWidth)
          .frame(measurer: measurer, style: style)
      }
    }
  }

  private static func curves(_ series: [SeriesSummary], _ selection: Selection, _ data: ReportData) -> [DepthCurve] {
    let known = data.results.epsilons
    // In network order, which is the order of the model's layers.
    return selection.epsilons.map { epsilon in
      DepthCurve(
        epsilon: epsilon, style: Palette.level(known.firstIndex(of: epsilon) ?? 0, of: known.count),
        points: series.enumerated().compactMap { index, summary in
          ReportData.level(summary, epsilon).map {
            DepthPoint(layer: index, value: $0.mod.value, lower: $0.mod.lower, upper: $0.mod.upper)
          }
        })
    }
  }
}
