import ExperimentFile
import Support
import Tensors
import Weights

/// Prototypes out of a file: a tensor of (labels, features), which are normalised here.
struct StoredPrototypes {
  let file: WeightsFile
  let labels: Int
  /// Normalised and times the scale, row-major.
  let rows: [Float]

  /// - Parameter features: of the network's embedding.
  /// - Throws: `Problem` for another number of tensors or features, and a prototype of zeros.
  init(_ options: HeadOptions, features: Int, at place: Place?) throws(Problem) {
    let path = SharedFolders.model(options.prototypes.resolved)
    let opened = try usage(at: place) { () throws(Problem) in try WeightsFile.open(path, for: .run) }
    let wanted = "expected one tensor, labels x \(features), the features of the embedding"
    guard opened.tensorNames.count == 1, let name = opened.tensorNames.first else {
      throw .usage(
        at: Place(file: path), "\(wanted), found \(opened.tensorNames.count) tensors",
        remedy:
          "Save the prototypes alone: safetensors.numpy.save_file({\"prototypes\": array}, \"prototypes.safetensors\")."
      )
    }
    guard let shape = opened.shape(of: name), shape.rank == 2, shape[0] > 1, shape[1] == features else {
      throw .usage(
        at: Place(file: path, tensor: name), "\(wanted), found \(opened.shape(of: name).map { "\($0)" } ?? "no shape")",
        remedy: "Use the prototypes that were made with this network.")
    }
    let values = try usage(at: place) { () throws(Problem) in try opened.values(name) }
    var rows: [Float] = []
    for label in 0..<shape[0] {
      guard let row = CosineHead.normalised(Array(values[label * features..<(label + 1) * features])) else {
        throw .usage(
          at: Place(file: path, tensor: name),
          "the prototype of label \(label) is zero or not finite: it has no direction",
          remedy: "Make the prototypes anew.")
      }
      rows += row.map { $0 * Float(options.scale) }
    }
    file = opened
    labels = shape[0]
    self.rows = rows
  }
}
