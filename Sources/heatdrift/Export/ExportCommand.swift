import ArgumentParser
import Attacks
import ExperimentFile
import Foundation
import Images
import Measuring
import Results
import Store
import Support

struct ExportCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Takes raw maps, heatmaps and attacked images out of a run's store.",
    discussion: """
      Of chosen images (--image, as in the column `image` of results.csv, or the end of it that no other has) into a \
      folder: raw maps (--maps), heatmaps at the input's size (--heatmap), the clean and attacked images as the network \
      saw them (--attacked), each as .npy, which numpy.load reads, or .png. index.csv beside them says of every file \
      what it is. Without any of these it is the raw maps.

      Attacked images are made again of the photographs by the networks, whose files must be those of the run: \
      the experiment file names them (--experiment), or --data and --weights say below which folders they are, under \
      whatever name. Without these files PNGs of attacks that go along one direction come from the store, to within one grey \
      level.

      --all writes the raw maps of all images as one safetensors file, a tensor (images, height, width) for each model, \
      explanation, target, layer, attack and level; its header has the names of the images, in the words of results.csv:

        from safetensors.numpy import load_file
        maps = load_file("maps.safetensors")

      EXAMPLES
        heatdrift export Reports/orl --image s1/3.pgm
        heatdrift export Reports/orl --image s1/3.pgm --model vgg16 --attack \(standardAttack.key) --attacked png --heatmap png
        heatdrift export Reports/orl --all --output maps.safetensors
      """)

  @OptionGroup var results: ResultsFolder

  @Option(name: .customLong("image"), parsing: .singleValue, help: "An image; can be given several times.")
  var images: [String] = []

  @Flag(name: .long, help: "The raw maps of all images, as one safetensors file.")
  var all = false

  @Option(name: .long, help: "Raw maps: npy, or png: grey, 0 black and the greatest value white.")
  var maps: ExportFormat?

  @Option(name: .long, help: "Heatmaps: npy, values in [0, 1], or png: coloured over the photograph.")
  var heatmap: ExportFormat?

  @Option(name: .long, help: "Clean and attacked images: npy, (channels, height, width) in [0, 1], or png.")
  var attacked: ExportFormat?

  @Option(name: .long, help: "Of heatmaps as png: inferno, viridis, magma, grey or jet.")
  var colours: ColourMap = .inferno

  @OptionGroup(title: "Which of them") var choice: ExportChoice
  @OptionGroup(title: "For attacked images") var inputs: InputOptionsGroup

  @Option(
    name: [.short, .long],
    help: "A folder, of --all a file. (default: export, of --all maps.safetensors)")
  var output: String?

  @Flag(name: .long, help: "Replace files that are there already.")
  var overwrite = false

  @OptionGroup(title: "Common options") var common: CommonOptions

  var paths: [String] { [results.path, output ?? "."] + inputs.paths }

  func validate() throws {
    guard all || !images.isEmpty else { throw ValidationError("Say of which images (--image), or --all.") }
    guard !all || (images.isEmpty && heatmap == nil && attacked == nil && maps == nil) else {
      throw ValidationError(
        "--all writes the raw maps of all images as safetensors, and goes with neither --image, --maps, --heatmap nor --attacked."
      )
    }
  }

  func run() throws {
    if let refusal = ComparisonFolder.refusal(results.path) { throw refusal }
    let store = try ResultsStore(readingAt: results.storePath)
    let run = try choice.run(in: store, path: results.storePath)
    let selection = try choice.selection(of: run)
    if all {
      try writeAll(run, store, selection)
    } else {
      var chosen: [ImageRecord] = []
      for name in images {
        let image = try run.image(named: name)
        if !chosen.contains(image) { chosen.append(image) }
      }
      let isNothingSaid = maps == nil && heatmap == nil && attacked == nil
      var export = try ImageExport(
        run: run, store: store, selection: selection, maps: isNothingSaid ? .npy : maps, heatmaps: heatmap,
        attacked: attacked, colours: colours)
      try export.add(chosen, inputs: inputs)
      try ExportFolder(path: output ?? "export", overwrites: overwrite).write(export.files)
    }
  }

  private func writeAll(_ run: StoredRun, _ store: ResultsStore, _ selection: MapSelection) throws {
    let path = output ?? "maps.safetensors"
    let isThere: Bool
    switch FileKind(of: path) {
    case .missing: isThere = false
    case .file: isThere = true
    case .folder:
      throw Problem.usage(
        at: Place(file: path), "expected a file for the maps, found a folder",
        remedy: "Give the name of a file: \(path)/maps.safetensors.")
    case .special, .danglingLink:
      throw Problem.usage(
        at: Place(file: path), "expected a file for the maps, found a device, a pipe or a link that leads nowhere",
        remedy: "Give the name of a file: each map is written at a place of its own.")
    }
    guard !isThere || overwrite else { throw ExportFolder.isThere(path, count: 1) }
    let archive = try MapArchive(of: run, in: store, selection)
    let progress = Progress(common.quiet ? .quiet : Console.isTerminal ? .bar : .lines, note: nil)
    defer { progress.finish() }
    try archive.write(to: path)
    if isThere { Console.remark("replaced \(path)") }
    if !archive.namesImages {
      Console.remark(
        "note: the header does not name the images, which are more than \(Console.grouped(MapArchive.mostNamed)): they are those of "
          + "provenance.json, in its order")
    }
    Console.result(
      "\(path): \(Console.count(archive.mapCount, "map")) in \(Console.count(archive.tensorCount, "tensor"))")
  }
}

/// How something is written.
enum ExportFormat: String, ExpressibleByArgument, CaseIterable {
  case npy, png
}

extension ColourMap: ExpressibleByArgument {}

/// Which of a store's runs and rows are meant.
struct ExportChoice: ParsableArguments {
  @Option(
    name: .customLong("model"), parsing: .singleValue, help: "A model; can be given several times, as all of these.")
  var models: [String] = []

  @Option(name: .customLong("attack"), parsing: .singleValue, help: "An attack, as in results.csv.")
  var attacks: [String] = []

  @Option(name: .customLong("level"), parsing: .singleValue, help: "An epsilon: 0.01 or 2/255; 0 is the control.")
  var levels: [String] = []

  @Option(name: .customLong("explanation"), parsing: .singleValue, help: "An explanation, as in results.csv.")
  var explanations: [String] = []

  @Option(name: .customLong("target"), parsing: .singleValue, help: "predicted, label or clean-prediction.")
  var targets: [String] = []

  @Option(name: .customLong("layer"), parsing: .singleValue, help: "A layer's name, or last.")
  var layers: [String] = []

  @Option(name: .customLong("run"), help: "Of a sweep's store the combination: its name in the report.")
  var setting: String?

  /// - Throws: `Problem` where there is no finished run, or several and none is named.
  func run(in store: ResultsStore, path: String) throws(Problem) -> StoredRun {
    let sweep = try store.sweepRuns()
    guard sweep.isEmpty else {
      let names = sweep.map(\.setting)
      guard let setting else {
        var problem = Problem.usage(
          at: Place(file: path), "the results are of a sweep over \(sweep.count) combinations",
          remedy: "Name one of them (--run):")
        problem.choices = names
        throw problem
      }
      guard let found = sweep.first(where: { $0.setting == setting }) else {
        throw .usage(
          at: Place(file: path), "the sweep has no combination `\(printable(setting))`",
          remedy: suggestion(for: setting, among: names))
      }
      return found.run
    }
    guard setting == nil else {
      throw .usage(
        at: Place(file: path), "the results are of one run, not of a sweep", remedy: "Leave out --run.")
    }
    guard let run = try store.latestRun() else { throw store.unfinished(at: path) }
    return run
  }

  func selection(of run: StoredRun) throws(Problem) -> MapSelection {
    try MapSelection(
      of: run, models: models, attacks: attacks, levels: levels, explanations: explanations, targets: targets,
      layers: layers)
  }
}
