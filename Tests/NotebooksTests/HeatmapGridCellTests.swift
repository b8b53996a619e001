import Explanations
import Figures
import Images
import Notebooks
import Results
import Support
import Testing
import Typesetting

@Suite struct GridRowsTests {
  private let made = MadeUpResults(
    models: ["a", "b"], names: ["A", "B"], imageCount: 6, epsilons: [0.01, 0.1], layers: ["conv1", "conv2"])

  @Test func rowsOfLayers() throws {
    let result = try notebook("```{heatmap-grid}\nlabel: fig-grid\nrows: layers\n```", made)
    #expect(result.problems == [])
    #expect(result.figures.map(\.label) == ["fig-grid-a", "fig-grid-b"])
    try #require(result.figures.count > 1)
    let texts = result.figures[1].frame.texts
    #expect(texts.filter { $0.rotation == 90 }.map(\.text) == ["image", "conv1", "conv2"])
    #expect(!texts.contains { $0.text == "photograph" })
    #expect(
      result.document.says(
        "Grad-CAM of A by layer, the input’s side on top; explained class: predicted. The image with the greatest mean "
          + "drift (NISSIM) of the layers at ε = 0.1."))
  }

  @Test func manyLayersAreThinnedOut() throws {
    var many = MadeUpResults(models: ["a"], names: ["A"], imageCount: 2, epsilons: [0.1])
    many.layers = (1...9).map { "conv\($0)" }
    let result = try notebook("```{heatmap-grid}\nrows: layers\nmost-layers: 4\n```", many)
    #expect(result.problems == [])
    try #require(result.figures.count > 0)
    let labels = result.figures[0].frame.texts.filter { $0.rotation == 90 }.map(\.text)
    #expect(labels == ["image", "conv1", "conv4", "conv6", "conv9"])
    #expect(result.document.says("the input’s side on top, 4 of 9 layers evenly chosen; explained class"))
    let one = try notebook("```{heatmap-grid}\nrows: layers\nmost-layers: 1\n```", many)
    try #require(one.figures.count > 0)
    #expect(one.figures[0].frame.texts.filter { $0.rotation == 90 }.map(\.text) == ["image", "conv9"])
  }

  @Test func rowsOfModels() throws {
    let result = try notebook("```{heatmap-grid}\nlabel: fig-grid\nrows: models\nsamples: 2\n```", made)
    #expect(result.problems == [])
    // A figure for each of two images.
    #expect(result.figures.map(\.label) == ["fig-grid-1", "fig-grid-2"])
    try #require(result.figures.count > 0)
    let texts = result.figures[0].frame.texts
    #expect(texts.filter { $0.rotation == 90 }.map(\.text) == ["A", "B"])
    // One of the two has a dead map on one of six images: it has no say in the order.
    #expect(
      result.document.says(
        "Images at the quantiles 1/2 and 1 of the mean drift (NISSIM) of the models that can be ranked at ε = 0.1"))
  }

  @Test func rawScales() throws {
    let one = try notebook("```{heatmap-grid}\nlayers: conv2\nmodels: [a]\nscale: raw\n```", made)
    try #require(one.figures.count > 0)
    let texts = one.figures[0].frame.texts.map(\.text)
    #expect(texts.contains("raw Grad-CAM map, in units of the logit, root scale"))
    #expect(texts.contains("1.1"))
    #expect(
      one.document.says("All maps are on one scale of raw values, in units of the logit, coloured by their square root")
    )
    let rows = try notebook("```{heatmap-grid}\nrows: layers\nmodels: [a]\nscale: raw\n```", made)
    // How far each row's own scale goes, beside it.
    try #require(rows.figures.count > 0)
    #expect(rows.figures[0].frame.texts.filter { $0.text == "0 to 1.1" }.count == 2)
  }

  @Test(arguments: [
    ("rows: columns", "`rows` must be one of `samples`, `layers`, `models`, found `columns`", nil),
    ("scale: row", "`scale` must be one of `image`, `raw`, found `row`", "Did you mean `raw`?"),
    ("overlay: 1.5", "`overlay` must lie in [0, 1], found `1.5`", nil),
    (
      "colour-map: infernal", "`colour-map` must be one of \(maps), found `infernal`", "Did you mean `inferno`?"
    ),
    (
      "image: {a: b}", "`image` must be a list, found a mapping of keys",
      "Lists are written in brackets: `image: [a, b]`, or one item a line, each after `- `."
    ),
    ("images: [a, b, a]", "`images` lists `a` twice", nil),
    ("images: [s1/10.pgm]\nimage: s2/10.pgm", "`image` and `images` are the same option", "Keep one of them."),
    (
      "group: sample", "rows that are samples cannot stand in groups of samples",
      "Write `rows: layers` or `rows: models` beside it."
    ),
    (
      "group: layer\nrows: models", "`group: layer` does not go with `rows: models`",
      "Leave `rows` out, or write `group: sample`."
    ),
    ("samples: 0", "`samples` must be a whole number from 1 to 40, found `0`", nil),
  ])
  func wrongOptions(_ option: String, _ message: String, _ remedy: String?) throws {
    let result = try notebook("```{heatmap-grid}\n\(option)\n```", made)
    #expect(
      result.problems.map(\.description) == ["test.md:2: \(message)" + (remedy.map { "\n  \($0)" } ?? "")])
  }

  private static let maps = "`inferno`, `viridis`, `magma`, `grey`, `jet`"
}

/// Every map has one value everywhere.
private struct FlatPictures: PictureSource {
  func rawMap(of series: SeriesIdentity, image: String, epsilon: Double?) throws -> RawMap? {
    RawMap(height: 7, width: 7, values: [Float](repeating: epsilon == nil ? 1 : 0.25, count: 49))
  }

  func photograph(model: String, image: String) throws -> RGBImage? {
    RGBImage(width: 32, height: 32, pixels: [UInt8](repeating: 120, count: 3 * 32 * 32))
  }
}

@Suite struct RawScaleTests {
  private func pictures(_ options: String) throws -> [EncodedPicture] {
    var results = MadeUpResults(models: ["a"], names: ["A"], imageCount: 1, epsilons: [0.1]).results
    results.pictures = FlatPictures()
    let template = try Template(source: "```{heatmap-grid}\n\(options)\n```", file: "test.md")
    func pictures(_ items: [PlacedItem]) -> [EncodedPicture] {
      items.flatMap { item -> [EncodedPicture] in
        switch item {
        case .picture(let placed): placed.picture.format == .jpeg ? [placed.picture] : []
        case .valued(let inner, _): pictures(inner)
        default: []
        }
      }
    }
    return pictures(try Notebook(template, results: results, measurer: FixedMeasurer()).figures[0].frame.items)
  }

  private func flat(_ value: Float, _ look: OverlayLook) throws -> EncodedPicture {
    let photograph = RGBImage(width: 32, height: 32, pixels: [UInt8](repeating: 120, count: 3 * 32 * 32))
    return try HeatmapPictures(look: look).overlay([Float](repeating: value, count: 1024), side: 32, on: photograph)
  }

  /// The greatest stored peak is 1.1: the clean map stands at the root of 1 / 1.1 of the scale, the attacked one of
  /// 0.25 / 1.1.
  @Test func weakMapsAreDark() throws {
    let look = OverlayLook()
    let found = try pictures("scale: raw")
    #expect(found.count == 3)
    try #require(found.count > 1)
    #expect(found[1].bytes == (try flat((1 / Float(1.1)).squareRoot(), look)).bytes)
    try #require(found.count > 2)
    #expect(found[2].bytes == (try flat((0.25 / Float(1.1)).squareRoot(), look)).bytes)
    // Scaled to its own range a flat map has nothing to show.
    #expect(try pictures("scale: image")[1].bytes == (try flat(0, look)).bytes)
  }

  @Test func strengthAndColourMapAreTaken() throws {
    let found = try pictures("scale: raw\noverlay: 1\ncolour-map: jet")
    try #require(found.count > 1)
    let look = OverlayLook(colourMap: .jet, strength: 1)
    #expect(found[1].bytes == (try flat((1 / Float(1.1)).squareRoot(), look)).bytes)
  }
}
