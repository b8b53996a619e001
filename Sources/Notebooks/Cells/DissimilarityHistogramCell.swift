import Figures
import Results
import Support

/// How values are drawn.
enum ChosenForm: String, Sendable, Hashable, CaseIterable {
  /// Dots for up to 100 images, else the cumulative share.
  case auto
  case dots
  case cumulative
  case histogram
}

/// How the measure is spread over the images.
struct DissimilarityHistogramCell: PanelledCell {
  static let key = "dissimilarity-histogram"
  static let help =
    "How the measure is spread over the images, models by attack levels, on shared axes: a dot for each image, or curves of the "
    + "cumulative share where images are many."
  static let product = CellProduct.figure
  static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.series + [
      .forEach,
      DeclaredOption(
        "form", \.form, .choice,
        help:
          "`dots`: one for each image; `cumulative`: the share of the images whose value is at most that of the axis; "
          + "`histogram`: counts in bins; `auto`: dots for up to \(DistributionForm.mostDots) images, else cumulative."),
      .pairs(\.pairs),
    ] + DeclaredOption<Self>.panels
  static let examples = [
    CellExample(key, "All models on shared axes:", "layers: last"),
    CellExample(
      "dissimilarity-histogram-one", "One model, two levels:", "models: [resnet50]\nepsilons: [0.01, 0.1]"),
    CellExample(
      "dissimilarity-histogram-cumulative", "The cumulative share, as of many images:",
      "models: [resnet50, xception]\nform: cumulative"),
    CellExample("dissimilarity-histogram-bins", "Counts in bins:", "models: [resnet50]\nform: histogram"),
    CellExample(
      "dissimilarity-histogram-pairs", "Pairs that flipped their prediction, filled, below those that held it:",
      "models: [resnet50]\nepsilons: [0.01, 0.1]\npairs: held-flipped"),
    CellExample(
      "dissimilarity-histogram-panels", "One level, the models beside each other:",
      "layers: last\nepsilons: [0.1]\npanels: model\ncolumns: 3"),
  ]

  var shown = SeriesOptions(layers: [SeriesOptions.last])
  var form = ChosenForm.auto
  var pairs = PairSplit.all
  var panels = Panels.none
  var columns: Int?
  var commonParts: Set<SeriesPart> { SeriesPart.allButMeasure }

  init() {}

  func caption(_ context: CellContext) throws -> String {
    let selection = try context.selection(self)
    let dead = selection.summaries.flatMap { selection.levels(of: $0).map(\.deadCount) }.reduce(0, +)
    let deadText =
      dead == 0
      ? "No pair has a dead map." : "Pairs with a dead (all-zero) map are counted in red and keep their value."
    let form = form(selection)
    let look: String
    let split: String
    switch form {
    case .dots:
      look = "a dot for each image"
      split = "Filled: pairs whose prediction flipped; hollow, above them: held."
    case .cumulative:
      look = "the share of the images whose value is at most that of the axis"
      split = "Full: pairs whose prediction flipped; dashed: held; each a share of its own number."
    case .histogram:
      // Of what is drawn, which other figures may share.
      let bins = Histogram.bins(
        for: context.data.sharingScale(with: selection.summaries).flatMap { $0.levels.map(\.dissimilarities) })
      look = "counts of images in bins of \(Numbers.significant(bins.width, 3))"
      split = "Filled: pairs whose prediction flipped; hollow, above them: held."
    }
    return
      "\(selection.measure.title) of the clean and the attacked heatmap: \(look); all panels are on one scale. Mark and number "
      + "above a panel: the mean, MOD. \(deadText)"
      + (pairs == .all ? "" : " \(split) \(PairWords.classes(selection))")
  }

  /// In points.
  private static let leastPanelHeight = 18.0

  private func form(_ selection: Selection) -> DistributionForm {
    switch form {
    case .dots: .dots
    case .cumulative: .cumulative
    case .histogram: .histogram
    case .auto:
      selection.summaries.allSatisfy { $0.imageCount <= DistributionForm.mostDots } ? .dots : .cumulative
    }
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    let selection = try context.selection(self)
    let naming = context.data.naming
    let (shared, form) = (context.data.sharingScale(with: selection.summaries), form(selection))
    var flipped: [SeriesIdentity: [Double: [Double]]] = [:]
    if pairs == .heldFlipped {
      for summary in selection.summaries {
        for level in selection.levels(of: summary) {
          flipped[summary.identity, default: [:]][level.epsilon] = try context.data.results.heldAndFlipped(
            summary, epsilon: level.epsilon
          ).flipped
        }
      }
    }
    let filled = flipped
    // Rows that a page can hold, each with its name and its numbers; the rest goes on in a next part.
    let rowHeight = DistributionGrid.panelHeight + 25 + DistributionGrid.rowGap
    let capacity = max(1, Int((context.maximumHeight - 40) / rowHeight))
    if panels == .model {
      return panelled(selection, context) { series in
        var grid = ResultFigures.distributions(
          series, sharedWith: shared, of: selection.measure, epsilons: selection.epsilons, naming: naming, form: form,
          width: 0, filled: { filled[$0]?[$1] })
        grid.hasEvenRows = true
        return grid
      }
    }
    return selection.summaries.parts(ofAtMost: capacity).map { part in
      let means = part.map { "\(naming.label($0)): \(context.data.spokenMOD($0, selection.epsilons))" }
      return .plot(
        alternative: "Distributions of \(selection.measure.title). Means: " + means.joined(separator: "; ") + ".",
        maximumHeight: context.maximumHeight
      ) { width, height in
        var grid = ResultFigures.distributions(
          part, sharedWith: shared, of: selection.measure, epsilons: selection.epsilons, naming: naming, form: form,
          width: width, filled: { filled[$0]?[$1] })
        var frame = grid.frame(measurer: context.measurer, style: context.style)
        // Lower, for the rest of a page; less than this no panel could be read. Panels may be lower than they are asked to be,
        // and then give way at a second try.
        while frame.size.height > height, grid.panelHeight > Self.leastPanelHeight {
          let excess = max(1, (frame.size.height - height) / Double(max(1, part.count)))
          grid.panelHeight = max(Self.leastPanelHeight, grid.panelHeight - excess)
          frame = grid.frame(measurer: context.measurer, style: context.style)
        }
        return frame
      }
    }
  }

  /// The models beside each other, each with its levels.
  private func panelled(
    _ selection: Selection, _ context: CellContext, _ grid: ([SeriesSummary]) -> DistributionGrid
  ) -> [CellContent] {
    let models = selection.summaries.byModel
    let grids = models.map { grid($0.series) }
    let words = models.map { model, series in
      let means = series.flatMap { selection.levels(of: $0) }.map {
        "\(Numbers.fixed($0.mod.value, 3)) at \(context.data.printed($0.epsilon))"
      }
      return "\(model.name): \(means.joined(separator: ", "))"
    }
    // A column has all levels of its models.
    let leastWidth = 30 + 62 * Double(max(1, selection.epsilons.count))
    let (chosen, measurer, style) = (columns, context.measurer, context.style)
    let columns = { @Sendable (width: Double) in
      FigurePanels.columns(of: models.count, chosen: chosen, width: width, leastWidth: leastWidth)
    }
    let height = 40 + 66 * Double(models.map(\.series.count).max() ?? 1)
    let capacity = max(1, Int(context.maximumHeight / height)) * columns(context.width)
    return zip(grids.parts(ofAtMost: capacity), words.parts(ofAtMost: capacity)).map { part, words in
      .plot(alternative: "Distributions of \(selection.measure.title). Means: \(words.joined(separator: "; ")).") {
        width in
        let panels = part.map { FigurePanels.Panel($0, measurer: measurer, style: style) }
        return FigurePanels(panels: panels, columns: columns(width), width: width, leastWidth: leastWidth)
          .frame(measurer: measurer, style: style)
      }
    }
  }
}
