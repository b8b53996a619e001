import Figures
import Images
import Results
import Support

/// How heatmaps look.
struct HeatmapLook: Sendable, Hashable {
  /// Opacity of the colours over the photograph where a map is greatest, in [0, 1].
  var overlay = 0.9
  var colourMap = ColourMap.inferno
  /// Whether a line on each map shows where the clean one has half of its maximum.
  var showsContour = true

  init() {}

  /// With pixels for a grid of so many columns and this width in points.
  func overlay(columns: Int, width: Double) -> OverlayLook {
    OverlayLook(
      colourMap: colourMap, strength: overlay,
      pixels: OverlayLook.pixels(forSide: HeatmapGrid.widestSide(columns: columns, width: width)))
  }
}

extension HeatmapLook {
  /// Beside the line under a figure.
  static let contourTitle = "half of the clean map’s maximum"
}

extension CellContext {
  /// How photographs come to be squares, as a sentence behind others; empty where the experiment does not say it.
  func photographWords(_ models: [ModelRecord]) -> String {
    let fits = Set(
      models.compactMap { model in data.results.options.first { $0.key == "\(model.key).input.fit" }?.value })
    guard fits.count == 1, let fit = fits.first else { return "" }
    return fit == "crop"
      ? " Photographs are cut to squares, as the network sees them."
      : " Photographs are scaled to squares, as the network sees them."
  }
}

/// What the colours of a grid's maps stand for.
enum MapScale: String, Sendable, Hashable, CaseIterable {
  /// Each map scaled to its own maximum.
  case image
  case raw
}

/// A cell of heatmaps.
protocol HeatmapCell: SeriesCell {
  var look: HeatmapLook { get set }
}

extension DeclaredOption where Owner: HeatmapCell {
  static var look: [DeclaredOption] {
    [
      DeclaredOption(
        "overlay", \.look.overlay, .number(in: .closed(0, 1)),
        help:
          "Opacity of the colours where a map is greatest, and in proportion less elsewhere, so that the photograph is seen where "
          + "the map is low; 0 hides them."),
      DeclaredOption(
        "colour-map", \.look.colourMap, .choice,
        help: "Colours of the heatmaps; `jet` is for comparison with older papers."),
      DeclaredOption(
        "contour", \.look.showsContour, .answer,
        help:
          "Whether a line on every map shows where the clean one has half of its maximum, so that a drift is seen at once."
      ),
    ]
  }
}

extension DeclaredOption {
  static func image(_ path: any WritableKeyPath<Owner, String?> & Sendable) -> DeclaredOption {
    DeclaredOption(
      "image", path, OptionKind.text.optional(),
      help: "Shows this image, by its path in the data, in place of one chosen by its drift.")
  }

  static func scale(_ path: any WritableKeyPath<Owner, MapScale> & Sendable) -> DeclaredOption {
    DeclaredOption(
      "scale", path, .choice,
      help:
        "`image` scales each map to its own maximum; `raw` puts all maps of a figure, or of a row where rows are layers or "
        + "models, on one scale of the raw maps, coloured by their square root, so that magnitude can be seen.")
  }
}

extension CellContext {
  /// The image that the option `image` names; nil where it names none.
  /// - Throws: `Problem` for an image that no series of the selection was measured on.
  func image(_ path: String?, _ summaries: [SeriesSummary]) throws(Problem) -> ImageRecord? {
    try images(path.map { [$0] } ?? [], summaries).first
  }

  /// The images that the options `image` or `images` name, in their order.
  /// - Throws: `Problem` for an image that no series of the selection was measured on.
  func images(_ paths: [String], _ summaries: [SeriesSummary]) throws(Problem) -> [ImageRecord] {
    guard !paths.isEmpty else { return [] }
    let known = data.results.driftOrder(summaries).all
    var found: [ImageRecord] = []
    for path in paths {
      guard let image = known.first(where: { $0.path == path }) else {
        throw .usage(
          at: place(isGiven("images") ? "images" : "image"),
          "the experiment has no complete results of an image `\(path)`",
          remedy: suggestion(for: path, among: known.map(\.path)))
      }
      found.append(image)
    }
    return found
  }
}
