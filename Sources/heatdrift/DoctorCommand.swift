import Architectures
import ArgumentParser
import Datasets
import Engines
import ExperimentFile
import Foundation
import Graphs
import Images
import Rendering
import Store
import Support

struct DoctorCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Checks this machine: libraries, fonts, data, and both engines against PyTorch and each other.",
    discussion: """
      Prints a line per check, and under each that fails what to install or do. Each engine computes a narrow network \
      whose logits, gradient and map PyTorch computed before, and both must agree on two more; an engine that is built \
      for another processor than this one is found here before anyone trusts a number. Exit code 1 when anything fails.

      Given an experiment file, everything that it names is checked too: weights, layers, data, template, output folder, \
      and whether fonts have every character of its names. Unlike `run --dry-run`, which ends at the first, all problems \
      are told. Exit code 64 when something is wrong with the experiment.

      EXAMPLES
        heatdrift doctor
        heatdrift doctor faces.yaml
      """)

  @Argument(help: ArgumentHelp("An experiment to check as well.", valueName: "experiment.yaml"))
  var experiment: String?

  @Option(name: [.short, .long], help: "The experiment's output folder. (default: Reports/<name of the file>)")
  var output: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Hold the engines to this file of PyTorch's results.", valueName: "file", visibility: .hidden))
  var golden: String?

  @OptionGroup(title: "Common options") var common: CommonOptions

  func run() throws {
    var hasFailed = false
    var isExperiment = false
    func check(_ name: String, isNeeded: Bool = true, _ body: () throws -> String) {
      do {
        Console.result("ok       \(name): \(try body())")
      } catch {
        let problem = error as? Problem ?? .failure("\(error)")
        Console.result("\(isNeeded ? "FAILED " : "missing")  \(name): \(problem.message)")
        if let place = problem.place, isExperiment { Console.result("           at \(place)") }
        if let remedy = problem.remedy { Console.result("           \(remedy)") }
        hasFailed = hasFailed || isNeeded
      }
    }
    Console.result("Heatdrift \(Heatdrift.version), \(Processors.current.summary)")
    for engine in EngineKind.allCases {
      check("engine \(engine.name)") { try engine.makeEngine().version }
    }
    for engine in EngineKind.allCases {
      check("golden of \(engine.name)") { try EngineGolden.load(golden).check(engine) }
    }
    check("engines agree") { try EngineComparison.run() }
    check("SQLite") { ResultsStore.sqliteVersion }
    check("pictures") { try Self.roundTrip() }
    check("renderer") {
      _ = try Renderer()
      let libraries = Renderer.libraries.map { "\($0.name) \($0.version)" }.joined(separator: ", ")
      return
        "text can be measured and drawn with \(Console.count(FontBook.faces.count, "font")) of the program's own; \(libraries)"
    }
    check("templates") {
      _ = try TemplateFinder.find("paper", experimentFile: nil)
      return try Self.shared(.templates, [".md"])
    }
    check("experiments", isNeeded: false) { try Self.shared(.experiments, [".yaml", ".yml"]) }
    check("models", isNeeded: false) { try Self.shared(.models, [".safetensors"]) }
    check("ORL faces", isNeeded: false) { Console.count(try Dataset.orl().images.count, "photograph") }
    let isMachineSound = !hasFailed
    if let experiment {
      (hasFailed, isExperiment) = (false, true)
      let warnings = try ExperimentDoctor(path: experiment, output: output).run { check($0, $1) }
      for warning in warnings {
        Console.result("warning  \(warning.message)")
        if let remedy = warning.remedy { Console.result("           \(remedy)") }
      }
    }
    if !isMachineSound { throw ExitCode(1) }
    if hasFailed { throw ExitCode(64) }
  }

  /// What comes with Heatdrift, by the folders that it is taken from: "paper, review in /usr/share/heatdrift/Templates".
  private static func shared(_ kind: SharedFolders.Kind, _ endings: [String]) throws(Problem) -> String {
    let folders = SharedFolders.folders(kind)
    let files = SharedFolders.files(kind, endings: endings, in: folders)
    guard !files.isEmpty else {
      throw .failure(
        "no folder \(kind.rawValue) here, above it, beside the program or in its share/heatdrift",
        remedy: "Reinstall Heatdrift, or call it in its folder.")
    }
    return folders.compactMap { folder in
      let names = files.filter { $0.folder == folder }.map { ($0.name as NSString).deletingPathExtension }
      return names.isEmpty ? nil : names.joined(separator: ", ") + " in " + folder.path
    }.joined(separator: "; ")
  }

  /// PNG must give back every byte, JPEG nearly.
  private static func roundTrip() throws(Problem) -> String {
    let pixels = (0..<16 * 16 * 3).map { UInt8($0 % 256) }
    let image = RGBImage(width: 16, height: 16, pixels: pixels)
    guard try ImageDecoder.decode(ImageEncoder.png(image), name: "test.png") == image else {
      throw .failure("a PNG does not come back as it was written", remedy: "Reinstall libpng.")
    }
    let flat = RGBImage(width: 16, height: 16, pixels: [UInt8](repeating: 90, count: 768))
    let decoded = try ImageDecoder.decode(ImageEncoder.jpeg(flat, quality: 95), name: "test.jpg")
    guard decoded.pixels.allSatisfy({ abs(Int($0) - 90) <= 2 }) else {
      throw .failure("a JPEG does not come back as it was written", remedy: "Reinstall libturbojpeg.")
    }
    return "PNG and JPEG are written and read"
  }
}
