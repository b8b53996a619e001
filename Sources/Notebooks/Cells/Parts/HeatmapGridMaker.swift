import Figures
import Results
import Support
import Typesetting

/// Chooses images, and makes of them rows of tiles and figures.
struct HeatmapGridMaker {
  /// How images are chosen where none is named.
  enum Choice {
    /// So many, spread over the drift.
    case quantiles(Int)
    /// So many of either end of the drift.
    case extremes(Int)
  }

  struct Layout {
    var rows = GridRows.samples
    /// Rows of layers at most.
    var mostLayers = Int.max
    var isRaw: Bool
    var look: HeatmapLook
  }

  private struct Row {
    var summary: SeriesSummary
    var image: ImageRecord
    var measured: [Measurement]
  }

  private let context: CellContext
  private let layout: Layout
  private let measure: MeasureScale
  private let epsilons: [Double]
  /// One figure, or more where it does not fit a page, for each.
  private let groups: [[Row]]
  /// "Images at the quantiles 1/6, 1/2, 5/6 and 1 of the drift ...": how they were chosen.
  private let rule: String
  /// That were selected; fewer may be shown.
  private let layerCount: Int

  /// - Parameter named: the image that is shown in place of those chosen.
  init(
    _ context: CellContext, _ selection: Selection, _ layout: Layout, image named: ImageRecord? = nil, _ choice: Choice
  ) throws {
    self.context = context
    self.layout = layout
    measure = selection.measure
    let rows = layout.rows
    // A figure of samples shows one series; whoever repeats the cell gives each its turn.
    let summaries = rows == .samples ? Array(selection.summaries.prefix(1)) : selection.summaries
    layerCount = summaries.count
    epsilons = selection.epsilons
    let images: [ImageRecord]
    if let named {
      images = [named]
      rule = "The image is \(named.path)."
    } else {
      let order = context.data.results.driftOrder(summaries)
      let words = SampleWords(
        order: order, epsilon: order.strongest, levels: context.data.naming.levels, measure: measure.title,
        mean: rows == .samples
          ? nil
          : "of the \(rows.rawValue)" + (order.seriesCount < summaries.count ? " that can be ranked" : ""))
      switch choice {
      case .extremes(let each):
        // As many as there are come ranked, none left out.
        let ranked = order.ordered
        images =
          ranked.count > 2 * each
          ? Array(ranked.prefix(each)) + Array(ranked.suffix(each)) : Array(order.all.prefix(2 * each))
        rule = words.extremes(each, shown: images)
      case .quantiles(let count):
        images = order.quantiles(count)
        rule = words.quantiles(count, shown: images)
      }
    }
    guard let first = summaries.first, !images.isEmpty else {
      let name = summaries.first.map(context.data.naming.label) ?? "the selection"
      throw Problem.failure("\(name) has no measurements at the strongest attack level")
    }
    func row(_ summary: SeriesSummary, _ image: ImageRecord) throws -> Row {
      Row(summary: summary, image: image, measured: try context.data.rows(of: summary, image))
    }
    let shown = rows == .layers ? summaries.evenly(layout.mostLayers) : summaries
    groups =
      try rows == .samples
      ? [images.map { try row(first, $0) }] : images.map { image in try shown.map { try row($0, image) } }
  }

  // MARK: - Text

  var caption: String {
    guard let first = groups.first?.first else { return "" }
    let target = first.summary.target.rawValue
    let name = context.data.naming.modelLabel(first.summary)
    let explanation = context.data.results.explanationTitle(first.summary.explanation)
    let words = context.data.results.labels.words
    let shownLayers = groups.first?.count ?? 0
    let evenly = shownLayers < layerCount ? ", \(shownLayers) of \(layerCount) layers evenly chosen" : ""
    var text: String
    switch layout.rows {
    case .samples:
      text =
        "\(explanation) of \(name) at \(first.summary.layer); explained class: \(target). \(rule) Under the photograph "
        + "\(words.photographName); under each map \(words.mapName) and \(measure.title) against the clean map. "
        + "\(words.crossed.prefix(1).uppercased() + words.crossed.dropFirst()) predictions are red, italic and crossed. "
    case .layers:
      text =
        "\(explanation) of \(name) by layer, the input’s side on top\(evenly); explained class: \(target). \(rule) Under the "
        + "photographs, clean and attacked, \(words.predictedName); \(words.crossed) ones are red, italic and crossed. Under each map "
        + "\(measure.title) against the clean map of its layer. "
    case .models:
      text =
        "\(explanation) of each model on the same image; explained class: \(target). \(rule) Under the photograph "
        + "\(words.photographName); under each map \(words.mapName) and \(measure.title) against the model’s clean map. "
        + "\(words.crossed.prefix(1).uppercased() + words.crossed.dropFirst()) predictions are red, italic and crossed. "
    }
    let unit = context.data.results.explanationUnit(first.summary.explanation).map { ", \($0)" } ?? ""
    switch (layout.isRaw, layout.rows) {
    case (false, _): text += "Each map is scaled to its own maximum; one colour scale for all."
    case (true, .samples): text += "All maps are on one scale of raw values\(unit): what is darker is weaker."
    case (true, _): text += "The maps of a row are on one scale of raw values\(unit); each row has its own."
    }
    let shown: [Float] = groups.flatMap { $0 }.flatMap { row -> [Float] in
      let attacked = row.measured.filter { epsilons.contains($0.epsilon) }
      return row.measured.prefix(1).map(\.cleanPeak) + attacked.map(\.adversarialPeak)
    }
    if shown.contains(where: { !($0 > 0) }) { text += " Hatched: dead maps, without any positive value." }
    return text
  }

  // MARK: - Figures

  func figures() throws -> [CellContent] {
    let (rows, isRaw) = (layout.rows, layout.isRaw)
    let columns =
      (rows == .layers ? [] : [.words("photograph")]) + [.words("clean")] + epsilons.map(HeatmapColumn.epsilon)
    let pictures = HeatmapPictures(look: layout.look.overlay(columns: columns.count, width: context.width))
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
        (rows == .layers ? [] : [try tiles.photograph(row.summary.model, row.image)])
          + (try tiles.maps(
            row.summary, row.image, measured: row.measured,
            rawScale: isRaw ? (rows == .samples ? common : own ?? 0) : nil, namesPrediction: rows != .layers))
      }
      let head =
        rows == .layers
        ? try group.first.map { try tiles.images($0.summary, $0.image, measured: $0.measured) } : nil
      return Array(group.indices).parts(ofAtMost: capacity).map { part in
        let scale: HeatmapScale =
          !isRaw
          ? .image : rows == .samples ? .raw(common) : .rawByRow((head == nil ? [] : [nil]) + part.map { greatest[$0] })
        return figure(
          part.map { group[$0] }, columns, (head.map { [$0] } ?? []) + part.map { made[$0] }, colourBar: colourBar,
          scale)
      }
    }
  }

  private func figure(
    _ part: [Row], _ columns: [HeatmapColumn], _ tiles: [[HeatmapTile]], colourBar: EncodedPicture,
    _ scale: HeatmapScale
  ) -> CellContent {
    let labels = part.map { layout.rows == .layers ? $0.summary.layer : $0.summary.model.name }
    let rowLabels = layout.rows == .samples ? [] : (layout.rows == .layers ? ["image"] : []) + labels
    let results = context.data.results
    let rawTitle = part.first.map { results.rawMapTitle($0.summary.explanation) } ?? ""
    let (maximumHeight, measurer, style) = (context.maximumHeight, context.measurer, context.style)
    return .plot(alternative: alternative(part)) { width in
      HeatmapGrid(
        columns: columns, rows: tiles, colourBar: colourBar, width: width, maximumHeight: maximumHeight,
        rowLabels: rowLabels, scale: scale, rawTitle: rawTitle
      ).frame(measurer: measurer, style: style)
    }
  }

  private func alternative(_ part: [Row]) -> String {
    let levels = epsilons.count == 1 ? "one attack level" : "\(epsilons.count) attack levels"
    guard let first = part.first else { return "" }
    switch layout.rows {
    case .samples:
      let labels = context.data.results.labels
      let wrong = part.reduce(0) { count, row in
        count + (row.measured.first.map { $0.cleanPrediction == labels.expected($0) ? 0 : 1 } ?? 0)
          + row.measured.count { epsilons.contains($0.epsilon) && $0.adversarialPrediction != labels.expected($0) }
      }
      return "Heatmaps of \(context.data.naming.label(first.summary)) on \(part.count) images, clean and at "
        + "\(levels); \(wrong) of the predictions shown are \(labels.words.crossed)."
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
  func evenly(_ most: Int) -> [Element] {
    guard count > most else { return self }
    guard most > 1 else { return Array(suffix(1)) }
    return (0..<most).map { self[($0 * (count - 1) + (most - 1) / 2) / (most - 1)] }
  }
}
