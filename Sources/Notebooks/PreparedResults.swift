import Results
import Support

/// Results with what every report on them begins with: names that can be printed, and the summary of every series.
///
/// Resampling takes most of the time of a report: whoever makes several of the same results prepares these once.
public struct PreparedResults: Sendable {
  let data: ReportData
  /// The same with models by their drift.
  let byDrift: ReportData
  /// A series without a complete image is a problem that the report names, not the end of it.
  let missing: [Problem]

  /// Summarises every series, once.
  public init(_ results: ExperimentResults) {
    let results = results.withVisibleNames
    let (summaries, missing) = results.summaries()
    self.missing = missing
    data = ReportData(results, summaries: summaries, missing: missing.map(\.message))
    byDrift = data.byDrift
  }
}
