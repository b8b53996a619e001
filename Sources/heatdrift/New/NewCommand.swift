import ArgumentParser
import Datasets
import Engines
import ExperimentFile
import Foundation
import Graphs
import Measuring
import Support

struct NewCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "new",
    abstract: "Looks at your networks and images, and writes an experiment that runs.",
    discussion: """
      FOLDER gets the experiment file FOLDER/NAME.yaml, of its own name. Networks (ONNX files, and weights of the five \
      architectures) and images are looked for in it and below, unless they are named. Nothing is asked: what is \
      assumed is printed, and stands at the top of the file. Where the labels are the networks' classes, the usual ways \
      to feed a network are tried on some images, and the one with the most right answers is written.

      EXAMPLES
        heatdrift new pets
        heatdrift new pets --network resnet18.onnx --images ~/pictures/pets
        heatdrift preview pets/pets.yaml
      """)

  @Argument(
    help: ArgumentHelp("Gets the experiment; made where there is none.", valueName: "folder"), completion: .directory)
  var folder: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A network: an ONNX file, or weights of an architecture; can be given several times.", valueName: "file"),
    completion: .file())
  var network: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp("A folder of images, or a list with the columns path,label.", valueName: "folder"),
    completion: .file())
  var images: String?

  @OptionGroup(title: "Common options") var common: CommonOptions

  var paths: [String] { [folder] + network + [images].compactMap { $0 } }

  /// More networks than these in a folder are some collection, of which a report would say little.
  private static let mostNetworks = 8
  private static let mostTried = 24

  func run() throws {
    guard let root = ResolvedPath(folder)?.text, let last = root.split(separator: "/").last else {
      throw Problem.usage("the folder has no name", remedy: "Name a folder for the experiment.")
    }
    let name = String(last)
    let path = "\(folder.hasSuffix("/") ? String(folder.dropLast()) : folder)/\(name).yaml"
    let list = "\(root)/\(name)-images.csv"
    for file in [path, list] where FileKind(of: file) != .missing {
      throw Problem.usage(
        at: Place(file: file), "there is a file of this name already; nothing was written",
        remedy:
          "Move it away, or choose another folder. `heatdrift run \(shellWord(path))` runs an experiment that is there."
      )
    }
    guard [.missing, .folder].contains(FileKind(of: folder)) else {
      throw Problem.usage(at: Place(file: folder), "expected a folder, found a file", remedy: "Choose another name.")
    }
    let contents = FolderContents(root)
    var remarks: [String] = []
    if contents.isCutShort {
      remarks.append("There is more in the folder than could be looked at: 500,000 names were.")
    }
    let models = try findModels(contents, root: root, &remarks)
    let found = try findImages(contents, root: root)
    let place = found.path == root ? "the folder itself" : visible(written(found.path, root))
    remarks.append("Images: \(Console.count(found.count, "picture")) in \(place).")
    remarks += found.remarks
    let lists = (contents.lists.map { "\(root)/\($0)" } + Self.lists(beside: found.path)).prefix(40)
    let labels = LabelDecision(found, models, lists: Array(lists)) { written($0, root) }
    remarks.append(labels.remark)

    var isDone = false
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    defer { if !isDone { try? FileManager.default.removeItem(atPath: list) } }
    var data = try dataLines(found, list: list, root: root) + labels.lines
    let own = models.map { NewExperiment.Model(path: written($0.path, root), found: $0, input: nil) }
    var count = found.count
    let split = try Self.trainedSplit(own, data, labels.areClasses, path: path)
    if let split {
      data += ["split: test", "split-seed: \(split.seed)"]
      count = split.images
      remarks.append(
        "The weights say which part of the images they were fitted to: the other, of \(Console.count(count, "image")), is measured."
      )
    }
    let chosen = try choose(own, data, labels.areClasses, path: path, &remarks)
    if count > 100 {
      data.append("limit: 100")
      remarks.append("100 of the \(Console.grouped(count)) images are measured (`limit`): take it out for all.")
    }
    let experiment = NewExperiment(
      title: "\(name) under attack", data: data, models: chosen, areClasses: labels.areClasses, remarks: remarks)
    // What is written runs: all that can be wrong with it is found now.
    let plan = try Plan(ExperimentFile(text: experiment.text, path: path))
    for warning in plan.warnings { Console.error(Failures.text(of: warning)) }
    try AtomicFile.write(experiment.text.utf8, to: path)
    isDone = true
    Console.result(path)
    for remark in remarks { Console.remark("- \(remark)") }
    Console.remark(
      "`heatdrift preview \(shellWord(visible(path)))` shows a report on three images, `heatdrift run \(shellWord(visible(path)))` the whole one."
    )
  }

  // MARK: - What is there

  private func findModels(
    _ contents: FolderContents, root: String, _ remarks: inout [String]
  ) throws -> [FoundModel] {
    var models: [FoundModel] = []
    guard network.isEmpty else {
      for file in network.uniqued {
        let model = try FoundModel(file)
        models.append(model)
        remarks.append("Network: \(visible(file)), \(model.title).")
      }
      return models
    }
    var refused: [String] = []
    for file in contents.networks {
      guard models.count < Self.mostNetworks else {
        refused.append("\(file): more than \(Self.mostNetworks) networks")
        continue
      }
      do throws(Problem) {
        let model = try FoundModel("\(root)/\(file)")
        models.append(model)
        remarks.append("Network: \(visible(file)), \(model.title).")
      } catch {
        refused.append("\(visible(file)): \(visible(error.message))")
      }
    }
    guard !models.isEmpty else {
      throw Problem.usage(
        at: Place(file: folder),
        refused.isEmpty
          ? "there is no network in this folder or below it"
          : "none of the files here is a network that can be measured: \(refused.prefix(4).joined(separator: "; "))",
        remedy: "Name one: --network FILE.onnx (`Documentation/ONNX.md` says how to export one), or weights of "
          + "VGG16, ResNet50, ResNet101, InceptionV3 or Xception. `heatdrift run Experiments/orl.yaml` needs neither.")
    }
    if !refused.isEmpty {
      remarks.append(
        "Not taken: \(refused.prefix(4).joined(separator: "; "))\(refused.count > 4 ? "; and \(refused.count - 4) more" : "")."
      )
    }
    return models
  }

  private func findImages(_ contents: FolderContents, root: String) throws(Problem) -> FoundImages {
    if let images { return try FoundImages(named: images) }
    if let found = try FoundImages.choose(contents, in: root) { return found }
    throw .usage(
      at: Place(file: folder), "there are no images in this folder or below it",
      remedy: "Name them: --images FOLDER, with a sub-folder for each label or with pictures alone.")
  }

  /// Texts beside the images that may name their classes.
  private static func lists(beside images: String) -> [String] {
    let parent = images.split(separator: "/").dropLast().joined(separator: "/")
    return [images, "/" + parent].flatMap { folder in
      ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted().filter { name in
        [".json", ".txt", ".yaml", ".yml"].contains { name.lowercased().hasSuffix($0) }
      }.map { "\(folder)/\($0)" }
    }
  }

  /// A path as the experiment file has it: from its own folder, or whole.
  private func written(_ path: String, _ root: String) -> String {
    if path == root { return "." }
    return path.hasPrefix(root + "/") ? String(path.dropFirst(root.count + 1)) : path
  }

  /// Lines of `data`; of pictures that nobody labels a list is written.
  private func dataLines(_ images: FoundImages, list: String, root: String) throws(Problem) -> [String] {
    let place = scalar(written(images.path, root))
    switch images.kind {
    case .folder: return ["source: folder", "root: \(place)"]
    case .vggface2: return ["source: vggface2", "root: \(place)"]
    case .manifest: return ["source: manifest", "path: \(place)"]
    case .flat(let names):
      var text = "path,label,name\n"
      // A quotation mark within quotation marks stands twice.
      for name in names { text += "\"\(name.replacing("\"", with: "\"\""))\",0,photographs\n" }
      try AtomicFile.write(text.utf8, to: list)
      return ["source: manifest", "path: \(scalar(written(list, root)))", "root: \(place)"]
    }
  }

  /// The part of the images that no network was fitted to, where their weights say one and the same.
  private static func trainedSplit(
    _ models: [NewExperiment.Model], _ data: [String], _ areClasses: Bool, path: String
  ) throws -> (seed: Int, images: Int)? {
    let own = models.filter { $0.found.architecture != nil }
    guard areClasses, !own.isEmpty else { return nil }
    let one = NewExperiment(title: "trial", data: data + ["limit: 1"], models: own, areClasses: areClasses)
    let plan = try Plan(ExperimentFile(text: one.text, path: path))
    let splits = Set(plan.models.compactMap(\.trainedSplit))
    guard let split = splits.first, splits.count == 1, split.classes == nil || split.classes == plan.classNames else {
      return nil
    }
    let test = NewExperiment(
      title: "trial", data: data + ["split: test", "split-seed: \(split.seed)"], models: own, areClasses: areClasses)
    return (split.seed, try Plan.imageCount(of: ExperimentFile(text: test.text, path: path)))
  }

  // MARK: - What networks are fed with

  /// The models with the input that they were most likely trained with.
  private func choose(
    _ models: [NewExperiment.Model], _ data: [String], _ areClasses: Bool, path: String, _ remarks: inout [String]
  ) throws -> [NewExperiment.Model] {
    var chosen: [NewExperiment.Model] = []
    for var model in models {
      let choice = InputChoice(model.found)
      let name = model.path.split(separator: "/").last.map(String.init) ?? model.path
      guard areClasses else {
        model.input = choice.candidates.first?.input
        if model.found.architecture == nil {
          remarks.append(
            "\(visible(name)): fed as `\(choice.candidates[0].name)`, which the file does not say: check `input`.")
        }
        chosen.append(model)
        continue
      }
      Console.remark("Trying \(choice.candidates.count) ways to feed \(visible(name))")
      let trials = choice.candidates.enumerated().map { index, candidate in
        NewExperiment.Model(path: model.path, found: model.found, input: candidate.input, name: "trial \(index)")
      }
      let trial = NewExperiment(
        title: "trial", data: data + ["limit: \(Self.mostTried)"], models: trials, areClasses: areClasses)
      let plan = try Plan(ExperimentFile(text: trial.text, path: path))
      let correct = try plan.correctPredictions(by: EngineKind.onednn.makeEngine())
      let (candidate, remark) = choice.best(correct, of: plan.images.count, called: visible(name))
      model.input = candidate.input
      remarks.append(remark)
      chosen.append(model)
    }
    return chosen
  }
}
