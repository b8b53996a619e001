import Datasets
import Diagnostics
import Experiments
import Foundation
import Notebooks
import Rendering
import Results

/// Makes every file that a finished run leaves beside its store.
struct ReportFiles {
  let folder: OutputFolder
  let store: ResultsStore
  let renderer: Renderer

  /// Composes and renders everything in memory first, then replaces the files one by one, and at last removes what
  /// an earlier report left and this one does not have.
  /// - Returns: the problems of cells, which are printed in the report where the cells would stand.
  func write(_ run: StoredRun, template: Template, formats: [ReportOptions.Format]) throws(Problem) -> [Problem] {
    let (files, problems) = try ReportFiles.make(
      run, store: store, template: template, formats: formats, renderer: renderer)
    for name in ["figures", "tables"] where files.contains(where: { $0.path.hasPrefix(name + "/") }) {
      do {
        try FileManager.default.createDirectory(
          atPath: "\(folder.path)/\(name)", withIntermediateDirectories: true)
      } catch {
        throw .failure(
          at: Place(file: "\(folder.path)/\(name)"), "the folder cannot be made",
          remedy: "Check the permissions of \(folder.path), or choose another folder (--output).")
      }
    }
    removeUnfinished()
    for file in files { try AtomicFile.write(file.bytes, to: "\(folder.path)/\(file.path)") }
    for path in try store.replaceOutputs(files.map(\.path)) where Self.isOutput(path) {
      // A file that is gone already is as good as removed.
      try? FileManager.default.removeItem(atPath: "\(folder.path)/\(path)")
    }
    return problems
  }

  /// Removes what a process that was killed left of files that it was writing. The folder's lock is ours: nobody else
  /// writes here.
  private func removeUnfinished() {
    for part in ["", "figures/", "tables/"] {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/\(part)")) ?? []
      for name in names {
        // report.pdf.4711.partial
        let words = name.split(separator: ".")
        guard words.count > 3, words[words.count - 1] == "partial", words[words.count - 2].allSatisfy(\.isNumber),
          name.hasPrefix("results.") || name.hasPrefix("provenance.")
            || Self.isOutput(part + words.dropLast(2).joined(separator: "."))
        else { continue }
        try? FileManager.default.removeItem(atPath: "\(folder.path)/\(part)\(name)")
      }
    }
  }

  /// Every file of a report in memory: nothing is written.
  /// - Returns: paths relative to the output folder, and the problems of cells.
  static func make(
    _ run: StoredRun, store: ResultsStore, template: Template, formats: [ReportOptions.Format], renderer: Renderer
  ) throws(Problem) -> (files: [(path: String, bytes: [UInt8])], problems: [Problem]) {
    var run = run
    run.software += try Self.renderingSoftware()
    let results = try store.results(of: run)
    let notebook = try Notebook(template, results: results, measurer: renderer.measurer)

    var files: [(path: String, bytes: [UInt8])] = []
    let csv = Array(ResultsCSV.text(results.measurements).utf8)
    let provenance = Array(try run.provenanceJSON())
    files.append(("results.csv", csv))
    files.append(("provenance.json", provenance))
    if formats.contains(.pdf) {
      let attachments = [
        Attachment(
          name: "results.csv", mediaType: "text/csv", relationship: .data,
          description: "A row per model, image, target, layer and epsilon", bytes: csv),
        Attachment(
          name: "provenance.json", mediaType: "application/json", relationship: .supplement,
          description: "What the report was made with", bytes: provenance),
      ]
      files.append(("report.pdf", try renderer.pdf(notebook.document, attachments: attachments)))
    }
    if formats.contains(.svg) {
      for (index, page) in notebook.document.pages.enumerated() {
        files.append((String(format: "report-%02d.svg", index + 1), try renderer.svg(page)))
      }
    }
    for figure in notebook.figures {
      if formats.contains(.pdf) {
        files.append(("figures/\(figure.label).pdf", try renderer.pdf(figure.frame, title: figure.label)))
      }
      if formats.contains(.svg) { files.append(("figures/\(figure.label).svg", try renderer.svg(figure.frame))) }
    }
    for table in notebook.tables { files.append(("tables/\(table.label).csv", Array(table.csv.utf8))) }
    return (files, notebook.problems)
  }

  /// The store may have come from a stranger: nothing but what a report leaves is ever removed on its word.
  static func isOutput(_ path: String) -> Bool {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard let name = parts.last, !name.hasPrefix("."), name.contains(".") else { return false }
    switch parts.count {
    case 1: return name.hasPrefix("report") && (name.hasSuffix(".svg") || name.hasSuffix(".pdf"))
    case 2: return parts[0] == "figures" || parts[0] == "tables"
    default: return false
    }
  }

  /// The libraries and fonts that lines were measured and drawn with.
  private static func renderingSoftware() throws(Problem) -> [ProvenanceEntry] {
    var entries = Renderer.libraries.map {
      ProvenanceEntry(section: "software", name: $0.name, value: $0.version)
    }
    for face in try FontBook.faces() {
      let hash = try Checksum.sha256(contentsOf: URL(filePath: face.file))
      entries.append(ProvenanceEntry(section: "software", name: "font \(face.name)", value: "SHA-256 \(hash)"))
    }
    return entries
  }
}
