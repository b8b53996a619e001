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
    let checks = try checks(context)
    let shown = Shown(checks)
    let control = "the greatest \(measure) of the control, ε\u{A0}=\u{A0}0\(context.data.controlShare)"
    return
      "Checks of the run. "
      + (shown.control
        ? "Control: \(control), which must be 0. "
        : checks.allSatisfy { $0.control == nil }
          ? "The control, clean images explained a second time, was not run. "
          : "\(control.capitalisedFirst), is 0 in every series, as it must be. ")
      + (shown.dead
        ? "Dead: maps without any positive value. " : "No map is dead, that is, without any positive value. ")
      + (shown.flipped
        ? "Flipped: pairs whose predicted class changed under attack, among all pairs. "
        : "No attack changed a predicted class. ")
      + (shown.clipped
        ? "Clipped: the mean share of an image’s values that the strongest attack would take out of [0, 1], where it moves them "
          + "less than ε."
        : "No attack would take a value out of [0, 1].")
      + (context.data.results.skipped.isEmpty ? " No image was skipped." : "")
      + (context.data.naming.tells(.explanation)
        ? " A line without the name of an explanation holds for all of them." : "")
  }

  private func checks(_ context: CellContext) throws -> [SeriesCheck] {
    let selection = try context.selection(self)
    return selection.summaries.map { SeriesCheck($0, context.data, epsilons: selection.epsilons(of: $0)) }
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
      let first = line[0].cells(.all).map(\.text)
      return line.allSatisfy { $0.cells(.all).map(\.text) == first }
        ? [line] : line.map { [$0] }
    }
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    let selection = try context.selection(self)
    let data = context.data
    let checks = try checks(context)
    let shown = Shown(checks)
    let columns = [ResultTable.Column("series", .left)] + shown.columns
    let common = data.columns()
    let csvHead =
      common.csvHead + [
        "control_\(selection.summaries.first.map { data.results.measureColumn($0.measure) } ?? "")", "dead_maps",
        "dead_pairs", "flipped_pairs", "pairs",
        "clipped_share", "unmoved_pairs", "zero_gradient_images",
      ] + (shown.gaps ? ["valueless_pairs", "valueless_images"] : [])
    var content: [CellContent] = [
      .table(
        ResultTable(
          columns: columns,
          rows: Self.alike(checks).map { line in
            [ResultTable.Cell(data.naming.label(line[0].summary, withExplanation: line.count == 1))]
              + line[0].cells(shown)
          }, csvHead: csvHead, csvRows: checks.map { common.csv($0.summary) + $0.csv(withGaps: shown.gaps) }))
    ]
    if shown.unmoved {
      content.append(
        .paragraph([
          ProseRun(
            "Unmoved: pairs in which the attack changed nothing, since the gradient of the loss is 0, or everything that "
              + "was measured is the same to the last bit. Their \(selection.measure.title) of 0 is no sign of a steady "
              + "network.")
        ]))
    }
    if shown.gaps {
      content.append(
        .paragraph([
          ProseRun(
            "No value: pairs for which \(selection.measure.title) has none, among all pairs. An image with such a pair counts "
              + "in no mean of this measure.")
        ]))
    }
    let reasons = data.ranking(of: selection.summaries).reasons(data.naming.levels, label: data.naming.label)
    if !reasons.isEmpty { content.append(.paragraph([ProseRun(reasons.joined(separator: " "))])) }
    if !data.results.skipped.isEmpty { content.append(.paragraph(Self.skippedProse(data.results.skipped))) }
    content += data.results.warnings.map { .paragraph(ProseRun.warning($0)) }
    content += data.caveats.map { .paragraph(ProseRun.marked($0)) }
    for note in data.results.notes { content.append(.paragraph([ProseRun(note)])) }
    return content
  }

  /// The skipped images, the first ten by name.
  private static func skippedProse(_ skipped: [SkippedImage]) -> [ProseRun] {
    var runs = [ProseRun(skipped.count == 1 ? "One image was skipped: " : "\(skipped.count) images were skipped: ")]
    for (index, image) in skipped.prefix(10).enumerated() {
      if index > 0 { runs.append(ProseRun("; ")) }
      runs += [ProseRun(image.path, .mono), ProseRun(" (\(image.reason))")]
    }
    runs.append(ProseRun(skipped.count > 10 ? "; and \(skipped.count - 10) more." : "."))
    return runs
  }
}

/// Which checks have a column: those that found something in any series. The others are said in a sentence.
private struct Shown {
  var control: Bool
  var dead: Bool
  var flipped: Bool
  var clipped: Bool
  var unmoved: Bool
  var gaps: Bool

  static let all = Shown(control: true, dead: true, flipped: true, clipped: true, unmoved: true, gaps: true)

  private init(control: Bool, dead: Bool, flipped: Bool, clipped: Bool, unmoved: Bool, gaps: Bool) {
    (self.control, self.dead, self.flipped) = (control, dead, flipped)
    (self.clipped, self.unmoved, self.gaps) = (clipped, unmoved, gaps)
  }

  init(_ checks: [SeriesCheck]) {
    self.init(
      control: checks.contains { $0.control != 0 } && checks.contains { $0.control != nil },
      dead: checks.contains { $0.summary.deadMapCount > 0 || $0.deadPairs > 0 },
      flipped: checks.isEmpty || checks.contains { $0.flipped > 0 },
      clipped: checks.contains { $0.clipped != 0 }, unmoved: checks.contains { $0.unmoved > 0 },
      gaps: checks.contains { $0.valueless > 0 })
  }

  var columns: [ResultTable.Column] {
    (control ? [ResultTable.Column("control", .left)] : [])
      + (dead ? [ResultTable.Column("dead maps"), ResultTable.Column("dead pairs")] : [])
      + (flipped ? [ResultTable.Column("flipped")] : []) + (clipped ? [ResultTable.Column("clipped")] : [])
      + (unmoved ? [ResultTable.Column("unmoved")] : []) + (gaps ? [ResultTable.Column("no value")] : [])
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

  func cells(_ shown: Shown) -> [ResultTable.Cell] {
    let all = "of \(Numbers.grouped(pairs))"
    var cells: [ResultTable.Cell] = []
    if shown.control { cells.append(ResultTable.Cell(control.map { $0 == 0 ? "0" : "\($0), not 0" } ?? "not run")) }
    if shown.dead {
      cells += [summary.deadMapCount, deadPairs].map { ResultTable.Cell(Numbers.grouped($0)) }
    }
    if shown.flipped { cells.append(ResultTable.Cell("\(Numbers.grouped(flipped)) \(all)")) }
    if shown.clipped { cells.append(ResultTable.Cell(clipped.map { Numbers.percent($0, 1) } ?? "–")) }
    if shown.unmoved { cells.append(ResultTable.Cell(Numbers.grouped(unmoved))) }
    if shown.gaps { cells.append(ResultTable.Cell("\(Numbers.grouped(valueless)) \(all)")) }
    return cells
  }

  func csv(withGaps: Bool) -> [String] {
    [
      control.map { "\($0)" } ?? "", String(summary.deadMapCount), String(deadPairs), String(flipped), String(pairs),
      clipped.map { "\($0)" } ?? "", String(unmoved), String(summary.zeroGradientImageCount),
    ] + (withGaps ? [String(valueless), String(summary.valuelessCount)] : [])
  }
}
