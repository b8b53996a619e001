import Diagnostics
import Figures
import Results

extension CellDefinition {
  static let methods = CellDefinition(
    name: "methods", help: "How the numbers were made, with the options used, and a table of every option.",
    options: [.label, .caption], product: .table, isPerSeries: false,
    caption: { _ in "Every option of the experiment with the value that was used." },
    make: { context in
      let results = context.data.results
      var content = Methods(context.data).paragraphs.map(CellContent.paragraph)
      guard !results.options.isEmpty else { return content }
      let rows = results.options.map { option in
        [ResultTable.Cell(option.key, isMono: true), ResultTable.Cell(option.value)]
      }
      content.append(
        .table(
          ResultTable(
            columns: [ResultTable.Column("option", .left), ResultTable.Column("value", .left, wraps: true)], rows: rows,
            csvHead: ["option", "value"], csvRows: results.options.map { [$0.key, $0.value] })))
      return content
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
    name: "validity", help: "Checks of the run: control, dead maps, flipped classes, skipped images.",
    options: CellOptionDefinition.selection, product: .table, isPerSeries: false,
    caption: { _ in
      "Checks of the run. Control: the greatest NISSIM at ε = 0, which must be 0. Dead: maps without any positive value. "
        + "Flipped: pairs whose predicted class changed under attack, among all pairs."
    },
    make: { context in
      let selection = try context.selection()
      let data = context.data
      var rows: [[ResultTable.Cell]] = []
      var csvRows: [[String]] = []
      for summary in selection.summaries {
        let measured = data.rows(of: summary)
        let control = measured.filter { $0.epsilon == 0 }.map(\.nissim).max()
        let pairs = measured.filter { selection.epsilons.contains($0.epsilon) }
        let flipped = pairs.filter { $0.adversarialPrediction != $0.cleanPrediction }.count
        let deadPairs = pairs.filter(\.isDead).count
        let verdict = control.map { $0 == 0 ? "0, as it must be" : "\($0), not 0" } ?? "not run"
        rows.append([
          ResultTable.Cell(data.naming.label(summary)), ResultTable.Cell(verdict),
          ResultTable.Cell(Numbers.grouped(summary.deadMapCount)), ResultTable.Cell(Numbers.grouped(deadPairs)),
          ResultTable.Cell("\(Numbers.grouped(flipped)) of \(Numbers.grouped(pairs.count))"),
        ])
        csvRows.append([
          summary.model.key, summary.layer, summary.target.rawValue, control.map { "\($0)" } ?? "",
          String(summary.deadMapCount), String(deadPairs), String(flipped), String(pairs.count),
        ])
      }
      var content: [CellContent] = [
        .table(
          ResultTable(
            columns: [
              ResultTable.Column("series", .left), ResultTable.Column("control", .left),
              ResultTable.Column("dead maps"), ResultTable.Column("dead pairs"), ResultTable.Column("flipped"),
            ], rows: rows,
            csvHead: [
              "model", "layer", "target", "control_nissim", "dead_maps", "dead_pairs", "flipped_pairs", "pairs",
            ], csvRows: csvRows))
      ]
      content.append(.paragraph(skippedProse(data.results.skipped)))
      return content
    })

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

/// The methods section's prose, which says of each option what its value means.
struct Methods {
  private let results: ExperimentResults
  private let data: ReportData

  init(_ data: ReportData) {
    self.data = data
    results = data.results
  }

  /// The value of the first of some keys that the experiment recorded.
  private func option(_ keys: String...) -> String? {
    keys.lazy.compactMap { key in results.options.first { $0.key == key }?.value }.first
  }

  var paragraphs: [[ProseRun]] {
    [models, attack, explanation, comparison, intervals].map { $0 }
  }

  private var models: [ProseRun] {
    let count = Set(results.measurements.map(\.image)).count
    var runs = [ProseRun("Models and images. ", .strong)]
    let descriptions = results.models.map { model in
      let width = model.width == 1 ? "" : ", all channel counts times \(Numbers.significant(model.width, 4))"
      return
        "\(model.name) (\(model.architecture), \(Numbers.grouped(model.parameterCount)) parameters, input "
        + "\(model.inputSize) × \(model.inputSize)\(width))"
    }
    runs.append(ProseRun("The networks are \(Values.list(descriptions)). "))
    runs.append(ProseRun("They were measured on \(count == 1 ? "one image" : "\(count) images")"))
    if let split = option("data.split") { runs.append(ProseRun(" of the split “\(split)”")) }
    runs.append(
      ProseRun(
        ". Each image is resized to the network’s input (bilinear, antialiased) and scaled to [0, 1]; the normalisation "
          + "is the network’s first layer, so that gradients and ε are in pixel units of [0, 1]."))
    return runs
  }

  private var attack: [ProseRun] {
    let label =
      switch option("attack.loss-label") {
      case "predicted": "the class predicted on the clean image"
      default: "the true class"
      }
    let quantised =
      option("attack.quantise") == "8bit"
      ? " The attacked image is rounded to 8 bits before it is classified and explained."
      : " The attacked image is not rounded to 8 bits."
    return [
      ProseRun("Attack. ", .strong), ProseRun("FGSM: "), ProseRun("x′ = clamp(x + ε sign(g), 0, 1)", .italic),
      ProseRun(", where "), ProseRun("g", .italic),
      ProseRun(
        " is the gradient of the cross-entropy loss for \(label) with respect to the image; sign(0) = 0, and one gradient "
          + "serves every ε. Levels: ε = \(Values.list(results.epsilons.map(Numbers.epsilon))), in pixel units; the control "
          + "ε = 0 is run as well.\(quantised)"),
    ]
  }

  private var explanation: [ProseRun] {
    let targets = results.targets.map { target in
      switch target {
      case .predicted:
        "each image’s own highest logit, so that a clean and an attacked image may explain different classes"
      case .label: "the true class"
      case .cleanPrediction: "the class predicted on the clean image, for both images"
      }
    }
    let layers = results.models.map { model in "\(model.layers.joined(separator: ", ")) of \(model.name)" }
    return [
      ProseRun("Explanation. ", .strong),
      ProseRun(
        "Grad-CAM: the activations of a layer, weighted by the mean gradient of the class’s logit over each map, summed and "
          + "cut at 0; then scaled to [0, 1], resized bilinearly to the input’s size and scaled again. Layers: "
          + "\(Values.list(layers)). Explained: \(Values.list(targets)). A map without any positive value is dead: its "
          + "heatmap is all 0. Dead maps are counted, not left out."),
    ]
  }

  private var comparison: [ProseRun] {
    let window =
      option("compare.window") == "gaussian"
      ? "a Gaussian window (σ = 1.5, 11 × 11, population covariance)" : "a uniform 7 × 7 window and sample covariance"
    return [
      ProseRun("Dissimilarity. ", .strong), ProseRun("NISSIM = (1 − SSIM) / 2", .italic),
      ProseRun(
        " between the clean and the attacked heatmap: 0 the same, 1 inverted. SSIM uses \(window), K1 = 0.01, K2 = 0.03 and "
          + "data range 1. MOD is the mean of NISSIM over the images at one level. VID is, per image, the population standard "
          + "deviation of NISSIM over the levels, averaged over the images; the readings vid-of-mod (of MOD over the levels) "
          + "and vid-pooled (over all images and levels) are computed as well."),
    ]
  }

  private var intervals: [ProseRun] {
    [
      ProseRun("Intervals. ", .strong),
      ProseRun(
        "95% percentile bootstrap over images, 2,000 resamples, seeded with \(results.seed). An attack succeeds on an image "
          + "when the clean prediction was right and the attacked one is wrong."),
    ]
  }
}
