import Typesetting

/// What a page says, in reading order: its texts, and of figures what stands for them.
struct SpokenText {
  private let measurer: any TextMeasurer
  private var words = ""
  private var last: PlacedText?

  private init(measurer: any TextMeasurer) { self.measurer = measurer }

  static func text(of frame: Frame, measurer: any TextMeasurer) -> String {
    var reader = SpokenText(measurer: measurer)
    reader.read(frame.items)
    return reader.words
  }

  private mutating func read(_ items: [PlacedItem]) {
    for item in items {
      switch item {
      case .text(let text): add(text)
      case .group(let inner, _, _):
        last = nil
        read(inner)
      case .tagged(_, let role, _) where role.name == "Artifact": continue
      case .tagged(let inner, let role, let alternative) where role.name == "Figure":
        last = nil
        append(alternative)
        read(inner.filter(\.hasCaption))
      case .tagged(let inner, _, _):
        last = nil
        read(inner)
      case .valued(let inner, _): read(inner)
      case .path, .picture, .link, .anchor: continue
      }
    }
  }

  private mutating func append(_ text: String) {
    guard !text.isEmpty else { return }
    if !words.isEmpty { words += " " }
    words += text
  }

  /// Runs that touch are one word.
  private mutating func add(_ text: PlacedText) {
    if let last, last.rotation == 0, text.rotation == 0 {
      let end = last.origin.x + measurer.extent(of: last.text, font: last.font).width
      if abs(text.origin.x - end) < 0.1 * last.font.size, abs(text.origin.y - last.origin.y) < 0.5 * last.font.size {
        words += text.text
        self.last = text
        return
      }
    }
    append(text.text)
    last = text
  }
}
