import Testing

@testable import Typesetting

/// How columns share a width that is too small for all of them.
@Suite struct TableWidthTests {
  /// The texts of a row that is set so wide, and where they stand; every character is half its size wide.
  private func row(_ cells: [String], _ alignments: [TextTable.Alignment], width: Double) -> [(text: String, x: Double)]
  {
    let columns = alignments.enumerated().map { index, alignment in
      TextTable.Column(alignment, wraps: alignment == .left && index == alignments.count - 1)
    }
    let table = TextTable(
      columns: columns, head: cells.map { _ in [] }, rows: [cells.map { TextTable.Cell([Inline($0)]) }])
    let setter = TableSetter(table, width: width, theme: Theme(), measurer: FixedMeasurer())
    return texts(setter.parts().rows[0].items).map { ($0.text, $0.x) }
  }

  /// A number is torn only where nothing else gives way.
  @Test func numbersAreNotTorn() {
    let cells = ["a model's long name"] + [String](repeating: "0.12345", count: 15)
    let found = row(cells, [.left] + [TextTable.Alignment](repeating: .right, count: 15), width: 470)
    #expect(found.count { $0.text == "0.12345" } == 15, "\(found)")
  }

  /// Two columns of text share the width, whichever is the last.
  @Test func textsOfOneLengthAreOfOneWidth() throws {
    func text(_ word: String) -> String { Array(repeating: word, count: 60).joined(separator: " ") }
    let found = row([text("word"), text("text")], [.left, .left], width: 400)
    let second = try #require(found.filter { $0.text.hasPrefix("text") }.map(\.x).min())
    #expect(abs(second - 203.5) < 5, "\(second)")
  }
}
