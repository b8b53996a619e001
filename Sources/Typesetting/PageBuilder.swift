/// Fills pages with pieces, from the top.
struct PageBuilder {
  private(set) var pages: [[PlacedItem]] = []
  private(set) var outline: [Document.OutlineEntry] = []
  /// Of the outline's entries.
  private(set) var anchors: [String?] = []
  let setup: PageSetup
  private let theme: Theme
  private(set) var y = 0.0
  /// Distance that the last piece wants after it.
  private var owed = 0.0
  private var current: [PlacedItem] = []
  /// Floats that wait for the next page, in their order.
  private var waiting: [Piece] = []
  /// Headings that wait to see whether what follows them fits.
  private var held: [Piece] = []
  private(set) var notes: PageNotes

  /// - Parameter notes: footnotes by number.
  init(setup: PageSetup, theme: Theme, notes: [Int: Frame] = [:]) {
    self.setup = setup
    self.theme = theme
    self.notes = PageNotes(notes, theme: theme)
  }

  var isEmpty: Bool { current.isEmpty }

  func gap(before piece: Piece) -> Double { y == 0 ? 0 : max(owed, piece.before) }

  private func fits(_ pieces: [Piece]) -> Bool {
    var height = y
    var last = owed
    for piece in pieces {
      height += (height == 0 ? 0 : max(last, piece.before)) + piece.frame.size.height
      last = piece.after
    }
    return height + notes.height(adding: pieces) <= setup.textHeight + 0.01
  }

  mutating func add(_ piece: Piece) {
    if case .pageBreak = piece.kind {
      release()
      if !isEmpty { endPage() }
      return
    }
    if piece.keepWithNext {
      // Floats belong to the section in which they were called; they come before the next great heading.
      if let level = piece.outline?.level, level == 1 { flushWaiting() }
      held.append(piece)
      return
    }
    switch piece.kind {
    case .float where held.isEmpty && (!waiting.isEmpty || !fits([piece])) && !isEmpty:
      waiting.append(piece)
    case .float where !held.isEmpty && !fits(held + [piece]) && !isEmpty:
      // A heading does not stay behind alone: it goes on with its figure.
      makeRoom(for: held + [piece])
      place(held)
      held = []
      placeFloat(piece)
    case .float:
      place(held)
      held = []
      placeFloat(piece)
    default:
      // Of a long table, its first two rows.
      makeRoom(for: held + [piece])
      place(held)
      held = []
      if let table = piece.table { place(table, of: piece) } else { place([piece]) }
    }
  }

  /// Deals a table's rows out over pages.
  private mutating func place(_ table: LongTable, of piece: Piece) {
    let total = table.parts.rows.count
    var start = 0
    while start < total {
      var part = piece
      var count = table.count(from: start, within: setup.textHeight - y - gap(before: piece) - notes.height())
      if count < min(2, total - start), !isEmpty {
        endPage()
        continue
      }
      // A row taller than a page stands alone on it; a single row is not left over for the next page.
      count = max(1, count)
      if total - start - count == 1, count > 2 { count -= 1 }
      part.frame = table.frame(start..<(start + count), width: setup.textWidth)
      place([part])
      start += count
      if start < total { endPage() }
    }
  }

  /// Ends pages until the pieces fit. One new page may not be enough: floats that waited come first on it.
  private mutating func makeRoom(for pieces: [Piece]) {
    while !isEmpty, !fits(pieces) { endPage() }
  }

  private mutating func placeFloat(_ piece: Piece) {
    makeRoom(for: [piece])
    place([piece])
  }

  private mutating func place(_ pieces: [Piece]) {
    for piece in pieces {
      y += gap(before: piece)
      place(piece, at: Point(setup.margin, setup.margin + y))
      y += piece.frame.size.height
      owed = piece.after
    }
  }

  mutating func place(_ piece: Piece, at origin: Point) {
    current.append(.group(piece.frame.items, offset: origin, clip: nil))
    if let entry = piece.outline {
      outline.append(Document.OutlineEntry(title: entry.title, level: entry.level, page: pages.count, y: origin.y))
      anchors.append(entry.anchor)
    }
    notes.add(piece)
  }

  /// Headings over all columns that wait go where their text goes; floats before the next great heading.
  mutating func makeWayForColumns(first piece: Piece) {
    if !held.isEmpty {
      makeRoom(for: held + [piece])
      place(held)
      held = []
    }
    if piece.outline?.level == 1 { flushWaiting() }
  }

  mutating func finishColumns(at bottom: Double, owed: Double) {
    y = bottom
    self.owed = owed
  }

  /// Ends the page, and puts as many waiting floats as fit at the top of the next.
  mutating func endPage() {
    closePage()
    y = 0
    owed = 0
    while let next = waiting.first, isEmpty || fits([next]) {
      waiting.removeFirst()
      place([next])
    }
  }

  private mutating func closePage() {
    pages.append(current + notes.take(setup))
    current = []
  }

  private mutating func release() {
    if !held.isEmpty {
      makeRoom(for: held)
      place(held)
      held = []
    }
    flushWaiting()
  }

  private mutating func flushWaiting() {
    while let next = waiting.first {
      if fits([next]) || isEmpty {
        waiting.removeFirst()
        place([next])
      } else {
        endPage()
      }
    }
  }

  mutating func finish() {
    release()
    if !isEmpty || pages.isEmpty { closePage() }
  }
}
