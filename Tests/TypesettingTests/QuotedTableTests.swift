import Testing

@testable import Typesetting

/// Long tables within quotations and lists.
@Suite struct QuotedTableTests {
  @Test(arguments: [1, 2], [1, 2, 3, 150]) func everyRowIsSet(_ columns: Int, _ count: Int) throws {
    let table = TextTable(
      columns: [TextTable.Column(.left), TextTable.Column(.right)], head: [[Inline("name")], [Inline("n")]],
      rows: (1...count).map { [TextTable.Cell([Inline("row\($0)")]), TextTable.Cell([Inline("x\($0)")])] })
    let quoted = Block.quote([.table(table, caption: [Inline("Caption")], anchor: "tab-x", alternative: "")])
    let listed = Block.list([[.table(table, caption: nil, anchor: nil, alternative: "")]], start: nil)
    var setup = PageSetup()
    setup.columns = columns
    let document = try Composer(setup, theme: Theme(textSize: 10), measurer: FixedMeasurer())
      .compose([quoted, listed], title: "t", language: "en")
    let found = document.pages.flatMap { texts($0.items).map(\.text) }
    for row in 1...count {
      #expect(found.count { $0 == "row\(row)" } == 2)
      #expect(found.count { $0 == "x\(row)" } == 2)
    }
  }
}
