/// What the page builder places: a thing that is not cut, with the distances around it.
struct Piece {
  enum Kind {
    /// Stands where it comes.
    case text
    /// May wait for the next page, and what is of the other kind may pass it.
    case float(FloatKind)
    case pageBreak(PageBreak)
  }

  /// Those of a kind keep their order; what belongs to the float before it passes none.
  enum FloatKind { case figure, table, continuation }

  var kind: Kind
  var frame: Frame
  var before: Double
  var after: Double
  /// How much of what follows must stand on the same page.
  var keepWithNext = false
  /// Of a heading: its own height with all that it stands over up to the first figure or table, in points; 0 where it stands over
  /// none.
  var together = 0.0
  var outline: (title: String, level: Int, anchor: String?)?
  /// Of a table too long to float; the page builder cuts it where the page ends.
  var table: LongTable?
  /// The same no higher than a height in points; nil where it would be too small to be read.
  var reduced: ((Double) -> Piece?)?

  /// Whether it must not come before all of these floats do.
  func waits(for others: [Piece]) -> Bool {
    guard case .float(let kind) = self.kind else { return false }
    return others.contains { other in
      guard case .float(let own) = other.kind else { return false }
      return kind == .continuation || own == kind
    }
  }

  var isTable: Bool {
    if case .float(let kind) = kind { kind != .figure } else { false }
  }

  /// Its content as an element, or as a part of one.
  func tagged(_ role: StructureRole) -> Piece {
    var piece = self
    piece.frame = frame.tagged(role)
    return piece
  }
}

/// A table as rows that the page builder deals out over pages, its head repeated on each.
struct LongTable {
  var caption: Frame?
  /// Above its head on further pages: "Table 3 (continued)"; nil for a table without a number.
  var continuation: Frame?
  var parts: TableSetter.Parts
  var anchor: String?
  var alternative: String
  /// One element on all its pages.
  var role: StructureRole

  /// The part of the table that a page holds. Its head is read where the table begins, and printed again on further pages.
  /// - Parameter runsOn: whether the parts stand below each other, as one table.
  func frame(_ rows: Range<Int>, width: Double, runsOn: Bool = false) -> Frame {
    let isFirst = rows.lowerBound == 0
    let isLast = rows.upperBound == parts.rows.count
    let again = runsOn ? [] : [continuation, parts.head].compactMap { $0?.tagged("Artifact") }
    let above = isFirst ? [caption, parts.head].compactMap { $0 } : again
    let frames = above + parts.rows[rows] + (isLast || !runsOn ? [parts.foot] : [])
    var frame = stack(frames, width: width)
    frame.items = [.tagged(frame.items, role: role, alternative: alternative)]
    if isFirst, let anchor { frame.items.append(.anchor(anchor, Point(0, 0))) }
    return frame
  }

  /// How many rows from `start` fit in a height; 0 where not even one does.
  func count(from start: Int, within height: Double) -> Int {
    let above = start == 0 ? caption : continuation
    var used = parts.head.size.height + parts.foot.size.height + (above?.size.height ?? 0)
    var count = 0
    while start + count < parts.rows.count {
      used += parts.rows[start + count].size.height
      if used > height + 0.01 { break }
      count += 1
    }
    return count
  }
}

/// Sets blocks to the width of the text.
struct BlockSetter {
  let width: Double
  let theme: Theme
  let measurer: any TextMeasurer
  let elements: ElementNumbers

  func pieces(_ block: Block) -> [Piece] {
    switch block {
    case .title(let title, let subtitle): return [self.title(title, subtitle)]
    case .heading(let level, let runs, let anchor): return [heading(level, runs, anchor)]
    case .paragraph(let runs): return paragraph(runs)
    case .list(let items, let start): return list(items, start)
    case .works(let works): return self.works(works)
    case .code(let text): return code(text)
    case .quote(let blocks): return indented(blocks, by: theme.textSize * 1.5, marker: nil)
    case .rule:
      let line = PlacedPath.line(from: Point(0, 0), to: Point(width, 0), Stroke(theme.quiet, width: 0.4))
      return [
        Piece(kind: .text, frame: Frame(size: Size(width: width, height: 1), items: [.path(line)]), before: 6, after: 6)
      ]
    case .notice(let runs, let anchor): return [notice(runs, anchor)]
    case .figure(let frame, let caption, let anchor, let alternative, let fitted):
      return [reducible(frame, caption, anchor, alternative, fitted)]
    case .picture(let picture, let caption, let anchor, let alternative):
      return [figure(picture.frame(width: width), caption, anchor, alternative)]
    case .contents: return []
    case .table(let table, let caption, let anchor, let alternative):
      return self.table(table, caption, anchor, alternative)
    case .pageBreak(let rule):
      return [
        Piece(kind: .pageBreak(rule), frame: Frame(size: Size(width: 0, height: 0), items: []), before: 0, after: 0)
      ]
    }
  }

  private func lines(
    _ runs: [Inline], size: Double, leading: Double? = nil, width: Double? = nil, _ alignment: Paragraph.Alignment
  ) -> [Frame] {
    Paragraph(runs, size: size, theme: theme, measurer: measurer)
      .lines(width: width ?? self.width, leading: leading ?? size * 1.3, alignment: alignment)
  }

  private func title(_ title: String, _ subtitle: String?) -> Piece {
    let size = theme.textSize * 2
    var run = Inline(title, bold: true)
    run.family = theme.headingFamily
    let heading = lines([run], size: size, leading: size * 1.2, .left)
    var frames = [stack(heading, width: width).tagged(elements.title())]
    if let subtitle {
      let lines = lines([Inline(subtitle, colour: theme.quiet)], size: theme.textSize * 1.05, .left)
      frames.append(stack(lines, width: width).tagged("P"))
    }
    return Piece(
      kind: .text, frame: stack(frames, width: width), before: 0, after: theme.textSize * 1.2, outline: nil)
  }

  private func heading(_ level: Int, _ runs: [Inline], _ anchor: String?) -> Piece {
    let size = theme.headingSize(level)
    let bold = runs.map { run -> Inline in
      var run = run
      run.bold = true
      run.family = theme.headingFamily
      return run
    }
    var frame = stack(lines(bold, size: size, leading: size * 1.25, .left), width: width).tagged(
      elements.heading(level))
    if let anchor { frame.items.append(.anchor(anchor, Point(0, 0))) }
    return Piece(
      kind: .text, frame: frame, before: theme.textSize * (level == 1 ? 1.5 : 1.1), after: theme.textSize * 0.35,
      keepWithNext: true, outline: (runs.map(\.text).joined(), level, anchor))
  }

  /// Two lines at least stay together at either end of a page.
  private func paragraph(_ runs: [Inline]) -> [Piece] {
    let frames = lines(runs, size: theme.textSize, leading: theme.leading, .justified)
    var groups: [[Frame]] = []
    switch frames.count {
    case 0: return []
    case 1...3: groups = [frames]
    default:
      groups = [Array(frames.prefix(2))] + frames.dropFirst(2).dropLast(2).map { [$0] } + [Array(frames.suffix(2))]
    }
    let role = groups.count > 1 ? elements.next("P") : "P"
    return groups.enumerated().map { index, group in
      Piece(
        kind: .text, frame: stack(group, width: width).tagged(role), before: 0,
        after: index == groups.count - 1 ? theme.paragraphGap : 0)
    }
  }

  private func list(_ items: [[Block]], _ start: Int?) -> [Piece] {
    var role = elements.next("L")
    role.numbering = start == nil ? .disc : .decimal
    return items.enumerated().flatMap { index, blocks -> [Piece] in
      let item = elements.next("LI")
      return indented(blocks, by: theme.textSize * 1.7, marker: start.map { "\($0 + index)." } ?? "•")
        .map { $0.tagged(item).tagged(role) }
    }
  }

  /// A work is not cut between pages.
  private func works(_ works: [[Inline]]) -> [Piece] {
    let size = theme.captionSize
    func label(_ index: Int) -> Inline { Inline("[\(index + 1)]") }
    let font = theme.font(label(0), size: size)
    let indent = measurer.extent(of: label(max(0, works.count - 1)).text, font: font).width + size * 0.6
    var role = elements.next("L")
    role.numbering = .decimal
    return works.enumerated().map { index, work in
      let body = stack(lines(work, size: size, width: width - indent, .left), width: width - indent)
      let number = lines([label(index)], size: size, width: indent, .left).flatMap(\.items)
      let frame = Frame(
        size: Size(width: width, height: body.size.height),
        items: [
          .tagged(number, role: "Lbl", alternative: ""),
          .tagged([.group(body.items, offset: Point(indent, 0), clip: nil)], role: "LBody", alternative: ""),
        ])
      return Piece(
        kind: .text, frame: frame.tagged(elements.next("LI")).tagged(role), before: 0,
        after: index == works.count - 1 ? theme.paragraphGap : size * 0.25)
    }
  }

  private func indented(_ blocks: [Block], by indent: Double, marker: String?) -> [Piece] {
    let inner = BlockSetter(width: width - indent, theme: theme, measurer: measurer, elements: elements)
    let role = elements.next(marker == nil ? "BlockQuote" : "LBody")
    // The page builder cuts long tables at its own width and in no column: within others they go row by row.
    let whole = blocks.flatMap(inner.pieces)
    let cut = whole.flatMap { piece in piece.table.map { inner.rows($0, of: piece) } ?? [piece] }
    var pieces = cut.map { piece -> Piece in
      var piece = piece
      piece.frame = Frame(
        size: Size(width: width, height: piece.frame.size.height),
        items: [.group(piece.frame.items, offset: Point(indent, 0), clip: nil)]
      ).tagged(role)
      piece.after *= 0.7
      return piece
    }
    if let marker, !pieces.isEmpty {
      let line = lines([Inline(marker)], size: theme.textSize, leading: theme.leading, width: indent, .left)
      pieces[0].frame.items.insert(.tagged(line.flatMap(\.items), role: "Lbl", alternative: ""), at: 0)
    }
    return pieces
  }

  /// A long table as pieces: its head with the first two rows, then each row.
  private func rows(_ table: LongTable, of piece: Piece) -> [Piece] {
    let count = table.parts.rows.count
    let first = min(2, count)
    return ([0..<first] + (first..<count).map { $0..<$0 + 1 }).map { rows in
      Piece(
        kind: .text, frame: table.frame(rows, width: width, runsOn: true),
        before: rows.lowerBound == 0 ? piece.before : 0, after: rows.upperBound == count ? piece.after : 0)
    }
  }

  /// One piece a line, so that long code is cut between pages; the grounds of the lines meet.
  private func code(_ text: String) -> [Piece] {
    let size = theme.textSize
    var source = text[...]
    while source.hasSuffix("\n") { source = source.dropLast() }
    let inset = 6.0
    let frames = source.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line -> [Frame] in
      // A no-break space keeps the indentation.
      let kept = String(line.map { $0 == " " ? "\u{A0}" : $0 })
      let set = lines([Inline(kept, mono: true)], size: size, leading: size * 1.2, width: width - 2 * inset, .left)
      return set.isEmpty ? [Frame(size: Size(width: width, height: size * 1.2), items: [])] : set
    }
    let role = elements.next("P")
    return frames.enumerated().map { index, line in
      let isFirst = index == 0
      let isLast = index == frames.count - 1
      let top = isFirst ? inset : 0
      let ground = Rect(x: 0, y: 0, width: width, height: line.size.height + top + (isLast ? inset : 0))
      return Piece(
        kind: .text,
        frame: Frame(
          size: Size(width: width, height: ground.height),
          items: [
            .path(.rectangle(ground, fill: .grey(0.955))),
            .group(line.tagged(role).items, offset: Point(inset, top), clip: nil),
          ]), before: isFirst ? 2 : 0, after: isLast ? theme.paragraphGap + 2 : 0)
    }
  }

  private func notice(_ runs: [Inline], _ anchor: String?) -> Piece {
    let inset = 8.0
    let inner = stack(
      lines(runs, size: theme.captionSize, width: width - 2 * inset, .left), width: width - 2 * inset)
    let box = Rect(x: 0.5, y: 0.5, width: width - 1, height: inner.size.height + 2 * inset - 1)
    return Piece(
      kind: .text,
      frame: Frame(
        size: Size(width: width, height: inner.size.height + 2 * inset),
        items: [
          .path(.rectangle(box, stroke: Stroke(theme.alarm, width: 1))),
          .group(inner.tagged("P").items, offset: Point(inset, inset), clip: nil),
        ] + (anchor.map { [.anchor($0, Point(0, 0))] } ?? [])), before: theme.paragraphGap, after: theme.floatGap)
  }

  private func caption(_ runs: [Inline]) -> Frame {
    stack(lines(runs, size: theme.captionSize, leading: theme.captionSize * 1.3, .justified), width: width)
      .tagged("Caption")
  }

  /// A figure below this share of its height could not be read.
  private static let leastShare = 0.7

  private func reducible(
    _ frame: Frame, _ caption: [Inline], _ anchor: String?, _ alternative: String, _ fitted: FittedFrame?
  ) -> Piece {
    var piece = figure(frame, caption, anchor, alternative)
    guard let fitted else { return piece }
    let rest = piece.frame.size.height - frame.size.height
    piece.reduced = { height in
      let room = height - rest
      guard room >= frame.size.height * Self.leastShare else { return nil }
      let smaller = fitted(room)
      return smaller.size.height <= room + 0.01 ? figure(smaller, caption, anchor, alternative) : nil
    }
    return piece
  }

  private func figure(_ figure: Frame, _ text: [Inline], _ anchor: String?, _ alternative: String) -> Piece {
    let left = max(0, (width - figure.size.width) / 2)
    let caption = caption(text)
    let box = Rect(x: left, y: 0, width: figure.size.width, height: figure.size.height)
    var parts: [PlacedItem] = [.group(figure.items, offset: Point(left, 0), clip: nil)]
    if !text.isEmpty { parts.append(.group(caption.items, offset: Point(0, figure.size.height + 4), clip: nil)) }
    var items: [PlacedItem] = [.tagged(parts, role: .figure(box), alternative: alternative)]
    if let anchor { items.append(.anchor(anchor, Point(0, 0))) }
    let height = figure.size.height + 4 + caption.size.height
    return Piece(
      kind: .float(.figure), frame: Frame(size: Size(width: width, height: height), items: items),
      before: theme.floatGap * 0.6,
      after: theme.floatGap)
  }

  private func table(
    _ table: TextTable, _ text: [Inline]?, _ anchor: String?, _ alternative: String
  ) -> [Piece] {
    let parts = TableSetter(table, width: width, theme: theme, measurer: measurer).parts()
    func above(_ runs: [Inline]) -> Frame {
      let caption = self.caption(runs)
      return Frame(size: Size(width: width, height: caption.size.height + 3), items: caption.items)
    }
    let caption = text.map(above)
    // A short table floats as one; a long one is cut between rows where a page ends.
    let frames = [caption, parts.head].compactMap { $0 } + parts.rows + [parts.foot]
    if frames.reduce(0, { $0 + $1.size.height }) < 420, !table.isDense {
      var frame = stack(frames, width: width)
      frame.items = [.tagged(frame.items, role: "Table", alternative: alternative)]
      if let anchor { frame.items.append(.anchor(anchor, Point(0, 0))) }
      let kind: Piece.FloatKind = anchor == nil ? .continuation : .table
      return [Piece(kind: .float(kind), frame: frame, before: theme.floatGap * 0.6, after: theme.floatGap)]
    }
    // A caption begins with the number, in bold, and a full stop.
    let number = text?.first.flatMap { $0.bold && $0.text.hasSuffix(". ") ? $0.with(String($0.text.dropLast(2))) : nil }
    let long = LongTable(
      caption: caption, continuation: number.map { above([$0, Inline(" (continued)")]) },
      parts: parts, anchor: anchor, alternative: alternative, role: elements.next("Table"))
    return [
      Piece(
        kind: .text, frame: long.frame(0..<min(2, parts.rows.count), width: width), before: theme.floatGap * 0.6,
        after: theme.floatGap, table: long)
    ]
  }
}

extension EncodedPicture {
  /// The picture at 150 dots an inch, or as large as fits a width in points; of one that is higher than wide, so that a
  /// caption has room on its page.
  public func frame(width: Double) -> Frame {
    let natural = Double(pixelWidth) / 150 * 72
    let proportion = Double(pixelHeight) / Double(max(1, pixelWidth))
    let size = min(natural, width, width * 1.2 / max(proportion, 0.01))
    let box = Rect(x: 0, y: 0, width: size, height: size * proportion)
    return Frame(size: Size(width: box.width, height: box.height), items: [.picture(PlacedPicture(self, frame: box))])
  }
}
