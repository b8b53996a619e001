import Datasets
import ExperimentFile
import Graphs
import Images
import Results
import Store
import Support
import Synchronization
import Tensors

/// Prototypes of the labels, made of the training part of the data by the engine that measures: of each label the mean of its
/// images' normalised embeddings, normalised.
///
/// What they are made of is known when the experiment is planned, and stands in keys; they are computed when they are needed.
final class TrainingPrototypes: Sendable {
  /// What they depend on beside the network and its input: a line for each image.
  let sha256: String
  let labels: Int
  /// How many they are made of.
  var count: Int { images.count }
  private let images: [(source: LabelledImage, sha256: String)]
  private let names: [String]
  private let options: ModelOptions
  private let found = Mutex<[Float]?>(nil)
  /// The embedding's network; set before anything is computed.
  private let setting = Mutex<(network: Network, layers: [ResolvedLayer], preparation: InputPreparation)?>(nil)

  /// Opens and hashes the training part.
  /// - Throws: `Problem` where a label has no image in it, or one cannot be opened.
  init(_ options: ModelOptions, data: DataOptions, hashes known: FileHashes, at place: Place?) throws(Problem) {
    let selection = DataSelection(split: .train, seed: data.splitSeed)
    let training = try usage(at: place) { () throws(Problem) in
      try data.source.select(selection, from: data.source.open(selection))
    }
    self.options = options
    names = training.classNames
    labels = max(training.classNames.count, (training.images.map(\.label).max() ?? -1) + 1)
    let hashes = try concurrentMap(training.images) { (image) throws(Problem) in try known.examine(image).sha256 }
    images = zip(training.images, hashes).map { ($0, $1) }
    let there = Set(training.images.map(\.label))
    if let missing = (0..<labels).first(where: { !there.contains($0) }) {
      throw .usage(
        at: place,
        "there is no image of \(Self.title(missing, names)) in the training part of the data, of which its prototype would "
          + "be made",
        remedy:
          "Use data with at least some images of every label (80% of them are the training part), or a file of prototypes."
      )
    }
    sha256 = Checksum.sha256(
      Array(
        images.map { "\($0.source.label) \($0.sha256) \($0.source.alignment?.description ?? "")\n" }.joined().utf8))
  }

  private static func title(_ label: Int, _ names: [String]) -> String {
    names.indices.contains(label) ? "“\(names[label])”" : "label \(label)"
  }

  /// - Parameter layers: any of the network's, which engines want one of.
  func use(_ network: Network, layers: [ResolvedLayer], preparation: InputPreparation) {
    setting.withLock { $0 = (network, layers, preparation) }
  }

  /// Where images of the run are among those that prototypes are made of.
  func overlapWarning(_ measured: [PlannedImage], model: String) -> Warning? {
    let own = Set(images.map(\.source.path))
    let count = measured.count { own.contains($0.record.path) }
    guard count > 0 else { return nil }
    return Warning(
      "\(count) of \(measured.count) images are among those that the prototypes of \(model) are made of: it knows them",
      remedy: "Write `split: test` under `data`.")
  }

  /// (labels, features), normalised and times the scale.
  /// - Throws: `Problem` where they were not computed.
  func rows() throws(Problem) -> [Float] {
    guard let rows = found.withLock({ $0 }) else {
      throw .failure("the prototypes of \(options.name) are asked for before they are computed")
    }
    return rows
  }

  /// Computes them once.
  /// - Throws: `Problem` for an image that cannot be read, and a label without a direction.
  func compute(by engine: any Engine) throws(Problem) {
    guard found.withLock({ $0 == nil }), let (network, layers, preparation) = setting.withLock({ $0 }) else { return }
    let prepared = try engine.prepare(network, layers: Array(layers.suffix(1)))
    let features = network.classCount
    // Parts of one size, whose sums are added in one order: the same bits with any number of threads.
    let starts = Array(stride(from: 0, to: images.count, by: 64))
    let parts = try concurrentMap(starts) { [images] (start) throws(Problem) -> [Int: [Double]] in
      let session = try prepared.makeSession(batch: 1, for: .explanations)
      var sums: [Int: [Double]] = [:]
      for (source, sha256) in images[start..<min(start + 64, images.count)] {
        let image = try preparation(
          source.load(expecting: sha256, orientation: self.options.input.orientation).image)
        guard let unit = CosineHead.normalised(try session.logits(of: image)) else {
          throw .numbers("\(self.options.name) on \(source.path): the embedding is zero or not finite")
        }
        var sum = sums[source.label] ?? [Double](repeating: 0, count: features)
        for index in unit.indices { sum[index] += Double(unit[index]) }
        sums[source.label] = sum
      }
      return sums
    }
    var rows: [Float] = []
    for label in 0..<labels {
      var sum = [Double](repeating: 0, count: features)
      for part in parts { if let own = part[label] { for index in sum.indices { sum[index] += own[index] } } }
      guard let row = CosineHead.normalised(sum.map { Float($0) }) else {
        throw .numbers("the embeddings of \(Self.title(label, names)) by \(options.name) have no mean direction")
      }
      rows += row.map { $0 * Float(options.head?.scale ?? 1) }
    }
    found.withLock { $0 = rows }
  }
}
