import ArgumentParser
import ExperimentFile
import Foundation
import Store
import Support
import Synchronization
import Watching

struct WatchCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Shows a report in the browser while you write it.",
    discussion: """
      The report of what was measured is served on this machine, to this machine alone, and made again whenever the \
      template, a picture in it or the experiment file changes; the page follows, at the place where it was. A mistake is told \
      over the last good page until it is mended. Nothing in the report's folder is changed.

      Nothing is measured unless somebody asks: by the button on the page, by `m` and Enter in the terminal, or by --measure \
      with every change that asks for more. Measuring is `heatdrift run` with the same experiment and folder. Ctrl-C ends \
      the server.

      EXAMPLES
        heatdrift watch Experiments/orl.yaml
        heatdrift watch Experiments/orl.yaml --template drafts/paper.md
        heatdrift watch Reports/orl --port 9000
      """)

  @Argument(
    help: ArgumentHelp("An experiment file, or a report's folder.", valueName: "experiment.yaml|folder"),
    completion: .file())
  var source: String

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The output folder. (default: Reports/<name of the experiment file>)", valueName: "folder"))
  var output: String?

  @OptionGroup var look: LookOptions
  @OptionGroup var overrides: OverrideOptions

  @Option(name: .long, help: "Listen on this port, and no other. (default: 8231, or the next that is free)")
  var port: UInt16?

  @Flag(name: .long, help: "Measure what is new without being asked.")
  var measure = false

  @OptionGroup(title: "Common options") var common: CommonOptions

  var paths: [String] { [source] + [output, look.templatePath].compactMap { $0 } }

  func validate() throws {
    if let port, port == 0 { throw ValidationError("--port must lie in 1 to 65535, found 0.") }
  }

  func run() throws {
    let isFolder = FileKind(of: source) == .folder
    let overridden = try overrides.parsed()
    guard !isFolder || (overridden.isEmpty && output == nil && !measure) else {
      throw Problem.usage(
        "--set, --output and --measure go with an experiment file, not with a folder",
        remedy: "Give the experiment file in place of \(source), or leave them out.")
    }
    let experiment = isFolder ? nil : SharedFolders.experiment(source)
    let folder = try isFolder ? source : output ?? Self.folder(of: experiment ?? source, overridden)
    try WorkingFolder.require(for: [folder])
    if isFolder, FileKind(of: "\(folder)/\(ResultsStore.fileName)") != .file {
      throw Problem.usage(
        at: Place(file: folder), "there are no results here", remedy: "Give the experiment file; it need not have run.")
    }
    var report = WatchedReport(experiment: experiment, overrides: overridden, folder: folder, look: look)
    let pages = ShownPages()
    let isAsked = Atomic<Bool>(false)
    let first = report.written()
    // What is wrong from the start is an answer too, where there is a page to tell it on.
    let server = try ReportServer.start(pages, port: port ?? ReportServer.standardPort, isFixed: port != nil) {
      isAsked.store(true, ordering: .relaxed)
    }
    Interruption.watch(finishesImages: false)
    Console.result(server.address)
    Console.remark(
      isFolder ? "Ctrl-C ends." : "`m` and Enter measures what is new; Ctrl-C ends.")
    var measuring = MeasuringRun(arguments: runArguments(folder), threads: common.threads)
    var files = WatchedFiles()
    var written = first
    show(written, on: pages)
    files.watch(written.files)
    if measure, written.unmeasured != nil { isAsked.store(true, ordering: .relaxed) }
    let keys = TerminalKeys()
    while !Interruption.isRequested {
      usleep(10_000)
      if keys.pressed("m") { isAsked.store(true, ordering: .relaxed) }
      var isNew = false
      measuring.listen()
      if let code = measuring.ended() {
        if code != 0 { Console.error("The measuring ended with exit code \(code); the page shows what was measured.") }
        report.forgetResults()
        isNew = true
      }
      let changed = files.changed()
      // What was wrong with another experiment.
      if let experiment, changed.contains(experiment) { measuring.forgetProblem() }
      if !changed.isEmpty || isNew {
        let start = ContinuousClock.now
        written = report.written()
        show(written, on: pages)
        files.watch(written.files)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let what = changed.isEmpty ? "the measurements" : changed.sorted().map(visible).joined(separator: ", ")
        Console.remark(
          String(format: "%.2f s  ", seconds) + what + (written.faults.isEmpty ? "" : ": not shown, see the page"))
        for fault in written.faults { Console.error(Failures.text(of: fault)) }
        if measure, written.unmeasured != nil, !changed.isEmpty { isAsked.store(true, ordering: .relaxed) }
      }
      if isAsked.exchange(false, ordering: .relaxed), experiment != nil, !measuring.isRunning {
        measuring.start()
      }
      pages.tell {
        $0.measuring = measuring.progress
        $0.failures = measuring.problem.map { [WatchStatus.Fault($0)] } ?? []
      }
    }
    server.stop()
    measuring.stop()
  }

  private func show(_ written: WatchedReport.Written, on pages: ShownPages) {
    // With a mistake the last good page stays; where there is none yet, the mistakes stand in the page as in any report.
    if let made = written.pages, written.faults.isEmpty || pages.status.page == 0 {
      pages.show(made)
    } else if pages.status.page == 0, let empty = try? WatchedReport.placeholder("", "There is no page yet.") {
      pages.show(["/": empty])
    }
    pages.tell {
      $0.faults = written.faults.map(WatchStatus.Fault.init)
      if written.faults.isEmpty || written.unmeasured != nil { $0.unmeasured = written.unmeasured }
    }
  }

  /// The name alone decides it: a file with a mistake has a report all the same.
  private static func folder(of experiment: String, _ overrides: [Override]) throws(Problem) -> String {
    do throws(Problem) {
      return ReportOptionsGroup.folder(named: try ExperimentFile(path: experiment, overrides: overrides).name)
    } catch {
      let name = URL(filePath: experiment).deletingPathExtension().lastPathComponent
      guard FileKind(of: experiment) == .file else { throw error }
      return ReportOptionsGroup.folder(named: name)
    }
  }

  private func runArguments(_ folder: String) -> [String] {
    ["run", source, "--output", folder] + overrides.texts.flatMap { ["--set", $0] }
      + (look.template.map { ["--template", $0] } ?? []) + (look.anonymous ? ["--anonymous"] : [])
      + (common.quiet ? ["--quiet"] : [])
  }
}
