import Figures
import Results
import Support

/// Which model drifts more than which, beyond chance.
struct DifferenceTableCell: TableCell {
  static let key = "difference-table"
  static let help = "MOD of each model minus MOD of each other, with paired intervals and p values adjusted by Holm."
  static let product = CellProduct.table
  static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.series + DeclaredOption<Self>.table
  static let examples = [
    CellExample(key, "As it is:"),
    CellExample(
      "difference-table-some", "Three models at one level, intervals beside:",
      "models: [vgg16, resnet50, xception]\nepsilons: [0.1]\ndigits: 2\nintervals: beside"),
  ]

  var shown = SeriesOptions(layers: [SeriesOptions.last])
  var look = TableLook()

  init() {}

  func caption(_ context: CellContext) throws -> String {
    if try lone(context) != nil { return "" }
    let selection = try context.selection(self)
    let family = context.data.differences(of: selection.summaries, epsilons: selection.epsilons)
    let printed = printed(selection)
    let isAlone = printed.count == 1
    let adjusted = DifferenceWords.adjusted(family, isAlone: isAlone)
    return
      "MOD of the first model minus MOD of the second"
      + (isAlone ? " at ε\u{A0}=\u{A0}\(context.data.printed(printed[0]))" : "")
      + ", over the same \(selection.images). "
      + (!look.showsIntervals && !isAlone
        ? "Bold: p of the paired sign-flip test, \(adjusted), below 0.05."
        : (look.showsIntervals
          ? "\(isAlone ? "Intervals" : look.noteWord): \(IntervalWords(selection).noun), each image’s pair kept together\(isAlone ? "" : ", and p"). "
          : "") + "p: paired sign-flip test, \(adjusted); bold below 0.05.")
      + (printed.count < selection.epsilons.count ? " The exported table has every level." : "")
      + "\(DifferenceWords(context.data, selection, family).sentences)\(IntervalWords(selection).caveat) Models stand in the order of their MOD at the strongest attack, least first."
      + context.data.ranking(of: selection.summaries).caption(
        context.data.naming.levels, label: context.data.naming.label)
  }

  /// Where the template names no levels the strongest stands for all on the page: fifty differences are looked up, not read.
  private func printed(_ selection: Selection) -> [Double] {
    shown.epsilons == [SeriesOptions.all] ? selection.epsilons.suffix(1) : selection.epsilons
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    if let lone = try lone(context) { return lone }
    let selection = try context.selection(self)
    let data = context.data
    let common = data.columns()
    let ranking = data.ranking(of: selection.summaries)
    // What is not ranked comes after all that is.
    let ordered = ranking.all
    guard ordered.count > 1 else {
      throw Problem.failure(
        "there is only one series, and nothing to compare it with", remedy: "Select two models or more.")
    }
    let family = data.differences(of: ordered, epsilons: selection.epsilons)
    let printed = printed(selection)
    var rows: [[ResultTable.Cell]] = []
    var csvRows: [[String]] = []
    for (index, second) in ordered.enumerated() {
      for first in ordered.dropFirst(index + 1) {
        guard first.identity.isComparable(with: second.identity) else { continue }
        let found = family.of(first.identity, minus: second.identity)
        let levels = selection.epsilons.map { epsilon in found?.levels.first { $0.epsilon == epsilon } }
        let isSound = [first, second].allSatisfy(ranking.ranked.contains)
        rows.append(
          [ResultTable.Cell(data.naming.label(first)), ResultTable.Cell(data.naming.label(second))]
            + (printed.count == 1
              ? cells(levels.last ?? nil, mayBeMarked: isSound)
              : zip(selection.epsilons, levels).filter { printed.contains($0.0) }.map {
                cell($0.1, mayBeMarked: isSound)
              }))
        csvRows.append(
          common.csv(first) + common.csv(second) + [String(found?.imageCount ?? 0)]
            + levels.flatMap { SeriesColumns.triple($0?.mod) + Self.probabilities($0) } + [isSound ? "true" : "false"])
      }
    }
    let csvHead =
      common.csvHead + common.csvHead.map { "other_\($0)" } + ["images"]
      + selection.epsilons.flatMap { SeriesColumns.triple("difference_\($0)") + ["p_\($0)", "p_adjusted_\($0)"] } + [
        "both_ranked"
      ]
    let columns =
      [ResultTable.Column("model", .left), ResultTable.Column("minus", .left)]
      + (printed.count == 1
        ? [ResultTable.Column("difference")]
          + (look.showsIntervals ? [ResultTable.Column("95% interval")] : []) + [ResultTable.Column("p")]
        : printed.map { common.level($0, group: "difference in MOD") })
    return [.table(ResultTable(columns: columns, rows: rows, csvHead: csvHead, csvRows: csvRows))]
  }

  /// Of one level, a column each for the difference, its interval and p.
  private func cells(_ difference: LevelDifference?, mayBeMarked: Bool) -> [ResultTable.Cell] {
    let digits = look.digits ?? 3
    let mod = difference.flatMap { $0.mod.value.isFinite ? $0.mod : nil }
    var value = ResultTable.Cell(mod.map { Numbers.fixed($0.value, digits) } ?? "–")
    value.isMarked = mayBeMarked && difference?.isClear == true
    let p = Numbers.bareProbability(difference?.adjusted ?? .nan)
    return [value] + (look.showsIntervals ? [ResultTable.Cell(mod.map(ends) ?? "–")] : []) + [ResultTable.Cell(p)]
  }

  /// Of an interval; "–" where there is none.
  private func ends(_ mod: Estimate) -> String {
    let digits = look.digits ?? 3
    return mod.interval.map { "\(Numbers.fixed($0.lower, digits)) to \(Numbers.fixed($0.upper, digits))" } ?? "–"
  }

  private func cell(_ difference: LevelDifference?, mayBeMarked: Bool) -> ResultTable.Cell {
    guard let difference, difference.mod.value.isFinite else { return ResultTable.Cell("–") }
    let mod = difference.mod
    var cell = ResultTable.Cell(
      Numbers.fixed(mod.value, look.digits ?? 3),
      note: look.showsIntervals ? "\(ends(mod)); \(Numbers.probability(difference.adjusted))" : nil)
    cell.isMarked = mayBeMarked && difference.isClear
    return cell
  }

  private static func probabilities(_ difference: LevelDifference?) -> [String] {
    [difference?.probability, difference?.adjusted].map { $0.flatMap { $0.isFinite ? "\($0)" : nil } ?? "" }
  }
}
