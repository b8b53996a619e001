import ArgumentParser
import Engines
import Foundation
import Graphs
import Support

/// What an engine makes of a network in an ONNX file, as arrays for others to compare; called by `Scripts/check-onnx.sh`.
@main
struct ONNXCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "onnx-check", abstract: "Computes the network of an ONNX file at one image.",
    discussion: """
      The tensor `image` of --inputs, (1, C, H, W), goes into the network as it is. Written are `logits`; `gradient`, of the logit of \
      --class with respect to the image; and of each value of --layers NAME.activations, NAME.gradient and NAME.map, the raw \
      map of Grad-CAM. Prints JSON: the layer that is `last`, remarks, seconds. Exit code 64, with the message, where the \
      network is refused.

      With --list the file is a folder: of each NAME.onnx at NAME.inputs.safetensors, whose output is taken as it stands, \
      NAME.safetensors in the folder --output gets `logits` and `gradient`, of the sum of seed times logits, the seed i being \
      i mod 3 - 0.75. Printed is a line for each, the name first, then `computed`, or `refused` or `failed` and the message.
      """)

  @Argument(help: "An ONNX file, or a folder of them with --list.") var file: String
  @Option(help: "A safetensors file with `image`.") var inputs: String?
  @Option(help: "Names of the file's values, or of layers, with commas between them.") var layers = ""
  @Option(name: .customLong("class"), help: "The explained logit; the highest where none is given.") var chosen: Int?
  @Option(help: "One of \(engines.all.map(\.name).joined(separator: ", ")).") var engine: EngineKind = .onednn
  @Option(help: "A safetensors file, or a folder with --list.") var output: String
  @Option(help: "So many passes are timed, and the shortest counts.") var times = 1
  @Flag(help: "The output is taken as it stands, not as a classifier's.") var plain = false
  @Flag(help: "All networks of a folder.") var list = false

  func run() throws {
    do {
      if list { return try CheckedFolder(file, engine: engine, output: output).run() }
      guard let inputs else { throw ValidationError("Give --inputs.") }
      let network = try CheckedNetwork(file, image: inputs, engine: engine, output: plain ? .anything : .logits)
      let names = layers.split(separator: ",").map(String.init)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      let report = try network.write(output, layers: names, chosen: chosen, times: times)
      print(String(decoding: try encoder.encode(report), as: UTF8.self))
    } catch let problem as Problem {
      FileHandle.standardError.write(Data("\(problem)\n".utf8))
      throw ExitCode(problem.exitCode)
    }
  }
}

extension EngineKind: ExpressibleByArgument {
  public init?(argument: String) {
    guard let found = engines.all.first(where: { $0.name == argument }) else { return nil }
    self = found
  }
}
