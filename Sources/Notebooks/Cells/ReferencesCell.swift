import Results
import Support

/// The works that the methods section cites.
struct ReferencesCell: Cell {
  static let key = "references"
  static let help =
    "What the report uses, as a numbered list of works; the methods section of the same report cites them by number."
  static let product = CellProduct.text
  static let options: [DeclaredOption<Self>] = []
  static let examples = [CellExample(key, "Networks, data, attack, explanation, measure and statistics:")]

  let labels = CellLabels()

  init() {}

  func caption(_ context: CellContext) throws -> String { "" }

  func content(_ context: CellContext) throws -> [CellContent] {
    let works = MethodsProse(context.data, cites: true).references.map { work in
      [
        ProseRun("\(work.authors). "), ProseRun(work.title, .italic),
        ProseRun(". \(work.venue), \(work.year)." + (work.identifier.map { " \($0)." } ?? "")),
      ]
    }
    return works.isEmpty ? [] : [.works(works)]
  }
}
