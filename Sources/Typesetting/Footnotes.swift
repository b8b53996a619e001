/// Numbers footnotes through a report, and sets them for the feet of its pages.
struct Footnotes {
  /// By number.
  private(set) var frames: [Int: Frame] = [:]
  private var numbers: [[Inline]: Int] = [:]
  private let width: Double
  private let theme: Theme
  private let measurer: any TextMeasurer

  init(width: Double, theme: Theme, measurer: any TextMeasurer) {
    self.width = width
    self.theme = theme
    self.measurer = measurer
  }

  private static let prefix = LinkTarget.notePrefix

  /// Blocks whose marks have numbers and lead to their notes. A note that several marks share has one number.
  mutating func numbered(_ blocks: [Block]) -> [Block] { blocks.map { numbered($0) } }

  private mutating func numbered(_ block: Block) -> Block {
    switch block {
    case .paragraph(let runs): .paragraph(runs.map { numbered($0) })
    case .list(let items, let start): .list(items.map { numbered($0) }, start: start)
    case .quote(let inner): .quote(numbered(inner))
    default: block
    }
  }

  private mutating func numbered(_ run: Inline) -> Inline {
    guard let note = run.note else { return run }
    let number = numbers[note] ?? numbers.count + 1
    if numbers.updateValue(number, forKey: note) == nil { frames[number] = set(note, number) }
    return Inline(String(number), script: .super, link: .anchor(Self.prefix + String(number)))
  }

  private func set(_ note: [Inline], _ number: Int) -> Frame {
    let runs = [Inline(String(number), script: .super), Inline("\u{2009}")] + note
    let lines = Paragraph(runs, size: theme.captionSize, theme: theme, measurer: measurer)
      .lines(width: width, leading: theme.captionSize * 1.3, alignment: .justified)
    var frame = stack(lines, width: width).tagged("Note")
    frame.items.append(.anchor(Self.prefix + String(number), Point(0, 0)))
    return frame
  }

  /// The numbers of the marks among these items, in their order.
  static func marks(in items: [PlacedItem]) -> [Int] {
    items.flatMap { item -> [Int] in
      switch item {
      case .link(_, .anchor(let name)) where name.hasPrefix(prefix):
        Int(name.dropFirst(prefix.count)).map { [$0] } ?? []
      case .group(let inner, _, _), .tagged(let inner, _, _), .valued(let inner, _): marks(in: inner)
      default: []
      }
    }
  }
}

/// The notes of one page.
struct PageNotes {
  private let frames: [Int: Frame]
  private let theme: Theme
  private var numbers: [Int] = []

  init(_ frames: [Int: Frame], theme: Theme) {
    self.frames = frames
    self.theme = theme
  }

  private var gap: Double { theme.textSize * 0.9 }

  private func height(_ numbers: [Int]) -> Double {
    numbers.isEmpty ? 0 : gap + numbers.reduce(0) { $0 + (frames[$1]?.size.height ?? 0) }
  }

  private func with(_ pieces: [Piece]) -> [Int] {
    guard !frames.isEmpty else { return [] }
    var all = numbers
    for number in pieces.flatMap({ Footnotes.marks(in: $0.frame.items) }) where !all.contains(number) {
      all.append(number)
    }
    return all
  }

  /// What the foot of the page takes, these pieces' notes included.
  func height(adding pieces: [Piece] = []) -> Double { height(with(pieces)) }

  mutating func add(_ piece: Piece) { numbers = with([piece]) }

  /// A short rule and the notes, their last line on the bottom of the text; then there are none.
  mutating func take(_ setup: PageSetup) -> [PlacedItem] {
    guard !numbers.isEmpty else { return [] }
    var y = setup.margin + setup.textHeight - height(numbers) + gap
    let rule = PlacedPath.line(
      from: Point(setup.margin, y - gap * 0.4), to: Point(setup.margin + 60, y - gap * 0.4),
      Stroke(theme.quiet, width: 0.4))
    var items: [PlacedItem] = [.tagged([.path(rule)], role: "Artifact", alternative: "")]
    for frame in numbers.compactMap({ frames[$0] }) {
      items.append(.group(frame.items, offset: Point(setup.margin, y), clip: nil))
      y += frame.size.height
    }
    numbers = []
    return items
  }
}
