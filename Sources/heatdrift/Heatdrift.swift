import ArgumentParser
import Foundation
import Support

/// The command line's root: parses and dispatches. `Failures.swift` turns what goes wrong into text and exit codes.
@main
struct HeatdriftCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "heatdrift",
    abstract: "Measures how a network's attention drifts when its input is attacked, and writes it up.",
    discussion: """
      An experiment file names images, networks and attack levels. Heatdrift attacks every image, explains the clean \
      and the attacked image by heatmaps, compares the two, and leaves a report as PDF and SVG with everything needed \
      to make it again.

      Start with the experiment that comes with Heatdrift:

        heatdrift run Experiments/orl.yaml

      Exit codes: 0 done; 1 the work failed, or its results could not be printed: what was done is kept and the message \
      says how to go on; 64 the call or the experiment file is wrong and nothing was started; 130 stopped by Ctrl-C, \
      and by another signal 128 and its number (143 for SIGTERM): what was done is kept. A pipe whose reader has enough \
      (heatdrift cells | head) changes no exit code.
      """,
    subcommands: [
      NewCommand.self, PreviewCommand.self, WatchCommand.self, RunCommand.self, MergeCommand.self, RenderCommand.self,
      ExportCommand.self,
      ExtractCommand.self, VerifyCommand.self, RerunCommand.self, DiffCommand.self,
      CompareCommand.self,
      StoreCommand.self, LayersCommand.self, CellsCommand.self, InitCommand.self, WeightsCommand.self, MapsCommand.self,
      DataCommand.self, ClusterCommand.self, DoctorCommand.self, UnpackCommand.self,
    ])

  @Flag(name: .long, help: "Show the version, the commit it was built from, and the libraries it runs with.")
  var version = false

  func run() throws {
    guard version else { throw CleanExit.helpRequest(self) }
    for line in VersionReport.lines { Console.result(line) }
  }

  static func main() {
    Console.prepare()
    var code: Int32 = 0
    MappedFiles.watch()
    do {
      var command = try parseAsRoot()
      if let command = command as? any Subcommand {
        command.common.apply()
        // As a shell gives it for a variable that is not set; put together with a name it would be the root folder.
        guard !command.paths.contains("") else {
          throw Problem.usage("the name of a file or folder is empty", remedy: "Name it; `.` is the working folder.")
        }
        try WorkingFolder.require(for: command.paths)
      }
      try command.run()
    } catch {
      code = Failures.report(error)
    }
    Foundation.exit(Console.finish(code))
  }
}
