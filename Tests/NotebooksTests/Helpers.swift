import Foundation
import Notebooks
import Support
import Typesetting

/// Every character half as wide as the font is high.
struct FixedMeasurer: TextMeasurer {
  func extent(of text: String, font: Font) -> TextExtent {
    TextExtent(width: Double(text.count) * font.size / 2, ascent: font.size * 0.75, descent: font.size * 0.25)
  }
}

func notebook(_ source: String, _ made: MadeUpResults = MadeUpResults()) throws -> Notebook {
  try Notebook(Template(source: source, file: "test.md"), results: made.results, measurer: FixedMeasurer())
}

/// The whole message of the error that a template gives.
func message(_ source: String) -> String {
  do {
    return try Template(source: source, file: "test.md").check().map(\.description).joined(separator: "\n")
  } catch {
    return "\(error)"
  }
}

extension Document {
  /// All text of all pages in the order of drawing, without spaces: where lines break is not this test's business.
  var text: String { Self.squeezed(pages.flatMap { Self.words($0.items) }.joined()) }

  /// The same with its spaces, those that do not break among them.
  var spacedText: String { pages.flatMap { Self.words($0.items) }.joined() }

  static func squeezed(_ text: String) -> String { text.filter { !$0.isWhitespace } }

  func says(_ sentence: String) -> Bool { text.contains(Self.squeezed(sentence)) }

  private static func words(_ items: [PlacedItem]) -> [String] {
    items.flatMap { item -> [String] in
      switch item {
      case .text(let text): [text.text]
      case .group(let inner, _, _), .tagged(let inner, _, _), .valued(let inner, _): words(inner)
      default: []
      }
    }
  }
}

extension Frame {
  /// Texts with their places on the frame, groups opened.
  var texts: [PlacedText] { Self.texts(items, Point(0, 0)) }

  private static func texts(_ items: [PlacedItem], _ shift: Point) -> [PlacedText] {
    items.flatMap { item -> [PlacedText] in
      switch item {
      case .text(var text):
        text.origin = Point(text.origin.x + shift.x, text.origin.y + shift.y)
        return [text]
      case .group(let inner, let offset, _): return texts(inner, Point(shift.x + offset.x, shift.y + offset.y))
      case .valued(let inner, _): return texts(inner, shift)
      default: return []
      }
    }
  }
}

/// The repository's own templates.
let shippedTemplates = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().appendingPathComponent("Templates")
