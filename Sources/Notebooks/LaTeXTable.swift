import Foundation
import Support

/// A table for LaTeX's package booktabs.
///
/// Whatever stands in a cell is printed and never obeyed: labels and file names come from data that may come from
/// anybody. The file compiles with every engine: what pdfLaTeX cannot set with its own fonts stands twice, as it is for
/// XeLaTeX and LuaLaTeX, and in Latin letters for pdfLaTeX.
struct LaTeXTable {
  let table: ResultTable
  /// Said in a comment: "Table 3. MOD at each attack level."
  let caption: String
  /// Of the text or column that it is set into, in TeX's points; nil for as wide as it becomes.
  var width: Double?

  /// The text of a `.tex` file to be read by `\input` inside of a table environment.
  var text: String {
    let layout = LaTeXLayout(table, width: width)
    var lines = [
      "% " + Self.comment(caption), "% Needs \\usepackage{booktabs}. Made by Heatdrift; \\input it into a table.",
    ]
    let printed = visible(text(of: table)).precomposedStringWithCanonicalMapping
    if !printed.unicodeScalars.allSatisfy(Self.isKnownToPDFLaTeX) {
      lines.append(
        "% Some names have characters that need XeLaTeX or LuaLaTeX and a font that has them; pdfLaTeX prints")
      lines.append("% them in Latin letters.")
      lines.append("\\providecommand{\\heatdriftname}[2]{\\ifdefined\\Umathchar#1\\else#2\\fi}")
    }
    if layout.isTight {
      lines.append("{\\footnotesize\\setlength{\\tabcolsep}{\(Int(LaTeXLayout.tightSeparation))pt}%")
    }
    for (index, block) in layout.blocks.enumerated() {
      if index > 0 { lines.append("\\par\\smallskip") }
      lines += self.lines(of: block, isTight: layout.isTight)
    }
    return (lines + (layout.isTight ? ["}"] : []) + [""]).joined(separator: "\n")
  }

  /// What stands under a number, counts and interval one under the other where a table is tight.
  static func lines(of note: String?, isTight: Bool) -> [String] {
    note.map { isTight ? $0.replacing("; ", with: ": ").components(separatedBy: ": ") : [$0] } ?? []
  }

  private func lines(of block: LaTeXLayout.Block, isTight: Bool) -> [String] {
    let columns = block.columns.map { table.columns[$0] }
    let specification = zip(columns, block.widths).map { column, width in
      width.map { "p{\(Int($0.rounded(.down)))pt}" } ?? (column.alignment == .left ? "l" : "r")
    }
    var lines = ["\\begin{tabular}{@{}\(specification.joined())@{}}", "\\toprule"]
    lines += Self.groupLines(columns)
    if columns.contains(where: { !$0.title.isEmpty || $0.symbol != nil }) {
      lines.append(
        line(
          zip(columns, block.widths).map { column, width in
            Self.broken(
              (column.symbol.map { "\\textit{" + Self.escaped($0) + "}" } ?? "") + Self.escaped(column.printedTitle),
              width)
          }))
      lines.append("\\midrule")
    }
    for row in table.rows {
      let cells = block.columns.map { row[$0] }
      lines.append(line(zip(cells, block.widths).map { cell($0, width: $1) }))
      guard !table.notesBeside else { continue }
      let notes = cells.map { Self.lines(of: $0.note, isTight: isTight) }
      for index in 0..<(notes.map(\.count).max() ?? 0) {
        lines.append(
          line(notes.map { $0.indices.contains(index) ? "{\\scriptsize " + Self.escaped($0[index]) + "}" : "" }))
      }
    }
    // A space behind the table would make the line of a table as wide as its column too long.
    return lines + ["\\bottomrule", "\\end{tabular}%"]
  }

  private func line(_ cells: [String]) -> String {
    // A row that began with a bracket or a star would be taken for an option of the `\\` before it.
    let start = cells.first?.first { !$0.isWhitespace }
    return (start == "[" || start == "*" ? "{}" : "") + cells.joined(separator: " & ") + " \\\\"
  }

  private func cell(_ cell: ResultTable.Cell, width: Double?) -> String {
    // A word longer than its column may be broken anywhere.
    var text = width == nil ? Self.escaped(cell.text) : Self.breakable(cell.text)
    if cell.isMono, !text.isEmpty { text = "\\texttt{" + text + "}" }
    if cell.isMarked, !text.isEmpty { text = "\\textbf{" + text + "}" }
    if table.notesBeside, let note = cell.note { text += " {\\scriptsize [" + Self.escaped(note) + "]}" }
    return Self.broken(text, width)
  }

  /// Without hyphens and stretched spaces; the end of a row is still one.
  private static func broken(_ text: String, _ width: Double?) -> String {
    width == nil || text.isEmpty ? text : "\\raggedright\\let\\\\=\\tabularnewline " + text
  }

  /// Words of more than 12 characters in pieces of 4, between which a line may end.
  private static func breakable(_ text: String) -> String {
    text.split(separator: " ", omittingEmptySubsequences: false).map { word -> String in
      guard word.count > 12 else { return escaped(String(word)) }
      let characters = Array(word)
      return stride(from: 0, to: characters.count, by: 4).map { start in
        escaped(String(characters[start..<min(start + 4, characters.count)]))
      }.joined(separator: "\\allowbreak{}")
    }.joined(separator: " ")
  }

  /// The common heads over neighbouring columns of one group, and the rules under them.
  private static func groupLines(_ columns: [ResultTable.Column]) -> [String] {
    guard columns.contains(where: { $0.group != nil }) else { return [] }
    var cells: [String] = []
    var rules: [String] = []
    var index = 0
    while index < columns.count {
      guard let group = columns[index].group else {
        cells.append("")
        index += 1
        continue
      }
      let count = columns[index...].prefix { $0.group == group }.count
      cells.append("\\multicolumn{\(count)}{c}{" + escaped(columns[index].printedGroup ?? group) + "}")
      rules.append("\\cmidrule(lr){\(index + 1)-\(index + count)}")
      index += count
    }
    let start = cells.first?.first { !$0.isWhitespace }
    return [
      (start == "[" || start == "*" ? "{}" : "") + cells.joined(separator: " & ") + " \\\\",
      rules.joined(separator: " "),
    ]
  }

  private func text(of table: ResultTable) -> String {
    (table.columns.map { $0.printedTitle + ($0.symbol ?? "") + ($0.printedGroup ?? "") }
      + table.rows.joined().map { $0.text + ($0.note ?? "") }).joined()
  }

  // MARK: - Characters

  /// Text as LaTeX prints it; nothing in it is a command, a comment, a parameter, or ends the cell or the row.
  static func escaped(_ text: String) -> String {
    var result = ""
    var foreign = String.UnicodeScalarView()
    func endForeign() {
      guard !foreign.isEmpty else { return }
      result += "\\heatdriftname{\(String(foreign))}{\(printed(latin(String(foreign)), after: ""))}"
      foreign.removeAll()
    }
    // A mark belongs to the letter that it stands on.
    for character in visible(text).precomposedStringWithCanonicalMapping {
      if character.unicodeScalars.allSatisfy(isKnownToPDFLaTeX) {
        endForeign()
        result += printed(String(character), after: result)
      } else {
        foreign.append(contentsOf: character.unicodeScalars)
      }
    }
    endForeign()
    return result
  }

  /// - Parameters:
  ///   - text: of characters that are known to pdfLaTeX.
  ///   - before: what has been printed.
  private static func printed(_ text: String, after before: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      let printed = replacements[scalar] ?? (scalar.properties.isWhitespace ? " " : String(scalar))
      // An empty group keeps two signs from becoming one: "--", "''", ",,".
      let last = result.unicodeScalars.last ?? before.unicodeScalars.last
      if let last, last == printed.unicodeScalars.first, "-',`".unicodeScalars.contains(last) { result += "{}" }
      result += printed
    }
    return result
  }

  /// Foreign words in Latin letters without marks; what has none by its number: "[U+1F600]".
  static func latin(_ text: String) -> String {
    let letters =
      text.applyingTransform(.toLatin, reverse: false)?.applyingTransform(.stripCombiningMarks, reverse: false) ?? text
    return letters.unicodeScalars.map { scalar -> String in
      if isKnownToPDFLaTeX(scalar) { return String(scalar) }
      // They choose among the forms of their neighbours.
      let isMark = ["\u{200C}", "\u{200D}"].contains(scalar) || (0xFE00...0xFE0F).contains(scalar.value)
      return isMark ? "" : "[U+\(String(scalar.value, radix: 16, uppercase: true))]"
    }.joined()
  }

  /// For the rest of a comment's line: a line's end would end the comment.
  private static func comment(_ text: String) -> String {
    String(
      String.UnicodeScalarView(visible(text).unicodeScalars.map { $0.properties.isWhitespace ? " " : $0 }))
  }

  /// What LaTeX of today reads as UTF-8 and has in the fonts that every document begins with (encodings OT1 and TS1):
  /// Latin letters with accents but for some, and what `replacements` has.
  private static func isKnownToPDFLaTeX(_ scalar: Unicode.Scalar) -> Bool {
    if replacements[scalar] != nil || scalar.properties.isWhitespace { return true }
    return scalar.value < 0x7F || (0xA1...0x17F).contains(scalar.value) && !unknown.contains(scalar)
  }

  /// Tried one by one in an article without further packages.
  private static let unknown = Set("«»ÐÞðþĄąĐđĘęĦħĮįĸĿŀŉŊŋŦŧŲųſ".unicodeScalars)

  private static let replacements: [Unicode.Scalar: String] = [
    "\\": "\\textbackslash{}", "{": "\\{", "}": "\\}", "$": "\\$", "&": "\\&", "#": "\\#", "%": "\\%", "_": "\\_",
    "^": "\\textasciicircum{}", "~": "\\textasciitilde{}", "<": "\\textless{}", ">": "\\textgreater{}",
    "|": "\\textbar{}", "\"": "\\char34{}", "`": "\\textasciigrave{}",
    "\u{2212}": "$-$", "\u{2013}": "--", "\u{2014}": "---", "\u{D7}": "$\\times$", "\u{B7}": "$\\cdot$",
    "\u{3B5}": "$\\varepsilon$", "\u{2026}": "\\ldots{}", "\u{2264}": "$\\leq$", "\u{2265}": "$\\geq$",
    "\u{B1}": "$\\pm$", "\u{2032}": "$'$", "\u{3C3}": "$\\sigma$", "\u{394}": "$\\Delta$", "\u{2192}": "$\\to$",
    "\u{201C}": "``", "\u{201D}": "''", "\u{2018}": "`", "\u{2019}": "'", "\u{A0}": "~", "\u{202F}": "\\,",
    "\u{2009}": "\\,",
    // Of these ¼, ½ and ¾ alone are in every document's fonts, and only of late.
    "\u{BC}": "$\\frac14$", "\u{BD}": "$\\frac12$", "\u{BE}": "$\\frac34$", "\u{215B}": "$\\frac18$",
    "\u{215C}": "$\\frac38$", "\u{215D}": "$\\frac58$", "\u{215E}": "$\\frac78$",
  ]
}
