import Foundation
import Support
import Tensors

/// Several weights files that hold one dictionary of tensors, and their index.
final class ShardedFile: TensorContents {
  let path: String
  let format: WeightsFile.Format
  let metadata: [String: String]
  let dictionaries: [TensorDictionary]
  let passedOver: [String]
  let files: [HeldFile]
  private let shards: [any TensorContents]
  /// By name: which shard holds it.
  private let places: [String: Int]

  /// - Parameters:
  ///   - bytes: the index's.
  ///   - open: one shard.
  /// - Throws: `Problem` that names a missing shard with its path, a tensor that is not in its shard, one that is in two.
  init(
    _ index: HeldFile, _ bytes: FileBytes, open: (String) throws(Problem) -> any TensorContents
  ) throws(Problem) {
    path = index.path
    let list = try ShardIndex(bytes, file: index.path)
    let folder =
      index.path.contains("/") ? String(index.path[...(index.path.lastIndex(of: "/") ?? index.path.startIndex)]) : ""
    let paths = list.names.map { folder + $0 }
    for (name, path) in zip(list.names, paths) where !FileManager.default.fileExists(atPath: path) {
      throw .usage(
        at: Place(file: index.path), "the shard `\(name)` is missing; looked for it at \(path)",
        remedy: "Copy or download all \(list.names.count) shards into the folder of their index.")
    }
    var shards: [any TensorContents] = []
    for path in paths { shards.append(try open(path)) }
    var places: [String: Int] = [:]
    var names: [String] = []
    for (number, shard) in shards.enumerated() {
      guard let dictionary = shard.preferred else {
        throw .usage(
          at: Place(file: paths[number]), "the shard has several dictionaries of tensors, expected one",
          remedy: ForeignFormat.fromTheSource)
      }
      for name in shard.dictionaries[dictionary].names {
        let place = Place(file: paths[number], tensor: name)
        if let other = places.updateValue(number, forKey: name) {
          throw .failure(
            at: place, "the tensor is in two shards, also in `\(list.names[other])`", remedy: ForeignFormat.again)
        }
        guard let said = list.shards[name] else {
          throw .failure(
            at: place, "the tensor is in no entry of the index `\(index.path)`", remedy: ForeignFormat.again)
        }
        guard said == list.names[number] else {
          throw .failure(
            at: place, "the tensor is in this shard, the index says `\(said)`", remedy: ForeignFormat.again)
        }
        names.append(name)
      }
    }
    for (name, shard) in list.shards.sorted(by: { $0.key < $1.key }) where places[name] == nil {
      throw .failure(
        at: Place(file: folder + shard, tensor: name),
        "the index `\(index.path)` says that the tensor is in this shard, which does not have it",
        remedy: ForeignFormat.again)
    }
    self.shards = shards
    self.places = places
    format = .shards(shards.count)
    metadata = shards.reduce(into: [:]) { $0.merge($1.metadata) { first, _ in first } }
    dictionaries = [TensorDictionary(path: [], names: names)]
    var seen: Set<String> = []
    passedOver = shards.flatMap(\.passedOver).filter { seen.insert($0).inserted }
    files = [index] + shards.flatMap(\.files)
  }

  var preferred: Int? { 0 }

  private func shard(of name: String) -> (contents: any TensorContents, dictionary: Int)? {
    places[name].map { (shards[$0], shards[$0].preferred ?? 0) }
  }

  func tensor(_ name: String, in dictionary: Int) -> (dataType: TensorDataType, shape: Shape, place: Place)? {
    shard(of: name).flatMap { $0.contents.tensor(name, in: $0.dictionary) }
  }

  func refusal(of name: String, in dictionary: Int) -> Problem? {
    shard(of: name).flatMap { $0.contents.refusal(of: name, in: $0.dictionary) }
  }

  func forEachPiece(
    of name: String, in dictionary: Int, _ body: (Span<UInt8>) throws(Problem) -> Void
  ) throws(Problem) {
    guard let shard = shard(of: name) else { return }
    try shard.contents.forEachPiece(of: name, in: shard.dictionary, body)
  }
}

extension WeightsFile.Format {
  /// Several files and the index that lists them.
  public static func shards(_ count: Int) -> WeightsFile.Format {
    WeightsFile.Format("\(count) shard\(count == 1 ? "" : "s") and their index")
  }
}

extension WeightsReader {
  static let shards = WeightsReader(
    name: "shards", recognises: { ShardIndex.isIndex($0, name: $1) },
    open: { (file, bytes, shard) throws(Problem) in try ShardedFile(file, bytes, open: shard) })
}
