import Foundation
import Support

/// `model.safetensors.index.json`: which of several files holds which tensor.
///
///     {"metadata": {"total_size": 123}, "weight_map": {"conv1.weight": "model-00001-of-00002.safetensors"}}
struct ShardIndex {
  /// The shard of each tensor, a path below the index's folder.
  let shards: [String: String]
  /// The names of all shards, in order.
  let names: [String]

  /// Of the JSON text; one of a network with 100,000 tensors takes 10 MB.
  static let sizeLimit = 64 << 20
  /// Each is open as long as the network is in use; a process may have 1,024 files open.
  static let shardLimit = 500

  /// Told by its key `weight_map`, or by its name.
  static func isIndex(_ bytes: FileBytes, name: String) -> Bool {
    let start = bytes.prefix(4096).first { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }
    guard start == UInt8(ascii: "{") else { return false }
    // The first 8 bytes of a safetensors file may look like a text, but no text has a 0 in it.
    guard !bytes.prefix(4096).contains(0) else { return false }
    return name.hasSuffix(".index.json")
      || String(decoding: bytes.prefix(1 << 16), as: UTF8.self).contains("\"weight_map\"")
  }

  init(_ bytes: FileBytes, file: String) throws(Problem) {
    guard bytes.count <= Self.sizeLimit else {
      throw .usage(
        at: Place(file: file), "expected an index of shards of at most \(Self.sizeLimit) bytes, found \(bytes.count)",
        remedy: ForeignFormat.nameTheFile)
    }
    let text = Data(try bytes.bytes(0..<bytes.count))
    let root: Any
    do {
      root = try JSONSerialization.jsonObject(with: text)
    } catch {
      throw .failure(
        at: Place(file: file), "the index of shards is damaged: it is no JSON text", remedy: ForeignFormat.again)
    }
    guard let map = (root as? [String: Any])?["weight_map"] as? [String: Any], !map.isEmpty else {
      throw .usage(
        at: Place(file: file), "expected an index of shards with a `weight_map` of tensors and files, found none",
        remedy: ForeignFormat.nameTheFile)
    }
    var shards: [String: String] = [:]
    for (tensor, shard) in map {
      guard let shard = shard as? String else {
        throw .failure(
          at: Place(file: file, tensor: tensor), "the index names something else than a file for the tensor",
          remedy: ForeignFormat.again)
      }
      try Self.check(shard, file: file)
      shards[tensor] = shard
    }
    self.shards = shards
    names = Set(shards.values).sorted()
    guard names.count <= Self.shardLimit else {
      throw .usage(
        at: Place(file: file), "the index names \(names.count) shards, expected at most \(Self.shardLimit)",
        remedy: ForeignFormat.again)
    }
  }

  /// A link in the folder may lead anywhere, as those of Hugging Face's cache do; a name may not.
  private static func check(_ shard: String, file: String) throws(Problem) {
    let parts = shard.split(separator: "/", omittingEmptySubsequences: false)
    let leadsOut = shard.hasPrefix("/") || shard.contains("\\") || parts.contains { ["", ".", ".."].contains($0) }
    guard !leadsOut, printable(shard) == shard else {
      throw .usage(
        at: Place(file: file),
        "the index names the shard `\(printable(shard))`, which leads out of its folder: refused",
        remedy: "Get the file from a source that you trust.")
    }
  }
}
