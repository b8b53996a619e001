import ArgumentParser
import Measuring
import Support

struct DiffCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Says why two reports differ: inputs, options, versions, numbers.",
    discussion: """
      Reads provenance.json and results.csv of two output folders, nothing else. Exit code 0 when they say the same, \
      1 when they differ.

      EXAMPLES
        heatdrift diff Reports/orl /tmp/orl-of-last-month
      """)

  @Argument(help: "An output folder.", completion: .directory)
  var first: String

  @Argument(help: "Another one.", completion: .directory)
  var second: String

  @Option(name: .long, help: "Lines of each section; the rest is counted.")
  var rows = 20

  @OptionGroup(title: "Common options") var common: CommonOptions

  var paths: [String] { [first, second] }

  func validate() throws {
    guard rows > 0 else { throw ValidationError("--rows must be at least 1, found \(rows).") }
  }

  func run() throws {
    let comparison = try ReportComparison(first, second)
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
        let changes = own.map { "\($0.name) \($0.former ?? "none") → \($0.latter ?? "none")" }
        Console.result("rendered by other libraries: \(changes.joined(separator: ", "))")
        continue
      }
      Console.result("\(section):")
      for difference in own.prefix(rows) {
        let values: String
        switch (difference.former, difference.latter) {
        case (let former?, let latter?): values = "\(former) → \(latter)"
        case (let former?, nil): values = "\(former), only in \(first)"
        case (nil, let latter?): values = "\(latter), only in \(second)"
        case (nil, nil): values = ""
        }
        Console.result("  \(difference.name): \(values)")
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
}
