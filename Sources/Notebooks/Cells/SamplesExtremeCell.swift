import Figures
import Support

/// Heatmaps of both ends of the drift.
struct SamplesExtremeCell: HeatmapCell {
  static let key = "samples-extreme"
  static let help =
    "As `heatmap-grid`, of the images with the least and the greatest drift; one figure for each series."
  static let product = CellProduct.figure
  static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.series + [
      .forEach,
      DeclaredOption(
        "samples", \.samples, .wholeNumber(in: 1...20),
        help: "Images of either end of the drift at the strongest attack."),
      .scale(\.scale),
    ] + DeclaredOption<Self>.look
  static let examples: [CellExample] = [
    .photographs(key, "The ends of the drift:", "models: [xception]\nsamples: 1"),
    .photographs(
      "samples-extreme-raw",
      "On one scale of raw values, in another colour map that covers the photograph wholly where a map is greatest:",
      "models: [vgg16]\nsamples: 1\nscale: raw\noverlay: 1\ncolour-map: viridis\ncontour: false"),
  ]

  var shown = SeriesOptions(layers: [SeriesOptions.last])
  var samples = 2
  var scale = MapScale.image
  var look = HeatmapLook()
  var repetition: CellRepetition { .series }
  var commonParts: Set<SeriesPart> { [] }

  init() {}

  func caption(_ context: CellContext) throws -> String { try maker(context).caption }

  func content(_ context: CellContext) throws -> [CellContent] { try maker(context).figures() }

  private func maker(_ context: CellContext) throws -> HeatmapGridMaker {
    try HeatmapGridMaker(
      context, context.selection(self), HeatmapGridMaker.Layout(isRaw: scale == .raw, look: look), .extremes(samples))
  }
}
