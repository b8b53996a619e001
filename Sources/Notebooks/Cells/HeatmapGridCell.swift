import Figures
import Support

/// What the rows of a heatmap grid are.
enum GridRows: String, Sendable, Hashable, CaseIterable {
  /// Images of one series.
  case samples
  /// Of one model, on one image.
  case layers
  /// On one image.
  case models
}

/// Heatmaps over photographs in rows and columns.
struct HeatmapGridCell: HeatmapCell {
  static let key = "heatmap-grid"
  static let help =
    "Clean and attacked heatmaps, columns attack levels; rows samples, layers of a model or models."
  static let product = CellProduct.figure
  static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.series + [
      .forEach,
      DeclaredOption(
        "rows", \.rows, .choice,
        help:
          "What the rows are: images of one series; the layers of a model (then all of them by default) on one image, "
          + "below the attacked photographs; or the models on one image."),
      DeclaredOption(
        "samples", \.samples, .wholeNumber(in: 1...40),
        help:
          "Images, chosen by quantiles of the drift at the strongest attack; with rows of layers or models 1 by default, "
          + "a figure for each."),
      DeclaredOption(
        "most-layers", \.mostLayers, .wholeNumber(in: 1...500),
        help:
          "Rows of layers at most; of more layers as many are shown, evenly chosen, the first and the last among them."),
      .image(\.image), .scale(\.scale),
    ] + DeclaredOption<Self>.look
  static let examples: [CellExample] = [
    .photographs("heatmap-grid", "Images of one model:", "models: [vgg16]\nsamples: 2"),
    .photographs(
      "heatmap-grid-layers", "The layers of a model on one image:", "models: [vgg16]\nrows: layers\nmost-layers: 4"),
    .photographs("heatmap-grid-models", "All models on one image:", "rows: models"),
    .photographs(
      "heatmap-grid-raw", "One scale of raw values, so that magnitude can be seen:",
      "models: [vgg16]\nsamples: 2\nscale: raw"),
    .photographs(
      "heatmap-grid-jet", "The colours of older papers, weaker over the photograph:",
      "models: [vgg16]\nsamples: 1\ncolour-map: jet\noverlay: 0.4"),
    .photographs(
      "heatmap-grid-levels", "Two attack levels of one image, chosen by its path:",
      "models: [resnet50]\nimage: s1/3.pgm\nepsilons: [0.02, 0.1]"),
  ]

  var shown = SeriesOptions(layers: [SeriesOptions.last])
  var rows = GridRows.samples
  var samples = 4
  var mostLayers = 500
  var image: String?
  var scale = MapScale.image
  var look = HeatmapLook()
  var commonParts: Set<SeriesPart> { rows == .models ? [.attack] : [] }

  init() {}

  var repetition: CellRepetition {
    switch rows {
    case .samples: .series
    case .layers: .layers
    case .models: .models
    }
  }

  func series(isGiven: (String) -> Bool) -> SeriesOptions? {
    var series = shown
    if rows == .layers, !isGiven("layers") { series.layers = [SeriesOptions.all] }
    return series
  }

  func caption(_ context: CellContext) throws -> String { try maker(context).caption }

  func content(_ context: CellContext) throws -> [CellContent] { try maker(context).figures() }

  private func maker(_ context: CellContext) throws -> HeatmapGridMaker {
    let selection = try context.selection(self)
    // Where rows are no samples there is a figure for each image.
    let count = rows == .samples || context.isGiven("samples") ? samples : 1
    return try HeatmapGridMaker(
      context, selection,
      HeatmapGridMaker.Layout(rows: rows, mostLayers: mostLayers, isRaw: scale == .raw, look: look),
      image: context.image(image, rows == .samples ? Array(selection.summaries.prefix(1)) : selection.summaries),
      .quantiles(count))
  }
}
