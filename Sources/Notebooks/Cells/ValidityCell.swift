import Figures
import Results
import Support

/// What could bend a mean.
struct ValidityCell: TableCell {
  static let key = "validity"
  static let help = "Checks of the run: control, dead maps, flipped classes, clipped pixels, skipped images."
  static let product = CellProduct.table
  static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.series + [.forEach] + DeclaredOption<Self>.table.filter { $0.name == "columns" }
  static let examples = [CellExample(key, "A line per series:", "layers: last")]

  var shown = SeriesOptions()
  var look = TableLook()
  var commonParts: Set<SeriesPart> { SeriesPart.allButMeasure }

  init() {}

  func caption(_ context: CellContext) throws -> String {
    let measure = try context.selection(self).measure.title
    return
      "Checks of the run. Control: the greatest \(measure) at ε\u{A0}=\u{A0}0\(context.data.controlShare), which must be 0. Dead: maps without any positive value. "
      + "Flipped: pairs whose predicted class changed under attack, among all pairs. Clipped: the mean share of an "
      + "image’s values that the strongest attack would take out of [0, 1], where it moves them less than ε."
      + (context.data.naming.tells(.explanation) ? " A line that names no explanation holds for each of them." : "")
  }

  /// Checks of the same model, attack, layer and class that came out alike whatever the explanation, which share a line.
  private static func alike(_ checks: [SeriesCheck]) -> [[SeriesCheck]] {
    var lines: [[SeriesCheck]] = []
    var places: [SeriesIdentity: Int] = [:]
    for check in checks {
      var identity = check.summary.identity
      identity.explanation = ""
      if let place = places[identity] {
        lines[place].append(check)
      } else {
        places[identity] = lines.count
        lines.append([check])
      }
    }
    return lines.flatMap { line in
      let first = line[0].cells(withUnmoved: true, withGaps: true).map(\.text)
      return line.allSatisfy { $0.cells(withUnmoved: true, withGaps: true).map(\.text) == first }
        ? [line] : line.map { [$0] }
    }
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    let selection = try context.selection(self)
    let data = context.data
    let checks = selection.summaries.map { SeriesCheck($0, data, epsilons: selection.epsilons(of: $0)) }
    let hasUnmoved = checks.contains { $0.unmoved > 0 }
    let hasGaps = checks.contains { $0.valueless > 0 }
    var columns = [
      ResultTable.Column("series", .left), ResultTable.Column("control", .left), ResultTable.Column("dead maps"),
      ResultTable.Column("dead pairs"), ResultTable.Column("flipped"), ResultTable.Column("clipped"),
    ]
    if hasUnmoved { columns.append(ResultTable.Column("unmoved")) }
    if hasGaps { columns.append(ResultTable.Column("no value")) }
    let common = data.columns()
    let csvHead =
      common.csvHead + [
        "control_\(selection.summaries.first.map { data.results.measureColumn($0.measure) } ?? "")", "dead_maps",
        "dead_pairs", "flipped_pairs", "pairs",
        "clipped_share", "unmoved_pairs", "zero_gradient_images",
      ] + (hasGaps ? ["valueless_pairs", "valueless_images"] : [])
    var content: [CellContent] = [
      .table(
        ResultTable(
          columns: columns,
          rows: Self.alike(checks).map { line in
            [ResultTable.Cell(data.naming.label(line[0].summary, withExplanation: line.count == 1))]
              + line[0].cells(withUnmoved: hasUnmoved, withGaps: hasGaps)
          }, csvHead: csvHead, csvRows: checks.map { common.csv($0.summary) + $0.csv(withGaps: hasGaps) }))
    ]
    if hasUnmoved {
      content.append(
        .paragraph([
          ProseRun(
            "Unmoved: pairs in which the attack changed nothing, since the gradient of the loss is 0, or everything that "
              + "was measured is the same to the last bit. Their \(selection.measure.title) of 0 is no sign of a steady "
              + "network.")
        ]))
    }
    if hasGaps {
      content.append(
        .paragraph([
          ProseRun(
            "No value: pairs for which \(selection.measure.title) has none, among all pairs. An image with such a pair counts "
              + "in no mean of this measure.")
        ]))
    }
    let reasons = data.ranking(of: selection.summaries).reasons(data.naming.levels, label: data.naming.label)
    if !reasons.isEmpty { content.append(.paragraph([ProseRun(reasons.joined(separator: " "))])) }
    content.append(.paragraph(Self.skippedProse(data.results.skipped)))
    content += data.results.warnings.map { .paragraph(ProseRun.warning($0)) }
    content += data.caveats.map { .paragraph(ProseRun.marked($0)) }
    for note in data.results.notes { content.append(.paragraph([ProseRun(note)])) }
    return content
  }

  /// The skipped images, the first ten by name.
  private static func skippedProse(_ skipped: [SkippedImage]) -> [ProseRun] {
    guard !skipped.isEmpty else { return [ProseRun("No image was skipped.")] }
    var runs = [ProseRun(skipped.count == 1 ? "One image was skipped: " : "\(skipped.count) images were skipped: ")]
    for (index, image) in skipped.prefix(10).enumerated() {
      if index > 0 { runs.append(ProseRun("; ")) }
      runs += [ProseRun(image.path, .mono), ProseRun(" (\(image.reason))")]
    }
    runs.append(ProseRun(skipped.count > 10 ? "; and \(skipped.count - 10) more." : "."))
    return runs
  }
}

/// What is counted of one series.
private struct SeriesCheck {
  let summary: SeriesSummary
  /// The greatest value at ε = 0; nil where the control was not run.
  let control: Double?
  let pairs: Int
  let flipped: Int
  let deadPairs: Int
  let unmoved: Int
  /// Pairs for which the measure has no value.
  let valueless: Int
  /// At the strongest attack.
  let clipped: Double?

  init(_ summary: SeriesSummary, _ data: ReportData, epsilons: [Double]) {
    self.summary = summary
    let counts = data.results.rowCounts(of: summary)
    control = counts.first { $0.epsilon == 0 }?.greatest
    let attacked = counts.filter { epsilons.contains($0.epsilon) }
    func sum(_ count: (RowCounts) -> Int) -> Int { attacked.reduce(0) { $0 + count($1) } }
    pairs = sum(\.rows)
    flipped = sum(\.flipped)
    deadPairs = sum(\.dead)
    unmoved = sum(\.unmoved)
    valueless = sum(\.valueless)
    clipped = attacked.first { $0.epsilon == epsilons.last }?.meanClippedShare
  }

  func cells(withUnmoved: Bool, withGaps: Bool) -> [ResultTable.Cell] {
    let verdict = control.map { $0 == 0 ? "0, as it must be" : "\($0), not 0" } ?? "not run"
    let cells = [
      ResultTable.Cell(verdict), ResultTable.Cell(Numbers.grouped(summary.deadMapCount)),
      ResultTable.Cell(Numbers.grouped(deadPairs)),
      ResultTable.Cell("\(Numbers.grouped(flipped)) of \(Numbers.grouped(pairs))"),
      ResultTable.Cell(clipped.map { Numbers.percent($0, 1) } ?? "–"),
    ]
    return cells + (withUnmoved ? [ResultTable.Cell(Numbers.grouped(unmoved))] : [])
      + (withGaps ? [ResultTable.Cell("\(Numbers.grouped(valueless)) of \(Numbers.grouped(pairs))")] : [])
  }

  func csv(withGaps: Bool) -> [String] {
    [
      control.map { "\($0)" } ?? "", String(summary.deadMapCount), String(deadPairs), String(flipped), String(pairs),
      clipped.map { "\($0)" } ?? "", String(unmoved), String(summary.zeroGradientImageCount),
    ] + (withGaps ? [String(valueless), String(summary.valuelessCount)] : [])
  }
}
