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
    /// Nil where there is a figure for each image, or rows are images.
    var group: GridGroup?
    /// Rows of layers at most.
    var mostLayers = Int.max
    var isRaw: Bool
    var look: HeatmapLook

    /// Whether the photographs, clean and attacked, stand above the maps, in place of a column of clean ones.
    var isHeaded: Bool { rows == .layers && group != .layer }
  }

  private struct Row {
    var summary: SeriesSummary
    var image: ImageRecord
    var measured: [Measurement]
  }

  /// Rows that belong together.
  private struct Group {
    /// Empty where the figure has one group.
    var label: String
    var rows: [Row]
  }

  private let context: CellContext
  private let layout: Layout
  private let measure: MeasureScale
  private let epsilons: [Double]
  /// One figure, or more where it does not fit a page, for each.
  private let plans: [[Group]]
  /// "Images at the quantiles 1/6, 1/2, 5/6 and 1 of the drift ...": how they were chosen.
  private let rule: String
  /// That were selected; fewer may be shown.
  private let layerCount: Int

  /// - Parameter named: images that are shown in place of those chosen; none leaves the choice.
  init(
    _ context: CellContext, _ selection: Selection, _ layout: Layout, images named: [ImageRecord] = [], _ choice: Choice
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
    if !named.isEmpty {
      images = named
      rule = "The \(named.count == 1 ? "image is" : "images are") \(Values.list(named.map(\.path)))."
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
    plans =
      switch (rows, layout.group) {
      case (.samples, _): [[Group(label: "", rows: try images.map { try row(first, $0) })]]
      case (_, nil): try images.map { image in [Group(label: "", rows: try shown.map { try row($0, image) })] }
      case (_, .sample):
        [try images.map { image in Group(label: image.path, rows: try shown.map { try row($0, image) }) }]
      case (_, .layer), (_, .model):
        [
          try shown.map { summary in
            Group(
              label: rows == .layers ? summary.layer : summary.model.name,
              rows: try images.map { try row(summary, $0) })
          }
        ]
      }
  }

  // MARK: - Text

  private var rows: [Row] { plans.joined().flatMap(\.rows) }

  var caption: String {
    guard let first = rows.first else { return "" }
    let target = first.summary.target.rawValue
    let name = context.data.naming.modelLabel(first.summary)
    let explanation = context.data.results.explanationTitle(first.summary.explanation)
    let words = context.data.results.labels.words
    let shownLayers = Set(rows.map(\.summary.layer)).count
    let evenly = shownLayers < layerCount ? ", \(shownLayers) of \(layerCount) layers evenly chosen" : ""
    let crossed =
      "\(words.crossed.prefix(1).uppercased() + words.crossed.dropFirst()) predictions are red, italic and crossed. "
    /// What stands under a map beside its prediction.
    func told(_ clean: String) -> String {
      layout.isRaw ? "the map’s greatest value" : "\(measure.title) against \(clean)"
    }
    func under(_ clean: String) -> String {
      "Under the photograph \(words.photographName); under each map \(words.mapName) and \(told(clean)). " + crossed
    }
    var text: String
    switch (layout.rows, layout.group) {
    case (.samples, _):
      text =
        "\(explanation) of \(name) at \(first.summary.layer); explained class: \(target). \(rule) \(under("the clean map"))"
    case (.layers, .layer):
      text =
        "\(explanation) of \(name) on the same images at each layer, the input’s side on top\(evenly); explained class: "
        + "\(target). \(rule) \(under("the clean map of its layer"))"
    case (.layers, let group):
      text =
        "\(explanation) of \(name) by layer, the input’s side on top\(evenly)\(group == nil ? "" : ", on several images"); "
        + "explained class: \(target). \(rule) Under the "
        + "photographs, clean and attacked, \(words.predictedName); \(words.crossed) ones are red, italic and crossed. Under each map "
        + "\(told("the clean map of its layer")). "
    case (.models, let group):
      text =
        "\(explanation) of each model on the same image\(group == nil ? "" : "s"); explained class: \(target). \(rule) "
        + under("the model’s clean map")
    }
    let unit = context.data.results.explanationUnit(first.summary.explanation).map { ", \($0)" } ?? ""
    switch (layout.isRaw, layout.rows) {
    case (false, _): text += "Each map is scaled to its own maximum."
    case (true, .samples):
      text +=
        "All maps are on one scale of raw values\(unit), coloured by their square root: what is fainter is weaker."
    case (true, _):
      text +=
        "The maps of a row are on one scale of raw values\(unit), coloured by their square root; each row has its own."
    }
    text += context.photographWords(rows.map(\.summary.model))
    let shown: [Float] = rows.flatMap { row -> [Float] in
      let attacked = row.measured.filter { epsilons.contains($0.epsilon) }
      return row.measured.prefix(1).map(\.cleanPeak) + attacked.map(\.adversarialPeak)
    }
    if shown.contains(where: { !($0 > 0) }) { text += " Hatched: dead maps, without any positive value." }
    return text
  }

  // MARK: - Figures

  func figures() throws -> [CellContent] {
    let columns =
      (layout.isHeaded ? [] : [.words("photograph")]) + [.words("clean")] + epsilons.map(HeatmapColumn.epsilon)
    let pictures = HeatmapPictures(look: layout.look.overlay(columns: columns.count, width: context.width))
    let tiles = HeatmapTiles(
      context, epsilons: epsilons, pictures: pictures, showsContour: layout.look.showsContour)
    let colourBar = try pictures.colourBar()
    // Pictures smaller than 45 points show little, beside each other in groups below 32: what does not fit then goes on in a
    // next part.
    let smallest = layout.group == nil ? 45 + 3 * context.style.textSize : 32 + 1.7 * context.style.textSize
    let capacity = max(1, Int(context.maximumHeight / smallest))
    let common = rows.compactMap { tiles.greatest($0.measured) }.max() ?? 0
    return try plans.flatMap { groups in
      try Self.pages(groups, capacity: capacity, heads: layout.isHeaded ? 1 : 0).map { part in
        let rows = part.flatMap(\.rows)
        // One photograph of all rows stands once, beside the first.
        let isOne = layout.rows != .samples && Set(rows.map(\.image.path)).count == 1
        // Colouring and encoding pictures is most of a report's time.
        let made = try concurrentMap(Array(rows.enumerated())) { place, row in
          (layout.isHeaded
            ? []
            : isOne && place > 0
              ? [HeatmapTile(content: .empty, identity: "")] : [try tiles.photograph(row.summary.model, row.image)])
            + (try tiles.maps(
              row.summary, row.image, measured: row.measured,
              rawScale: layout.isRaw ? (layout.rows == .samples ? common : tiles.greatest(row.measured) ?? 0) : nil,
              namesPrediction: !layout.isHeaded))
        }
        return try figure(part, columns, made, tiles, colourBar: colourBar, common: common)
      }
    }
  }

  /// Groups dealt out over as few figures as hold them, as evenly as may be; one too long for a figure is cut.
  private static func pages(_ groups: [Group], capacity: Int, heads: Int) -> [[Group]] {
    let pieces = groups.flatMap { group in
      group.rows.parts(ofAtMost: max(1, capacity - heads)).map { Group(label: group.label, rows: $0) }
    }
    func packed(_ most: Int) -> [[Group]] {
      var pages: [[Group]] = []
      var used = 0
      for piece in pieces {
        let height = piece.rows.count + heads
        if pages.isEmpty || used + height > most {
          pages.append([])
          used = 0
        }
        pages[pages.count - 1].append(piece)
        used += height
      }
      return pages
    }
    let count = packed(capacity).count
    // The least height that needs no more figures.
    let even = (1...max(1, capacity)).first { most in packed(most).count <= count } ?? capacity
    return packed(even)
  }

  private func figure(
    _ part: [Group], _ columns: [HeatmapColumn], _ made: [[HeatmapTile]], _ tiles: HeatmapTiles,
    colourBar: EncodedPicture, common: Double
  ) throws -> CellContent {
    var rows: [[HeatmapTile]] = []
    var labels: [String] = []
    var greatest: [Double?] = []
    var next = made[...]
    for group in part {
      if layout.isHeaded, let first = group.rows.first {
        rows.append(try tiles.images(first.summary, first.image, measured: first.measured))
        labels.append("image")
        greatest.append(nil)
      }
      for row in group.rows {
        rows.append(next.removeFirst())
        labels.append(layout.rows == .layers ? row.summary.layer : row.summary.model.name)
        greatest.append(tiles.greatest(row.measured))
      }
    }
    let scale: HeatmapScale = !layout.isRaw ? .image : layout.rows == .samples ? .raw(common) : .rawByRow(greatest)
    // In groups of layers or models the group's own label says it.
    let isLabelled = layout.rows != .samples && layout.group != .layer && layout.group != .model
    let (shown, rowLabels, heads) = (rows, isLabelled ? labels : [], layout.isHeaded ? 1 : 0)
    let groups =
      layout.group == nil ? [] : part.map { HeatmapGrid.Group(label: $0.label, count: $0.rows.count + heads) }
    let rawTitle =
      part.first?.rows.first.map { context.data.results.rawMapTitle($0.summary.explanation) + ", root scale" } ?? ""
    let (measurer, style) = (context.measurer, context.style)
    return .plot(alternative: alternative(part.flatMap(\.rows)), maximumHeight: context.maximumHeight) {
      width, height in
      HeatmapGrid(
        columns: columns, rows: shown, colourBar: colourBar, width: width, maximumHeight: height,
        rowLabels: rowLabels, groups: groups, scale: scale, rawTitle: rawTitle, contourTitle: HeatmapLook.contourTitle
      ).frame(measurer: measurer, style: style)
    }
  }

  private func alternative(_ part: [Row]) -> String {
    let levels = "epsilon " + Values.list(epsilons.map(context.data.printed))
    guard let first = part.first else { return "" }
    func distinct(_ names: [String]) -> String {
      var seen: Set<String> = []
      return Values.list(names.filter { seen.insert($0).inserted })
    }
    let images = distinct(part.map(\.image.path))
    switch layout.rows {
    case .samples:
      let labels = context.data.results.labels
      let wrong = part.reduce(0) { count, row in
        count + (row.measured.first.map { $0.cleanPrediction == labels.expected($0) ? 0 : 1 } ?? 0)
          + row.measured.count { epsilons.contains($0.epsilon) && $0.adversarialPrediction != labels.expected($0) }
      }
      let count = part.count == 1 ? "1 image" : "\(part.count) images"
      return "Heatmaps of \(context.data.naming.label(first.summary)) on \(count) (\(images)), clean and at "
        + "\(levels); \(wrong) of the predictions shown \(wrong == 1 ? "is" : "are") \(labels.words.crossed)."
    case .layers:
      let layers = Set(part.map(\.summary.layer)).count
      return "Heatmaps of \(first.summary.model.name) on \(images), clean and at \(levels), at the "
        + "\(layers == 1 ? "layer" : "layers") \(distinct(part.map(\.summary.layer)))."
    case .models:
      return "Heatmaps of \(distinct(part.map(\.summary.model.name))) on \(images), clean and at \(levels)."
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
