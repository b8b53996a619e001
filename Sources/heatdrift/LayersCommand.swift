import Architectures
import ArgumentParser
import Graphs
import Support

extension Architecture: ExpressibleByArgument {}
extension ArchitectureVariant: ExpressibleByArgument {}

struct LayersCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "layers",
    abstract: "Lists the layers of an architecture that can be explained.",
    discussion: """
      The names are those of torchvision (timm for xception). Shapes are channels x height x width at the given input. \
      `last` marks the layer that `layers: last` means, `all` those of `layers: all`; any name of a layer can stand in \
      an experiment file.

      EXAMPLES
        heatdrift layers vgg16
        heatdrift layers resnet50 --width 0.25 --input-size 112
      """)

  @Argument(help: "vgg16, resnet50, resnet101, inception_v3 or xception.")
  var architecture: Architecture

  @Option(name: .long, help: "Multiplies every channel count, from above 0 to 4.")
  var width: Double = 1

  @Option(name: .long, help: "standard, or caffe for a ResNet as its authors published it.")
  var variant: ArchitectureVariant = .standard

  @Option(name: .long, help: "Height and width of the input in pixels, 32 to 4096. (default: the published one)")
  var inputSize: Int?

  @OptionGroup(title: "Common options") var common: CommonOptions

  func validate() throws {
    guard width > 0, width <= 4 else { throw ValidationError("--width must lie in (0, 4], found \(width).") }
    guard architecture.variants.contains(variant) else {
      throw ValidationError(
        "\(architecture.rawValue) has no variant \(variant.rawValue). \(Architecture.whoHas(variant))")
    }
    if let inputSize, !(32...4096).contains(inputSize) {
      throw ValidationError("--input-size must lie in 32 to 4096, found \(inputSize).")
    }
  }

  func run() throws {
    let layers = try architecture.layers(width: width, variant: variant, inputSize: inputSize)
    let rows = layers.map { layer in
      [
        layer.name, "\(layer.shape)", layer.kind, layer.isLast ? "last" : layer.isInAll ? "all" : "",
        layer.aliases.joined(separator: ", "),
      ]
    }
    let header = ["layer", "shape", "kind", "in", "other names"]
    let widths = header.indices.map { column in ([header] + rows).map { terminalColumns($0[column]) }.max() ?? 0 }
    for row in [header] + rows {
      var line = zip(row, widths).map { padded(visible($0), to: $1) }.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      Console.result(line)
    }
  }
}
