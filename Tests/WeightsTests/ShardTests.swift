import Foundation
import Support
import Tensors
import Testing
import Weights

/// Weights in several files, and the index that lists them.
@Suite struct ShardTests {
  private static let again = "\n  Copy or download the file again."

  /// A folder with two shards; `index` is the text of `model.safetensors.index.json`.
  private func withShards<Result>(
    _ map: [String: String]? = nil, index: String? = nil, second: [String] = ["b", "c"],
    _ body: (String) throws -> Result
  ) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("heatdrift-\(UUID())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (number, names) in [["a"], second].enumerated() {
      var writer = SafetensorsWriter(metadata: ["format": "pt"])
      for name in names { try writer.add(name, Tensor(shape: [2], values: [Float(number), 7])) }
      try writer.write(to: "\(folder)/model-0000\(number + 1)-of-00002.safetensors")
    }
    let files = map ?? ["a": "model-00001-of-00002.safetensors", "b": Self.two, "c": Self.two]
    let entries = files.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \"\($0.value)\"" }.joined(separator: ", ")
    let text = index ?? "{\"metadata\": {\"total_size\": 24.0}, \"weight_map\": {\(entries)}}"
    try Data(text.utf8).write(to: URL(filePath: "\(folder)/model.safetensors.index.json"))
    return try body(folder)
  }

  private static let two = "model-00002-of-00002.safetensors"

  private func refusal(_ map: [String: String]? = nil, index: String? = nil, second: [String] = ["b", "c"]) throws
    -> String
  {
    try withShards(map, index: index, second: second) { folder in
      let problem = #expect(throws: Problem.self) { try WeightsFile.open("\(folder)/model.safetensors.index.json") }
      return problem?.description.replacing(folder, with: "DIR") ?? ""
    }
  }

  @Test func allShardsAreOneFile() throws {
    try withShards { folder in
      let file = try WeightsFile.open("\(folder)/model.safetensors.index.json")
      #expect(file.tensorNames == ["a", "b", "c"] && file.metadata == ["format": "pt"])
      #expect(file.format == .shards(2) && "\(file.format)" == "2 shards and their index")
      #expect(try file.values("a") == [0, 7] && file.values("c") == [1, 7] && file.shape(of: "b") == [2])
      let names = ["model.safetensors.index.json", "model-00001-of-00002.safetensors", Self.two]
      #expect(file.files.map(\.path) == names.map { "\(folder)/\($0)" })
      let sizes = try names.map { try Data(contentsOf: URL(filePath: "\(folder)/\($0)")).count }
      #expect(file.fileSize == sizes.reduce(0, +))
      let hashes = try names.map { name in
        "\(try Checksum.sha256(contentsOf: URL(filePath: "\(folder)/\(name)")))  \(name)\n"
      }
      #expect(try file.sha256() == Checksum.sha256(Array(hashes.joined().utf8)))
    }
  }

  /// All files are held, and the one that changed is named.
  @Test(arguments: ["model.safetensors.index.json", "model-00001-of-00002.safetensors", two])
  func aPartThatChangesIsNamed(_ name: String) throws {
    try withShards { folder in
      let file = try WeightsFile.open("\(folder)/model.safetensors.index.json")
      let size = try Data(contentsOf: URL(filePath: "\(folder)/\(name)")).count
      try FileHandle(forWritingTo: URL(filePath: "\(folder)/\(name)")).truncate(atOffset: UInt64(size - 1))
      let message =
        "\(folder)/\(name): the weights file changed while it was being read: it had \(size) bytes and has \(size - 1)\n"
        + "  Wait until nothing writes to it, or name a copy that nothing writes to; then run the same command again."
      let problem = #expect(throws: Problem.self) { try file.sha256() }
      #expect(problem?.description == message && problem?.kind == .changed)
      let output = "\(folder)/all.safetensors"
      let other = #expect(throws: Problem.self) { try WeightsConversion(file).write(to: output) }
      #expect(other?.description == message && !FileManager.default.fileExists(atPath: output))
    }
  }

  /// What cannot be read is said of the shard that holds it.
  @Test func aTensorOfWholeNumbersIsNamedInItsShard() throws {
    try withShards { folder in
      let header =
        "{\"b\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]},\"c\":{\"dtype\":\"F32\","
        + "\"shape\":[1],\"data_offsets\":[8,12]}}"
      let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
      try Data(length + Array(header.utf8) + [UInt8](repeating: 0, count: 12))
        .write(to: URL(filePath: "\(folder)/\(Self.two)"))
      let file = try WeightsFile.open("\(folder)/model.safetensors.index.json")
      let message =
        "\(folder)/\(Self.two), byte \(8 + header.utf8.count), tensor b: expected F64, F32, F16 or BF16 values, found I64\n"
        + "  Save the tensor again as float32, as `state_dict()` of a model in float32 does."
      #expect(file.refusal(of: "b")?.description == message && file.refusal(of: "c") == nil)
      #expect(#expect(throws: Problem.self) { try file.values("b") }?.description == message)
      #expect(
        #expect(throws: Problem.self) { try pieces(of: "b", in: file) }?.description == message)
      #expect(try elements(of: "b", in: file) == [UInt8](repeating: 0, count: 8))
    }
  }

  @Test func whatIsWrongIsNamed() throws {
    try withShards { folder in
      try FileManager.default.removeItem(atPath: "\(folder)/\(Self.two)")
      let problem = #expect(throws: Problem.self) { try WeightsFile.open("\(folder)/model.safetensors.index.json") }
      #expect(
        problem?.description
          == "\(folder)/model.safetensors.index.json: the shard `\(Self.two)` is missing; looked for it at "
          + "\(folder)/\(Self.two)\n  Copy or download all 2 shards into the folder of their index.")
    }
    #expect(
      try refusal(second: ["b"])
        == "DIR/\(Self.two), tensor c: the index `DIR/model.safetensors.index.json` says that the tensor is in this shard, "
        + "which does not have it" + Self.again)
    #expect(
      try refusal(second: ["a", "b", "c"])
        == "DIR/\(Self.two), tensor a: the tensor is in two shards, also in `model-00001-of-00002.safetensors`"
        + Self.again)
    #expect(
      try refusal(second: ["b", "c", "d"])
        == "DIR/\(Self.two), tensor d: the tensor is in no entry of the index `DIR/model.safetensors.index.json`"
        + Self.again)
    for outside in ["../x.safetensors", "/etc/passwd", "a/../../x", "a\\\\b", ""] {
      let shown = outside.replacing("\\\\", with: "\\")
      #expect(
        try refusal(["a": outside])
          == "DIR/model.safetensors.index.json: the index names the shard `\(shown)`, which leads out of its folder: refused\n"
          + "  Get the file from a source that you trust.")
    }
    #expect(
      try refusal(index: "{\"weight_map\": {\"a\"")
        == "DIR/model.safetensors.index.json: the index of shards is damaged: it is no JSON text" + Self.again)
    #expect(
      try refusal(index: "{\"weight_map\": {\"a\": 3}}")
        == "DIR/model.safetensors.index.json, tensor a: the index names something else than a file for the tensor"
        + Self.again)
    #expect(
      try refusal(index: "{}")
        == "DIR/model.safetensors.index.json: expected an index of shards with a `weight_map` of tensors and files, found none\n"
        + "  Name the weights file itself in `weights`.")
    // An index in place of a shard leads nowhere.
    #expect(
      try refusal(["a": "model.safetensors.index.json"])
        == "DIR/model.safetensors.index.json: expected a safetensors or PyTorch file, found a JSON file\n"
        + "  Name the weights file itself in `weights`.")
  }

  @Test func namesOfShards() {
    #expect(ShardName("model-00002-of-00003.safetensors")?.index == "model.safetensors.index.json")
    #expect(ShardName("pytorch_model-00001-of-00002.bin")?.index == "pytorch_model.bin.index.json")
    #expect(ShardName("model-00001-of-00001.safetensors") == nil && ShardName("resnet-of-50.pth") == nil)
    #expect(ShardName("model-00004-of-00003.safetensors") == nil)
  }
}
