import Foundation
import Support
import Testing

@testable import ONNX

/// Values in files beside the model: nothing outside of its folder is read, and nothing beyond a file's end.
@Suite struct ExternalDataTests {
  private let folder: ModelFolder

  init() throws { folder = try ModelFolder() }

  private func model(_ entries: KeyValuePairs<String, String>) throws -> String {
    var tensor = Wire.tensor("w", [2]).number(14, 1)
    for (key, value) in entries { tensor = tensor.message(13, Wire().text(1, key).text(2, value)) }
    return try folder.write(Wire.model([Wire.node("Add", ["x", "w"], ["y"])], tensors: [tensor]).bytes)
  }

  /// Without the place.
  private func problem(_ entries: KeyValuePairs<String, String>) throws -> String? {
    let path = try model(entries)
    do {
      _ = try ONNXFile.open(path)
      return nil
    } catch {
      #expect(error.place?.tensor == "w")
      return error.message.replacingOccurrences(of: folder.path, with: "FOLDER")
    }
  }

  private func numbers(_ values: [Float]) -> [UInt8] {
    values.flatMap { withUnsafeBytes(of: $0.bitPattern, Array.init) }
  }

  @Test func valuesAreReadAtAnyByte() throws {
    _ = try folder.write([9] + numbers([1.5, -2]) + [9], to: "w.bin")
    let file = try ONNXFile.open(model(["location": "w.bin", "offset": "1", "length": "8", "checksum": "?"]))
    #expect(try file.floats(of: try #require(file.initializers["w"])) == [1.5, -2])
    // Without a length it is what the shape needs.
    let other = try ONNXFile.open(model(["location": "w.bin", "offset": "1"]))
    #expect(try other.floats(of: try #require(other.initializers["w"])) == [1.5, -2])
  }

  @Test func rangesLieInsideOfTheFile() throws {
    _ = try folder.write(numbers([1, 2]), to: "w.bin")
    #expect(try problem(["location": "w.bin"]) == nil)
    #expect(
      try problem(["location": "w.bin", "offset": "1"])
        == "expected 8 bytes from byte 1 of `w.bin`, found the end of the file after 8")
    #expect(
      try problem(["location": "w.bin", "offset": "9223372036854775807"])
        == "expected 8 bytes from byte 9223372036854775807 of `w.bin`, found the end of the file after 8")
    #expect(
      try problem(["location": "w.bin", "length": "4"])
        == "expected 8 bytes of external data for its shape, found a `length` of 4")
    for number in ["-1", "+1", "", "1e3", "99999999999999999999"] {
      #expect(
        try problem(["location": "w.bin", "offset": number])
          == "expected `offset` of its external data as a number of bytes, found `\(number)`")
    }
    #expect(try problem(["offset": "0"]) == "its external data have no `location`")
    #expect(
      try problem(["location": "w.bin", "location": "w.bin"]) == "its external data have `location` a second time")
  }

  @Test func nothingLeadsOutOfTheFolder() throws {
    for location in ["/etc/hostname", "../w.bin", "a/../../w.bin", "./w.bin", "a//w.bin", "", "..", "a\\w.bin"] {
      #expect(
        try problem(["location": location])
          == "its values are said to lie in `\(location)`, which leads out of the model's folder: refused")
    }
    let manager = FileManager.default
    let outside = try ModelFolder()
    _ = try outside.write(numbers([1, 2]), to: "w.bin")
    try manager.createSymbolicLink(atPath: "\(folder.path)/link.bin", withDestinationPath: "\(outside.path)/w.bin")
    #expect(
      try problem(["location": "link.bin"])
        == "the values lie in `link.bin`, a link that leads out of the model's folder: refused")
    try manager.createSymbolicLink(atPath: "\(folder.path)/sub", withDestinationPath: outside.path)
    #expect(
      try problem(["location": "sub/w.bin"])
        == "the values lie in `sub/w.bin`, a link that leads out of the model's folder: refused")
    // A link within the folder is none out of it.
    _ = try folder.write(numbers([1, 2]), to: "w.bin")
    try manager.createSymbolicLink(atPath: "\(folder.path)/inside.bin", withDestinationPath: "w.bin")
    #expect(try problem(["location": "inside.bin"]) == nil)
  }

  @Test func aMissingFileIsNamed() throws {
    #expect(
      try problem(["location": "w.bin"])
        == "the values lie in the file `w.bin`, which is missing; looked for it at FOLDER/w.bin")
  }

  /// In raw bytes of the model, in a typed field of it, in a file beside it.
  @Test func filesThatAreCutShortMeanwhileAreSaid() throws {
    _ = try folder.write(numbers([1, 2]), to: "w.bin")
    let beside = try ONNXFile.open(model(["location": "w.bin"]))
    let raw = Wire.tensor("raw", [2]).content(9, numbers([3, 4]))
    let path = try folder.write(
      Wire.model([Wire.node("Relu", ["x"], ["y"])], tensors: [Wire.tensor("typed", [2], [5, 6]), raw]).bytes,
      to: "inside.onnx")
    let inside = try ONNXFile.open(path)
    #expect(try inside.floats(of: try #require(inside.initializers["typed"])) == [5, 6])
    #expect(try inside.floats(of: try #require(inside.initializers["raw"])) == [3, 4])
    for name in ["w.bin", "inside.onnx"] {
      try FileHandle(forWritingTo: URL(filePath: "\(folder.path)/\(name)")).truncate(atOffset: 5)
    }
    for (model, name) in [(beside, "w"), (inside, "typed"), (inside, "raw")] {
      let problem = #expect(throws: Problem.self) { try model.floats(of: try #require(model.initializers[name])) }
      #expect(problem?.kind == .changed, "\(name): \(problem?.description ?? "")")
    }
  }
}
