import Figures
import Results
import Support

/// How the numbers were made.
struct MethodsCell: Cell {
  static let key = "methods"
  static let help = "How the numbers were made, with the options used, and a table of every option."
  static let product = CellProduct.table
  static let options: [DeclaredOption<Self>] = DeclaredOption<Self>.labels(
    label: \.labels.label, caption: \.labels.caption)
  static let examples = [CellExample(key, "Paragraphs and tables:")]

  var labels = CellLabels()

  init() {}

  func caption(_ context: CellContext) throws -> String {
    "Every option of the experiment with the value that was used."
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    let results = context.data.results
    let content = MethodsProse(context.data, cites: context.hasReferences).paragraphs.map(CellContent.paragraph)
    guard !results.options.isEmpty else { return content }
    let options = UsedOptions(results)
    return content + [.table(options.common)] + (options.perModel.map { [.table($0)] } ?? [])
  }
}
