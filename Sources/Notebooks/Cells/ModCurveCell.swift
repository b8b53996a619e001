import Figures
import Results
import Support

/// Curves of MOD, and of accuracy beside it.
struct ModCurveCell: PanelledCell {
  static let key = "mod-curve"
  static let help =
    "MOD and accuracy against the attack level, with 95% intervals; predictions that held in place of accuracy where labels are "
    + "no classes."
  static let product = CellProduct.figure
  static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.series + [
      .forEach,
      DeclaredOption("axis", \.axis, .choice, help: "Spacing of the attack levels."),
      DeclaredOption(
        "accuracy", \.showsAccuracy, .answer, help: "Whether the accuracy is shown beside MOD, or below it in panels."),
      DeclaredOption(
        "unrelated", \.showsUnrelated, .answer,
        help:
          "Whether a tick at the right says how far apart clean maps of images with different labels lie, one for each curve; of "
          + "the deepest layers whose maps are stored."),
      DeclaredOption(
        "noise", \.showsNoise, .answer,
        help: "Whether noise of the same size, where it was measured, is dotted beside the attacks, in their colours."),
      .pairs(\.pairs),
    ] + DeclaredOption<Self>.panels
  static let examples = [
    CellExample(key, "MOD beside accuracy:"),
    CellExample(
      "mod-curve-linear", "MOD alone, on a linear axis, with nothing to hold it against:",
      "axis: linear\naccuracy: false\nunrelated: false\nnoise: false"),
    CellExample(
      "mod-curve-even", "Two models, levels evenly spaced, a caption of its own, a label to refer to:",
      "label: fig-two\ncaption: Two of {{ models.count }} models, over {{ images.count }} images.\n"
        + "models: [vgg16, xception]\naxis: even"),
    CellExample(
      "mod-curve-pairs", "One model, the pairs that held their prediction apart from those that flipped:",
      "models: [resnet50]\naccuracy: false\npairs: held-flipped"),
    CellExample(
      "mod-curve-panels", "A panel for each model, MOD alone, on one scale:",
      "panels: model\ncolumns: 3\naccuracy: false"),
  ]

  var shown = SeriesOptions(layers: [SeriesOptions.last])
  var axis = EpsilonAxis.Spacing.log
  var showsAccuracy = true
  var showsUnrelated = true
  var showsNoise = true
  var pairs = PairSplit.all
  var panels = Panels.none
  var columns: Int?
  // The axis names the measure where it is not cut short to MOD.
  var commonParts: Set<SeriesPart> { panels == .model ? Set(SeriesPart.allCases) : SeriesPart.allButMeasure }

  init() {}

  /// What is drawn: curves, noise beside them, and a tick for each model, explanation, target and layer.
  private struct Drawn {
    var curves: [SeriesSummary]
    var noise: [SeriesSummary] = []
    var unrelated: [(series: SeriesSummary, mean: Double)] = []
    /// Whether the names of the curves name the attack.
    var namesAttack = true
  }

  private func drawn(_ selection: Selection, _ data: ReportData) -> Drawn {
    let attacked = selection.summaries.filter { !data.results.isBaseline($0.attack) }
    // Noise alone was asked for, or measured.
    var drawn = Drawn(curves: attacked.isEmpty ? selection.summaries : attacked)
    if showsNoise { drawn.noise = data.baselines(of: attacked) }
    let all = Set(data.summaries.map(\.attack)).filter { !data.results.isBaseline($0) }
    drawn.namesAttack = attacked.isEmpty || all.count > 1
    guard showsUnrelated else { return drawn }
    var seen: Set<SeriesIdentity> = []
    for one in drawn.curves {
      var identity = one.identity
      identity.attack = ""
      if seen.insert(identity).inserted, let mean = data.results.unrelatedMean(of: one) {
        drawn.unrelated.append((one, mean))
      }
    }
    return drawn
  }

  func caption(_ context: CellContext) throws -> String {
    let selection = try context.selection(self)
    let drawn = drawn(selection, context.data)
    let share = context.data.results.labels.words.share
    let isPanelled = panels == .model
    let parts =
      !showsAccuracy
      ? "MOD"
      : isPanelled
        ? "MOD and, below, \(share) of each model"
        : CurvePlot.isBeside(width: context.width)
          ? "MOD (left) and \(share) (right)" : "MOD (above) and \(share) (below)"
    let words = IntervalWords(selection)
    return
      "\(parts)\(isPanelled && !showsAccuracy ? " of each model" : "") against the attack level ε, over \(selection.images)\(isPanelled ? ", on one scale" : ""). "
      + (words.areNone
        ? showsAccuracy ? "Upright lines, for \(share) alone: Wilson’s score intervals." : "Without intervals."
        : "Upright lines: \(words.noun)\(showsAccuracy ? " (\(share): Wilson’s)" : "").")
      + words.caveat + " " + context.data.controlSentence
      + (pairs == .all
        ? ""
        : " MOD of the pairs that held their prediction: full; that flipped: dashed. \(PairWords.classes(selection))")
      + (drawn.noise.isEmpty
        ? "" : " Dotted: \(noiseTitle(drawn, context.data).withinSentence) of the same size.")
      + (drawn.unrelated.isEmpty
        ? "" : " Ticks at the right: the mean \(selection.measure.title) between clean maps of different labels.")
  }

  private func noiseTitle(_ drawn: Drawn, _ data: ReportData) -> String {
    var titles: [String] = []
    for one in drawn.noise where !titles.contains(data.naming.attack(one)) { titles.append(data.naming.attack(one)) }
    return Values.list(titles)
  }

  /// What a model's own figure shares its scale with: the figures of the other models.
  private func sharedValues(_ drawn: Drawn, _ data: ReportData) -> [Double] {
    data.sharingScale(with: drawn.curves + drawn.noise).flatMap { summary -> [Double] in
      let estimates = summary.levels.flatMap { level in
        pairs == .heldFlipped ? [level.modHeld, level.modFlipped] : [level.mod]
      }
      let unrelated = showsUnrelated ? data.results.unrelatedMean(of: summary).map { [$0] } ?? [] : []
      return estimates.flatMap { [$0.value, $0.lower, $0.upper] } + unrelated
    }
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    let selection = try context.selection(self)
    let data = context.data
    let drawn = drawn(selection, data)
    let isPanelled = panels == .model
    @Sendable func label(_ summary: SeriesSummary) -> String {
      data.naming.label(summary, withAttack: drawn.namesAttack)
    }
    /// At the end of a curve: a panel that is named after its model says only what else tells its curves apart.
    @Sendable func name(_ summary: SeriesSummary) -> String {
      let full = label(summary)
      guard isPanelled, full.hasPrefix(summary.model.name) else { return full }
      let rest = full.dropFirst(summary.model.name.count)
      return String(rest.drop { $0 == "," || $0 == " " })
    }
    func words(_ series: [SeriesSummary], _ value: (SeriesSummary) -> Double?) -> String {
      series.map { "\(label($0)) \(Numbers.fixed(value($0) ?? .nan, 3))" }.joined(separator: ", ")
    }
    let shared = context.scope.model == nil ? [] : sharedValues(drawn, data)
    let noise = noiseTitle(drawn, data)
    let spoken = drawn.curves.map { "\(label($0)): \(data.spokenMOD($0, selection.epsilons))" }
    var alternative = "Curves of MOD against the attack level. \(spoken.joined(separator: "; "))."
    if !drawn.noise.isEmpty {
      let words = drawn.noise.map { "\(label($0)): \(data.spokenMOD($0, selection.epsilons))" }
      alternative += " Under \(noise): \(words.joined(separator: "; "))."
    }
    if !drawn.unrelated.isEmpty {
      alternative +=
        " Between clean maps of different labels: "
        + words(drawn.unrelated.map(\.series)) { data.results.unrelatedMean(of: $0) } + "."
    }
    return [
      .plot(alternative: alternative, maximumHeight: context.maximumHeight) { width, height in
        var plot = ResultFigures.curves(
          drawn.curves, of: selection.measure, epsilons: selection.epsilons, naming: data.naming, spacing: axis,
          share: showsAccuracy ? data.results.labels.words.title : nil, label: name,
          noise: drawn.noise.isEmpty ? nil : (noise, drawn.noise), unrelated: drawn.unrelated,
          splitsPairs: pairs == .heldFlipped, shared: shared, byModel: isPanelled, width: width)
        if isPanelled {
          plot.mostColumns = columns
          // Of many models all rows are to stand on one page.
          plot.plotHeight = min(plot.plotHeight, max(40, (context.maximumHeight - 30) / Double(plot.rows) - 50))
        }
        let frame = plot.frame(measurer: context.measurer, style: context.style)
        guard frame.size.height > height else { return frame }
        // Lower, for the rest of a page; less than this no curve could be read.
        plot.plotHeight = max(60, plot.plotHeight - (frame.size.height - height) / Double(plot.rows))
        return plot.frame(measurer: context.measurer, style: context.style)
      }
    ]
  }
}

extension String {
  /// "noise" of "Noise"; "PGD" stays.
  fileprivate var withinSentence: String {
    dropFirst().first.map(\.isLowercase) ?? false ? prefix(1).lowercased() + dropFirst() : self
  }
}
