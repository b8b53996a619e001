/// How a table is set into a width: as it is, smaller and closer, or cut into blocks of columns under each other, each with
/// the columns that say what a row is. Nothing is scaled: letters keep their proportions.
struct LaTeXLayout {
  /// Columns that stand beside each other.
  struct Block {
    /// Into the table's columns.
    var columns: [Int]
    /// In points, of columns whose text is broken into lines; nil for those as wide as their content.
    var widths: [Double?]
  }

  /// One under the other.
  let blocks: [Block]
  /// Smaller than the text around it, its columns closer.
  let isTight: Bool

  /// What LaTeX leaves on either side of a column, and what tight tables do.
  static let tightSeparation = 3.0
  private static let separation = 6.0
  /// No column of broken lines is narrower, in points.
  private static let leastBroken = 42.0
  /// Rounding, and fonts a little wider than LaTeX's own.
  private static let reserve = 1.02

  /// - Parameter width: in TeX's points; nil for a table that may be as wide as it becomes.
  init(_ table: ResultTable, width: Double?) {
    let all = Array(table.columns.indices)
    guard let width else {
      blocks = [Block(columns: all, widths: table.columns.map { $0.wraps ? 200 : nil })]
      isTight = false
      return
    }
    let natural = Self.natural(table, .normal)
    if let widths = Self.broken(all, table, natural, Self.separation, width) {
      blocks = [Block(columns: all, widths: widths)]
      isTight = false
      return
    }
    isTight = true
    let small = Self.natural(table, .footnote)
    let names = Self.names(table)
    if let widths = Self.broken(all, table, small, Self.tightSeparation, width) {
      blocks = [Block(columns: all, widths: widths)]
    } else if names.count == all.count {
      blocks = [Block(columns: all, widths: Self.squeezed(all, small, Self.tightSeparation, width))]
    } else {
      blocks = Self.blocks(names, table, small, width)
    }
  }

  /// Of each column's widest cell.
  private static func natural(_ table: ResultTable, _ size: LaTeXWidths.Size) -> [Double] {
    table.columns.indices.map { index in
      let column = table.columns[index]
      let head = LaTeXWidths.width((column.symbol ?? "") + column.printedTitle, size)
      let cells = table.rows.map { row -> Double in
        let cell = row[index]
        let text = LaTeXWidths.width(cell.text, size, isBold: cell.isMarked, isMono: cell.isMono)
        let isTight = size.points < LaTeXWidths.Size.normal.points
        let notes = LaTeXTable.lines(of: cell.note, isTight: isTight && !table.notesBeside)
        let note = notes.map { LaTeXWidths.width($0, .script) }.max() ?? 0
        return table.notesBeside ? text + (cell.note == nil ? 0 : note + 10) : max(text, note)
      }
      return max(head, cells.max() ?? 0) * reserve
    }
  }

  /// The columns that say what a row is: those of words at the left, a number before them among them.
  private static func names(_ table: ResultTable) -> [Int] {
    let first = table.columns.first?.alignment == .left ? 0 : 1
    return Array(0..<first) + table.columns.indices.dropFirst(first).prefix { table.columns[$0].alignment == .left }
  }

  private static func used(_ columns: [Int], _ widths: [Double], _ separation: Double) -> Double {
    columns.reduce(0) { $0 + widths[$1] } + 2 * separation * Double(max(0, columns.count - 1))
  }

  /// Widths of the columns that wrap, of columns that all fit; nil where they do not.
  private static func broken(
    _ columns: [Int], _ table: ResultTable, _ natural: [Double], _ separation: Double, _ width: Double
  ) -> [Double?]? {
    let wrapping = columns.filter { table.columns[$0].wraps }
    let rest = width - used(columns, natural, separation) + wrapping.reduce(0) { $0 + natural[$1] }
    guard !wrapping.isEmpty else { return rest >= 0 ? columns.map { _ in nil } : nil }
    let each = rest / Double(wrapping.count)
    guard each >= wrapping.map({ min(natural[$0], leastBroken) }).max() ?? 0 else { return nil }
    let needed = wrapping.reduce(0) { $0 + natural[$1] }
    return columns.map { wrapping.contains($0) ? (needed <= rest ? natural[$0] : each) : nil }
  }

  /// Columns of words in less width than they want: the widest are broken into lines.
  private static func squeezed(
    _ columns: [Int], _ natural: [Double], _ separation: Double, _ width: Double
  ) -> [Double?] {
    let room = width - 2 * separation * Double(max(0, columns.count - 1))
    // The greatest width that all columns may have.
    var (rest, open) = (room, columns.sorted { natural[$0] < natural[$1] })
    while let least = open.first, natural[least] <= rest / Double(open.count) {
      rest -= natural[least]
      open.removeFirst()
    }
    let limit = open.isEmpty ? room : max(12, rest / Double(open.count))
    return columns.map { natural[$0] > limit ? limit : nil }
  }

  private static func blocks(
    _ names: [Int], _ table: ResultTable, _ natural: [Double], _ width: Double
  ) -> [Block] {
    let others = table.columns.indices.filter { !names.contains($0) }
    let widest = others.map { natural[$0] }.max() ?? 0
    // Names leave room for the widest of the other columns.
    let room = max(leastBroken, width - widest - 2 * tightSeparation)
    let named = used(names, natural, tightSeparation)
    let nameWidths = named <= room ? names.map { _ in nil } : squeezed(names, natural, tightSeparation, room)
    let used = min(named, room)
    func dealt(_ room: Double) -> [[Int]] {
      var found: [[Int]] = []
      var free = 0.0
      for column in others {
        let needed = natural[column] + 2 * tightSeparation
        if found.isEmpty || needed > free {
          found.append([])
          free = room
        }
        found[found.count - 1].append(column)
        free -= needed
      }
      return found
    }
    let free = width - used
    let count = dealt(free).count
    // As even as may be: no column stands alone below a full block.
    let even = stride(from: min(widest, free), to: free, by: 2).first { dealt($0).count <= count } ?? free
    let most = max(leastBroken, free - 2 * tightSeparation)
    return dealt(even).map { columns in
      Block(columns: names + columns, widths: nameWidths + columns.map { natural[$0] > most ? most : nil })
    }
  }
}
