import ArgumentParser
import Measuring
import Store
import Support

struct DiffCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Says why reports differ: inputs, options, versions, numbers.",
    discussion: """
      Reads provenance.json and results.csv of two output folders or more, nothing else. Of more than two each has a \
      column, and what is the same in all is left out. Exit code 0 when they say the same, 1 when they differ.

      EXAMPLES
        heatdrift diff Reports/orl /tmp/orl-of-last-month
        heatdrift diff runs/*
      """)

  @Argument(help: ArgumentHelp("Output folders, at least two.", valueName: "folder"), completion: .directory)
  var folders: [String]

  @Option(name: .long, help: "Lines of each section; the rest is counted.")
  var rows = 20

  @OptionGroup(title: "Common options") var common: CommonOptions

  var paths: [String] { folders }

  func validate() throws {
    guard folders.count > 1 else { throw ValidationError("diff needs at least two folders, found one: \(folders[0])") }
    guard rows > 0 else { throw ValidationError("--rows must be at least 1, found \(rows).") }
  }

  func run() throws {
    let comparison = try ReportComparison(folders)
    guard !comparison.differences.isEmpty else {
      Console.result(
        "No difference: \(Console.count(comparison.commonRows, "measurement")), the same to the last digit.")
      return
    }
    var sections: [String] = []
    for difference in comparison.differences where !sections.contains(difference.section) {
      sections.append(difference.section)
    }
    for section in sections {
      let own = comparison.differences.filter { $0.section == section }
      if section == "rendering" {
        let changes = own.map { "\($0.name) \($0.values.map { $0 ?? "none" }.joined(separator: " → "))" }
        Console.result("rendered by other libraries: \(changes.joined(separator: ", "))")
        continue
      }
      let shown = Array(own.prefix(rows))
      if folders.count == 2 {
        Console.result("\(section):")
        for difference in shown { Console.result("  \(difference.name): \(words(difference.values))") }
      } else {
        for line in DiffTable.lines(section, shown, names: RunNames.distinguishing(folders)) { Console.result(line) }
      }
      if own.count > rows { Console.result("  and \(Console.grouped(own.count - rows)) more") }
    }
    if comparison.differences.allSatisfy({ $0.section == "rendering" || $0.section == "fonts" }) {
      Console.result("Nothing else differs: pages may be drawn otherwise, and say the same.")
    }
    Console.result(
      "\(Console.grouped(comparison.equalRows)) of \(Console.count(comparison.commonRows, "common measurement")) are the "
        + "same to the last digit.")
    throw ExitCode(1)
  }

  /// Of two folders.
  private func words(_ values: [String?]) -> String {
    switch (values[0], values[1]) {
    case (let former?, let latter?): "\(former) → \(latter)"
    case (let former?, nil): "\(former), only in \(folders[0])"
    case (nil, let latter?): "\(latter), only in \(folders[1])"
    case (nil, nil): ""
    }
  }
}

/// A section of differences between many reports, a column for each.
enum DiffTable {
  private static let longestName = 40
  /// Of a column that others stand behind.
  private static let widest = 48

  /// - Parameter names: of the reports.
  static func lines(_ section: String, _ differences: [ReportComparison.Difference], names: [String]) -> [String] {
    let cells = differences.map { $0.values.map { shown($0) } }
    let widths = names.indices.map { report in
      min(widest, ([names[report]] + cells.map { $0[report] }).map { terminalColumns(visible($0)) }.max() ?? 0)
    }
    func row(_ head: String, _ cells: [String], _ width: Int) -> String {
      let columns = zip(cells, widths).enumerated().map { index, cell in
        index == cells.count - 1 ? visible(cell.0) : padded(visible(cell.0), to: cell.1)
      }
      return "  " + padded(visible(head), to: width) + "  " + columns.joined(separator: "  ")
    }
    let longest = differences.map { terminalColumns(visible($0.name)) }.max() ?? 0
    // Long names take a line of their own.
    let width = longest > longestName ? 0 : longest
    let head = row("", names, width)
    return ["\(section):", head]
      + zip(differences, cells).flatMap { difference, cells in
        width == 0 ? ["  \(visible(difference.name)):", row("", cells, 0)] : [row(difference.name, cells, width)]
      }
  }

  /// Of a sum the beginning, which is enough to tell two apart.
  private static func shown(_ value: String?) -> String {
    guard let value else { return "–" }
    let isSum = value.count >= 64 && value.prefix(64).allSatisfy(\.isHexDigit)
    return isSum ? value.prefix(12) + "…" + value.dropFirst(64) : value
  }
}
