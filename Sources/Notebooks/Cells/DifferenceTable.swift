import Figures
import Results
import Support

extension CellDefinition {
  static let differenceTable = CellDefinition(
    name: "difference-table", help: "MOD of each model minus MOD of each other, with paired bootstrap intervals.",
    options: CellOptionDefinition.selection.filter { $0.name != "for-each" }
      .map { $0.name == "layers" ? .deepest : $0 },
    product: .table, isPerSeries: false,
    caption: { context in
      let selection = try context.selection(layers: "last")
      return
        "MOD of the first model minus MOD of the second, over \(selection.images), both on the same images. Small "
        + "figures: 95% intervals of a bootstrap that draws images and keeps each image's pair together. Bold: the "
        + "interval does not hold 0. Models stand in the order of their MOD at the strongest attack, greatest first."
        + context.data.ranking(of: selection.summaries).caption(label: context.data.naming.label)
    },
    make: { context in
      let selection = try context.selection(layers: "last")
      let data = context.data
      let ranking = data.ranking(of: selection.summaries)
      // What is not ranked comes after all that is.
      let ordered = ranking.ranked.reversed() + ranking.unranked.map(\.series)
      guard ordered.count > 1 else {
        throw Problem.failure(
          "there is only one series, and nothing to compare it with", remedy: "Select two models or more.")
      }
      var rows: [[ResultTable.Cell]] = []
      var csvRows: [[String]] = []
      for (index, first) in ordered.enumerated() {
        for second in ordered.dropFirst(index + 1) {
          let (all, images) = data.results.modDifferences(first, second)
          let levels = selection.epsilons.map { epsilon in all.first { $0.epsilon == epsilon }?.mod }
          let isSound = index + 1 < ranking.ranked.count && ranking.ranked.contains(second)
          rows.append(
            [ResultTable.Cell(data.naming.label(first)), ResultTable.Cell(data.naming.label(second))]
              + levels.map { cell($0, mayBeMarked: isSound) })
          let sides = [first, second].flatMap { [$0.model.key, $0.layer, $0.target.rawValue] }
          csvRows.append(sides + [String(images)] + levels.flatMap(numbers) + [isSound ? "true" : "false"])
        }
      }
      let csvHead =
        ["model", "layer", "target", "other_model", "other_layer", "other_target", "images"]
        + selection.epsilons.flatMap { level in
          ["difference_\(level)", "difference_\(level)_lower", "difference_\(level)_upper"]
        } + ["both_ranked"]
      let columns =
        [ResultTable.Column("model", .left), ResultTable.Column("minus", .left)]
        + selection.epsilons.map {
          ResultTable.Column(" = " + Numbers.epsilon($0), symbol: "ε", group: "difference of MOD")
        }
      return [.table(ResultTable(columns: columns, rows: rows, csvHead: csvHead, csvRows: csvRows))]
    })
}

private func cell(_ difference: Estimate?, mayBeMarked: Bool) -> ResultTable.Cell {
  guard let difference, difference.value.isFinite else { return ResultTable.Cell("–") }
  var cell = ResultTable.Cell(
    Numbers.fixed(difference.value, 3),
    note: "\(Numbers.fixed(difference.lower, 3)) to \(Numbers.fixed(difference.upper, 3))")
  cell.isMarked = mayBeMarked && (difference.lower > 0 || difference.upper < 0)
  return cell
}

private func numbers(_ difference: Estimate?) -> [String] {
  [difference?.value, difference?.lower, difference?.upper].map { value in
    value.flatMap { $0.isFinite ? "\($0)" : nil } ?? ""
  }
}
