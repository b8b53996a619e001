import Support

/// Every kind of cell and option in words, out of the declarations by which templates are read.
public enum CellCatalogue {
  /// A line for each cell.
  public static var summary: String {
    let all = cells.all
    let width = all.map { $0.key.count }.max() ?? 0
    return all.map { cell in
      cell.key + String(repeating: " ", count: width - cell.key.count) + "  " + cell.help + "\n"
    }.joined()
  }

  /// One cell in depth: options, and an example to copy.
  public static func text(of cell: any Cell.Type) -> String {
    var text = "\(cell.key)\n  \(cell.help)\n\nOptions\n"
    for option in cell.optionRows {
      text += "  \(option.name): \(option.words) (default: \(option.standard))\n      \(option.help)\n"
    }
    text += "\nIn a template\n\n"
    for line in (cell.examples.first?.source(of: cell) ?? "").split(separator: "\n") { text += "  \(line)\n" }
    return text
  }

  /// `Documentation/Cells.md`, whose pictures lie in `pictures/` beside it.
  public static var markdown: String {
    let all = cells.all
    var text = """
      # Cells

      A cell is a fenced block of a template whose name stands in braces; between the fences stand its options, in YAML. What
      an option leaves out has its default. `heatdrift cells` lists the cells, `heatdrift cells NAME` one of them.

      This page is written by `Scripts/make-cell-pictures.sh` out of the definitions by which templates are read, with
      pictures made of the ORL faces (`Experiments/orl.yaml`, of VGG16 every layer, by the first attack, explanation and
      measure).


      """
    for cell in all { text += "- [`\(cell.key)`](#\(cell.key)): \(cell.help)\n" }
    for cell in all {
      text += "\n## \(cell.key)\n\n\(cell.help)\n\n| option | values | default | |\n|---|---|---|---|\n"
      for option in cell.optionRows {
        text += "| `\(option.name)` | \(option.words.cell) | \(option.standard.cell) | \(option.help.cell) |\n"
      }
      for example in cell.examples {
        text += "\n\(example.words)\n\n````\n\(example.source(of: cell))````\n\n"
        text += "![\(cell.key): \(example.words.dropLast())](\(example.picture))\n"
      }
    }
    text += """

      ## Values

      Prose names values in double braces, `{{ models.count | noun model }}`, with filters behind a bar
      (`Documentation/Templates.md`). Those whose names begin with `model.` or `series.` stand within a loop, or where the
      experiment has one model.

      | value | |
      |---|---|

      """
    for value in Values.all {
      text +=
        "| `\(([value.name] + value.parameters.map { "[\($0)]" }).joined(separator: " "))` | \(value.help.cell) |\n"
    }
    return text
  }
}

extension String {
  /// Within a table of Markdown.
  fileprivate var cell: String { replacing("|", with: "\\|") }
}
