import Typesetting

/// Writes a table with the heads of its rows and columns; `report.js` makes those sort it that say so.
struct TableMarkup {
  var inline: InlineMarkup
  /// Colours behind cells, by their classes: "b1f4e79".
  var shades: [String: Colour]

  init(inline: InlineMarkup, shades: [String: Colour]) {
    self.inline = inline
    self.shades = shades
  }

  /// - Parameters:
  ///   - caption: as HTML; nil for none.
  ///   - label: what it is called where it has no caption.
  mutating func html(_ table: TextTable, caption: String?, label: String) -> String {
    let rowHeads = table.columns.first?.alignment == .left && table.columns.count > 1
    let sorts = Self.isSortable(table)
    var text = "<table\(sorts ? " data-sorts" : "")\(caption == nil ? " aria-label=\"\(Markup.escaped(label))\"" : "")>"
    if let caption { text += "<caption><div>\(caption)</div></caption>" }
    text += head(table) + "<tbody>"
    for row in table.rows {
      text += "<tr>"
      for (index, cell) in row.enumerated() where table.columns.indices.contains(index) {
        text += self.cell(cell, table.columns[index], isHead: index == 0 && rowHeads && !cell.text.plainText.isEmpty)
      }
      text += "</tr>\n"
    }
    return text + "</tbody></table>"
  }

  /// Whether its lines mean the same in another order: a line whose first cell is empty belongs to the one before it, and
  /// where two columns have one name a line holds several things beside each other.
  static func isSortable(_ table: TextTable) -> Bool {
    let names = zip(table.columns, table.head).map { [$0.group ?? "", $1.plainText] }.filter { !$0[1].isEmpty }
    return table.rows.count > 1 && !names.isEmpty && Set(names).count == names.count
      && table.rows.allSatisfy { $0.first.map { !$0.text.plainText.isEmpty } ?? false }
  }

  private mutating func head(_ table: TextTable) -> String {
    guard !table.head.allSatisfy(\.plainText.isEmpty) else { return "" }
    var text = "<thead>"
    if table.columns.contains(where: { $0.group != nil }) {
      text += "<tr>"
      var index = 0
      while index < table.columns.count {
        let group = table.columns[index].group
        let end = table.columns[index...].firstIndex { $0.group != group } ?? table.columns.count
        if let group {
          text += "<th scope=\"colgroup\" colspan=\"\(end - index)\" class=\"c\">\(Markup.escaped(group))</th>"
        } else {
          text += "<td colspan=\"\(end - index)\"></td>"
        }
        index = end
      }
      text += "</tr>"
    }
    text += "<tr>"
    for (column, words) in zip(table.columns, table.head) {
      let inner = inline.html(words)
      text += inner.isEmpty ? "<td></td>" : "<th scope=\"col\" class=\"\(Self.name(column.alignment))\">\(inner)</th>"
    }
    return text + "</tr></thead>"
  }

  private mutating func cell(_ cell: TextTable.Cell, _ column: TextTable.Column, isHead: Bool) -> String {
    var classes = Self.name(column.alignment) + (column.wraps ? " w" : "")
    if let shade = cell.shade { classes += " shade \(name(shade))" }
    var inner = inline.html(cell.text)
    if let note = cell.note, !note.plainText.isEmpty { inner += "<small>\(inline.html(note))</small>" }
    return isHead
      ? "<th scope=\"row\" class=\"\(classes)\">\(inner)</th>" : "<td class=\"\(classes)\">\(inner)</td>"
  }

  private mutating func name(_ shade: Colour) -> String {
    let name = "b\(ColourSheet.hex(shade).dropFirst())"
    shades[name] = shade
    return name
  }

  private static func name(_ alignment: TextTable.Alignment) -> String {
    switch alignment {
    case .left: "l"
    case .right: "r"
    case .centre: "m"
    }
  }
}
