import Figures
import Results
import Support

/// Drift by depth.
struct LayerProfileCell: SeriesCell {
  static let key = "layer-profile"
  static let help = "MOD by depth: a model’s layers from its input to its output, a curve for each attack level."
  static let product = CellProduct.figure
  static let options: [DeclaredOption<Self>] = DeclaredOption<Self>.series + [.forEach]
  static let examples = [
    CellExample(key, "A model of which all layers were explained:", "models: [vgg16]"),
    CellExample("layer-profile-one", "One attack level:", "models: [vgg16]\nepsilons: [0.05]"),
  ]

  var shown = SeriesOptions()
  var repetition: CellRepetition { .layers }
  var commonParts: Set<SeriesPart> { [.explanation, .measure] }

  init() {}

  func caption(_ context: CellContext) throws -> String {
    let selection = try context.selection(self)
    guard let first = selection.summaries.first else { return "" }
    return
      "MOD of \(context.data.naming.modelLabel(first)) at each explained layer, over \(selection.images); explained class: "
      + "\(first.target.rawValue). A curve for each attack level ε, the stronger the darker. Bands: "
      + "\(IntervalWords(selection).noun)." + IntervalWords(selection).caveat
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    let selection = try context.selection(self)
    // In network order, which is the order of the model's layers.
    let layers = selection.summaries.map(\.layer)
    guard layers.count > 1 else {
      throw Problem.failure(
        "only one layer of \(selection.summaries.first?.model.name ?? "the model") was explained, and a profile needs "
          + "two or more", remedy: "Write `layers: all` for the model in the experiment file and run it again.")
    }
    let known = context.data.results.epsilons
    let curves = selection.epsilons.map { epsilon in
      DepthCurve(
        epsilon: epsilon, style: Palette.level(known.firstIndex(of: epsilon) ?? 0, of: known.count),
        points: selection.summaries.enumerated().compactMap { index, summary in
          ReportData.level(summary, epsilon).map {
            DepthPoint(layer: index, value: $0.mod.value, lower: $0.mod.lower, upper: $0.mod.upper)
          }
        })
    }
    // The same axis for every model, so that profiles can be held against each other.
    let greatest = context.data.summaries.filter { $0.measure == selection.summaries.first?.measure }
      .flatMap { summary in
        summary.levels.filter { selection.epsilons.contains($0.epsilon) }.map { $0.mod.interval?.upper ?? $0.mod.value }
      }.filter(\.isFinite).max()
    let ends = zip(layers, selection.summaries).map { layer, summary in
      "\(layer) \(Numbers.fixed(ReportData.level(summary, selection.epsilons.last)?.mod.value ?? .nan, 3))"
    }
    return [
      .plot(alternative: "MOD by layer. At the strongest attack: \(ends.joined(separator: ", ")).") { width in
        DepthPlot(
          layers: layers, curves: curves, title: selection.measure.modTitle, width: width, least: greatest ?? 0,
          bounds: selection.measure.bounds
        ).frame(measurer: context.measurer, style: context.style)
      }
    ]
  }
}
