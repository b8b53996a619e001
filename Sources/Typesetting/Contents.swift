/// Whether a report has contents.
public enum ContentsRule: Sendable, Hashable {
  /// However long the report is.
  case never, always
  /// Of reports that are longer than so many pages without it.
  case beyond(pages: Int)
}

/// The contents: the headings of the first two levels, or of the first alone where that is more than a look takes in; dotted
/// leaders, page numbers.
struct Contents {
  struct Entry {
    var title: String
    var level: Int
    /// 0-based.
    var page: Int
    var anchor: String?
  }

  /// Beyond so many headings only those of the first level are listed.
  private static let mostListed = 16

  let width: Double
  let theme: Theme
  let measurer: any TextMeasurer
  let elements: ElementNumbers

  func pieces(_ entries: [Entry]) -> [Piece] {
    let size = theme.headingSize(1)
    var title = Inline("Contents", bold: true)
    title.family = theme.headingFamily
    let head = stack(
      Paragraph([title], size: size, theme: theme, measurer: measurer)
        .lines(width: width, leading: size * 1.25, alignment: .left), width: width
    ).tagged(elements.heading(1))
    let role = elements.next("TOC")
    var listed = entries.filter { $0.level <= 2 }
    let main = listed.filter { $0.level == 1 }
    if listed.count > Self.mostListed, !main.isEmpty { listed = main }
    return [Piece(kind: .text, frame: head, before: theme.textSize, after: theme.textSize * 0.5)]
      + listed.enumerated().map { index, entry in
        var piece = self.piece(entry)
        piece.frame = piece.frame.tagged("TOCI").tagged(role)
        // The report begins below it.
        if index == listed.count - 1 { piece.after = theme.textSize * 2 }
        return piece
      }
  }

  private func piece(_ entry: Entry) -> Piece {
    let isMain = entry.level == 1
    let font = Font(theme.textFamily, size: theme.textSize)
    let number = String(entry.page + 1)
    let indent = isMain ? 0 : theme.textSize * 1.6
    // Room for three digits and the leader's end.
    let right = measurer.extent(of: "000", font: font).width + theme.textSize * 0.6
    let target = entry.anchor.map { LinkTarget.anchor($0) }
    let runs = [Inline(entry.title, bold: isMain, link: target, colour: theme.ink)]
    let lines = Paragraph(runs, size: theme.textSize, theme: theme, measurer: measurer)
      .lines(width: width - indent - right, leading: theme.leading, alignment: .left)
    var frame = stack(lines, width: width - indent - right)
    frame.items = [.group(frame.items, offset: Point(indent, 0), clip: nil)]
    frame.size.width = width

    let end = indent + end(of: lines.last?.items ?? [])
    let extent = measurer.extent(of: number, font: font)
    let top = frame.size.height - theme.leading
    let baseline = top + (theme.leading - extent.ascent - extent.descent) / 2 + extent.ascent
    let dot = measurer.extent(of: " .", font: font).width
    let count = Int((width - right - end - theme.textSize * 0.4) / dot)
    if count > 2 {
      // The dots end at the same place on every line, so that they stand under each other.
      let dots = PlacedText(
        String(repeating: " .", count: count), font: font, colour: theme.quiet,
        origin: Point(width - right - Double(count) * dot, baseline))
      frame.items.append(.tagged([.text(dots)], role: "Artifact", alternative: ""))
    }
    frame.items.append(
      .text(PlacedText(number, font: font, colour: theme.ink, origin: Point(width - extent.width, baseline))))
    // From the title to the margin.
    if let target {
      frame.items.append(.link(Rect(x: end, y: top, width: max(0, width - end), height: theme.leading), target))
    }
    return Piece(kind: .text, frame: frame, before: isMain ? theme.textSize * 0.35 : 0, after: 0)
  }

  /// Where the last text of a line ends.
  private func end(of items: [PlacedItem]) -> Double {
    items.map { item -> Double in
      switch item {
      case .text(let text): text.origin.x + measurer.extent(of: text.text, font: text.font).width
      case .group(let inner, let offset, _): offset.x + end(of: inner)
      case .tagged(let inner, _, _), .valued(let inner, _): end(of: inner)
      default: 0
      }
    }.max() ?? 0
  }
}
