import Architectures
import ExperimentFile
import Foundation
import ONNX
import Support
import Weights

/// A network that `new` found or was given, as an experiment file names it.
struct FoundModel {
  /// Absolute.
  let path: String
  /// Nil for an ONNX file.
  let architecture: Architecture?
  /// Of an architecture, what the experiment file must say beside the weights: `width: 0.25`.
  private(set) var keys: [String] = []
  /// How many outputs it has; nil where the graph leaves that open.
  let outputs: Int?
  /// In pixels; nil where neither the file nor the architecture fixes it.
  let size: Int?
  let channels: Int
  /// What it is, for a sentence: "ResNet50, 1,000 outputs".
  let title: String

  /// - Throws: `Problem` for a file of no network that can be measured.
  init(_ path: String) throws(Problem) {
    self.path = ResolvedPath(path)?.text ?? path
    if WeightsFile.isONNX(path) {
      let file = try ONNXFile.open(network: path)
      try file.requireReadable()
      let image = file.image
      if let height = image?.height, let width = image?.width, height != width {
        throw .usage(
          at: Place(file: path), "the network takes images of \(height) x \(width) pixels, expected square ones",
          remedy: "Export it for square images.")
      }
      let fixed = image?.size ?? image?.height ?? image?.width
      let imported = try file.network(size: fixed ?? 224)
      architecture = nil
      size = fixed
      channels = image?.channels == 1 ? 1 : 3
      outputs = imported.graph.classCount
      title = "an ONNX file, \(Console.count(imported.graph.classCount, "output"))"
      return
    }
    let opened = try WeightsFile.open(path)
    guard let (fit, placed) = try ArchitectureFit.all(in: opened).first, fit.fits else {
      throw .usage(
        at: Place(file: path),
        "the weights fit none of \(Architecture.allCases.map(\.rawValue).joined(separator: ", "))",
        remedy: "`heatdrift weights inspect` says what is missing; any other network can be measured as an ONNX file.")
    }
    architecture = fit.architecture
    outputs = fit.classes
    size = nil
    channels = 3
    if placed.isChosen || !placed.others.isEmpty { keys.append("state: \(quotedScalar(placed.place.name))") }
    if fit.width != 1 { keys.append("width: \(numberText(fit.width))") }
    if opened.format == .numPyPickle, fit.architecture.variants.contains(.caffe) { keys.append("variant: caffe") }
    title =
      "\(fit.architecture.rawValue)\(fit.width == 1 ? "" : ", width \(numberText(fit.width))"), \(Console.count(fit.classes, "output"))"
  }
}
