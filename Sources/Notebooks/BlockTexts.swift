import Results
import Support
import Typesetting

// What cells and messages say, as text that is set.

extension Inline {
  /// Text from code or data as it is, with every ε in italics.
  static func plain(_ text: String) -> [Inline] {
    // "7 × 7" is one size.
    Inline(
      unbroken(text).replacing("× ", with: "×\u{A0}").replacing("ε = ", with: "ε\u{A0}=\u{A0}")
    ).withSymbols
  }

  /// "VGG16 ×¼" is one name, within which no line ends.
  static func unbroken(_ name: String) -> String { name.replacing(" ×", with: "\u{A0}×") }

  /// The same with every ε in italics; code as it is.
  var withSymbols: [Inline] {
    guard !mono, !italic, text.contains("ε") else { return text.isEmpty ? [] : [self] }
    var result: [Inline] = []
    for character in text {
      let isSymbol = character == "ε"
      if let last = result.last, last.italic == isSymbol {
        result[result.count - 1].text.append(character)
      } else {
        var run = self
        (run.text, run.italic) = (String(character), isSymbol)
        result.append(run)
      }
    }
    return result
  }
}

extension ProseRun {
  static func warning(_ warning: Warning) -> [ProseRun] {
    [ProseRun("Warning. ", .strong)] + marked(warning.sentences)
  }

  var inlines: [Inline] {
    switch style {
    case .plain: Inline.plain(text)
    case .italic: [Inline(text, italic: true)]
    case .strong: [Inline(text, bold: true)]
    case .mono: [Inline(text, mono: true)]
    case .lowered: [Inline(text, script: .sub)]
    }
  }
}

extension ResultTable {
  var textTable: TextTable {
    TextTable(
      columns: columns.map {
        TextTable.Column(
          $0.alignment == .left ? .left : isEven ? .centre : .right, group: $0.printedGroup, wraps: $0.wraps)
      },
      head: columns.map { column in
        (column.symbol.map { [Inline($0, italic: true)] } ?? []) + [Inline(column.printedTitle)]
      },
      rows: rows.map { row in
        row.map { cell in
          let text = [Inline(cell.text, bold: cell.isMarked, mono: cell.isMono)]
          let note = cell.note.map { notesBeside ? [Inline(" [\($0)]")] : [Inline($0)] }
          return TextTable.Cell(
            notesBeside ? text + (note ?? []) : text, note: notesBeside ? nil : note, shade: cell.shade)
        }
      }, isDense: isDense, isEven: isEven)
  }

  var alternativeText: String {
    if let alternative { return alternative }
    let names = columns.map { ($0.symbol ?? "") + $0.title }.filter { !$0.isEmpty }
    return "Table of \(rows.count == 1 ? "1 line" : "\(rows.count) lines"): \(names.joined(separator: ", "))."
  }
}
