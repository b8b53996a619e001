/// Sets a table: column widths, a head with common heads over groups, rules above, below and under the head.
struct TableSetter {
  let table: TextTable
  let width: Double
  let theme: Theme
  let measurer: any TextMeasurer

  /// A table that is ready to be cut into pages: the head, and rows with what stands under each.
  struct Parts {
    var head: Frame
    var rows: [Frame]
    /// Closes the table, below the last row of a page.
    var foot: Frame
    var width: Double
  }

  /// The theme's, or smaller where the table would be wider than the page.
  private var size: Double
  /// Small, and never too small to be read in print.
  private var noteSize: Double { max(TableSetter.leastSize, theme.noteSize * size / theme.tableSize) }
  private var leading: Double { size * (table.isDense ? 1.2 : 1.34) }
  private let gap = 7.0
  /// Between the pictures of a grid.
  private static let tileGap = 3.0
  private static let leastSize = Theme.leastSize
  private static let leastGap = 2.0
  private var thick: Stroke { Stroke(theme.ink, width: 0.9) }
  private var thin: Stroke { Stroke(theme.ink, width: 0.45) }

  init(_ table: TextTable, width: Double, theme: Theme, measurer: any TextMeasurer) {
    self.table = table
    self.width = width
    self.theme = theme
    self.measurer = measurer
    size = table.isDense ? Self.leastSize : theme.tableSize
    while size > Self.leastSize, leastWidth > width { size = max(Self.leastSize, size - 0.5) }
  }

  /// What the table takes when its wrapping columns give way as far as words allow.
  private var leastWidth: Double {
    let natural = naturalWidths(size)
    let gaps = Double(max(0, natural.count - 1)) * gap
    return gaps + zip(natural, table.columns).reduce(0) { $0 + ($1.1.wraps ? min($1.0, 60) : $1.0) }
  }

  private func paragraph(_ runs: [Inline], _ size: Double) -> Paragraph {
    Paragraph(runs, size: size, theme: theme, measurer: measurer)
  }

  private func naturalWidths(_ size: Double) -> [Double] {
    table.columns.indices.map { column -> Double in
      var widest = table.head.indices.contains(column) ? paragraph(table.head[column], size).naturalWidth : 0
      for row in table.rows where row.indices.contains(column) {
        widest = max(widest, paragraph(row[column].text, size).naturalWidth)
        if let note = row[column].note { widest = max(widest, paragraph(note, noteSize).naturalWidth) }
      }
      return widest.rounded(.up)
    }
  }

  /// The width of the longest word of a column that is as asked.
  private func longestPart(of column: Int, _ size: Double, _ isAsked: (Substring) -> Bool) -> Double {
    let cells =
      [table.head.indices.contains(column) ? table.head[column] : []]
      + table.rows.compactMap { $0.indices.contains(column) ? $0[column].text : nil }
    return cells.joined().reduce(0) { widest, run in
      run.text.split { $0.isWhitespace && $0 != "\u{A0}" }.filter(isAsked).reduce(widest) {
        max($0, paragraph([run.with(String($1))], size).naturalWidth.rounded(.up))
      }
    }
  }

  /// Content widths first; what is left goes to the columns that wrap, or between all columns.
  private func columnWidths(_ size: Double) -> (widths: [Double], gap: Double) {
    var natural = naturalWidths(size)
    let gaps = Double(max(0, table.columns.count - 1))
    let even = (width - gaps * Self.tileGap) / (gaps + 1)
    if table.isEven, natural.allSatisfy({ $0 <= even }) { return (natural.map { _ in even }, Self.tileGap) }
    let free = width - gaps * gap - natural.reduce(0, +)
    let wrapping = table.columns.indices.filter { table.columns[$0].wraps }
    if free < 0 {
      var missing = -free
      let all = Array(table.columns.indices)
      let words = all.map { longestPart(of: $0, size) { _ in true } }
      let share = width / (gaps + 1)
      let long = all.filter { table.columns[$0].wraps || table.columns[$0].alignment == .left && natural[$0] > share }
      /// Narrows columns down to their least widths, the widest first.
      func narrow(_ candidates: [Int], to least: [Double]) {
        while missing > 0.5 {
          let wide = candidates.filter { natural[$0] > least[$0] + 0.5 }
          guard let widest = wide.max(by: { natural[$0] < natural[$1] }) else { return }
          let next = wide.filter { $0 != widest }.map { natural[$0] }.max() ?? 0
          let cut = min(missing, max(1, natural[widest] - max(least[widest], next)), natural[widest] - least[widest])
          natural[widest] -= cut
          missing -= cut
        }
      }
      // Between words first, of the columns of text before others.
      narrow(long, to: words.map { max(40, $0) })
      narrow(all, to: words)
      // Then the gaps between them.
      let smaller = missing > 0.5 && gaps > 0 ? max(Self.leastGap, gap - missing / gaps) : gap
      missing -= gaps * (gap - smaller)
      guard missing > 0.5 else { return (natural, smaller) }
      // Within words, and within numbers where nothing else helps.
      narrow(all, to: all.map { column in max(12, longestPart(of: column, size) { $0.contains(where: \.isNumber) }) })
      narrow(all, to: all.map { _ in 12 })
      return (natural, smaller)
    }
    if let last = wrapping.last {
      natural[last] += free
      return (natural, gap)
    }
    // All tables end at the right margin.
    return (natural, gap + (gaps > 0 ? free / gaps : 0))
  }

  func parts() -> Parts {
    let (widths, gap) = columnWidths(size)
    var lefts: [Double] = []
    var x = 0.0
    for columnWidth in widths {
      lefts.append(x)
      x += columnWidth + gap
    }
    let total = max(0, x - gap)
    return Parts(
      head: head(widths, lefts, total), rows: table.rows.map { row($0, widths, lefts) },
      foot: Frame(
        size: Size(width: total, height: 3),
        items: [.path(.line(from: Point(0, 2), to: Point(total, 2), thick))]), width: total)
  }

  private func alignment(_ column: Int) -> Paragraph.Alignment {
    switch table.columns[column].alignment {
    case .left: .left
    case .right: .right
    case .centre: .centre
    }
  }

  private func head(_ widths: [Double], _ lefts: [Double], _ total: Double) -> Frame {
    var items: [PlacedItem] = [.path(.line(from: Point(0, 0.5), to: Point(total, 0.5), thick))]
    guard !table.head.allSatisfy(\.isEmpty) else { return Frame(size: Size(width: total, height: 4), items: items) }
    var y = 3.0
    let groups = groupSpans()
    let shown = table.columns.indices.filter { table.head.indices.contains($0) }
    let lines = shown.map { column in
      paragraph(table.head[column], size)
        .lines(width: widths[column], leading: leading, alignment: alignment(column))
    }
    if !groups.isEmpty {
      // A column without a common head has its own in both rows.
      var upper: [PlacedItem] = []
      for (column, own) in zip(shown, lines) {
        if let (name, span) = groups.first(where: { $0.1.contains(column) }) {
          guard column == span.lowerBound else { continue }
          let left = lefts[span.lowerBound]
          let right = lefts[span.upperBound] + widths[span.upperBound]
          let line = paragraph([Inline(name)], size).lines(width: right - left, leading: leading, alignment: .centre)
          upper.append(
            .tagged(
              line.prefix(1).map { .group($0.items, offset: Point(left, y), clip: nil) },
              role: .head(.column, columnSpan: span.count), alternative: ""))
          items.append(.path(.line(from: Point(left, y + leading), to: Point(right, y + leading), thin)))
        } else {
          upper.append(
            .tagged(
              stacked(own, at: Point(lefts[column], y + leading + 1.5), leading: leading),
              role: .head(.column, rowSpan: 2), alternative: ""))
        }
      }
      items.append(.tagged(upper, role: "TR", alternative: ""))
      y += leading + 1.5
    }
    let lower = zip(shown, lines).filter { column, _ in groups.isEmpty || groups.contains { $0.1.contains(column) } }
    items.append(
      .tagged(
        lower.map { column, own in
          .tagged(
            stacked(own, at: Point(lefts[column], y), leading: leading), role: .head(.column), alternative: "")
        }, role: "TR", alternative: ""))
    y += Double(lines.map(\.count).max() ?? 0) * leading + 2
    items.append(.path(.line(from: Point(0, y), to: Point(total, y), thin)))
    return Frame(size: Size(width: total, height: y + 2.5), items: items)
  }

  /// Runs of neighbouring columns of one group.
  private func groupSpans() -> [(String, ClosedRange<Int>)] {
    var spans: [(String, ClosedRange<Int>)] = []
    for (index, column) in table.columns.enumerated() {
      guard let group = column.group else { continue }
      if let last = spans.last, last.0 == group, last.1.upperBound == index - 1 {
        spans[spans.count - 1].1 = last.1.lowerBound...index
      } else {
        spans.append((group, index...index))
      }
    }
    return spans
  }

  /// An element of the table with an element for each cell, empty ones too. What stands first says what the others are of.
  private func row(of cells: [[PlacedItem]]) -> PlacedItem {
    .tagged(
      cells.enumerated().map { column, items in
        .tagged(items, role: column == 0 && cells.count > 1 ? .head(.row) : "TD", alternative: "")
      }, role: "TR", alternative: "")
  }

  private func row(_ cells: [TextTable.Cell], _ widths: [Double], _ lefts: [Double]) -> Frame {
    var contents: [[PlacedItem]] = []
    var height = leading
    let noteLeading = noteSize * 1.25
    for (column, cell) in cells.enumerated() where column < widths.count {
      let lines = paragraph(cell.text, size)
        .lines(width: widths[column], leading: leading, alignment: alignment(column))
      var items = stacked(lines, at: Point(lefts[column], 0), leading: leading)
      var bottom = Double(max(1, lines.count)) * leading
      if let note = cell.note {
        let quiet = note.map { run -> Inline in
          var run = run
          // On a shade grey would be hard to read.
          run.colour = run.colour ?? (cell.shade == nil ? theme.quiet : theme.ink)
          return run
        }
        let noteLines = paragraph(quiet, noteSize)
          .lines(width: widths[column], leading: noteLeading, alignment: alignment(column))
        items += stacked(noteLines, at: Point(lefts[column], bottom - 1.5), leading: noteLeading)
        bottom += Double(noteLines.count) * noteLeading
      }
      height = max(height, bottom)
      contents.append(items)
    }
    let size = Size(width: lefts.last.map { $0 + (widths.last ?? 0) } ?? 0, height: height + 1)
    return Frame(size: size, items: shades(cells, widths, lefts, size) + [row(of: contents)])
  }

  /// As wide as the column with half of the least gap on both sides: numbers do not touch the edge.
  private func shades(_ cells: [TextTable.Cell], _ widths: [Double], _ lefts: [Double], _ row: Size) -> [PlacedItem] {
    cells.indices.compactMap { column in
      guard column < widths.count, let shade = cells[column].shade else { return nil }
      // No further than the rules above and below the table.
      let left = max(0, lefts[column] - gap / 2)
      let right = min(row.width, lefts[column] + widths[column] + gap / 2)
      let place = Rect(x: left, y: 0, width: right - left, height: row.height)
      return .path(.rectangle(place, fill: shade))
    }
  }

  private func stacked(_ lines: [Frame], at origin: Point, leading: Double) -> [PlacedItem] {
    lines.enumerated().map { index, line in
      .group(line.items, offset: Point(origin.x, origin.y + Double(index) * leading), clip: nil)
    }
  }
}
