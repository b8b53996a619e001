import Architectures
import ArgumentParser
import Graphs
import ONNX
import Support
import Weights

extension Architecture: ExpressibleByArgument {}
extension ArchitectureVariant: ExpressibleByArgument {}

struct LayersCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "layers",
    abstract: "Lists the layers of an architecture, or of an ONNX file's network, that can be explained.",
    discussion: """
      The names are those of torchvision (timm for xception), of an ONNX file those that its exporter gave, without their \
      dress. Shapes are channels x height x width at the given input. \
      `last` marks the layer that `layers: last` means, `all` those of `layers: all`; any name of a layer can stand in \
      an experiment file.

      EXAMPLES
        heatdrift layers vgg16
        heatdrift layers resnet50 --width 0.25 --input-size 112
        heatdrift layers mobilenet.onnx --size 224
      """)

  @Argument(
    help: ArgumentHelp(
      "vgg16, resnet50, resnet101, inception_v3, xception, or an ONNX file.", valueName: "architecture"),
    completion: .file(extensions: ["onnx"]))
  var subject: String

  @Option(name: .long, help: "Multiplies every channel count of an architecture, from above 0 to 4. (default: 1)")
  var width: Double?

  @Option(name: .long, help: "standard, or caffe for a ResNet as its authors published it. (default: standard)")
  var variant: ArchitectureVariant?

  @Option(
    name: [.customLong("input-size"), .customLong("size")],
    help: "Height and width of the input in pixels, 32 to 4096. (default: the published one, or the ONNX file's)")
  var inputSize: Int?

  @OptionGroup(title: "Common options") var common: CommonOptions

  var paths: [String] { Architecture(rawValue: subject) == nil ? [subject] : [] }

  /// Nil for an ONNX file.
  private var architecture: Architecture? { Architecture(rawValue: subject) }

  func validate() throws {
    if let inputSize, !(32...4096).contains(inputSize) {
      throw ValidationError("--input-size must lie in 32 to 4096, found \(inputSize).")
    }
    if let width, width <= 0 || width > 4 || width.isNaN {
      throw ValidationError("--width must lie in (0, 4], found \(width).")
    }
    guard let architecture else {
      guard subject.lowercased().hasSuffix(".onnx") || FileKind(of: subject) != .missing else {
        throw ValidationError(
          "There is no architecture and no file '\(printable(subject))'. "
            + suggestion(for: subject, among: Architecture.allCases.map(\.rawValue)))
      }
      if width != nil || variant != nil {
        throw ValidationError(
          "--width and --variant are of architectures: an ONNX file's network is as it was exported.")
      }
      return
    }
    if let variant, !architecture.variants.contains(variant) {
      throw ValidationError(
        "\(architecture.rawValue) has no variant \(variant.rawValue). \(Architecture.whoHas(variant))")
    }
  }

  func run() throws {
    guard let architecture else { return try runNetwork() }
    write(try architecture.layers(width: width ?? 1, variant: variant ?? .standard, inputSize: inputSize))
  }

  private func runNetwork() throws {
    let file = try ONNXFile.open(network: subject)
    let imported = try file.network(size: inputSize)
    write(imported.graph.layers)
    for remark in [file.foldingRemark].compactMap({ $0 }) + imported.remarks { Console.remark("note: \(remark)") }
  }

  private func write(_ layers: [LayerDescription]) {
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
