import Explanations
import Figures
import Results
import Support

/// Whose gradients move whose attention.
struct TransferMatrixCell: TableCell {
  static let key = "transfer-matrix"
  static let help =
    "Sources by victims: MOD of each model under attacks that take the gradient of another (`transfer-from`), and under its own."
  static let product = CellProduct.table
  static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.seriesAtOneLevel + [
      DeclaredOption("success", \.showsSuccess, .answer, help: "Whether a second matrix shows the attacks' success.")
    ] + DeclaredOption<Self>.table
  static let examples = [
    CellExample(
      key, "Of every source, with the attacks' success:",
      "explanations: [\(standardExplanation.key)]\nsuccess: true"),
    CellExample(
      "transfer-matrix-plain", "At one level, without intervals:",
      "explanations: [\(standardExplanation.key)]\nepsilon: 0.02\nintervals: none\ndigits: 2"),
  ]

  var shown = SeriesOptions(layers: [SeriesOptions.last])
  var look = TableLook()
  var showsSuccess = false
  var repetition: CellRepetition { .attacks }
  var commonParts: Set<SeriesPart> { [] }

  init() {}

  func caption(_ context: CellContext) throws -> String {
    let selection = try context.selection(self)
    let matrix = try TransferMatrix(selection, context.data)
    let words = IntervalWords(matrix.cells.joined().compactMap { $0?.series.imageCount })
    return
      "Whose gradients move whose attention: MOD (the mean \(selection.measure.title)) of each attacked model (columns) under attacks that follow the gradient "
      + "of another (rows), at ε\u{A0}=\u{A0}\(context.data.printed(matrix.epsilon))\(matrix.common), over \(matrix.images). Bold: the model’s own gradient."
      + (look.showsIntervals ? " \(look.noteWord): \(words.noun).\(words.caveat)" : "") + matrix.sentences
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    let matrix = try TransferMatrix(context.selection(self), context.data)
    let common = context.data.columns(look)
    let greatest = matrix.cells.joined().compactMap { $0?.level.mod.value }.filter(\.isFinite).max() ?? 0
    let mods = matrix.table(alternative: matrix.alternative, csvRows: matrix.csvRows(common)) { entry in
      var cell = common.cell(entry.level.mod)
      cell.shade = greatest > 0 ? Tint.of(entry.level.mod.value / greatest) : nil
      return cell
    }
    guard showsSuccess else { return [.table(mods)] }
    let success = matrix.table(
      caption:
        context.data.results.labels.words.success + " In %; in brackets, of how many images."
        + (look.showsIntervals ? " \(look.noteWord): Wilson’s score intervals." : ""),
      alternative: matrix.successAlternative
    ) { entry in
      var cell = common.cell(entry.level.success, of: nil, counts: true)
      cell.shade = Tint.of(entry.level.success.value)
      return cell
    }
    return [.table(mods), .table(success)]
  }
}
