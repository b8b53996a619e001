import ArgumentParser
import ExperimentFile
import Foundation
import Measuring
import Notebooks
import Rendering
import Results
import Store
import Support

struct CompareCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Makes one report on several finished runs, model beside model.",
    discussion: """
      Reads the stores of the output folders and changes nothing in them; neither weights nor images are needed. The \
      report is over the images that all runs measured, by their content, and over what all of them have: attacks, \
      levels, explanations, targets and measures. What is left out is said on its first page, and so is what makes the \
      comparison unfair; where labels mean different things there is none. A model whose name several runs have is \
      called with its run: "VGG16 (a)", a run by its folder.

      The output folder then holds report.pdf and report-NN.svg, figures/ and tables/ for papers, results.csv with the \
      run of each row, and provenance.json, but no store: to make the report again, compare again.

      EXAMPLES
        heatdrift compare Reports/ours Reports/theirs --output Reports/both
        heatdrift compare runs/* --output /tmp/all --template paper --set 'title=All of them'
      """)

  @Argument(
    help: ArgumentHelp("Output folders of finished runs, at least two.", valueName: "folder"), completion: .directory)
  var folders: [String]

  @Option(name: [.short, .long], help: ArgumentHelp("The folder for the report.", valueName: "folder"))
  var output: String

  @OptionGroup var look: LookOptions
  @OptionGroup var overrides: OverrideOptions
  @OptionGroup(title: "Common options") var common: CommonOptions

  var paths: [String] { folders + [output] + [look.templatePath].compactMap { $0 } }

  func run() throws {
    let parsed = try overrides.parsed()
    let check = OutputCheck(path: output, isChosen: true)
    try check.checkKind()
    try check.checkPermissions()
    try Self.checkIsNoRun(output)
    var runs = try ComparedRuns(FoundRun.read(folders), isSweep: false)
    runs.choices.report.templates = [ExperimentPath(written: "compare", resolved: "compare")]
    try runs.choices.apply(parsed)
    runs.choices.report = try look.applied(to: runs.choices.report)
    if let template = look.template {
      runs.choices.report.templates = [ExperimentPath(written: template, resolved: template)]
    }
    let found = try TemplateFinder.all(runs.choices.report, chosen: nil, experimentFile: nil)
    for problem in found.flatMap({ $0.template.check() }) { Console.error(Failures.warning(problem)) }
    runs.template = found.first?.source
    let folder = try OutputFolder(path: output)
    folder.tell()
    let formats = look.formats(of: runs.choices.report)
    let made: ReportFiles.Made
    do {
      made = try ReportFiles(folder: folder, store: nil, renderer: try Renderer())
        .write(runs, templates: found, formats: formats)
    } catch {
      throw error.afterTheStart
    }
    for line in RunsSummary.lines(made.results) { Console.result(line) }
    for line in SummaryTable.lines(made.results, made.summaries) { Console.result(line) }
    for warning in made.results.warnings { Console.error(Failures.text(of: warning)) }
    for line in ReportLine.texts(folder: output, made) { Console.result(line) }
    try ReportLine.finish(problems: made.problems, skipped: [], folder: output)
  }

  /// The report of a run belongs to its store.
  private static func checkIsNoRun(_ folder: String) throws(Problem) {
    guard FileKind(of: "\(folder)/\(ResultsStore.fileName)") != .missing else { return }
    throw .usage(
      at: Place(file: folder), "this is the output folder of a run, whose report the comparison would replace",
      remedy: "Choose another folder (--output).")
  }
}

/// What a terminal is told of several runs before their numbers.
enum RunsSummary {
  /// - Returns: none for results of one run.
  static func lines(_ results: ExperimentResults) -> [String] {
    guard let overview = results.runs else { return [] }
    let beyond = overview.runs.map { run in
      "\(visible(run.name)) \(Console.grouped(run.imageCount - overview.commonImages))"
    }
    let images =
      overview.runs.allSatisfy { $0.imageCount == overview.commonImages }
      ? "all that they measured" : "beyond them: \(beyond.joined(separator: ", "))"
    return [
      "\(Console.count(overview.runs.count, "run")) on \(Console.count(overview.commonImages, "common image")); \(images)"
    ] + overview.agreements.map { visible($0) }
  }
}
