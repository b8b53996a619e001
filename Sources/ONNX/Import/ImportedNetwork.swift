import Graphs
import Support
import Tensors
import Weights

/// The network of an ONNX file as a graph that every engine computes, with its constants as named tensors.
///
///     let file = try ONNXFile.open("resnet18.onnx")
///     let imported = try ImportedNetwork(file, name: "resnet18", height: 224, width: 224)
///     let network = try Network(imported.graph, normalisation: normalisation, weights: imported.weights)
public struct ImportedNetwork: Sendable {
  /// From the image, (channels, height, width), to the logits.
  public let graph: Graph
  /// Every tensor of the graph: read from the file when it is asked for, or computed from what is there.
  public let weights: any NamedTensors
  /// What was done that changes numbers, or that a user should know, a sentence each: "Arithmetic that the file has in FLOAT16
  /// is computed in FLOAT32."
  public let remarks: [String]

  /// - Parameters:
  ///   - name: what messages and `Network.architecture` call it.
  ///   - height: of the image, in pixels, as `width`.
  /// - Throws: `Problem` (usage) that lists every operator that is missing, with a node's name and how often; names the node
  ///   that cannot be computed; and says what the graph's input asks for where the size does not fit.
  public init(_ file: ONNXFile, name: String, height: Int, width: Int) throws(Problem) {
    try file.requireReadable()
    throw .usage(at: Place(file: file.path), "networks from ONNX files are not computed yet")
  }
}
