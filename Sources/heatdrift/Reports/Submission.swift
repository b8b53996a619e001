import Notebooks
import Rendering
import Results
import Support

/// A report for a system that takes manuscripts: what its PDF may weigh, and the archive of what it does not carry.
enum Submission {
  /// In bytes. Systems take 2 MB (OpenReview's and EDAS's supplements far more), and reviewers' mail no more either.
  static let mostBytes = 2_000_000

  /// "report-supplement.zip", beside "report.pdf".
  static func archiveName(suffix: String) -> String { "report\(suffix)-supplement.zip" }

  /// The files that the report would carry, its tables, and what each of them is.
  /// - Throws: `Problem` of kind `.failure` when no memory is left.
  static func archive(_ attachments: ReportAttachments, tables: [Notebook.Table]) throws(Problem) -> [UInt8] {
    var lines = ["What the report was made of.", ""]
    var files: [(name: String, bytes: [UInt8])] = []
    for file in attachments.attached.sorted(by: { $0.name < $1.name }) {
      lines.append("\(file.name): \(file.description).")
      files.append((file.name, file.bytes))
    }
    for table in tables {
      files.append(("tables/\(table.label).csv", Array(table.csv.utf8)))
    }
    if !tables.isEmpty { lines.append("tables: the report's tables, with all digits.") }
    return try ZIPArchive.bytes(of: [("README.txt", Array((lines.joined(separator: "\n") + "\n").utf8))] + files)
  }

  /// What makes a PDF larger than systems take; nil where it is not.
  /// - Throws: `Problem` where it cannot be read.
  static func warning(of pdf: [UInt8], name: String) throws(Problem) -> Warning? {
    guard pdf.count > mostBytes else { return nil }
    let sizes = try PDFSizes(pdf, file: name)
    let parts = [
      (sizes.pictures, "\(Console.count(sizes.pictureCount, "picture")) \(size(sizes.pictures))"),
      (sizes.rest, "what its pages draw \(size(sizes.rest))"), (sizes.fonts, "fonts \(size(sizes.fonts))"),
    ].sorted { $0.0 > $1.0 }.map(\.1)
    let remedy =
      sizes.pictures > sizes.rest
      ? "Show fewer heatmaps: `samples` of heatmap grids and sample cards in the template, or fewer models and levels."
      : "Show less in one figure or table: fewer models, levels or images in the template."
    return Warning(
      "\(name) has \(size(pdf.count)), more than the \(size(mostBytes)) that many systems take: \(listInWords(parts))",
      remedy: remedy)
  }

  /// "2.4 MB", "310 KB"
  private static func size(_ bytes: Int) -> String {
    guard bytes >= 1_000_000 else { return "\((bytes + 500) / 1000) KB" }
    let tenths = (bytes + 50_000) / 100_000
    return tenths % 10 == 0 ? "\(tenths / 10) MB" : "\(tenths / 10).\(tenths % 10) MB"
  }
}
