import Diagnostics
import Explanations
import Figures
import Images
import Results
import Typesetting

extension CellDefinition {
  private static let look = [
    CellOptionDefinition(
      "overlay", .number(0...1), standard: "0.6", "Strength of the colours over the photograph; 1 hides it."),
    CellOptionDefinition(
      "colour-map", .choice(ColourMap.allCases.map(\.rawValue)), standard: "inferno", "Colours of the heatmaps."),
  ]

  static let heatmapGrid = CellDefinition(
    name: "heatmap-grid",
    help: "Photographs, clean heatmaps and attacked heatmaps of one series; one figure for each series.",
    options: CellOptionDefinition.selection.map { $0.name == "layers" ? .deepest : $0 } + [
      CellOptionDefinition(
        "samples", .integer(1...40), standard: "4", "Images, chosen by quantiles of the drift at the strongest attack.")
    ] + look,
    product: .figure, isPerSeries: true, caption: { try gridCaption($0, .quantiles) },
    make: { try gridFigures($0, .quantiles) })

  static let samplesExtreme = CellDefinition(
    name: "samples-extreme",
    help: "As `heatmap-grid`, of the images with the least and the greatest drift; one figure for each series.",
    options: CellOptionDefinition.selection.map { $0.name == "layers" ? .deepest : $0 } + [
      CellOptionDefinition(
        "samples", .integer(1...20), standard: "2", "Images of either end of the drift at the strongest attack.")
    ] + look,
    product: .figure, isPerSeries: true, caption: { try gridCaption($0, .extremes) },
    make: { try gridFigures($0, .extremes) })

  private static func gridCaption(_ context: CellContext, _ choice: HeatmapSamples.Choice) throws -> String {
    let selection = try context.selection(layers: "last")
    guard let summary = selection.summaries.first else { return "" }
    let samples = try HeatmapSamples(context, summary, choice, epsilons: selection.epsilons)
    var text =
      "Grad-CAM of \(summary.model.name) at \(summary.layer); explained class: \(summary.target.rawValue). "
      + "\(samples.rule) Under the photograph its true "
      + "identity; under each map the predicted one and NISSIM against the clean map. Wrong predictions are red, "
      + "italic and crossed. Each map is scaled to its own maximum; one colour scale for all."
    if samples.rows.contains(where: { $0.contains { if case .dead = $0.content { true } else { false } } }) {
      text += " Hatched: dead maps, without any positive value."
    }
    return text
  }

  private static func gridFigures(_ context: CellContext, _ choice: HeatmapSamples.Choice) throws -> [CellContent] {
    let selection = try context.selection(layers: "last")
    guard let summary = selection.summaries.first else { return [] }
    let samples = try HeatmapSamples(context, summary, choice, epsilons: selection.epsilons, encodes: true)
    let colourBar = try HeatmapPictures(look: samples.look).colourBar()
    // Pictures smaller than 45 points show nothing: what does not fit then goes on in a next part.
    let smallest = 45 + 3 * context.style.textSize
    let capacity = max(1, Int(context.maximumHeight / smallest))
    return samples.rows.parts(ofAtMost: capacity).map { rows in
      let grid = HeatmapGrid(
        columns: [.words("photograph"), .words("clean")] + selection.epsilons.map(HeatmapColumn.epsilon), rows: rows,
        colourBar: colourBar, width: context.width, maximumHeight: context.maximumHeight)
      let wrong = rows.joined().filter(\.isWrong).count
      return .figure(
        grid.frame(measurer: context.measurer, style: context.style),
        alternative: "Heatmaps of \(context.data.naming.label(summary)) on \(rows.count) images, clean and at "
          + "\(selection.epsilons.count) attack levels; \(wrong) of the predictions shown are wrong.")
    }
  }
}

/// The chosen images of a heatmap grid, as its rows of tiles.
struct HeatmapSamples {
  enum Choice { case quantiles, extremes }

  let look: OverlayLook
  let rows: [[HeatmapTile]]
  /// "Images at the quantiles 1/6, 1/2, 5/6 and 1": how they were chosen.
  let rule: String

  /// - Parameter encodes: false leaves the pictures empty, where only texts and counts are wanted.
  init(
    _ context: CellContext, _ summary: SeriesSummary, _ rule: Choice, epsilons: [Double], encodes: Bool = false
  ) throws {
    let data = context.data
    let strength = context.options.numbers["overlay"] ?? 0.6
    let map = context.options.texts["colour-map"].flatMap(ColourMap.init(rawValue:)) ?? .inferno
    let side = HeatmapGrid.widestSide(columns: epsilons.count + 2, width: context.width)
    look = OverlayLook(colourMap: map, strength: strength, pixels: OverlayLook.pixels(forSide: side))
    let choice: [ImageRecord]
    switch rule {
    case .quantiles:
      choice = data.results.samplesByDriftQuantile(summary, count: context.options.integers["samples"] ?? 4)
      self.rule = Self.rule(choice.count, of: summary.imageCount, at: data.results.epsilons.last)
    case .extremes:
      let each = context.options.integers["samples"] ?? 2
      // As many as there are come ranked, none left out.
      let ranked = data.results.samplesByDriftQuantile(summary, count: data.results.images.count)
      choice = ranked.count > 2 * each ? Array(ranked.prefix(each) + ranked.suffix(each)) : ranked
      let drift = "drift (NISSIM) at ε = \(data.results.epsilons.last.map(Numbers.epsilon) ?? "–"), least first."
      let words =
        each == 1 ? "The image with the least and the one" : "The \(each) images with the least and the \(each)"
      self.rule =
        ranked.count > 2 * each
        ? "\(words) with the greatest \(drift)" : "All \(ranked.count) images by their \(drift)"
    }
    guard !choice.isEmpty else {
      throw Problem.failure("\(data.naming.label(summary)) has no measurements at the strongest attack level")
    }

    let measured = Dictionary(grouping: data.rows(of: summary), by: \.image)
    let pictures = HeatmapPictures(look: look)
    // Colouring and encoding pictures is most of a report's time.
    rows = try concurrentMap(choice) { sample in
      try Self.tiles(
        sample.path, measured[sample.path] ?? [], summary: summary, epsilons: epsilons, data: data,
        pictures: encodes ? pictures : nil)
    }
  }

  private static func tiles(
    _ image: String, _ measured: [Measurement], summary: SeriesSummary, epsilons: [Double], data: ReportData,
    pictures: HeatmapPictures?
  ) throws -> [HeatmapTile] {
    let results = data.results
    let photograph =
      pictures == nil ? nil : try results.pictures.photograph(model: summary.model.key, image: image)
    let side = pictures?.side(for: summary.model.inputSize) ?? 0
    let ground = photograph.map { HeatmapPictures.Ground($0, side: side) }
    func content(isDead: Bool, epsilon: Double?) throws -> HeatmapTile.Content {
      guard let pictures else { return isDead ? .dead(nil) : .missing }
      guard let photograph else { return isDead ? .dead(nil) : .missing }
      if isDead { return .dead(try pictures.faded(photograph)) }
      guard
        let raw = try results.pictures.rawMap(
          model: summary.model.key, image: image, target: summary.target, layer: summary.layer, epsilon: epsilon)
      else { return .missing }
      guard let ground else { return .missing }
      return .picture(try pictures.overlay(heatmap(of: raw, size: side).values, on: ground))
    }

    guard let first = measured.first else { return [] }
    var tiles = [
      HeatmapTile(
        content: try pictures.flatMap { pictures in try photograph.map { .picture(try pictures.photograph($0)) } }
          ?? .missing, identity: results.className(first.label)),
      HeatmapTile(
        content: try content(isDead: !(first.cleanPeak > 0), epsilon: nil),
        identity: results.className(first.cleanPrediction), isWrong: first.cleanPrediction != first.label),
    ]
    for epsilon in epsilons {
      guard let row = measured.first(where: { $0.epsilon == epsilon }) else {
        tiles.append(HeatmapTile(content: .missing, identity: "–"))
        continue
      }
      tiles.append(
        HeatmapTile(
          content: try content(isDead: !(row.adversarialPeak > 0), epsilon: epsilon),
          identity: results.className(row.adversarialPrediction), isWrong: row.adversarialPrediction != row.label,
          nissim: row.nissim))
    }
    return tiles
  }

  /// The rule of `samplesByDriftQuantile` as a sentence.
  private static func rule(_ count: Int, of total: Int, at epsilon: Double?) -> String {
    if total == 1 { return "The only image." }
    let drift = "drift (NISSIM) at ε = \(epsilon.map(Numbers.epsilon) ?? "–"), least first."
    if count >= total { return "All \(total) images by their \(drift)" }
    if count == 1 { return "The image with the greatest \(drift.replacing(", least first", with: ""))" }
    let shares = (0..<count).map { index in
      index == count - 1 ? "1" : Self.fraction(2 * index + 1, 2 * (count - 1))
    }
    return "Images at the quantiles \(Values.list(shares)) of the \(drift)"
  }

  private static func fraction(_ numerator: Int, _ denominator: Int) -> String {
    var (a, b) = (numerator, denominator)
    while b != 0 { (a, b) = (b, a % b) }
    return "\(numerator / a)/\(denominator / a)"
  }
}
