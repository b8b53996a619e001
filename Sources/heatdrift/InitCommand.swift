import Architectures
import ArgumentParser
import Attacks
import Datasets
import ExperimentFile
import Explanations
import Foundation
import Maps
import ONNX
import Results
import Support

struct InitCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Writes an experiment file to start from.",
    discussion: """
      The file names what has to be filled in, and shows every other key with its default and what it does. A file that \
      is there already is never overwritten.

      EXAMPLES
        heatdrift init faces
        heatdrift init faces --source vggface2 --architecture resnet50 --architecture vgg16
        heatdrift init faces --network mobilenet.onnx --preprocessing torchvision
        heatdrift init faces --maps maps/vit
      """)

  @Argument(help: ArgumentHelp("What the experiment is called: writes NAME.yaml.", valueName: "NAME"))
  var name: String

  @Option(name: .long, help: "Where images come from: folder, manifest, orl or vggface2.")
  var source = FolderSource.key

  @Option(
    name: .long,
    help: "vgg16, resnet50, resnet101, inception_v3 or xception; can be given several times. (default: resnet50)")
  var architecture: [Architecture] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "An ONNX file, whose `input` is filled in; can be given several times, and beside --architecture.",
      valueName: "file"),
    completion: .file(extensions: ["onnx"]))
  var network: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What the networks of the ONNX files were trained with: "
        + Preprocessing.all.keys.joined(separator: ", ") + ". (default: torchvision, to be checked)", valueName: "name")
  )
  var preprocessing: String?

  @Option(name: .long, help: "Height and width of their input in pixels, where the files leave it open.")
  var size: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A file or folder of maps that were computed elsewhere; can be given several times. Attack and levels are the first one's.",
      valueName: "file"),
    completion: .file())
  var maps: [String] = []

  @OptionGroup(title: "Common options") var common: CommonOptions

  var paths: [String] { [name] + network + maps }

  func validate() throws {
    if network.isEmpty, preprocessing != nil || size != nil {
      throw ValidationError("--preprocessing and --size are of ONNX files: name one by --network.")
    }
    if let preprocessing, Preprocessing.all[preprocessing] == nil {
      throw ValidationError(
        "The value '\(printable(preprocessing))' is invalid for '--preprocessing <name>'. "
          + suggestion(for: preprocessing, among: Preprocessing.all.keys))
    }
    if let size, !(32...4096).contains(size) {
      throw ValidationError("--size must lie in 32 to 4096, found \(size).")
    }
  }

  func run() throws {
    let isFileName = name.hasSuffix(".yaml") || name.hasSuffix(".yml")
    let path = isFileName ? name : name + ".yaml"
    // The link itself, not what it leads to: a dangling one is something in the way as well.
    if (try? FileManager.default.attributesOfItem(atPath: path)) != nil {
      throw Problem.usage(
        at: Place(file: path), "there is a file of this name already; nothing was written",
        remedy: "Choose another name, or move it away.")
    }
    guard let source = dataSources[source] else {
      throw ValidationError(
        "The value '\(printable(source))' is invalid for '--source <source>'. "
          + suggestion(for: source, among: dataSources.keys))
    }
    let title = URL(filePath: path).deletingPathExtension().lastPathComponent
    var architectures: [Architecture] = []
    for each in architecture.isEmpty && network.isEmpty && maps.isEmpty ? [.resnet50] : architecture
    where !architectures.contains(each) {
      architectures.append(each)
    }
    let files = try network.uniqued.map { (file) throws(Problem) in try ONNXFile.open(network: file) }
    // It is for those that leave it open; that it is another than the file's is only said where there is none such.
    let leavesOpen = files.map { $0.image?.height == nil && $0.image?.width == nil }
    let isForSome = leavesOpen.contains(true)
    var networks: [ExperimentSkeleton.Network] = []
    for (file, isOpen) in zip(files, leavesOpen) {
      networks.append(
        try ExperimentSkeleton.Network(
          file, path: relative(file.path, to: path), size: isForSome && !isOpen ? nil : size,
          preprocessing: preprocessing))
    }
    let mapFiles = try maps.uniqued.map { (file) throws(Problem) in try Self.maps(file, path: relative(file, to: path))
    }
    let skeleton = ExperimentSkeleton(
      title: title, source: source, architectures: architectures, networks: networks, maps: mapFiles)
    try AtomicFile.write(skeleton.text.utf8, to: path)
    Console.result(path)
    Console.remark(
      "Fill in where images and weights are, then `heatdrift run \(shellWord(visible(path))) --dry-run` says what would be computed, "
        + "and `heatdrift run \(shellWord(visible(path)))` does it.")
    if !network.isEmpty, preprocessing == nil {
      Console.remark(
        "Check `input` of the networks: ONNX files do not say what they were trained with, and torchvision's values stand there."
      )
    }
  }

  /// What of some maps an experiment can ask for.
  private static func maps(_ file: String, path: String) throws(Problem) -> ExperimentSkeleton.Maps {
    let maps = try MapsCollection(file)
    var attack: String?
    var epsilons: [Double] = []
    for level in maps.levels {
      guard case .attack(let name, let epsilon) = level, attacks[name] != nil, attack ?? name == name else { continue }
      attack = name
      epsilons.append(epsilon)
    }
    return ExperimentSkeleton.Maps(
      path: path, attack: attack, epsilons: epsilons.sorted().map(AttackLevel.exact),
      explanations: maps.explanations.filter { explanations[$0] != nil })
  }

  /// A path as the experiment file must write it, which has its own folder to start from.
  private func relative(_ file: String, to experiment: String) -> String {
    let folder = experiment.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    guard !file.hasPrefix("/"), !folder.isEmpty else { return file }
    if file.hasPrefix(folder + "/") { return String(file.dropFirst(folder.count + 1)) }
    let steps = folder.split(separator: "/").filter { $0 != "." }
    // Out of a folder that is not below this one nobody knows the way back.
    guard !folder.hasPrefix("/"), !steps.contains("..") else {
      return WorkingFolder.path.map { "\($0)/\(file)" } ?? file
    }
    return String(repeating: "../", count: steps.count) + file
  }
}
