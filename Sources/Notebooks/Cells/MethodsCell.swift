import Figures
import Results
import Support

/// How the numbers were made.
public struct MethodsCell: Cell {
  public static let key = "methods"
  public static let help = "How the numbers were made, with the options used, and a table of every option."
  public static let product = CellProduct.table
  public static let options: [DeclaredOption<Self>] = DeclaredOption<Self>.labels(
    label: \.labels.label, caption: \.labels.caption)
  public static let examples = [CellExample(key, "Paragraphs and tables:")]

  public var labels = CellLabels()

  public init() {}

  public func caption(_ context: CellContext) throws -> String {
    "Every option of the experiment with the value that was used."
  }

  public func content(_ context: CellContext) throws -> [CellContent] {
    let results = context.data.results
    let content = MethodsProse(context.data).paragraphs.map(CellContent.paragraph)
    guard !results.options.isEmpty else { return content }
    let options = UsedOptions(results)
    return content + [.table(options.common)] + (options.perModel.map { [.table($0)] } ?? [])
  }
}
