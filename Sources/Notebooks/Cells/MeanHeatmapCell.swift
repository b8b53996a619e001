import Figures
import Images
import Results
import Support
import Typesetting

/// What mean heatmaps are laid over.
enum MeanGround: String, Sendable, Hashable, CaseIterable {
  /// The mean photograph where the data are aligned faces, nothing otherwise.
  case auto
  /// The mean photograph.
  case photograph
  case none
}

/// Where attention lies on the mean of all images, clean and attacked, and what changed.
struct MeanHeatmapCell: HeatmapCell {
  static let key = "mean-heatmap"
  static let help =
    "Where attention lies on average: the mean heatmap of the clean images, of each attack level, and what changed at the "
    + "strongest; a row for each series."
  static let product = CellProduct.figure
  static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.series + [
      DeclaredOption(
        "ground", \.ground, .choice,
        help:
          "What the maps are laid over: the mean `photograph`, which says something where eyes stand over eyes; `auto` takes it "
          + "for the ORL and for aligned VGGFace2 faces.")
    ] + DeclaredOption<Self>.look
  static let examples: [CellExample] = [
    .photographs("mean-heatmap", "All models:", ""),
    .photographs(
      "mean-heatmap-plain", "Two levels of one model, over nothing, in other colours:",
      "models: [vgg16]\nepsilons: [0.02, 0.1]\nground: none\noverlay: 1\ncolour-map: viridis\ncontour: false"),
  ]

  var shown = SeriesOptions(layers: [SeriesOptions.last])
  var ground = MeanGround.auto
  var look = HeatmapLook()

  /// Photographs that a mean is made of, evenly chosen.
  private static let mostPhotographs = 100
  var commonParts: Set<SeriesPart> { SeriesPart.allButMeasure }

  init() {}

  /// A series' means at the chosen levels.
  private struct Means {
    var summary: SeriesSummary
    var maps: SeriesMaps
    var levels: [SeriesMaps.Level]

    /// At the strongest level.
    var change: [Double]
    /// Of all its means.
    var greatest: Double

    init(summary: SeriesSummary, maps: SeriesMaps, levels: [SeriesMaps.Level]) {
      (self.summary, self.maps, self.levels) = (summary, maps, levels)
      change = levels.last.map { zip($0.mean, maps.clean).map { $0 - $1 } } ?? maps.clean.map { _ in 0 }
      greatest = ([maps.clean] + levels.map(\.mean)).compactMap { $0.max() }.max() ?? 0
    }
  }

  private func means(_ context: CellContext) throws -> (Selection, [Means]) {
    let selection = try context.selection(self)
    let maps = try context.data.results.maps(of: selection.summaries)
    return (
      selection,
      zip(selection.summaries, maps).map { summary, maps in
        Means(summary: summary, maps: maps, levels: maps.levels.filter { selection.epsilons.contains($0.epsilon) })
      }
    )
  }

  private func hasPhotograph(_ results: ExperimentResults) -> Bool {
    switch ground {
    case .photograph: return true
    case .none: return false
    case .auto:
      func option(_ key: String) -> String? { results.options.first { $0.key == key }?.value }
      return option("data.source") == "orl" || (option("data.align").map { $0 != "none" } ?? false)
    }
  }

  func caption(_ context: CellContext) throws -> String {
    let (selection, means) = try means(context)
    let dead = means.reduce(0) { sum, one in
      sum + one.maps.deadCount + one.levels.reduce(0) { $0 + $1.deadCount }
    }
    let strongest = selection.epsilons.last.map(context.data.printed) ?? "–"
    let ground = hasPhotograph(context.data.results) ? ", over the mean photograph" : ""
    let clean = look.showsContour && means.contains { $0.maps.clean.contains { $0 > 0 } }
    return
      "Mean heatmap over \(selection.images), clean and at \(selection.epsilons.count == 1 ? "one attack level" : "each attack level")\(ground); "
      + "at the right its change from clean to ε\u{A0}=\u{A0}\(strongest), red more, blue less"
      + "\(means.count > 1 ? ". The means of a row are on one scale, from 0 to the greatest of them (max), so that every row shows where; all changes are on one scale" : "; the means are on one scale"). "
      + "Lines: \(clean ? "on the means half of the clean one’s maximum; " : "")on the change half of its greatest "
      + "gain (full, +) and of its greatest loss (dashed, −)"
      + (means.count > 1 ? ", where that is a tenth of the scale or more." : ".")
      + (dead > 0 ? " \(dead == 1 ? "1 dead map counts" : "\(Numbers.grouped(dead)) dead maps count") as 0." : "")
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    let (selection, means) = try means(context)
    let data = context.data
    let pictures = HeatmapPictures(look: look.overlay(columns: selection.epsilons.count + 2, width: context.width))
    let widest = means.flatMap(\.change).map(abs).max() ?? 0
    var grounds: [String: RGBImage?] = [:]
    var rows: [MeanHeatmapGrid.Row] = []
    for one in means {
      let model = one.summary.model
      let side = pictures.side(for: model.inputSize)
      if grounds[model.key] == nil {
        grounds[model.key] =
          hasPhotograph(data.results) ? try Self.meanPhotograph(model, one.maps.images, data.results) : .some(nil)
      }
      let photograph =
        (grounds[model.key] ?? nil)
        ?? RGBImage(width: side, height: side, pixels: [UInt8](repeating: 128, count: 3 * side * side))
      let ground = HeatmapPictures.Ground(photograph, side: side)
      let tiles = try ([one.maps.clean] + one.levels.map(\.mean)).map { mean in
        let values = Self.reduced(mean, from: one.maps.size, to: side)
        return try pictures.overlay(values.map { Float(one.greatest > 0 ? $0 / one.greatest : 0) }, on: ground)
      }
      let change = Self.reduced(one.change, from: one.maps.size, to: side)
      // What is hardly seen has no line: beside a large change it would look as large.
      let least = widest / 10
      let peak = "max\u{A0}" + Numbers.significant(one.greatest, 2)
      var row =
        MeanHeatmapGrid.Row(
          label: "\(Inline.unbroken(data.naming.label(one.summary))), \(peak)", means: tiles,
          change: try ChangeColours.picture(change.map { widest > 0 ? $0 / widest : 0 }, side: side),
          extremes: (
            Self.shows(one.change.max() ?? 0, least) ? Self.place(of: one.change, by: >) : nil,
            Self.shows(-(one.change.min() ?? 0), least) ? Self.place(of: one.change, by: <) : nil
          ),
          contour: contour(of: one.maps), changed: Self.changed(one.change, side: one.maps.size, least: least))
      row.words = words(of: one, data)
      rows.append(row)
    }
    let meanBar = MeanHeatmapGrid.Bar(
      picture: try pictures.colourBar(), title: "mean heatmap",
      labels: ["0", means.count > 1 ? "max of the row" : Numbers.significant(means.first?.greatest ?? 0, 2)])
    let end = Numbers.significant(widest, 2)
    let changeBar = MeanHeatmapGrid.Bar(
      picture: try ChangeColours.bar(), title: "change of the mean", labels: ["−" + end, "0", "+" + end])
    let words = means.map { one in
      let (most, least) = (one.change.max() ?? 0, one.change.min() ?? 0)
      return "\(data.naming.label(one.summary)) by \(Numbers.fixed(least, 3)) to \(Numbers.fixed(most, 3))"
    }
    let figures = rows.parts(ofAtMost: max(1, Int((context.maximumHeight - 60) / 60))).map { part -> CellContent in
      .plot(
        alternative:
          "Mean heatmaps, clean and attacked. At the strongest attack they change: \(words.joined(separator: ", ")).",
        // Half a page, so that another figure has room beside it, unless that made tiles too small.
        maximumHeight: min(context.maximumHeight, max(context.maximumHeight / 2, 40 + 48 * Double(part.count)))
      ) { width, height in
        MeanHeatmapGrid(
          rows: part, epsilons: selection.epsilons, meanBar: meanBar, changeBar: changeBar, width: width,
          maximumHeight: height
        ).frame(measurer: context.measurer, style: context.style)
      }
    }
    return figures + [.exported(table(means, context))]
  }

  /// Around what of the clean mean is at least half of its maximum; nil where it is zero everywhere.
  private func contour(of maps: SeriesMaps) -> Contour? {
    guard look.showsContour, let greatest = maps.clean.max(), greatest > 0 else { return nil }
    return Contour(of: maps.clean.map { Float($0 / greatest) }, side: maps.size, at: 0.5)
  }

  /// What each tile of a row tells: how great its mean is where it is greatest.
  private func words(of one: Means, _ data: ReportData) -> [String] {
    let name = data.naming.label(one.summary)
    func greatest(_ values: [Double]) -> String { "greatest mean \(Numbers.fixed(values.max() ?? 0, 3))" }
    let (least, most) = (one.change.min() ?? 0, one.change.max() ?? 0)
    return ["\(name), clean: \(greatest(one.maps.clean))"]
      + one.levels.map { "\(name), ε = \(data.printed($0.epsilon)): \(greatest($0.mean))" }
      + ["\(name), change: \(Numbers.fixed(least, 3)) to \(Numbers.fixed(most, 3))"]
  }

  private static func shows(_ change: Double, _ least: Double) -> Bool { change > 0 && change >= least }

  /// Around what is at least half of the greatest gain, and of the greatest loss: in grey print colours do not tell the one from the
  /// other.
  /// - Parameter least: a gain or loss that is less has none.
  static func changed(
    _ change: [Double], side: Int, least: Double = 0
  ) -> (grown: Contour?, shrunk: Contour?) {
    func around(_ values: [Double]) -> Contour? {
      guard let greatest = values.max(), shows(greatest, least) else { return nil }
      var contour = Contour(of: values.map { Float($0 / greatest) }, side: side, at: 0.5)
      // Specks of a rough map would be dots, neither full nor dashed.
      let large = contour.lines.filter { line in
        let (x, y) = (line.map(\.x), line.map(\.y))
        return max((x.max() ?? 0) - (x.min() ?? 0), (y.max() ?? 0) - (y.min() ?? 0)) > 0.06
      }
      if !large.isEmpty { contour.lines = large }
      return contour
    }
    return (around(change), around(change.map { -$0 }))
  }

  /// Of evenly chosen images; nil where none was kept or can be read.
  private static func meanPhotograph(
    _ model: ModelRecord, _ images: [Int], _ results: ExperimentResults
  ) throws -> RGBImage? {
    var sums: [Int] = []
    var (count, width, height) = (0, 0, 0)
    for image in images.evenly(mostPhotographs) {
      let path = results.images[image].path
      guard let one = try results.pictures.photograph(model: model.key, image: path) else { continue }
      if sums.isEmpty {
        sums = [Int](repeating: 0, count: one.pixels.count)
        (width, height) = (one.width, one.height)
      }
      guard one.pixels.count == sums.count else { continue }
      for (index, value) in one.pixels.enumerated() { sums[index] += Int(value) }
      count += 1
    }
    guard count > 0 else { return nil }
    return RGBImage(width: width, height: height, pixels: sums.map { UInt8(($0 + count / 2) / count) })
  }

  /// Each place of the smaller map the mean of those that it stands for.
  static func reduced(_ values: [Double], from size: Int, to side: Int) -> [Double] {
    guard side < size else { return values }
    return (0..<side * side).map { index in
      let (top, left) = (index / side * size / side, index % side * size / side)
      let bottom = max(top + 1, (index / side + 1) * size / side)
      let right = max(left + 1, (index % side + 1) * size / side)
      var sum = 0.0
      for y in top..<bottom { for x in left..<right { sum += values[y * size + x] } }
      return sum / Double((bottom - top) * (right - left))
    }
  }

  /// In widths from the upper left corner; of equal values the first.
  private static func place(of values: [Double], by precedes: (Double, Double) -> Bool) -> Point {
    let side = Int(Double(values.count).squareRoot())
    guard side > 0, let first = values.indices.min(by: { precedes(values[$0], values[$1]) }) else { return Point(0, 0) }
    return Point((Double(first % side) + 0.5) / Double(side), (Double(first / side) + 0.5) / Double(side))
  }

  private func table(_ means: [Means], _ context: CellContext) -> ResultTable {
    let common = context.data.columns()
    let rows = means.flatMap { one in
      [(0.0, one.maps.clean, one.maps.deadCount)].map { ($0, one) }
        + one.levels.map { (($0.epsilon, $0.mean, $0.deadCount), one) }
    }
    return ResultTable(
      columns: common.columns
        + ["ε", "mean", "greatest", "least change", "greatest change", "dead"].map { ResultTable.Column($0) },
      rows: rows.map { level, one in
        let change = zip(level.1, one.maps.clean).map { $0 - $1 }
        return common.cells(one.summary) + [
          .init(context.data.printed(level.0)),
          .init(Numbers.fixed(level.1.reduce(0, +) / Double(max(1, level.1.count)), 3)),
          .init(Numbers.fixed(level.1.max() ?? 0, 3)), .init(Numbers.fixed(change.min() ?? 0, 3)),
          .init(Numbers.fixed(change.max() ?? 0, 3)), .init(Numbers.grouped(level.2)),
        ]
      },
      csvHead: common.csvHead + ["epsilon", "mean", "greatest", "least_change", "greatest_change", "dead", "images"],
      csvRows: rows.map { level, one in
        let change = zip(level.1, one.maps.clean).map { $0 - $1 }
        return common.csv(one.summary) + [
          "\(level.0)", "\(level.1.reduce(0, +) / Double(max(1, level.1.count)))", "\(level.1.max() ?? 0)",
          "\(change.min() ?? 0)", "\(change.max() ?? 0)", "\(level.2)", "\(one.maps.images.count)",
        ]
      })
  }
}
