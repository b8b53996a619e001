import Figures
import Results

/// A table as cells make it: what is printed, and the same with full digits for the exported CSV file.
struct ResultTable: Sendable, Equatable {
  enum Alignment: Sendable { case left, right }

  struct Column: Sendable, Equatable {
    var title: String
    /// Set in italics before the title: the ε of "ε = 0.05".
    var symbol: String?
    var alignment: Alignment
    /// Columns with the same group stand under one common heading.
    var group: String?
    /// Takes the width that is left, its text broken into lines.
    var wraps: Bool

    init(
      _ title: String, symbol: String? = nil, _ alignment: Alignment = .right, group: String? = nil,
      wraps: Bool = false
    ) {
      self.wraps = wraps
      self.title = title
      self.symbol = symbol
      self.alignment = alignment
      self.group = group
    }
  }

  struct Cell: Sendable, Equatable {
    var text: String
    /// Smaller, under the text: an interval.
    var note: String?
    var isMono = false
    /// Set in bold: the best of its column, a difference that is none by chance.
    var isMarked = false

    init(_ text: String, note: String? = nil, isMono: Bool = false) {
      self.text = text
      self.note = note
      self.isMono = isMono
    }
  }

  /// Of a cell's further tables, which have no number.
  var caption: String?
  var columns: [Column]
  var rows: [[Cell]]
  /// The CSV's head and lines, unrounded.
  var csvHead: [String]
  var csvRows: [[String]]

  /// RFC 4180, lines ended by a line feed.
  var csv: String {
    ([csvHead] + csvRows).map { $0.map { Double($0) == nil ? ResultsCSV.field($0) : $0 }.joined(separator: ",") + "\n" }
      .joined()
  }
}

extension ResultTable.Cell {
  /// "0.210" with "0.180–0.240" under it.
  static func estimate(_ value: Double, _ lower: Double, _ upper: Double, interval: Bool) -> ResultTable.Cell {
    let note = Numbers.interval(lower, upper, 3)
    return ResultTable.Cell(Numbers.fixed(value, 3), note: interval && value.isFinite ? note : nil)
  }
}
