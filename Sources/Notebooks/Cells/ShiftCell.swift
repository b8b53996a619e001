import Figures
import Foundation
import Results
import Support
import Typesetting

/// Where attention moves: whether the centres of the heatmaps go in one direction.
struct ShiftCell: SeriesCell {
  static let key = "shift"
  static let help =
    "Where attention moves: the mean shift of the heatmaps’ centres at the strongest attack level with its 95% ellipse and the way "
    + "there over the weaker ones, the directions of single images, and how consistent they are."
  static let product = CellProduct.figure
  static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.series + [
      DeclaredOption("sectors", \.sectors, .wholeNumber(in: 4...36), help: "Of the rose of directions."),
      DeclaredOption("table", \.hasTable, .answer, help: "Whether the numbers stand in a table below."),
    ]
  static let examples = [
    CellExample(key, "All models:", ""),
    CellExample(
      "shift-one", "One model, finer directions, without the table:", "models: [vgg16]\nsectors: 24\ntable: false"),
  ]

  var shown = SeriesOptions(layers: [SeriesOptions.last])
  var sectors = 12
  var hasTable = true
  var commonParts: Set<SeriesPart> { SeriesPart.allButMeasure }

  init() {}

  /// A series with what its maps come to at each level.
  private struct Found {
    var summary: SeriesSummary
    var maps: SeriesMaps
    var levels: [(epsilon: Double, statistics: ShiftStatistics)]
    /// Of no common direction at the strongest level, adjusted by Holm for all series: one of many has a small p by chance alone.
    var probability = Double.nan
  }

  private func found(_ context: CellContext) throws -> (Selection, [Found]) {
    let selection = try context.selection(self)
    let maps = try context.data.results.maps(of: selection.summaries)
    var found = zip(selection.summaries, maps).map { summary, maps in
      Found(
        summary: summary, maps: maps,
        levels: maps.levels.filter { selection.epsilons.contains($0.epsilon) }.map { ($0.epsilon, $0.statistics) })
    }
    let adjusted = Holm.adjusted(found.map { $0.levels.last?.statistics.probability ?? .nan })
    for index in found.indices { found[index].probability = adjusted[index] }
    return (selection, found)
  }

  func caption(_ context: CellContext) throws -> String {
    let (selection, found) = try found(context)
    let strongest = selection.epsilons.last.map(context.data.printed) ?? "–"
    let dead = found.reduce(0) { $0 + ($1.levels.last?.statistics.deadCount ?? 0) }
    let known = found.filter { !$0.levels.isEmpty }
    let consistent = known.filter { $0.levels.last?.statistics.isConsistent == true && $0.probability < 0.05 }
      .map { context.data.naming.label($0.summary) }
    let test = "p below 0.05"
    let ellipse =
      found.contains { $0.levels.last?.statistics.ellipse != nil }
      ? " with its 95% ellipse" : " (of fewer than \(IntervalRule.fewest) images there is no ellipse)"
    let way = selection.epsilons.count > 1 ? ", dots at the weaker levels" : ""
    let verdict: String
    if known.isEmpty {
      verdict = ""
    } else if consistent.count == known.count {
      verdict =
        known.count == 1
        ? " The shift has a common direction (\(test))." : " Every shift has a common direction (\(test))."
    } else if consistent.isEmpty {
      verdict = " No common direction is found (\(test.replacing("p below", with: "p not below")))."
    } else {
      verdict = " A common direction (\(test)) is found for \(Values.list(consistent)) alone."
    }
    return
      "Mean shift of the heatmaps’ centres of gravity under attack, in widths of the image, over \(selection.images): arrow at "
      + "ε\u{A0}=\u{A0}\(strongest)\(ellipse)\(way). Upwards is upwards in the image. Rose: images by their direction, as areas. R: length of the mean direction, 0 to 1; "
      + "p: sign-flip test of no common direction\(known.count > 1 ? ", adjusted by Holm for the \(known.count) series" : "").\(verdict)"
      + (dead > 0
        ? " Without \(dead == 1 ? "1 pair" : "\(Numbers.grouped(dead)) pairs") with a dead map at that level." : "")
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    let (selection, found) = try found(context)
    let levels = context.data.results.epsilons
    let panels = try found.map { one in
      ShiftPanel(
        title: context.data.naming.label(one.summary),
        arrows: one.levels.map { level in
          ShiftPanel.Arrow(
            epsilon: level.epsilon,
            style: Palette.level(levels.firstIndex(of: level.epsilon) ?? 0, of: levels.count),
            mean: Point(level.statistics.mean.x, level.statistics.mean.y),
            ellipse: level.statistics.ellipse.map { ($0.half.major, $0.half.minor, $0.angle) })
        },
        rose: Self.rose(
          try one.levels.last.map { try context.data.results.shifts(of: one.summary, epsilon: $0.epsilon) },
          sectors: sectors),
        words: one.levels.last.map { Self.words($0.statistics, one.probability) } ?? [])
    }
    let count = panels.count
    let capacity = ShiftPlot.columns(of: count, width: context.width) * max(1, Int((context.maximumHeight - 30) / 210))
    let plots = panels.parts(ofAtMost: capacity).map { part -> CellContent in
      let words = part.map { "\($0.title): \(Values.list($0.words))" }
      return .plot(alternative: "Arrows of the mean shift and roses of directions. \(words.joined(separator: ". ")).") {
        width in
        var plot = ShiftPlot(panels: part, width: width)
        plot.columns = ShiftPlot.columns(of: count, width: width)
        return plot.frame(measurer: context.measurer, style: context.style)
      }
    }
    let table = table(found, context, selection)
    return plots + [hasTable ? .table(table) : .exported(table)]
  }

  private static func words(_ one: ShiftStatistics, _ probability: Double) -> [String] {
    guard one.consistency.isFinite else { return ["nothing", "moved", "n = \(Numbers.grouped(one.imageCount))"] }
    return [
      "R = \(Numbers.fixed(one.consistency, 2))", Numbers.probability(probability),
      "n = \(Numbers.grouped(one.imageCount - one.unmovedCount))",
    ]
  }

  /// How many shifts go into each sector, the first around the direction to the right, on clockwise.
  static func rose(_ shifts: (some Sequence<Shift?>)?, sectors: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: sectors)
    guard let shifts else { return counts }
    for case let shift? in shifts where shift.length > 0 {
      let turn = atan2(shift.y, shift.x) / (2 * Double.pi) * Double(sectors)
      counts[((Int(turn.rounded()) % sectors) + sectors) % sectors] += 1
    }
    return counts
  }

  private func table(_ found: [Found], _ context: CellContext, _ selection: Selection) -> ResultTable {
    let common = context.data.columns()
    let columns =
      common.columns + [
        ResultTable.Column("x"), ResultTable.Column("y"), ResultTable.Column("length"), ResultTable.Column("R"),
        ResultTable.Column("p"), ResultTable.Column("images"),
      ]
    var rows: [[ResultTable.Cell]] = []
    var csv: [[String]] = []
    for one in found {
      for (index, level) in one.levels.enumerated() {
        let own = level.statistics
        let isStrongest = index == one.levels.count - 1
        if isStrongest {
          rows.append(
            common.cells(one.summary) + [
              .init(Numbers.fixed(own.mean.x, 4)), .init(Numbers.fixed(own.mean.y, 4)),
              .init(Numbers.fixed(own.mean.length, 4)), .init(Numbers.fixed(own.consistency, 2)),
              .init(Numbers.bareProbability(one.probability)), .init(Numbers.grouped(own.imageCount)),
            ])
        }
        csv.append(
          common.csv(one.summary) + [
            "\(level.epsilon)", "\(own.mean.x)", "\(own.mean.y)", "\(own.mean.length)",
            own.ellipse.map { "\($0.half.major)" } ?? "", own.ellipse.map { "\($0.half.minor)" } ?? "",
            own.ellipse.map { "\($0.angle)" } ?? "", "\(own.consistency)", "\(own.probability)", "\(own.imageCount)",
            "\(own.unmovedCount)", "\(own.deadCount)",
            isStrongest && one.probability.isFinite ? "\(one.probability)" : "",
          ])
      }
    }
    return ResultTable(
      caption:
        "Mean shift at ε\u{A0}=\u{A0}\(selection.epsilons.last.map(context.data.printed) ?? "–"), in widths of the image, and its "
        + "consistency\(found.count > 1 ? "; p is adjusted by Holm for the \(found.count) series" : ""); the exported table has every level.",
      columns: columns, rows: rows,
      csvHead: common.csvHead + [
        "epsilon", "mean_x", "mean_y", "length", "ellipse_major", "ellipse_minor", "ellipse_angle", "consistency", "p",
        "images", "unmoved", "dead", "p_adjusted",
      ], csvRows: csv)
  }
}
