import Foundation
import Results
import Support

/// What of a report on several runs may be chosen, in the words of experiment files: nothing that is measured.
public struct ReportChoices: Sendable, Equatable {
  /// Printed at the top of the report.
  public var title: String
  /// Draws intervals and tests.
  public var seed: Int
  /// How many resamples and flips of signs these are made of.
  public var resamples: Int
  /// How the report is written.
  public var report: ReportOptions

  public init(title: String, seed: Int, resamples: Int, report: ReportOptions) {
    self.title = title
    self.seed = seed
    self.resamples = resamples
    self.report = report
  }

  private static let keys = ["title", "seed", "resamples", "report"]

  /// Puts in what `--set` says.
  /// - Parameter overrides: in order.
  /// - Throws: `Problem` of kind `.usage` for a key that changes what is measured, or a value that it cannot have.
  public mutating func apply(
    _ overrides: [Override], environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(Problem) {
    let place = Place(file: "--set")
    var root = YAMLValue(content: .mapping([]), place: place)
    for override in overrides {
      guard case .key(let key)? = override.steps.first, Self.keys.contains(key) else {
        throw .usage(
          at: override.place, "what the runs measured cannot be changed by their report",
          remedy: "`title`, `seed`, `resamples` and `report....` can; `heatdrift run --set` measures something else.")
      }
      root = try override.applied(to: root)
    }
    let reader = ExperimentReader(context: OptionContext(folder: "", environment: environment))
    if let value = root["title"] { title = try reader.filled(value).text("title") }
    if let value = root["seed"] { seed = try reader.filled(value).integer("seed", in: 0...Int.max) }
    if let value = root["resamples"] {
      resamples = try reader.filled(value).integer("resamples", in: Resampling.allowed)
    }
    if let value = root["report"] { report = try reader.readReport(value, report) }
  }
}

extension ReportOptions {
  /// Those of an experiment file that says nothing of them.
  public static let standard = ReportOptions()
}
