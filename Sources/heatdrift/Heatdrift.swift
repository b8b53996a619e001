import ArgumentParser
import Diagnostics
import Experiments

/// The command line's root: parses and dispatches. `Failures.swift` turns what goes wrong into text and exit codes.
@main
struct HeatdriftCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "heatdrift",
    abstract: "Measures how a network's attention drifts when its input is attacked, and writes it up.",
    discussion: """
      An experiment file names images, networks and attack levels. Heatdrift attacks every image with FGSM, explains \
      the clean and the attacked image by Grad-CAM, compares the two heatmaps, and leaves a report as PDF and SVG \
      with everything needed to make it again.

      Start with the experiment that comes with Heatdrift:

        heatdrift run Experiments/orl.yaml

      Exit codes: 0 done; 1 the work failed, what was done is kept and the message says how to go on; 64 the call \
      or the experiment file is wrong and nothing was started; 130 stopped by Ctrl-C.
      """,
    version: Heatdrift.version,
    subcommands: [
      RunCommand.self, RenderCommand.self, ExtractCommand.self, VerifyCommand.self, DiffCommand.self,
      StoreCommand.self, LayersCommand.self, CellsCommand.self, InitCommand.self, WeightsCommand.self,
      DoctorCommand.self,
    ])

  static func main() {
    MappedFiles.watch()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      Failures.exit(with: error)
    }
  }
}
