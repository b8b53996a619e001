import Figures
import Results
import Support

extension CellDefinition {
  static let methods = CellDefinition(
    name: "methods", help: "How the numbers were made, with the options used, and a table of every option.",
    options: [.label, .caption], product: .table, isPerSeries: false,
    caption: { _ in "Every option of the experiment with the value that was used." },
    make: { context in
      let results = context.data.results
      let content = Methods(context.data).paragraphs.map(CellContent.paragraph)
      guard !results.options.isEmpty else { return content }
      let options = UsedOptions(results)
      return content + [.table(options.common)] + (options.perModel.map { [.table($0)] } ?? [])
    })

  static let provenance = CellDefinition(
    name: "provenance", help: "Versions, hashes and seeds: what it takes to make the same report again.",
    options: [
      .label, .caption,
      CellOptionDefinition(
        "rows", .integer(1...10_000), standard: "60", "Lines printed of each section; the exported table has all."),
      CellOptionDefinition("sections", .words, standard: "all", "Sections to show, such as `software`, `weights`."),
    ],
    product: .table, isPerSeries: false,
    caption: { _ in "What made this report: versions, seeds, and SHA-256 sums of everything that was read." },
    make: { context in
      let provenance = Provenance(context)
      let wanted = context.options.words["sections"] ?? ["all"]
      for section in wanted where section != "all" && !provenance.known.contains(section) {
        throw Problem.usage(
          at: context.options.place("sections"), "the provenance has no section `\(section)`",
          remedy: suggestion(for: section, among: provenance.known))
      }
      let limit = context.options.integers["rows"] ?? 60
      let rows = provenance.sections.filter { !$0.isCompact }.flatMap { $0.rows(limit: limit) }
      let table = ResultTable(
        columns: ["", "name", "value"].map { ResultTable.Column($0, .left, wraps: $0 == "value") }, rows: rows,
        csvHead: ["section", "name", "value"],
        csvRows: provenance.sections.flatMap(\.entries).map { [$0.section, $0.name, $0.value] })
      let lists = provenance.sections.filter(\.isCompact).map { CellContent.table($0.compactTable(limit: limit)) }
      return [.table(table)] + lists
    })

  static let validity = CellDefinition(
    name: "validity", help: "Checks of the run: control, dead maps, flipped classes, clipped pixels, skipped images.",
    options: CellOptionDefinition.selection, product: .table, isPerSeries: false,
    caption: { _ in
      "Checks of the run. Control: the greatest NISSIM at ε = 0, which must be 0. Dead: maps without any positive value. "
        + "Flipped: pairs whose predicted class changed under attack, among all pairs. Clipped: the mean share of an "
        + "image’s values that the strongest attack would take out of [0, 1], where it moves them less than ε."
    },
    make: { context in
      let selection = try context.selection()
      let data = context.data
      var rows: [[ResultTable.Cell]] = []
      var csvRows: [[String]] = []
      var hasUnmoved = false
      for summary in selection.summaries {
        let measured = data.rows(of: summary)
        let control = measured.filter { $0.epsilon == 0 }.map(\.dissimilarity).max()
        let pairs = measured.filter { selection.epsilons.contains($0.epsilon) }
        let flipped = pairs.filter { $0.adversarialPrediction != $0.cleanPrediction }.count
        let deadPairs = pairs.filter(\.isDead).count
        let unmoved = pairs.filter(\.isUnmoved).count
        let strongest = pairs.filter { $0.epsilon == selection.epsilons.last }.compactMap(\.clippedShare)
        let clipped = strongest.isEmpty ? nil : strongest.reduce(0, +) / Double(strongest.count)
        let verdict = control.map { $0 == 0 ? "0, as it must be" : "\($0), not 0" } ?? "not run"
        rows.append([
          ResultTable.Cell(data.naming.label(summary)), ResultTable.Cell(verdict),
          ResultTable.Cell(Numbers.grouped(summary.deadMapCount)), ResultTable.Cell(Numbers.grouped(deadPairs)),
          ResultTable.Cell("\(Numbers.grouped(flipped)) of \(Numbers.grouped(pairs.count))"),
          ResultTable.Cell(clipped.map { Numbers.percent($0, 1) } ?? "–"),
          ResultTable.Cell(Numbers.grouped(unmoved)),
        ])
        hasUnmoved = hasUnmoved || unmoved > 0
        csvRows.append([
          summary.model.key, summary.layer, summary.target.rawValue, control.map { "\($0)" } ?? "",
          String(summary.deadMapCount), String(deadPairs), String(flipped), String(pairs.count),
          clipped.map { "\($0)" } ?? "", String(unmoved), String(summary.zeroGradientImageCount),
        ])
      }
      var content: [CellContent] = [
        .table(
          ResultTable(
            columns: [
              ResultTable.Column("series", .left), ResultTable.Column("control", .left),
              ResultTable.Column("dead maps"), ResultTable.Column("dead pairs"), ResultTable.Column("flipped"),
              ResultTable.Column("clipped"),
            ] + (hasUnmoved ? [ResultTable.Column("unmoved")] : []),
            rows: hasUnmoved ? rows : rows.map { Array($0.dropLast()) },
            csvHead: [
              "model", "layer", "target", "control_nissim", "dead_maps", "dead_pairs", "flipped_pairs", "pairs",
              "clipped_share", "unmoved_pairs", "zero_gradient_images",
            ], csvRows: csvRows))
      ]
      if hasUnmoved {
        content.append(
          .paragraph([
            ProseRun(
              "Unmoved: pairs in which the attack changed nothing, since the gradient of the loss is 0, or everything that "
                + "was measured is the same to the last bit. Their NISSIM of 0 is no sign of a steady network.")
          ]))
      }
      let reasons = data.ranking(of: selection.summaries).reasons(label: data.naming.label)
      if !reasons.isEmpty { content.append(.paragraph([ProseRun(reasons.joined(separator: " "))])) }
      content.append(.paragraph(skippedProse(data.results.skipped)))
      content += data.results.warnings.map { .paragraph(ProseRun.warning($0)) }
      content += caveats(data).map { .paragraph(ProseRun.marked($0)) }
      for note in data.results.notes { content.append(.paragraph([ProseRun(note)])) }
      return content
    })

  /// What the numbers cannot say, where there is little to make them of.
  private static func caveats(_ data: ReportData) -> [String] {
    var found = data.missing.map {
      $0.prefix(1).uppercased() + $0.dropFirst() + ": this series is in no table and no figure."
    }
    if data.summaries.contains(where: { $0.imageCount == 1 }) {
      found.append("A series with a single image has intervals without width: nothing says how another image would do.")
    }
    if let turned = turned(data) { found.append(turned) }
    if data.results.epsilons.count == 1 {
      found.append(
        "With a single attack level VID and vid-of-mod are 0 by definition; they say nothing about the networks.")
    }
    return found
  }

  /// What became of pictures that are not stored upright.
  private static func turned(_ data: ReportData) -> String? {
    let count = data.results.images.count { $0.orientation != nil }
    guard count > 0 else { return nil }
    let ignoring = data.results.models.filter { model in
      data.results.options.contains { $0.key == "\(model.key).input.orientation" && $0.value == "ignore" }
    }
    let images = "\(Numbers.grouped(count)) of \(Numbers.grouped(data.results.images.count)) images"
    let head = "\(images) \(count == 1 ? "has" : "have") an EXIF orientation other than upright"
    if ignoring.isEmpty {
      return "\(head), and \(count == 1 ? "was" : "were") turned; torchvision and Pillow do not do so."
    }
    let whose = ignoring.count == data.results.models.count ? "" : " for \(Values.list(ignoring.map(\.name)))"
    return "\(head), which was ignored\(whose) (`orientation: ignore`)."
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
