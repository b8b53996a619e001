import Datasets
import ExperimentFile
import Foundation
import HTML
import Notebooks
import Rendering
import Results
import Store
import Support
import Synchronization

/// Makes every file that a finished run leaves beside its store.
struct ReportFiles {
  let folder: OutputFolder
  /// Which remembers what a report left; nil for a folder without one, whose `provenance.json` does.
  let store: ResultsStore?
  let renderer: Renderer
  /// Whether a table that stands there already is written again, whatever was noted of it.
  var writesTableAnew = false

  /// A report in memory.
  struct Made {
    /// Paths are relative to the output folder. `results.csv` is not among them.
    var files: [(path: String, bytes: [UInt8])]
    /// SHA-256 of `results.csv`.
    var table: String
    /// Of cells, which are printed in the report where the cells would stand.
    var problems: [Problem]
    /// The same, each as often as it stands there.
    var markedProblems: [Problem]
    /// What it was made of, its warnings among them.
    var results: ExperimentResults
    var summaries: [SeriesSummary]
    var attachments: ReportAttachments
    /// Of an anonymous report, for its authors alone.
    var hiddenNames: [Anonymity.Entry]
    /// Of a submission, what is to be known before it is uploaded.
    var remarks: [Warning] = []
  }

  /// Composes and renders everything in memory first, but the table of all results, which grows beside its place; then replaces the files one by one, and at last removes what
  /// an earlier report left and this one does not have.
  @discardableResult
  func write(
    _ subject: any ReportSubject, templates: [FoundTemplate], formats: [ReportOptions.Format]
  ) throws(Problem) -> Made {
    removeUnfinished()
    let former = store == nil ? RenderedFolder.files(folder.path) : []
    let table = ResultsTable(in: folder.path, mostKept: ReportAttachments.most, isWrittenAnew: writesTableAnew)
    let made = try ReportFiles.make(
      subject, templates: templates, formats: formats, renderer: renderer, table: table, namesFiles: store == nil)
    let files = made.files
    for name in Set(files.compactMap { Self.folder(of: $0.path) }).sorted() {
      let found = try? FileManager.default.attributesOfItem(atPath: "\(folder.path)/\(name)")
      guard (found?[.type] as? FileAttributeType ?? .typeDirectory) == .typeDirectory else {
        // A link could lead anywhere, and an output folder may come from a stranger.
        throw .failure(
          at: Place(file: "\(folder.path)/\(name)"), "expected a folder of the report's own, found a link or a file",
          remedy: "Move it away, or choose another folder (--output).")
      }
      do {
        try FileManager.default.createDirectory(
          atPath: "\(folder.path)/\(name)", withIntermediateDirectories: true)
      } catch {
        throw .failure(
          at: Place(file: "\(folder.path)/\(name)"), "the folder cannot be made",
          remedy: "Check the permissions of \(folder.path), or choose another folder (--output).")
      }
    }
    // Side by side: each waits for the disk.
    _ = try concurrentMap(files) { (file) throws(Problem) in
      try AtomicFile.write(file.bytes, to: "\(folder.path)/\(file.path)")
    }
    try table.commit(to: store)
    if !made.hiddenNames.isEmpty {
      let key = "\(folder.path)/\(Anonymity.keyFile)"
      try AtomicFile.write(Anonymity.keyTable(made.hiddenNames), to: key)
      Console.remark(
        "note: \(visible(key)) says which name stands for which; it is no part of the report, nor is the store")
    }
    for warning in made.remarks { Console.error(Failures.text(of: warning)) }
    let left = files.map(\.path) + [ResultsTable.name]
    for path in try store?.replaceOutputs(left) ?? former.filter({ !left.contains($0) }) where Self.isOutput(path) {
      // A file that is gone already is as good as removed.
      try? FileManager.default.removeItem(atPath: "\(folder.path)/\(path)")
    }
    return made
  }

  /// Removes what a process that was killed left of files that it was writing. The folder's lock is ours: nobody else
  /// writes here.
  private func removeUnfinished() {
    let own = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for part in [""] + own.filter(Self.isFolder).map({ $0 + "/" }) {
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

  /// The same of one or several reports on the same results: the files of the second and further ones are called after
  /// their templates, `report-review.pdf` and `figures-review/`.
  static func make(
    _ subject: some ReportSubject, templates: [FoundTemplate], formats: [ReportOptions.Format], renderer: Renderer,
    table: ResultsTable, namesFiles: Bool = false
  ) throws(Problem) -> Made {
    var all: Made?
    for (index, template) in templates.enumerated() {
      let isOwn = template.path.written.contains("/") || template.path.written.hasSuffix(".md")
      let name =
        subject.report.isAnonymous && isOwn
        ? "template-\(index + 1)" : ReportOptions.reportName(of: template.path)
      var made = try make(
        templates.count == 1 ? subject : subject.rendered(by: template), template: template.template, formats: formats,
        renderer: renderer, table: table, suffix: index == 0 ? "" : "-\(name)")
      if let former = all {
        // What it was made with stands beside the first; each PDF carries its own.
        made.files.removeAll { $0.path == "provenance.json" }
        made.files = former.files + made.files
        made.problems = former.problems + made.problems
        made.remarks = former.remarks + made.remarks
        made.results.warnings =
          former.results.warnings + made.results.warnings.filter { !former.results.warnings.contains($0) }
        made.summaries = former.summaries
        made.attachments = former.attachments
      }
      all = made
    }
    guard var made = all else { throw .failure("there is no template to make a report by") }
    if namesFiles, let provenance = made.files.firstIndex(where: { $0.path == "provenance.json" }) {
      let names = made.files.map(\.path) + [ResultsTable.name]
      made.files[provenance].bytes = try made.attachments.provenance(naming: names)
    }
    return made
  }

  /// Every file of a report in memory, but the table of all results: nothing else is written.
  /// - Parameters:
  ///   - table: gets all results.
  ///   - suffix: behind what files and folders are called.
  static func make<Subject: ReportSubject>(
    _ subject: Subject, template: Template, formats: [ReportOptions.Format], renderer: Renderer, table: ResultsTable,
    suffix: String = ""
  ) throws(Problem) -> Made {
    let template = subject.report.isAnonymous ? try subject.anonymous(template) : template
    let hidden = subject.report.isAnonymous ? subject.hiddenNames : []
    var subject = subject.report.isAnonymous ? try subject.anonymous : subject
    subject.add(try DrawingSoftware.entries())
    let report = subject.report
    var results = try subject.results(table: table)
    let (hash, kept) = (table.sha256, table.bytes)
    let fallback = FallbackFonts(for: results.names + report.authors + [template.source])
    let others = DrawingSoftware.entries(of: fallback)
    subject.add(others)
    results.provenance += others
    results.warnings += fallback.warnings.filter { !results.warnings.contains($0) }
    let renderer = fallback.files.isEmpty ? renderer : try Renderer(fallback: fallback)
    let notebook = try Notebook(template, results: results, authors: report.authors, measurer: renderer.measurer)
    let attachments = try ReportAttachments(
      of: subject, results, table: (hash, kept), unrelated: notebook.unrelated,
      isPacked: !Set(formats).isDisjoint(with: [.pdf, .html]))

    let document = subject.mark.map { notebook.document.marked($0, measurer: renderer.measurer) } ?? notebook.document
    let svgText: Renderer.SVGText = report.svgText == .text ? .text : .paths
    var files: [(path: String, bytes: [UInt8])] = [("provenance.json", attachments.provenance)]
    var drawings: [Drawing] = []
    let purpose: PDFPurpose = report.isSubmission ? .submission : .report
    if formats.contains(.pdf) {
      drawings.append(
        Drawing(path: "report\(suffix).pdf") { (renderer) throws(Problem) in
          try renderer.pdf(document, for: purpose, attachments: attachments.attached)
        })
    }
    if formats.contains(.svg) {
      for (index, page) in document.pages.enumerated() {
        drawings.append(
          Drawing(path: String(format: "report\(suffix)-%02d.svg", index + 1)) { (renderer) throws(Problem) in
            try renderer.svg(
              page, text: svgText, title: "\(document.title), page \(index + 1) of \(document.pages.count)")
          })
      }
    }
    if formats.contains(.html) {
      let page = HTMLReport(notebook.flow, mark: subject.mark)
      drawings.append(
        Drawing(path: "report\(suffix).html") { (renderer) throws(Problem) in
          try page.bytes(renderer: renderer, attachments: attachments.attached)
        })
    }
    let labels = Set(notebook.figures.map(\.label))
    for figure in notebook.figures {
      // Another cell may be called as this one's narrow figure.
      let narrow = figure.label + (labels.contains(figure.label + "-column") ? "-narrow" : "-column")
      let title = "\(figure.title). \(document.title)"
      for (name, frame) in [(figure.label, figure.frame), (narrow, figure.columnFrame)] {
        if formats.contains(.pdf) {
          drawings.append(
            Drawing(path: "figures\(suffix)/\(name).pdf") { (renderer) throws(Problem) in
              try renderer.pdf(frame, title: title, alternative: figure.alternative)
            })
        }
        if formats.contains(.svg) {
          drawings.append(
            Drawing(path: "figures\(suffix)/\(name).svg") { (renderer) throws(Problem) in
              try renderer.svg(
                frame, text: svgText, title: title, description: figure.alternative, mostBytes: mostFigureBytes)
            })
        }
      }
    }
    files += try draw(drawings, renderer)
    var remarks: [Warning] = []
    if report.isSubmission {
      files.append(
        (
          Submission.archiveName(suffix: suffix),
          try Submission.archive(attachments, tables: notebook.tables)
        ))
      let name = "report\(suffix).pdf"
      if let pdf = files.first(where: { $0.path == name })?.bytes,
        let warning = try Submission.warning(of: pdf, name: name)
      {
        remarks.append(warning)
      }
    }
    for table in notebook.tables {
      files.append(("tables\(suffix)/\(table.label).csv", Array(table.csv.utf8)))
      files.append(("tables\(suffix)/\(table.label).tex", Array(table.latex.utf8)))
      if let wide = table.wideLatex {
        // Another table may be called as this one's wide form.
        let name = table.label + (notebook.tables.contains { $0.label == table.label + "-wide" } ? "-text" : "-wide")
        files.append(("tables\(suffix)/\(name).tex", Array(wide.utf8)))
      }
    }
    return Made(
      files: files, table: hash, problems: notebook.problems, markedProblems: notebook.markedProblems, results: results,
      summaries: notebook.summaries,
      attachments: attachments, hiddenNames: hidden, remarks: remarks)
  }

  /// Of a figure as SVG, which pages on the web and slides hold several of.
  private static let mostFigureBytes = 100_000

  /// A file that a renderer makes.
  private struct Drawing: Sendable {
    let path: String
    let bytes: @Sendable (Renderer) throws(Problem) -> [UInt8]
  }

  /// Draws on two threads where there are two, each with a renderer of its own: the report takes one, its pages as SVG most of the other.
  private static func draw(
    _ drawings: [Drawing], _ renderer: Renderer
  ) throws(Problem) -> [(path: String, bytes: [UInt8])] {
    let renderers =
      drawings.count > 1 && Threads.count > 1 ? [renderer, try Renderer(fallback: renderer.fallback)] : [renderer]
    let next = Atomic<Int>(0)
    let results = Mutex([Result<[UInt8], Problem>?](repeating: nil, count: drawings.count))
    DispatchQueue.concurrentPerform(iterations: renderers.count) { lane in
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < drawings.count else { return }
        let result = Result { () throws(Problem) in try drawings[index].bytes(renderers[lane]) }
        results.withLock { $0[index] = result }
      }
    }
    var files: [(path: String, bytes: [UInt8])] = []
    for (drawing, result) in zip(drawings, results.withLock({ $0 })) {
      if let result { files.append((drawing.path, try result.get())) }
    }
    return files
  }

  /// Of a report that left these files, whatever its experiment asks for (`render --formats`); nil where they are none.
  static func formats(left paths: [String]) -> [ReportOptions.Format]? {
    let found = ReportOptions.Format.allCases.filter { format in
      paths.contains(format == .svg ? "report-01.svg" : "report.\(format.rawValue)")
    }
    return found.isEmpty ? nil : found
  }

  /// The store may have come from a stranger: nothing but what a report leaves is ever removed on its word.
  static func isOutput(_ path: String) -> Bool {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard let name = parts.last, !name.hasPrefix("."), name.contains(".") else { return false }
    switch parts.count {
    case 1: return name.hasPrefix("report") && [".svg", ".pdf", ".html", ".zip"].contains(where: name.hasSuffix)
    case 2: return isFolder(String(parts[0]))
    default: return false
    }
  }

  /// Whether a report leaves a folder of this name.
  private static func isFolder(_ name: String) -> Bool {
    ["figures", "tables"].contains { name == $0 || name.hasPrefix($0 + "-") }
  }

  /// The folder that a report's file lies in; nil for one directly in the output folder.
  private static func folder(of path: String) -> String? {
    path.firstIndex(of: "/").map { String(path[..<$0]) }
  }
}
