import Figures
import Results
import Support

/// Curves of MOD, and of accuracy beside it.
struct ModCurveCell: SeriesCell {
  static let key = "mod-curve"
  static let help = "MOD and accuracy against the attack level, with 95% intervals."
  static let product = CellProduct.figure
  static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.series + [
      .forEach,
      DeclaredOption("axis", \.axis, .choice, help: "Spacing of the attack levels."),
      DeclaredOption("accuracy", \.showsAccuracy, .answer, help: "Whether the accuracy is shown beside MOD."),
      .pairs(\.pairs),
    ]
  static let examples = [
    CellExample(key, "MOD beside accuracy:"),
    CellExample("mod-curve-linear", "MOD alone, on a linear axis:", "axis: linear\naccuracy: false"),
    CellExample(
      "mod-curve-even", "Two models, levels evenly spaced, a caption of its own, a label to refer to:",
      "label: fig-two\ncaption: Two of {{ models.count }} models, over {{ images.count }} images.\n"
        + "models: [vgg16, xception]\naxis: even"),
    CellExample(
      "mod-curve-pairs", "One model, the pairs that held their prediction apart from those that flipped:",
      "models: [resnet50]\naccuracy: false\npairs: held-flipped"),
  ]

  var shown = SeriesOptions(layers: [SeriesOptions.last])
  var axis = EpsilonAxis.Spacing.log
  var showsAccuracy = true
  var pairs = PairSplit.all

  init() {}

  func caption(_ context: CellContext) throws -> String {
    let selection = try context.selection(self)
    let parts = showsAccuracy ? "MOD (left) and accuracy (right)" : "MOD"
    return
      "\(parts) against the attack level ε, over \(selection.images). "
      + "Bands: \(IntervalWords(selection).noun)\(showsAccuracy ? ", of accuracy Wilson’s score intervals" : "")."
      + IntervalWords(selection).caveat
      + " At ε\u{A0}=\u{A0}0 stands the control\(context.data.controlShare): MOD of the clean images, which must "
      + "be 0, and their accuracy."
      + (pairs == .all
        ? ""
        : " MOD of the pairs that held their prediction: full; that flipped: dashed. \(PairWords.classes(selection))")
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    let selection = try context.selection(self)
    let naming = context.data.naming
    let ends = selection.summaries.map { summary in
      "\(naming.label(summary)) \(Numbers.fixed(summary.levels.last?.mod.value ?? .nan, 3))"
    }
    return [
      .plot(
        alternative: "Curves of MOD against the attack level. At the strongest attack: " + ends.joined(separator: ", ")
          + "."
      ) { width in
        ResultFigures.curves(
          selection.summaries, of: selection.measure, epsilons: selection.epsilons, naming: naming, spacing: axis,
          showsAccuracy: showsAccuracy, splitsPairs: pairs == .heldFlipped, width: width
        ).frame(measurer: context.measurer, style: context.style)
      }
    ]
  }
}
