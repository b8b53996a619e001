import Support

/// Heatmaps of both ends of the drift.
public struct SamplesExtremeCell: HeatmapCell {
  public static let key = "samples-extreme"
  public static let help =
    "As `heatmap-grid`, of the images with the least and the greatest drift; one figure for each series."
  public static let product = CellProduct.figure
  public static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.series + [
      .forEach,
      DeclaredOption(
        "samples", \.samples, .wholeNumber(in: 1...20),
        help: "Images of either end of the drift at the strongest attack."),
      .scale(\.scale),
    ] + DeclaredOption<Self>.look
  public static let examples: [CellExample] = [
    .photographs(key, "The ends of the drift:", "models: [xception]\nsamples: 1"),
    .photographs(
      "samples-extreme-raw", "The heatmaps alone, on one scale of raw values, in another colour map:",
      "models: [vgg16]\nsamples: 1\nscale: raw\noverlay: 1\ncolour-map: viridis"),
  ]

  public var shown = SeriesOptions(layers: [SeriesOptions.last])
  public var samples = 2
  public var scale = MapScale.image
  public var look = HeatmapLook()
  public var repetition: CellRepetition { .series }

  public init() {}

  public func caption(_ context: CellContext) throws -> String { try maker(context).caption }

  public func content(_ context: CellContext) throws -> [CellContent] { try maker(context).figures() }

  private func maker(_ context: CellContext) throws -> HeatmapGridMaker {
    try HeatmapGridMaker(
      context, context.selection(self), HeatmapGridMaker.Layout(isRaw: scale == .raw, look: look), .extremes(samples))
  }
}
