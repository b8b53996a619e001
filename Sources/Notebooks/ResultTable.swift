import Figures
import Results
import Typesetting

/// A table as cells make it: what is printed, and the same with full digits for the exported CSV file.
public struct ResultTable: Sendable, Equatable {
  /// Numbers stand right, words left.
  public enum Alignment: Sendable { case left, right }

  /// The head of a column, and how its cells stand.
  public struct Column: Sendable, Equatable {
    /// May be empty.
    public var title: String
    /// Set in italics before the title: the ε of "ε = 0.05".
    public var symbol: String?
    /// Of its cells.
    public var alignment: Alignment
    /// Columns with the same group stand under one common heading.
    public var group: String?
    /// Of its numbers, printed behind the common heading, or behind the title where there is none: "%".
    public var unit: String?
    /// Takes the width that is left, its text broken into lines.
    public var wraps: Bool

    public init(
      _ title: String, symbol: String? = nil, _ alignment: Alignment = .right, group: String? = nil,
      unit: String? = nil, wraps: Bool = false
    ) {
      self.wraps = wraps
      self.unit = unit
      self.title = title
      self.symbol = symbol
      self.alignment = alignment
      self.group = group
    }

    /// As it is printed, without the symbol.
    var printedTitle: String { group == nil ? title + printedUnit : title }
    /// The common heading as it is printed.
    var printedGroup: String? { group.map { $0 + printedUnit } }
    private var printedUnit: String { unit.map { ", \($0)" } ?? "" }
  }

  /// What stands in a row under a column.
  public struct Cell: Sendable, Equatable {
    /// As it is printed.
    public var text: String
    /// Smaller, under the text: an interval.
    public var note: String?
    /// Set as code: sums, options.
    public var isMono = false
    /// Set in bold: the best of its column, a difference that is none by chance.
    public var isMarked = false
    /// Behind it on the page, of a table that is read as a matrix.
    public var shade: Colour?

    public init(_ text: String, note: String? = nil, isMono: Bool = false) {
      self.text = text
      self.note = note
      self.isMono = isMono
    }
  }

  /// Of a cell's further tables, which have no number.
  public var caption: String?
  /// What it shows, in words, for those who cannot see it; nil where its columns' names say enough.
  public var alternative: String?
  /// Whether what stands under the numbers, their intervals, stands in brackets beside them.
  public var notesBeside = false
  /// Whether it is a list to be looked up in, not read: small, and cut where a page ends.
  public var isDense = false
  /// Whether columns are equally wide and numbers stand in their middles, as the pictures of a grid below do.
  public var isEven = false
  /// At least one.
  public var columns: [Column]
  /// As many cells in each as there are columns.
  public var rows: [[Cell]]
  /// The CSV's head and lines, unrounded.
  public var csvHead: [String]
  /// As many fields in each as the head has.
  public var csvRows: [[String]]

  /// - Parameters:
  ///   - caption: of a cell's further tables.
  ///   - alternative: what it shows, in words; nil where its columns' names say enough.
  ///   - rows: as many cells in each as there are columns.
  ///   - csvHead: of the exported file, which may have other columns.
  public init(
    caption: String? = nil, alternative: String? = nil, columns: [Column], rows: [[Cell]], csvHead: [String],
    csvRows: [[String]]
  ) {
    self.caption = caption
    self.alternative = alternative
    self.columns = columns
    self.rows = rows
    self.csvHead = csvHead
    self.csvRows = csvRows
  }

  /// RFC 4180, lines ended by a line feed.
  var csv: String {
    // Some have a line for each image: no more than one copy of them.
    var text = ""
    add(csvHead, to: &text)
    for row in csvRows { add(row, to: &text) }
    return text
  }

  private func add(_ row: [String], to text: inout String) {
    for (index, field) in row.enumerated() {
      if index > 0 { text += "," }
      text += Double(field) == nil ? ResultsCSV.field(field) : field
    }
    text += "\n"
  }
}

extension ResultTable.Cell {
  /// "0.210" with "0.180–0.240" under it.
  static func estimate(
    _ value: Double, _ lower: Double, _ upper: Double, interval: Bool, digits: Int = 3
  ) -> ResultTable.Cell {
    let note = Numbers.interval(lower, upper, digits)
    return ResultTable.Cell(Numbers.fixed(value, digits), note: interval && value.isFinite ? note : nil)
  }
}
