import Figures
import Results
import Support
import Typesetting

extension CellDefinition {
  private static let scale = CellOptionDefinition(
    "scale", .choice(["image", "raw"]), standard: "image",
    "`image` scales each map to its own maximum; `raw` puts all maps of a figure, or of a row where rows are layers or "
      + "models, on one scale of the raw maps, so that magnitude can be seen.")

  static let heatmapGrid = CellDefinition(
    name: "heatmap-grid",
    help: "Clean and attacked heatmaps, columns attack levels; rows samples, layers of a model or models.",
    options: CellOptionDefinition.selection.map { $0.name == "layers" ? .deepest : $0 } + [
      CellOptionDefinition(
        "rows", .choice(GridRows.allCases.map(\.rawValue)), standard: "samples",
        "What the rows are: images of one series; the layers of a model (then all of them by default) on one image, below "
          + "the attacked photographs; or the models on one image."),
      CellOptionDefinition(
        "samples", .integer(1...40), standard: "4",
        "Images, chosen by quantiles of the drift at the strongest attack; with rows of layers or models 1 by default, a "
          + "figure for each."),
      CellOptionDefinition(
        "most-layers", .integer(1...500), standard: "500",
        "Rows of layers at most; of more layers as many are shown, evenly chosen, the first and the last among them."),
      .image, scale,
    ] + CellOptionDefinition.look,
    product: .figure, isPerSeries: true,
    repeats: { options in
      switch GridRows(options) {
      case .samples: .series
      case .layers: .modelAndTarget
      case .models: .target
      }
    }, caption: { try HeatmapGridMaker($0, .quantiles).caption },
    make: { try HeatmapGridMaker($0, .quantiles).figures() })

  static let samplesExtreme = CellDefinition(
    name: "samples-extreme",
    help: "As `heatmap-grid`, of the images with the least and the greatest drift; one figure for each series.",
    options: CellOptionDefinition.selection.map { $0.name == "layers" ? .deepest : $0 } + [
      CellOptionDefinition(
        "samples", .integer(1...20), standard: "2", "Images of either end of the drift at the strongest attack."),
      scale,
    ] + CellOptionDefinition.look,
    product: .figure, isPerSeries: true, caption: { try HeatmapGridMaker($0, .extremes).caption },
    make: { try HeatmapGridMaker($0, .extremes).figures() })
}

/// What the rows of a heatmap grid are.
enum GridRows: String, CaseIterable {
  case samples, layers, models

  init(_ options: CellOptions) { self = options.texts["rows"].flatMap(GridRows.init(rawValue:)) ?? .samples }
}

/// Chooses images, and makes of them rows of tiles and figures.
struct HeatmapGridMaker {
  enum Choice { case quantiles, extremes }

  fileprivate struct Row {
    var summary: SeriesSummary
    var image: ImageRecord
    var measured: [Measurement]
  }

  private let context: CellContext
  private let rows: GridRows
  private let epsilons: [Double]
  /// One figure, or more where it does not fit a page, for each.
  private let groups: [[Row]]
  /// "Images at the quantiles 1/6, 1/2, 5/6 and 1 of the drift ...": how they were chosen.
  private let rule: String
  private let isRaw: Bool
  /// That were selected; fewer may be shown.
  private let layerCount: Int

  init(_ context: CellContext, _ choice: Choice) throws {
    self.context = context
    let options = context.options
    rows = GridRows(options)
    isRaw = options.texts["scale"] == "raw"
    let selection = try context.selection(layers: rows == .layers ? "all" : "last")
    // A figure of samples shows one series; whoever repeats the cell gives each its turn.
    let summaries = rows == .samples ? Array(selection.summaries.prefix(1)) : selection.summaries
    layerCount = summaries.count
    epsilons = selection.epsilons
    let results = context.data.results
    let images: [ImageRecord]
    if let named = try options.image(in: context.data, summaries) {
      images = [named]
      rule = "The image is \(named.path)."
    } else if choice == .extremes {
      let each = options.integers["samples"] ?? 2
      let order = results.driftOrder(summaries)
      // As many as there are come ranked, none left out.
      let ranked = order.ordered
      images =
        ranked.count > 2 * each ? ranked.prefix(each) + ranked.suffix(each) : Array(order.all.prefix(2 * each))
      rule =
        ranked.isEmpty
        ? Self.unordered(at: results.epsilons.last)
        : Self.extremes(each, of: ranked.count, at: results.epsilons.last) + order.words(shown: images)
    } else {
      let count = options.integers["samples"] ?? (rows == .samples ? 4 : 1)
      let order = results.driftOrder(summaries)
      images = order.quantiles(count)
      rule =
        order.ordered.isEmpty
        ? Self.unordered(at: results.epsilons.last)
        : Self.quantiles(
          min(count, order.ordered.count), of: order.ordered.count, isAll: order.unordered.isEmpty,
          at: results.epsilons.last,
          drift: rows == .samples
            ? "drift (NISSIM)"
            : "mean drift (NISSIM) of the \(rows.rawValue)"
              + (order.seriesCount < summaries.count ? " that can be ranked" : ""))
          + order.words(shown: images)
    }
    guard let first = summaries.first, !images.isEmpty else {
      let name = summaries.first.map(context.data.naming.label) ?? "the selection"
      throw Problem.failure("\(name) has no measurements at the strongest attack level")
    }
    let tiles = HeatmapTiles(context, epsilons: epsilons, pictures: nil)
    func row(_ summary: SeriesSummary, _ image: ImageRecord) -> Row {
      Row(summary: summary, image: image, measured: tiles.measured(summary, image))
    }
    let shown = rows == .layers ? summaries.evenly(options.integers["most-layers"] ?? 500) : summaries
    groups =
      rows == .samples ? [images.map { row(first, $0) }] : images.map { image in shown.map { row($0, image) } }
  }

  // MARK: - Text

  var caption: String {
    guard let first = groups.first?.first else { return "" }
    let target = first.summary.target.rawValue
    let name = first.summary.model.name
    let shownLayers = groups.first?.count ?? 0
    let evenly = shownLayers < layerCount ? ", \(shownLayers) of \(layerCount) layers evenly chosen" : ""
    var text: String
    switch rows {
    case .samples:
      text =
        "Grad-CAM of \(name) at \(first.summary.layer); explained class: \(target). \(rule) Under the photograph its true "
        + "identity; under each map the predicted one and NISSIM against the clean map. Wrong predictions are red, "
        + "italic and crossed. "
    case .layers:
      text =
        "Grad-CAM of \(name) by layer, the input’s side on top\(evenly); explained class: \(target). \(rule) Under the photographs, "
        + "clean and attacked, the predicted identity; wrong ones are red, italic and crossed. Under each map NISSIM "
        + "against the clean map of its layer. "
    case .models:
      text =
        "Grad-CAM of each model on the same image; explained class: \(target). \(rule) Under the photograph its true "
        + "identity; under each map the predicted one and NISSIM against the model’s clean map. Wrong predictions are "
        + "red, italic and crossed. "
    }
    switch (isRaw, rows) {
    case (false, _): text += "Each map is scaled to its own maximum; one colour scale for all."
    case (true, .samples):
      text += "All maps are on one scale of raw values, in units of the logit: what is darker is weaker."
    case (true, _):
      text += "The maps of a row are on one scale of raw values, in units of the logit; each row has its own."
    }
    let shown: [Float] = groups.flatMap { $0 }.flatMap { row -> [Float] in
      let attacked = row.measured.filter { epsilons.contains($0.epsilon) }
      return row.measured.prefix(1).map(\.cleanPeak) + attacked.map(\.adversarialPeak)
    }
    if shown.contains(where: { !($0 > 0) }) { text += " Hatched: dead maps, without any positive value." }
    return text
  }

  private static func extremes(_ each: Int, of total: Int, at epsilon: Double?) -> String {
    let drift = "drift (NISSIM) at ε = \(epsilon.map(Numbers.epsilon) ?? "–"), least first."
    guard total > 2 * each else { return "All \(total) images by their \(drift)" }
    let words = each == 1 ? "The image with the least and the one" : "The \(each) images with the least and the \(each)"
    return "\(words) with the greatest \(drift)"
  }

  /// Where every image has a dead map, or was not moved.
  private static func unordered(at epsilon: Double?) -> String {
    "The images have no order of drift: at ε = \(epsilon.map(Numbers.epsilon) ?? "–") a map of each is dead or the attack "
      + "changed nothing. They are the first by path."
  }

  /// The rule of `DriftOrder.quantiles` as a sentence.
  /// - Parameter isAll: whether every image has a place in the order.
  private static func quantiles(
    _ count: Int, of total: Int, isAll: Bool, at epsilon: Double?, drift name: String
  ) -> String {
    if total == 1, isAll { return "The only image." }
    let drift = "\(name) at ε = \(epsilon.map(Numbers.epsilon) ?? "–")"
    if count >= total { return "All \(total) images by their \(drift), least first." }
    if count == 1 { return "The image with the greatest \(drift)." }
    let shares = (0..<count).map { index in
      index == count - 1 ? "1" : Self.fraction(2 * index + 1, 2 * (count - 1))
    }
    return "Images at the quantiles \(Values.list(shares)) of the \(drift), least first."
  }

  private static func fraction(_ numerator: Int, _ denominator: Int) -> String {
    var (a, b) = (numerator, denominator)
    while b != 0 { (a, b) = (b, a % b) }
    return "\(numerator / a)/\(denominator / a)"
  }

  // MARK: - Figures

  func figures() throws -> [CellContent] {
    let columns =
      (rows == .layers ? [] : [.words("photograph")]) + [.words("clean")] + epsilons.map(HeatmapColumn.epsilon)
    let pictures = HeatmapPictures(look: context.options.look(columns: columns.count, width: context.pictureWidth))
    let tiles = HeatmapTiles(context, epsilons: epsilons, pictures: pictures)
    let colourBar = try pictures.colourBar()
    // Pictures smaller than 45 points show nothing: what does not fit then goes on in a next part.
    let smallest = 45 + 3 * context.style.textSize
    let capacity = max(1, Int(context.maximumHeight / smallest) - (rows == .layers ? 1 : 0))
    return try groups.flatMap { group -> [CellContent] in
      let greatest = group.map { tiles.greatest($0.measured) }
      let common = greatest.compactMap { $0 }.max() ?? 0
      // Colouring and encoding pictures is most of a report's time.
      let made = try concurrentMap(Array(zip(group, greatest))) { row, own in
        try row.tiles(by: tiles, rows, rawScale: isRaw ? (rows == .samples ? common : own ?? 0) : nil)
      }
      let head =
        rows == .layers
        ? try group.first.map { row in
          try tiles.memo.row("images \([row.summary.model.key, row.image.path])") {
            try tiles.images(row.summary, row.image, measured: row.measured)
          }
        } : nil
      return Array(group.indices).parts(ofAtMost: capacity).map { part in
        let labels = part.map { rows == .layers ? group[$0].summary.layer : group[$0].summary.model.name }
        let scale: HeatmapScale =
          !isRaw
          ? .image : rows == .samples ? .raw(common) : .rawByRow((head == nil ? [] : [nil]) + part.map { greatest[$0] })
        let grid = HeatmapGrid(
          columns: columns, rows: (head.map { [$0] } ?? []) + part.map { made[$0] }, colourBar: colourBar,
          width: context.width,
          maximumHeight: context.maximumHeight,
          rowLabels: rows == .samples ? [] : (head == nil ? [] : ["image"]) + labels, scale: scale)
        return .figure(
          grid.frame(measurer: context.measurer, style: context.style),
          alternative: alternative(part.map { group[$0] }))
      }
    }
  }

  private func alternative(_ part: [Row]) -> String {
    let levels = epsilons.count == 1 ? "one attack level" : "\(epsilons.count) attack levels"
    guard let first = part.first else { return "" }
    switch rows {
    case .samples:
      let wrong = part.reduce(0) { count, row in
        count + (row.measured.first.map { $0.cleanPrediction == $0.label ? 0 : 1 } ?? 0)
          + row.measured.count { epsilons.contains($0.epsilon) && $0.adversarialPrediction != $0.label }
      }
      return "Heatmaps of \(context.data.naming.label(first.summary)) on \(part.count) images, clean and at "
        + "\(levels); \(wrong) of the predictions shown are wrong."
    case .layers:
      return "Heatmaps of \(first.summary.model.name) on \(first.image.path), clean and at \(levels), at the layers "
        + "\(Values.list(part.map(\.summary.layer)))."
    case .models:
      return
        "Heatmaps of \(Values.list(part.map(\.summary.model.name))) on \(first.image.path), clean and at \(levels)."
    }
  }
}

extension Array {
  /// At most so many elements, evenly chosen, the first and the last among them; of one the last.
  fileprivate func evenly(_ most: Int) -> [Element] {
    guard count > most else { return self }
    guard most > 1 else { return Array(suffix(1)) }
    return (0..<most).map { self[($0 * (count - 1) + (most - 1) / 2) / (most - 1)] }
  }
}

extension HeatmapGridMaker.Row {
  fileprivate func tiles(by tiles: HeatmapTiles, _ rows: GridRows, rawScale: Double?) throws -> [HeatmapTile] {
    let series = [summary.model.key, summary.layer, summary.target.rawValue, image.path]
    return try tiles.memo.row("\(series) \(rawScale.map { "\($0)" } ?? "own scale")") {
      let photograph = rows == .layers ? [] : [try tiles.photograph(summary.model, image)]
      return photograph
        + (try tiles.maps(
          summary, image, measured: measured, rawScale: rawScale, namesPrediction: rows != .layers))
    }
  }
}
