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

/// What the rows of one figure are put together by.
enum GridGroup: String, Sendable, Hashable, CaseIterable {
  /// The rows of each image.
  case sample
  /// The images at each layer.
  case layer
  /// The images of each model.
  case model
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
          + "a figure for each, or 3 in one figure with `group`."),
      DeclaredOption(
        "group", \.group, OptionKind.choice.optional(), standard: "a figure for each image",
        help:
          "Makes one figure of several images, all of its parts on the same ones: with `sample` the layers or models below each "
          + "image, with `layer` or `model` the images below each layer or model."),
      DeclaredOption(
        "most-layers", \.mostLayers, .wholeNumber(in: 1...500),
        help:
          "Rows of layers at most; of more layers as many are shown, evenly chosen, the first and the last among them."),
      DeclaredOption(
        "image", \.images, OptionKind.text.list(), standard: "chosen by their drift",
        help: "Shows these images, by their paths in the data, in this order; one alone needs no brackets."),
      DeclaredOption("images", \.images, OptionKind.text.list(), standard: "chosen by their drift", help: "The same."),
      .scale(\.scale),
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
      "heatmap-grid-jet", "The colours of older papers, weaker over the photograph and without the clean map’s line:",
      "models: [vgg16]\nsamples: 1\ncolour-map: jet\noverlay: 0.5\ncontour: false"),
    .photographs(
      "heatmap-grid-levels", "Two attack levels of one image, chosen by its path:",
      "models: [resnet50]\nimage: s1/3.pgm\nepsilons: [0.02, 0.1]"),
    .photographs(
      "heatmap-grid-groups", "Two images at three layers as one figure:",
      "models: [vgg16]\nimages: [s1/3.pgm, s10/6.pgm]\nrows: layers\nmost-layers: 3\ngroup: sample"),
  ]

  var shown = SeriesOptions(layers: [SeriesOptions.last])
  var rows = GridRows.samples
  var samples = 4
  var mostLayers = 500
  var group: GridGroup?
  var images: [String] = []
  var scale = MapScale.image
  var look = HeatmapLook()
  var commonParts: Set<SeriesPart> { shape == .models ? [.attack] : [] }

  /// What the rows are, whether or not they stand in groups.
  private var shape: GridRows { group == .layer ? .layers : group == .model ? .models : rows }

  init() {}

  var repetition: CellRepetition {
    switch shape {
    case .samples: .series
    case .layers: .layers
    case .models: .models
    }
  }

  func series(isGiven: (String) -> Bool) -> SeriesOptions? {
    var series = shown
    if shape == .layers, !isGiven("layers") { series.layers = [SeriesOptions.all] }
    return series
  }

  func caption(_ context: CellContext) throws -> String { try maker(context).caption }

  func content(_ context: CellContext) throws -> [CellContent] { try maker(context).figures() }

  private func maker(_ context: CellContext) throws -> HeatmapGridMaker {
    let selection = try context.selection(self)
    try checkRows(context)
    // Where rows are no samples there is a figure for each image.
    let count = shape == .samples || context.isGiven("samples") ? samples : group == nil ? 1 : 3
    return try HeatmapGridMaker(
      context, selection,
      HeatmapGridMaker.Layout(rows: shape, group: group, mostLayers: mostLayers, isRaw: scale == .raw, look: look),
      images: context.images(images, shape == .samples ? Array(selection.summaries.prefix(1)) : selection.summaries),
      .quantiles(count))
  }

  private func checkRows(_ context: CellContext) throws(Problem) {
    if context.isGiven("image"), context.isGiven("images") {
      throw .usage(at: context.place("images"), "`image` and `images` are the same option", remedy: "Keep one of them.")
    }
    guard let group else { return }
    if group == .sample, rows == .samples {
      throw .usage(
        at: context.place("group"), "rows that are samples cannot stand in groups of samples",
        remedy: "Write `rows: layers` or `rows: models` beside it.")
    }
    if group != .sample, context.isGiven("rows"), rows != .samples, rows != shape {
      throw .usage(
        at: context.place("group"), "`group: \(group.rawValue)` does not go with `rows: \(rows.rawValue)`",
        remedy: "Leave `rows` out, or write `group: sample`.")
    }
  }
}
