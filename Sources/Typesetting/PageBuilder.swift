extension [Piece] {
  /// The same, each heading with the height of what it stands over, where a page has room for that: a figure or table with no
  /// more than a few lines before it. A section of much text may begin anywhere.
  func withHeadingsOver(pageOf height: Double) -> [Piece] {
    var pieces = self
    for start in indices where self[start].keepWithNext {
      var total = self[start].frame.size.height
      var owed = self[start].after
      var text = 0.0
      for next in self[(start + 1)...] {
        if next.keepWithNext && next.outline?.level ?? 9 <= self[start].outline?.level ?? 9 { break }
        if case .pageBreak = next.kind { break }
        total += Swift.max(owed, next.before) + next.frame.size.height
        owed = next.after
        if case .text = next.kind, !next.keepWithNext { text += next.frame.size.height }
        guard total <= height, text <= height * 0.15 else { break }
        if case .float = next.kind {
          pieces[start].together = total
          break
        }
      }
    }
    return pieces
  }
}

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
  /// Floats that were called under these headings, and do not fit below them.
  private var heldFloats: [Piece] = []
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

  /// Whether the page would look unfinished if it ended here: below two thirds.
  private var isLoose: Bool { y < setup.textHeight * 0.67 }

  mutating func add(_ piece: Piece) {
    switch piece.kind {
    case .pageBreak(let rule):
      if rule == .whenFull, isLoose { return }
      release()
      // What waited may have begun a page.
      if !isEmpty, rule == .always || !isLoose { endPage() }
    case .float: add(float: piece)
    case .text where piece.keepWithNext:
      // A section that so far is floats alone.
      if !heldFloats.isEmpty { settle() }
      // Floats belong to the section in which they were called. They come before the next heading, where that leaves no page
      // half empty.
      if (piece.outline?.level ?? 9) <= 2, held.isEmpty, !isLoose { flushWaiting() }
      // Nor does it stand apart from the figure or table that it heads.
      if held.isEmpty, !isEmpty, !isLoose, y + gap(before: piece) + piece.together > setup.textHeight { endPage() }
      held.append(piece)
    case .text:
      if !fits(held + [piece]), !isEmpty, !heldFloats.isEmpty { settle() }
      // A table that is cut does not float, and passes none that waits before it.
      if piece.table != nil, waiting.contains(where: \.isTable) { flushWaiting() }
      // Of a long table, its first two rows.
      makeRoom(for: held + [piece])
      placeHeld()
      if let table = piece.table { place(table, of: piece) } else { place([piece]) }
    }
  }

  /// A float goes where it is called, smaller where that is enough; else it gives place to what follows it, its heading with
  /// the text below that heading.
  private mutating func add(float piece: Piece) {
    if !piece.waits(for: waiting + heldFloats) {
      if isEmpty || fits(held + [piece]) { return placeHeld(with: piece) }
      if let smaller = reduced(piece, below: held) { return placeHeld(with: smaller) }
    }
    if held.isEmpty { waiting.append(piece) } else { heldFloats.append(piece) }
  }

  /// A float in the room that is left below other pieces; nil where it would be too small.
  private func reduced(_ piece: Piece, below others: [Piece]) -> Piece? {
    guard let reduced = piece.reduced else { return nil }
    var used = y
    var last = owed
    for other in others {
      used += (used == 0 ? 0 : max(last, other.before)) + other.frame.size.height
      last = other.after
    }
    used += used == 0 ? 0 : max(last, piece.before)
    return reduced(setup.textHeight - used - notes.height(adding: others + [piece]))
  }

  private mutating func placeHeld(with piece: Piece? = nil) {
    place(held + (piece.map { [$0] } ?? []))
    waiting += heldFloats
    (held, heldFloats) = ([], [])
  }

  /// Headings whose floats do not fit below them go on with the first of these.
  private mutating func settle() {
    while !isEmpty,
      !fits(held + heldFloats.prefix(1)) || heldFloats.prefix(1).contains(where: { $0.waits(for: waiting) })
    {
      endPage()
    }
    let floats = heldFloats
    place(held)
    (held, heldFloats) = ([], [])
    for float in floats { add(float: float) }
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
    if !heldFloats.isEmpty, !fits(held + [piece]) { settle() }
    if !held.isEmpty {
      makeRoom(for: held + [piece])
      placeHeld()
    }
    if (piece.outline?.level ?? 9) <= 2, !isLoose { flushWaiting() }
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
    placeWaiting()
  }

  private mutating func placeWaiting() {
    var left: [Piece] = []
    for piece in waiting {
      if isEmpty || !piece.waits(for: left) && fits([piece]) {
        place([piece])
      } else if !piece.waits(for: left), let smaller = reduced(piece, below: []) {
        place([smaller])
      } else {
        left.append(piece)
      }
    }
    waiting = left
  }

  private mutating func closePage() {
    pages.append(current + notes.take(setup))
    current = []
  }

  private mutating func release() {
    if !heldFloats.isEmpty { settle() }
    if !held.isEmpty {
      makeRoom(for: held)
      placeHeld()
    }
    flushWaiting()
  }

  private mutating func flushWaiting() {
    while !waiting.isEmpty { if isEmpty { placeWaiting() } else { endPage() } }
  }

  mutating func finish() {
    release()
    if !isEmpty || pages.isEmpty { closePage() }
  }
}
