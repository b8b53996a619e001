import ExperimentFile
import Foundation
import Graphs
import Images
import ONNX
import Results
import Store
import Support

extension PlannedModel {
  /// A network from an ONNX file, with the files beside it that have its weights.
  /// - Parameters: as of `opened`.
  static func network(
    _ options: ModelOptions, data: DataOptions, hashes known: FileHashes,
    checking: @Sendable (Network, [ResolvedLayer]) throws(Problem) -> Void, place: (String) -> Place?
  ) throws(Problem) -> PlannedModel {
    let networkPlace = place("network")
    let input = options.input
    let file = try ONNXFile.open(network: options.weights, at: networkPlace, for: .run)
    try holdInput(of: file, to: options, sizePlace: place("input.size") ?? place("input"), place("input.mean"))
    let imported = try usage(at: networkPlace) { () throws(Problem) in
      // What gives an embedding is no classifier: whatever it ends with is part of it.
      try ImportedNetwork(
        file, name: file.path, height: input.size, width: input.size, output: options.head == nil ? .logits : .embedding
      )
    }
    let own = try usage(at: place("input")) { () throws(Problem) in
      try Network(imported.graph, normalisation: input.normalisation, weights: imported.weights)
    }
    let preparation = try usage(at: place("input")) { () throws(Problem) in
      try InputPreparation(
        size: input.size, fit: input.fit == .crop ? .crop(resize: input.resize) : .squash, isGrey: input.isGrey)
    }
    let head = try PlannedHead(options, own, data: data, hashes: known, place)
    let network = head?.network ?? own
    let files = file.files + (head?.files ?? [])
    let layers = try usage(at: place("layers")) { () throws(Problem) in try network.resolve(layers: options.layers) }
    let names = layers.map(\.name)
    head?.training?.use(own, layers: layers, preparation: preparation)
    let isKnown = known.note(files) { FileHashes.weightsKey(options, layers: names, $0) }
    let hash = try usage(at: networkPlace) { () throws(Problem) in
      guard !isKnown else { return try file.sha256() }
      return try HeldFile.whileUnchanged(file.files) { () throws(Problem) in
        try concurrently { () throws(Problem) in
          try file.sha256()
        } _: { () throws(Problem) in
          // A head is looked at when it is made, and prepared with an engine alone.
          if head == nil { try checking(network, layers) } else { try own.checkWeights(layers: layers) }
        }.0
      }
    }
    let remarks = imported.remarks + [head?.remark].compactMap { $0 }
    let record = ModelRecord(
      key: options.key, name: options.name, architecture: ModelRecord.onnx, width: options.width,
      inputSize: input.size, mean: input.normalisation.mean,
      standardDeviation: input.normalisation.standardDeviation, classCount: network.classCount,
      parameterCount: network.parameterCount, weightsFile: options.weights.fileName, weightsSHA256: hash,
      layers: names, lastLayer: network.lastLayer, training: options.training,
      remarks: remarks.isEmpty ? nil : remarks, head: try head?.record())
    return PlannedModel(
      record: record, options: options, network: network, layers: layers, preparation: preparation, files: files,
      trainedSplit: TrainedSplit(
        options, metadata: Dictionary(file.metadata.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })),
      training: head?.training)
  }

  /// - Throws: `Problem` where the experiment's input is another than the file says.
  private static func holdInput(
    of file: ONNXFile, to options: ModelOptions, sizePlace: Place?, _ meanPlace: Place?
  ) throws(Problem) {
    guard let image = file.image else { return }
    let (size, channels) = (options.input.size, options.input.normalisation.mean.count)
    if let height = image.height ?? image.width, let width = image.width ?? image.height,
      height != size || width != size
    {
      throw .usage(
        at: sizePlace,
        "\(options.name) takes images of \(height) x \(width) pixels, by its file \(options.weights.fileName), but `size` is "
          + "\(size)",
        remedy: height == width
          ? "Write `size: \(height)`, or export the network for images of \(size) pixels, or of any size (dynamic_axes)."
          : "Export the network for square images: others are not measured.")
    }
    if let own = image.channels, own != channels {
      throw .usage(
        at: meanPlace ?? sizePlace,
        "\(options.name) takes images of \(own) channel\(own == 1 ? "" : "s"), by its file \(options.weights.fileName), but "
          + "`mean` and `std` have \(channels) number\(channels == 1 ? "" : "s")",
        remedy: own == 1
          ? "Write one number: the network takes grey images, and pictures are made grey."
          : "Write a number for each channel.")
    }
  }
}
