import Diagnostics

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

  /// A table on its own.
  public func frame(_ table: TextTable, width: Double) -> Frame {
    let parts = TableSetter(table, width: width, theme: theme, measurer: measurer).parts()
    return stack([parts.head] + parts.rows + [parts.foot], width: parts.width)
  }

  /// - Throws: `Problem` when the page leaves no room for text.
  public func compose(_ blocks: [Block], title: String, language: String) throws(Problem) -> Document {
    guard setup.textWidth >= 100, setup.textHeight >= 150 else {
      throw .usage(
        "a page of \(Int(setup.size.width)) x \(Int(setup.size.height)) points with margins of \(Int(setup.margin)) leaves "
          + "no room for text", remedy: "Choose a smaller `margin`.")
    }
    var builder = PageBuilder(setup: setup, theme: theme)
    let setter = BlockSetter(width: setup.textWidth, theme: theme, measurer: measurer)
    for block in blocks { for piece in setter.pieces(block) { builder.add(piece) } }
    builder.finish()
    var pages: [Frame] = []
    for (index, items) in builder.pages.enumerated() {
      pages.append(Frame(size: setup.size, items: items + furniture(page: index, of: builder.pages.count)))
    }
    return Document(title: title, language: language, pages: pages, outline: builder.outline)
  }

  /// Running head and foot; the first page has its title instead of a head.
  private func furniture(page: Int, of count: Int) -> [PlacedItem] {
    let font = Font(size: theme.headSize)
    var items: [PlacedItem] = []
    func add(_ text: String, right: Bool, y: Double) {
      let width = measurer.extent(of: text, font: font).width
      let x = right ? setup.size.width - setup.margin - width : setup.margin
      let text = PlacedText(text, font: font, colour: theme.quiet, origin: Point(x, y))
      items.append(.tagged([.text(text)], role: "Artifact", alternative: ""))
    }
    if page > 0 {
      if let text = setup.headLeft { add(text, right: false, y: setup.margin * 0.62) }
      if let text = setup.headRight { add(text, right: true, y: setup.margin * 0.62) }
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
