import Support

/// Turns blocks into pages: lines, floats, running heads, outline.
///
/// A figure or table that does not fit the rest of a page waits for the top of the next one while the text that
/// follows fills the page.
public struct Composer {
  private let setup: PageSetup
  private let theme: Theme
  private let measurer: any TextMeasurer

  public init(_ setup: PageSetup, theme: Theme, measurer: any TextMeasurer) {
    self.setup = setup
    self.theme = theme
    self.measurer = measurer
  }

  /// The tallest figure that fits a page together with a caption of five lines.
  public var maximumFigureHeight: Double { setup.textHeight - 6 * theme.captionSize * 1.3 - theme.floatGap }

  /// All blocks one under the other, as tall as they are: no pages, no heads.
  public func strip(_ blocks: [Block], margin: Double) -> Frame {
    let setter = BlockSetter(width: setup.textWidth, theme: theme, measurer: measurer, elements: ElementNumbers())
    var items: [PlacedItem] = []
    var y = margin
    var owed = 0.0
    for piece in blocks.flatMap(setter.pieces) {
      let frame = piece.table.map { $0.frame(0..<$0.parts.rows.count, width: setup.textWidth) } ?? piece.frame
      y += items.isEmpty ? 0 : max(owed, piece.before)
      items.append(.group(frame.items, offset: Point(margin, y), clip: nil))
      y += frame.size.height
      owed = piece.after
    }
    return Frame(size: Size(width: setup.textWidth + 2 * margin, height: y + margin), items: items)
  }

  /// - Parameter contents: whether the block `contents` becomes a list of headings.
  /// - Throws: `Problem` when the page leaves no room for text.
  public func compose(
    _ blocks: [Block], title: String, language: String, contents: ContentsRule = .never
  ) throws(Problem) -> Document {
    guard setup.textWidth >= 100, setup.textHeight >= 150 else {
      throw .usage(
        "a page of \(Int(setup.size.width)) x \(Int(setup.size.height)) points with margins of \(Int(setup.margin)) leaves "
          + "no room for text", remedy: "Choose a smaller `margin`.")
    }
    var footnotes = Footnotes(width: setup.textWidth, theme: theme, measurer: measurer)
    let blocks = footnotes.numbered(blocks)
    let notes = footnotes.frames
    let setter = BlockSetter(width: setup.textWidth, theme: theme, measurer: measurer, elements: ElementNumbers())
    let place = blocks.firstIndex { if case .contents = $0 { true } else { false } }
    let front = blocks[..<(place ?? 0)].flatMap(setter.pieces)
    let rest = stretches(Array(blocks[(place ?? 0)...]), setter)
    func build(_ middle: [Piece]) -> PageBuilder {
      var builder = PageBuilder(setup: setup, theme: theme, notes: notes)
      for piece in front + middle { builder.add(piece) }
      for stretch in rest {
        switch stretch {
        case .wide(let piece): builder.add(piece)
        case .columns(let pieces): builder.add(columns: pieces)
        }
      }
      builder.finish()
      return builder
    }
    var builder = build([])
    let wantsContents =
      switch contents {
      case .never: false
      case .always: true
      case .beyond(let pages): builder.pages.count > pages
      }
    if place != nil, wantsContents, !builder.outline.isEmpty {
      let maker = Contents(width: setup.textWidth, theme: theme, measurer: measurer, elements: setter.elements)
      // Once to know how many pages the contents take, and once with the numbers that follow from it.
      for _ in 0..<2 {
        let entries = zip(builder.outline, builder.anchors).map { entry, anchor in
          Contents.Entry(title: entry.title, level: entry.level, page: entry.page, anchor: anchor)
        }
        builder = build(maker.pieces(entries))
      }
    }
    var pages: [Frame] = []
    for (index, items) in builder.pages.enumerated() {
      pages.append(Frame(size: setup.size, items: items + furniture(page: index, of: builder.pages.count)))
    }
    return Document(title: title, language: language, pages: pages, outline: builder.outline)
  }

  /// What goes over the width of the text, and text in columns.
  private enum Stretch {
    case wide(Piece)
    case columns([Piece])
  }

  private func stretches(_ blocks: [Block], _ setter: BlockSetter) -> [Stretch] {
    guard setup.columns > 1 else {
      return blocks.flatMap(setter.pieces).withHeadingsOver(pageOf: setup.textHeight).map(Stretch.wide)
    }
    let narrow = BlockSetter(width: setup.columnWidth, theme: theme, measurer: measurer, elements: setter.elements)
    var result: [Stretch] = []
    var text: [Block] = []
    func flush() {
      // Headings right before a figure go over all columns with it.
      let count = text.reversed().prefix { if case .heading = $0 { true } else { false } }.count
      let pieces = text.dropLast(count).flatMap(narrow.pieces)
      if !pieces.isEmpty { result.append(.columns(pieces)) }
      result += text.suffix(count).flatMap(setter.pieces).map(Stretch.wide)
      text = []
    }
    for block in blocks {
      switch block {
      case .heading, .paragraph, .list, .works, .quote, .code, .rule, .notice: text.append(block)
      case .title, .figure, .picture, .table, .contents, .pageBreak:
        flush()
        result += setter.pieces(block).map(Stretch.wide)
      }
    }
    flush()
    return result
  }

  /// Running head and foot; the first page has its title instead of a head.
  private func furniture(page: Int, of count: Int) -> [PlacedItem] {
    let font = Font(theme.textFamily, size: theme.headSize)
    var items: [PlacedItem] = []
    func width(_ text: String) -> Double { measurer.extent(of: text, font: font).width }
    func add(_ text: String, right: Bool, y: Double) {
      let width = width(text)
      let x = right ? setup.size.width - setup.margin - width : setup.margin
      let text = PlacedText(text, font: font, colour: theme.quiet, origin: Point(x, y))
      items.append(.tagged([.text(text)], role: "Artifact", alternative: ""))
    }
    if page > 0 {
      let (left, right) = (setup.headLeft ?? "", setup.headRight ?? "")
      let whole = setup.size.width - 2 * setup.margin
      let gap = right.isEmpty || left.isEmpty ? 0 : 2 * theme.textSize
      // The right one gives way down to half of the line, then the left one to what is left.
      let shown = measurer.fitted(right, font: font, width: max((whole - gap) / 2, whole - gap - width(left)))
      let y = setup.margin * 0.62
      let rest = whole - gap - width(shown)
      if !left.isEmpty { add(measurer.fitted(left, font: font, width: rest), right: false, y: y) }
      if !right.isEmpty { add(shown, right: true, y: y) }
    }
    add("\(page + 1) of \(count)", right: true, y: setup.size.height - setup.margin * 0.5)
    return items
  }
}

/// Frames one under the other.
func stack(_ frames: [Frame], width: Double, gap: Double = 0) -> Frame {
  var y = 0.0
  var items: [PlacedItem] = []
  for frame in frames {
    items.append(.group(frame.items, offset: Point(0, y), clip: nil))
    y += frame.size.height + gap
  }
  return Frame(size: Size(width: width, height: max(0, y - gap)), items: items)
}
