import Architectures
import ArgumentParser
import Datasets
import ExperimentFile
import Foundation
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
      """)

  @Argument(help: ArgumentHelp("What the experiment is called: writes NAME.yaml.", valueName: "NAME"))
  var name: String

  @Option(name: .long, help: "Where images come from: folder, manifest, orl or vggface2.")
  var source = FolderSource.key

  @Option(
    name: .long,
    help: "vgg16, resnet50, resnet101, inception_v3 or xception; can be given several times. (default: resnet50)")
  var architecture: [Architecture] = []

  @OptionGroup(title: "Common options") var common: CommonOptions

  var paths: [String] { [name] }

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
    for each in architecture.isEmpty ? [.resnet50] : architecture where !architectures.contains(each) {
      architectures.append(each)
    }
    let skeleton = ExperimentSkeleton(title: title, source: source, architectures: architectures)
    try AtomicFile.write(skeleton.text.utf8, to: path)
    Console.result(path)
    Console.remark(
      "Fill in where images and weights are, then `heatdrift run \(visible(path)) --dry-run` says what would be computed, "
        + "and `heatdrift run \(visible(path))` does it.")
  }
}
