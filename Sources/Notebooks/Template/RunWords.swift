import Results
import Support

/// What prose says of runs that stand side by side.
struct RunWords {
  private let overview: RunOverview?

  init(_ data: ReportData) { overview = data.results.runs }

  /// 0 where the report is of one run.
  var several: Int { overview?.runs.count ?? 0 }

  var list: String { listInWords(overview?.runs.map { "“\($0.name)”" } ?? []) }

  /// Which runs there are, and over which images the report is; empty for one run.
  var sentence: String {
    guard let overview else { return "" }
    let count = overview.commonImages
    let images = count == 1 ? "the one image" : "the \(count) images"
    let beyond = overview.runs.filter { $0.imageCount > count }.map { run in
      "“\(run.name)” measured \(run.imageCount - count) beyond \(count == 1 ? "it" : "them")"
    }
    let rest = beyond.isEmpty ? "" : " " + listInWords(beyond) + "."
    let what = overview.isSweep ? "The runs of this sweep, \(list)," : "The runs \(list)"
    return "\(what) stand side by side over \(images) that all of them measured.\(rest)"
  }
}
