import ExperimentFile
import Graphs
import Results
import Store
import Support
import Weights

/// The cosine head of an embedding's network: its prototypes out of a file, or of the training part of the data.
struct PlannedHead {
  let network: Network
  /// Nil for prototypes of a file.
  let training: TrainingPrototypes?
  private let stored: StoredPrototypes?
  private let options: HeadOptions

  /// What prototypes are read from.
  var files: [HeldFile] { stored?.file.files ?? [] }

  /// - Parameters:
  ///   - embedding: whose logits are the embedding.
  ///   - place: of a key of the model.
  /// - Returns: nil for a model without a head.
  init?(
    _ model: ModelOptions, _ embedding: Network, data: DataOptions, hashes: FileHashes, _ place: (String) -> Place?
  ) throws(Problem) {
    guard let options = model.head else { return nil }
    let headPlace = place("head.prototypes")
    self.options = options
    let labels: Int
    let rows: @Sendable () throws(Problem) -> [Float]
    if options.isFromTraining {
      let made = try TrainingPrototypes(model, data: data, hashes: hashes, at: headPlace)
      (training, stored, labels) = (made, nil, made.labels)
      rows = { () throws(Problem) in try made.rows() }
    } else {
      let read = try StoredPrototypes(options, features: embedding.classCount, at: headPlace)
      (training, stored, labels) = (nil, read, read.labels)
      rows = { () throws(Problem) in read.rows }
    }
    let head = try usage(at: headPlace) { () throws(Problem) in
      try CosineHead(embedding.graph, weights: embedding.weights, labels: labels, rows: rows)
    }
    network = try Network(head.graph, normalisation: embedding.normalisation, weights: head.weights)
  }

  /// What a reader of the results should know, as a sentence.
  var remark: String {
    let source =
      training.map {
        "the mean normalised embedding of its images in the training part of the data, \($0.count) image\($0.count == 1 ? "" : "s") in all"
      } ?? "out of a file"
    return
      "Its output is taken for an embedding of \(network.graph.nodes.last?.operation.inputFeatures ?? 0) features; logits are "
      + "\(numberText(options.scale)) times its cosines with one prototype for each label, \(source)."
  }

  /// - Throws: `Problem.changed` where a file changed since it was opened.
  func record() throws(Problem) -> HeadRecord {
    var hash = training?.sha256 ?? ""
    if let stored { hash = try stored.file.sha256() }
    return HeadRecord(sha256: hash, images: training?.count, scale: options.scale)
  }
}

extension Operation {
  /// Of a fully connected layer.
  fileprivate var inputFeatures: Int? { if case .linear(let linear) = self { linear.inputFeatures } else { nil } }
}
