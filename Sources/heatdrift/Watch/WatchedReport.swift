import ExperimentFile
import Foundation
import HTML
import Notebooks
import Rendering
import Results
import Store
import Support
import Typesetting
import Watching

/// Makes the pages of a report for a browser again and again, with its results held in memory.
struct WatchedReport {
  /// What came of one time.
  struct Written {
    /// By their paths; nil where the last good ones stay.
    var pages: [String: ShownPage]?
    /// Mistakes in what is written.
    var faults: [Problem]
    /// What the experiment asks for and nobody has measured, in words.
    var unmeasured: String?
    /// What the pages were made of.
    var files: Set<String>
  }

  /// The experiment file; nil where a report's folder is watched.
  let experiment: String?
  let overrides: [Override]
  /// That of the run.
  let folder: String
  let look: LookOptions

  private var store: ResultsStore?
  private var run: StoredRun?
  private var held: Held?
  private var drawn: (characters: Set<Unicode.Scalar>, by: Renderer)?
  /// By the template's place: what cells came to, for the results that are held and the renderer that draws.
  private var madeCells: [Int: MadeCells] = [:]
  private var madeFigures: [Int: MadeFigures] = [:]

  private struct Held {
    let key: Data
    let results: PreparedResults
    /// What the report may print of them.
    let names: [String]
  }

  init(experiment: String?, overrides: [Override], folder: String, look: LookOptions) {
    self.experiment = experiment
    self.overrides = overrides
    self.folder = folder
    self.look = look
  }

  private var storePath: String { "\(folder)/\(ResultsStore.fileName)" }

  /// Reads the results anew, after something was measured.
  mutating func forgetResults() {
    held = nil
    run = nil
    try? store?.close()
    store = nil
  }

  mutating func written() -> Written {
    var files: Set<String> = []
    if let experiment { files.insert(experiment) }
    do throws(Problem) {
      return try written(&files)
    } catch {
      return Written(pages: nil, faults: [error], unmeasured: nil, files: files)
    }
  }

  private mutating func written(_ files: inout Set<String>) throws(Problem) -> Written {
    let file = try experiment.map { (path) throws(Problem) in try ExperimentFile(path: path, overrides: overrides) }
    guard var run = try storedRun() else {
      let title = file?.experiment.title ?? ""
      return Written(
        pages: [
          "/": try Self.placeholder(
            title, "Nothing has been measured yet. The report stands here as soon as something is.")
        ], faults: [], unmeasured: "Nothing has been measured yet.", files: files)
    }
    var unmeasured: String?
    if let file {
      if run.measures(file.experiment) {
        run.experiment = file.experiment
      } else {
        run.experiment.report = file.experiment.report
        run.experiment.title = file.experiment.title
        unmeasured =
          "Not measured yet: the experiment asks for more, or for something else. This is what was measured before."
      }
    }
    if look.anonymous { run.experiment.report.isAnonymous = true }
    let templates = try templates(of: run, file, &files)
    run.template = templates.first?.source
    run.furtherTemplates = nil
    run.experiment.report.templates = templates.map(\.path)
    var pages: [String: ShownPage] = [:]
    var faults: [Problem] = []
    for (index, template) in templates.enumerated() {
      let (page, problems) = try page(of: run, template, index)
      pages[index == 0 ? "/" : "/\(ReportOptions.reportName(of: template.path))"] = page
      faults += problems
    }
    return Written(pages: pages, faults: faults, unmeasured: unmeasured, files: files)
  }

  /// - Throws: `Problem` where the results are damaged, or those of several runs.
  private mutating func storedRun() throws(Problem) -> StoredRun? {
    if let run { return run }
    if let refusal = ComparisonFolder.refusal(folder) { throw refusal }
    guard FileKind(of: storePath) == .file else { return nil }
    let opened = try ResultsStore(readingAt: storePath)
    guard try opened.sweepRuns().isEmpty else {
      throw .usage(
        at: Place(file: folder), "the results are of a sweep, and the report of one run is watched",
        remedy: "`heatdrift render \(shellWord(folder))` makes the report over all of them.")
    }
    store = opened
    run = try opened.latestRun()
    return run
  }

  // MARK: - Templates

  private func templates(
    of run: StoredRun, _ file: ExperimentFile?, _ files: inout Set<String>
  ) throws(Problem) -> [FoundTemplate] {
    let paths = look.template.map { [ExperimentPath(written: $0, resolved: $0)] } ?? run.experiment.report.templates
    for path in paths {
      guard let found = TemplateFinder.file(of: path, experimentFile: file?.path) else {
        // It may come back: an editor, or a change of branches, takes it away for a moment.
        if path.resolved.hasSuffix(".md") { files.insert(path.resolved) }
        continue
      }
      files.insert(found)
      files.formUnion(Self.pictures(in: found))
    }
    // A folder that was taken elsewhere has its templates in the store alone.
    let isCarried =
      file == nil && look.template == nil
      && paths.contains { TemplateFinder.file(of: $0, experimentFile: nil) == nil }
    return isCarried
      ? try TemplateFinder.all(of: run)
      : try TemplateFinder.all(run.experiment.report, chosen: look.template, experimentFile: file?.path)
  }

  /// The files that a template's pictures lie in, whether they are there or not.
  private static func pictures(in path: String) -> Set<String> {
    guard let source = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
    let folder = URL(filePath: path).deletingLastPathComponent()
    return Set(source.matches(of: /!\[[^\]]*\]\(([^)\s]+)/).map { folder.appending(path: String($0.1)).path })
  }

  // MARK: - Pages

  private mutating func page(
    of run: StoredRun, _ template: FoundTemplate, _ index: Int
  ) throws(Problem) -> (ShownPage, [Problem]) {
    guard let store else { throw .failure("the store is closed") }
    var subject = RunSubject(run: run, store: store, pictures: nil)
    let isAnonymous = subject.report.isAnonymous
    let shown = isAnonymous ? try subject.anonymous(template.template) : template.template
    if isAnonymous { subject = subject.anonymous }
    subject.add(try DrawingSoftware.entries())
    let held = try results(of: subject)
    let renderer = try renderer(for: held.names + subject.report.authors + [shown.source])
    let cells = madeCells[index] ?? MadeCells()
    madeCells[index] = cells
    let notebook = try Notebook(
      shown, of: held.results, authors: subject.report.authors, measurer: renderer.measurer, isPaged: false,
      madeCells: cells)
    var page = HTMLReport(notebook.flow, mark: run.mark)
    page.isLive = true
    let figures = madeFigures[index] ?? MadeFigures()
    madeFigures[index] = figures
    page.madeFigures = figures
    // What is missing from the results is said in the page; what is wrong with the template keeps the last good one.
    return (ShownPage(try page.page(renderer: renderer)), notebook.problems.filter { $0.kind == .usage })
  }

  /// Of another title or another name only, resampling would give the same numbers: held until anything else changes.
  private mutating func results(of subject: RunSubject) throws(Problem) -> Held {
    var experiment = subject.run.experiment
    experiment.report.templates = [ExperimentPath(written: "", resolved: "")]
    experiment.report.formats = []
    experiment.report.authors = []
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    guard let key = try? encoder.encode(experiment) else { throw .failure("the experiment cannot be written as JSON") }
    if let held, held.key == key { return held }
    let results = try subject.results(table: ResultsTable(in: nil, mostKept: 0, isWrittenAnew: true))
    let made = Held(key: key, results: PreparedResults(results), names: results.names)
    held = made
    madeCells = [:]
    madeFigures = [:]
    return made
  }

  /// One that has measured words before measures them no more: fonts are looked for again where there are other characters.
  private mutating func renderer(for texts: [String]) throws(Problem) -> Renderer {
    var characters: Set<Unicode.Scalar> = []
    for text in texts where !text.utf8.allSatisfy({ $0 < 0x80 }) {
      characters.formUnion(text.unicodeScalars.filter { $0.value >= 0x80 })
    }
    if let drawn, drawn.characters == characters { return drawn.by }
    let made = try Renderer(fallback: FallbackFonts(for: texts))
    drawn = (characters, made)
    madeCells = [:]
    madeFigures = [:]
    return made
  }

  /// What is shown where there is no report.
  static func placeholder(_ title: String, _ words: String) throws(Problem) -> ShownPage {
    let title = title.isEmpty ? "Heatdrift" : visible(title)
    let blocks: [Block] = [.title(title, subtitle: nil), .paragraph([Inline(words)])]
    var page = HTMLReport(title: title, language: "en", blocks: blocks, theme: Theme(), width: 470)
    page.isLive = true
    return ShownPage(try page.page(renderer: try Renderer()))
  }
}

extension ShownPage {
  fileprivate init(_ page: HTMLPage) {
    self.init(
      bytes: page.bytes, title: page.title, style: page.style, contents: page.contents, elements: page.elements)
  }
}
