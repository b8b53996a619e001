import ArgumentParser
import Maps
import Results
import Support

struct MapsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "maps",
    abstract: "Shows what files of maps hold that were computed elsewhere.",
    subcommands: [MapsInspectCommand.self])
}

struct MapsInspectCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Says who computed the maps of a file or folder, of what, and what is missing.",
    discussion: """
      Reads every value, and prints the producer with its versions, how photographs became the network's input, images, attacks \
      and levels, explanations, explained classes, layers with the size of their maps, and for each level how many images have \
      it. What an experiment would lack says `heatdrift run --dry-run`.

      EXAMPLES
        heatdrift maps inspect maps/vit
        heatdrift maps inspect maps/vit/maps-00001.safetensors --images
      """)

  @Argument(
    help: ArgumentHelp("A file of maps, or a folder of them.", valueName: "file"), completion: .file())
  var path: String

  @Flag(name: .long, help: "A line for each image: its name, the SHA-256 of its file, and its label.")
  var images = false

  @OptionGroup(title: "Common options") var common: CommonOptions

  var paths: [String] { [path] }

  func run() throws {
    let maps = try MapsCollection(path)
    try maps.checkValues()
    for line in Self.lines(maps) { Console.result(line) }
    guard images else { return }
    maps.forEachImage { image in
      Console.result(
        "image: \(visible(image.image)), \(image.sha256)" + (image.label.map { ", label \($0)" } ?? ""))
    }
  }

  static func lines(_ maps: MapsCollection) -> [String] {
    let about = maps.description
    let input = about.input
    var lines = [
      "\(visible(maps.path)): \(Console.count(maps.files.count, "file")), "
        + "\(Console.count(maps.heldFiles.reduce(0) { $0 + $1.count }, "byte")), version \(MapsDescription.version)"
    ]
    for producer in maps.producers {
      let software = producer.software.map { "\($0.name) \($0.version)" }.joined(separator: ", ")
      lines.append(visible("producer: \(producer.name)" + (software.isEmpty ? "" : ", \(software)")))
    }
    lines.append(
      "input: \(input.size) x \(input.size), \(input.fit)" + (input.resize.map { " of \($0)" } ?? "")
        + ", EXIF orientation: \(input.orientation.rawValue)")
    let answers = Set(maps.files.map(\.hasAllClasses))
    lines.append(
      "answers: \(Console.grouped(about.classCount)) classes, "
        + (answers == [true]
          ? "logits of all"
          : answers == [false] ? "probabilities of the highest" : "of some images probabilities of the highest"))
    lines.append("maps: \(about.areScaled ? "scaled to [0, 1]" : "raw")")
    lines.append("images: \(Console.grouped(maps.imageCount))")
    for level in maps.levels {
      let count = maps.files.reduce(0) { sum, file in
        sum + (file.description.levels.contains(level) ? file.description.images.count : 0)
      }
      let gap = count < maps.imageCount ? ", missing of \(Console.grouped(maps.imageCount - count))" : ""
      lines.append("  \(visible(level.words)): \(Console.count(count, "image"))\(gap)")
    }
    if !maps.levels.contains(.control) {
      lines.append("  no control: no clean image was explained a second time")
    }
    lines.append("explanations: \(visible(maps.explanations.joined(separator: ", ")))")
    lines.append("targets: \(maps.targets.map(\.rawValue).joined(separator: ", "))")
    for layer in maps.layers {
      let sizes = maps.files.compactMap { $0.extent(of: layer) }.map { "\($0.height) x \($0.width)" }
      let unique = Array(Set(sizes)).sorted()
      lines.append("layer: \(visible(layer)), maps of \(unique.joined(separator: ", "))")
    }
    let pictures = maps.files.filter(\.hasInputs).reduce(0) { $0 + $1.description.images.count }
    lines.append("pictures of the inputs: of \(Console.count(pictures, "image"))")
    for options in maps.options {
      for (name, own) in options.sorted(by: { $0.key < $1.key }) {
        let words = own.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        lines.append(visible("options: \(name): \(words)"))
      }
    }
    lines.append("in an experiment file: {maps: \(visible(maps.path))}")
    return lines
  }
}
