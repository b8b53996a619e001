import Figures
import Support

/// Where 95% intervals stand.
enum IntervalPlace: String, Sendable, Hashable, CaseIterable { case below, beside, none }

/// What a table prints of its numbers, and how. The exported CSV has everything with all digits.
struct TableLook: Sendable, Hashable {
  /// Names of columns or of their common heads; none for all.
  var columns: [String] = []
  /// Decimals of its means and shares; nil for the cell's own.
  var digits: Int?
  var intervals = IntervalPlace.below

  var showsIntervals: Bool { intervals != .none }
  var notesInBrackets: Bool { intervals == .beside }
  /// What captions call what stands below or beside the numbers.
  var noteWord: String { notesInBrackets ? "In square brackets" : "Small figures" }
}

/// A table of series.
protocol TableCell: SeriesCell {
  var look: TableLook { get set }
}

extension DeclaredOption where Owner: TableCell {
  static var table: [DeclaredOption] {
    [
      DeclaredOption(
        "columns", \.look.columns, .words, standard: "all",
        help:
          "The columns that are printed and stand in the LaTeX file, in this order, by their heads or common heads: `[model, MOD]`. "
          + "Further tables of the cell are left out then; the CSV file has every column."),
      DeclaredOption(
        "digits", \.look.digits, OptionKind.wholeNumber(in: 1...6).optional(), standard: "the cell's own",
        help: "Decimals of means, shares and their intervals; the CSV file has all."),
      DeclaredOption(
        "intervals", \.look.intervals, .place,
        help: "Where 95% intervals stand: smaller `below` the values, in brackets `beside` them, or nowhere."),
    ]
  }
}

extension OptionKind<IntervalPlace> {
  /// A place, or an answer to whether they are shown.
  fileprivate static var place: OptionKind {
    OptionKind(
      words: "`below`, `beside`, `none`; `true` and `false` are `below` and `none`",
      read: { value, name, _ throws(Problem) in
        if let answer = try? value.answer(name) { return answer ? .below : .none }
        return try value.choice(name, of: IntervalPlace.self)
      }, written: { $0.rawValue })
  }
}

extension ResultTable {
  /// Those columns alone, in the order of the names.
  /// - Parameter place: of the option.
  /// - Throws: `Problem` of kind `.usage` for a name that no column has.
  func choosing(_ names: [String], at place: Place) throws(Problem) -> ResultTable {
    var chosen: [Int] = []
    for name in names {
      let found = columns.indices.filter { columns[$0].names.contains(Self.plain(name)) }
      guard !found.isEmpty else {
        throw .usage(
          at: place, "the table has no column `\(name)`",
          remedy: suggestion(for: name, among: known))
      }
      chosen += found.filter { !chosen.contains($0) }
    }
    var table = self
    table.columns = chosen.map { columns[$0] }
    table.rows = rows.map { row in chosen.map { row[$0] } }
    return table
  }

  /// Every head once.
  private var known: [String] {
    var seen: Set<String> = []
    return columns.flatMap { [$0.group, $0.plainTitle].compactMap { $0 } }.filter { seen.insert($0).inserted }
  }

  fileprivate static func plain(_ name: String) -> String {
    name.lowercased().replacing("\u{A0}", with: " ").filter { $0 != " " || $0 == "-" }
  }
}

extension ResultTable.Column {
  /// "0.05" of "ε = 0.05"; "names" of the column without a head, which is the first.
  fileprivate var plainTitle: String {
    symbol == nil ? (title.isEmpty ? "name" : title) : title.replacing("=", with: "").filter { $0 != " " }
  }

  fileprivate var names: [String] {
    ([title, plainTitle, (symbol ?? "") + title] + (group.map { [$0, "\($0) \(plainTitle)"] } ?? []))
      .map(ResultTable.plain)
  }
}
