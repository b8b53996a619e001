/// Deals pieces of text out over the columns of a page.
struct ColumnFlow {
  let count: Int
  /// Distances before the first piece of a column are left out.
  private func height(_ pieces: ArraySlice<Piece>) -> Double {
    var height = 0.0
    var owed = 0.0
    for piece in pieces {
      height += (height == 0 ? 0 : max(owed, piece.before)) + piece.frame.size.height
      owed = piece.after
    }
    return height
  }

  /// Columns no higher than `room`, filled from the left; a heading does not end one.
  /// - Returns: the columns, and what is left.
  func fill(_ pieces: ArraySlice<Piece>, room: Double) -> (columns: [ArraySlice<Piece>], rest: ArraySlice<Piece>) {
    var columns: [ArraySlice<Piece>] = []
    var rest = pieces
    for _ in 0..<count where !rest.isEmpty {
      var end = rest.startIndex
      while end < rest.endIndex, height(rest[rest.startIndex...end]) <= room + 0.01 { end += 1 }
      if end < rest.endIndex {
        while end > rest.startIndex, rest[end - 1].keepWithNext { end -= 1 }
      }
      guard end > rest.startIndex else { break }
      columns.append(rest[rest.startIndex..<end])
      rest = rest[end...]
    }
    return (columns, rest)
  }

  /// The lowest columns that hold everything, as even as lines allow; nil where they would be higher than `room`.
  func balanced(_ pieces: ArraySlice<Piece>, room: Double) -> [ArraySlice<Piece>]? {
    guard fill(pieces, room: room).rest.isEmpty else { return nil }
    var (low, high) = (0.0, room)
    while high - low > 0.5 {
      let middle = (low + high) / 2
      if fill(pieces, room: middle).rest.isEmpty { high = middle } else { low = middle }
    }
    return fill(pieces, room: high).columns
  }

  func greatestHeight(_ columns: [ArraySlice<Piece>]) -> Double { columns.map(height).max() ?? 0 }
}

extension PageBuilder {
  /// Text in columns: even ones where it ends on this page, full ones where it goes on.
  mutating func add(columns pieces: [Piece]) {
    guard !pieces.isEmpty else { return }
    let flow = ColumnFlow(count: setup.columns)
    var rest = pieces[...]
    makeWayForColumns(first: pieces[0])
    while let first = rest.first {
      let top = y + gap(before: first)
      let room = setup.textHeight - top
      if let columns = flow.balanced(rest, room: room - notes.height(adding: Array(rest))) {
        place(columns, at: top, height: flow.greatestHeight(columns))
        return
      }
      // The notes of what stands here take room from it: once to know them, once to leave it.
      var filled = flow.fill(rest, room: room - notes.height())
      filled = flow.fill(rest, room: room - notes.height(adding: filled.columns.flatMap { Array($0) }))
      if filled.columns.count < setup.columns, !isEmpty {
        endPage()
        continue
      }
      if filled.columns.isEmpty {
        // Higher than a page: it stands alone on one.
        filled = ([rest.prefix(1)], rest.dropFirst())
      }
      place(filled.columns, at: top, height: room)
      rest = filled.rest
      if !rest.isEmpty { endPage() }
    }
  }

  private mutating func place(_ columns: [ArraySlice<Piece>], at top: Double, height: Double) {
    for (number, column) in columns.enumerated() {
      var y = top
      var owed = 0.0
      for piece in column {
        y += y == top ? 0 : max(owed, piece.before)
        place(
          piece, at: Point(setup.margin + Double(number) * (setup.columnWidth + setup.columnGap), setup.margin + y))
        y += piece.frame.size.height
        owed = piece.after
      }
    }
    finishColumns(at: top + height, owed: columns.compactMap { $0.last?.after }.max() ?? 0)
  }
}
