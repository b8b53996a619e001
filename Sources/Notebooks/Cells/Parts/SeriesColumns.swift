import Figures
import Results
import Support

/// What tables say of each series and its numbers, the same in all of them.
struct SeriesColumns {
  var naming: SeriesNaming
  /// Whether 95% intervals are printed under the values.
  var showsIntervals = true
  /// Decimals.
  var digits = 3

  // MARK: - Printed

  /// The columns that tell series apart.
  var columns: [ResultTable.Column] {
    [ResultTable.Column("model", .left)] + (naming.tells(.attack) ? [ResultTable.Column("attack", .left)] : [])
      + (naming.tells(.explanation) ? [ResultTable.Column("explanation", .left)] : [])
      + (naming.tells(.layer) ? [ResultTable.Column("layer", .left)] : [])
      + (naming.tells(.target) ? [ResultTable.Column("class", .left)] : [])
  }

  func cells(_ summary: SeriesSummary) -> [ResultTable.Cell] {
    [ResultTable.Cell(summary.model.name)]
      + (naming.tells(.attack) ? [ResultTable.Cell(naming.attack(summary))] : [])
      + (naming.tells(.explanation) ? [ResultTable.Cell(naming.explanation(summary))] : [])
      + (naming.tells(.layer) ? [ResultTable.Cell(summary.layer)] : [])
      + (naming.tells(.target) ? [ResultTable.Cell(summary.target.rawValue)] : [])
  }

  func cell(_ estimate: Estimate?) -> ResultTable.Cell {
    guard let estimate else { return ResultTable.Cell("–") }
    return .estimate(estimate.value, estimate.lower, estimate.upper, interval: showsIntervals, digits: digits)
  }

  /// A mean over a part of the images, with their number.
  func cell(_ estimate: Estimate, of count: Int) -> ResultTable.Cell {
    guard count > 0 else { return ResultTable.Cell("– (0)") }
    var cell = cell(estimate)
    cell.text += " (\(Numbers.grouped(count)))"
    return cell
  }

  /// A share as a percentage without its sign, which heads the column, with how many in brackets.
  /// - Parameters:
  ///   - total: of how many it is where the table says that; another number is said in the cell.
  ///   - counts: whether also where no intervals stand there.
  func cell(_ proportion: Proportion?, of total: Int?, counts: Bool = false) -> ResultTable.Cell {
    guard let proportion, proportion.total > 0 else { return ResultTable.Cell("–") }
    // A percentage is a share with two decimals.
    let digits = max(0, digits - 2)
    let estimate = proportion.estimate
    var cell = ResultTable.Cell(Numbers.fixed(100 * estimate.value, digits))
    if counts || showsIntervals {
      let among = proportion.total == total ? "" : " of \(Numbers.grouped(proportion.total))"
      cell.text += " (\(Numbers.grouped(proportion.count))\(among))"
    }
    if showsIntervals, estimate.lower.isFinite, estimate.upper.isFinite {
      cell.note = Numbers.interval(100 * estimate.lower, 100 * estimate.upper, digits)
    }
    return cell
  }

  /// An attack level as it is printed.
  func printed(_ epsilon: Double) -> String { Numbers.epsilon(epsilon, naming.levels) }

  /// - Parameter epsilon: 0 for clean images.
  func level(_ epsilon: Double, group: String? = nil, unit: String? = nil) -> ResultTable.Column {
    epsilon == 0
      ? ResultTable.Column("clean", group: group, unit: unit)
      : ResultTable.Column(" = " + Numbers.epsilon(epsilon, naming.levels), symbol: "ε", group: group, unit: unit)
  }

  // MARK: - Exported

  /// Model, layer and target always; what else there are several of behind them.
  var csvHead: [String] {
    ["model", "layer", "target"] + (naming.showsAttack ? ["attack"] : [])
      + (naming.showsExplanation ? ["explanation"] : []) + (naming.showsMeasure ? ["measure"] : [])
  }

  func csv(_ summary: SeriesSummary) -> [String] {
    [summary.model.key, summary.layer, summary.target.rawValue] + (naming.showsAttack ? [summary.attack] : [])
      + (naming.showsExplanation ? [summary.explanation] : []) + (naming.showsMeasure ? [summary.measure] : [])
  }

  /// "mod", "mod_lower", "mod_upper".
  static func triple(_ name: String) -> [String] { [name, name + "_lower", name + "_upper"] }

  /// As a share; its counts have columns of their own.
  static func triple(_ proportion: Proportion?) -> [String] { triple(proportion?.estimate) }

  /// Shortest decimals that read back as the same numbers; empty where there is no value.
  static func triple(_ estimate: Estimate?) -> [String] {
    [estimate?.value, estimate?.lower, estimate?.upper].map { value in
      value.flatMap { $0.isFinite ? "\($0)" : nil } ?? ""
    }
  }
}

extension ReportData {
  /// - Parameter look: of the table.
  func columns(_ look: TableLook = TableLook()) -> SeriesColumns {
    SeriesColumns(naming: naming, showsIntervals: look.showsIntervals, digits: look.digits ?? 3)
  }
}
