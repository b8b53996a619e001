import ArgumentParser
import ExperimentFile
import Foundation
import Measuring
import Store
import Support

/// A command that does something: every one takes the common options.
protocol Subcommand: ParsableCommand {
  var common: CommonOptions { get }
  /// The files and folders that the call names, which relative ones need a working folder for.
  var paths: [String] { get }
}

extension Subcommand {
  var paths: [String] { [] }
}

/// What every command takes.
struct CommonOptions: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: "So many threads, at most 1024. (default: one for each processor that the process may use and has memory for)"
  )
  var threads: Int?

  @Flag(name: [.short, .long], help: "No progress and no remarks; errors and results only.")
  var quiet = false

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads must lie in 1 to 1024, found \(threads).")
    }
  }

  func apply() {
    Threads.choose(threads)
    if quiet { Console.beQuiet() }
    // OpenBLAS starts a thread for each of the machine's processors when it is loaded, with memory for each; here each
    // product keeps to the thread that asks for it.
    unsafe setenv("OPENBLAS_NUM_THREADS", "1", 1)
  }

  /// What may make a run start fewer threads than there are processors: nothing where somebody chose.
  var memory: @Sendable () -> [MemoryRoom] {
    let isChosen = threads != nil
    return { isChosen ? [] : MemoryRoom.current() }
  }

  /// Why there are fewer threads than processors, as a sentence; nil where there are not, or somebody chose.
  var threadsNote: String? {
    guard threads == nil, Processors.current.reason != nil else { return nil }
    return "Threads: \(Processors.current.summary)."
  }
}

/// Of the commands that read an experiment file.
struct OverrideOptions: ParsableArguments {
  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "Puts another value in place of the experiment file's, written as YAML; can be given several times.",
      valueName: "key=value"))
  var texts: [String] = []

  func parsed() throws(Problem) -> [Override] {
    var overrides: [Override] = []
    for text in texts { overrides.append(try Override(text)) }
    return overrides
  }
}

/// Of the commands that make a report.
struct ReportOptionsGroup: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The output folder. (default: Reports/<name of the experiment file>)", valueName: "folder"))
  var output: String?

  @OptionGroup var look: LookOptions

  var template: String? { look.template }
  var templatePath: String? { look.templatePath }

  /// Looks whether a folder can take results, before anything is opened or written.
  /// - Parameter isWritten: whether anything will be.
  /// - Throws: `Problem` where it cannot.
  func check(folder path: String, for file: ExperimentFile, isWritten: Bool = true) throws(Problem) -> OutputCheck {
    let check = OutputCheck(path: path, isChosen: output != nil)
    try check.checkKind()
    try check.check(against: file, template: template)
    if isWritten { try check.checkPermissions() }
    return check
  }

  func folder(of file: ExperimentFile) -> String { output ?? Self.folder(named: file.name) }
  static func folder(named name: String) -> String { "Reports/\(name)" }
}

/// How a report looks, whatever it is of.
struct LookOptions: ParsableArguments {
  @Option(name: .long, help: "Another template: its name, or a path that ends in .md.")
  var template: String?

  @Flag(name: .long, help: "Leave authors and the names of images, folders and files out of the report.")
  var anonymous = false

  @Flag(
    name: .long,
    help:
      "A PDF for systems that take manuscripts (arXiv, OpenReview, PDF eXpress): anonymous, PDF 1.5, no links, bookmarks or attachments; what it does not carry is put into a .zip beside it."
  )
  var submission = false

  /// - Throws: `Problem` of kind `.usage` where the report cannot look so.
  func applied(to report: ReportOptions) throws(Problem) -> ReportOptions {
    var report = report
    if anonymous { report.isAnonymous = true }
    if submission {
      report.isSubmission = true
      var written = report
      written.formats = formats(of: report)
      try written.checkSubmission()
    }
    return report
  }

  @Option(
    name: .long, help: ArgumentHelp("Other files: pdf, svg, html, several with commas.", valueName: "format,format"))
  var formats: FormatChoice?

  /// Which files are written. What the report says of its experiment stays: other files are no other report.
  func formats(of report: ReportOptions) -> [ReportOptions.Format] { formats?.formats ?? report.formats }

  /// A name is looked up in several folders, a path is not.
  var templatePath: String? { template.flatMap { $0.contains("/") || $0.hasSuffix(".md") ? $0 : nil } }
}

/// Of the commands that read a folder that a run has left.
struct ResultsFolder: ParsableArguments {
  @Argument(help: ArgumentHelp("An output folder.", valueName: "folder"), completion: .directory)
  var path: String

  var storePath: String { "\(path)/\(ResultsStore.fileName)" }
}

/// Kinds of files as a call names them: "pdf,html".
struct FormatChoice: ExpressibleByArgument {
  /// In the order of the formats, not of the call.
  let formats: [ReportOptions.Format]

  init?(argument: String) {
    var found: Set<ReportOptions.Format> = []
    for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let format = ReportOptions.Format(rawValue: String(name.trimming { $0 == " " })) else { return nil }
      found.insert(format)
    }
    formats = ReportOptions.Format.allCases.filter(found.contains)
  }

  static var allValueStrings: [String] { ReportOptions.Format.allCases.map(\.rawValue) }
}

extension String.SubSequence {
  /// Without such characters at both ends.
  fileprivate func trimming(_ isLeftOut: (Character) -> Bool) -> Substring {
    Substring(drop(while: isLeftOut).reversed().drop(while: isLeftOut).reversed())
  }
}
