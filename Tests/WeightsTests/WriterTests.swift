import Foundation
import Support
import Tensors
import Testing
import Weights

@Suite struct WriterTests {
  private func withTemporaryPath<Result>(_ body: (String) throws -> Result) throws -> Result {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("heatdrift-\(UUID()).safetensors").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }

  private func write(_ bytes: [UInt8], to path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

  /// A file whose header is this text, followed by so many zeros.
  private func file(_ header: String, _ data: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8)
      + [UInt8](repeating: 0, count: data)
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    var writer = SafetensorsWriter(metadata: ["quote \"": "line\nbreak \\ é"])
    try writer.add("half", Tensor(shape: [3], values: [1, 0x1.0p-24, 0x1.002p0]), as: .float16)
    try writer.add("single", Tensor(shape: [1, 2], values: [0.1, -.infinity]))
    try writer.add("brain", Tensor(shape: [4], values: [0x1.01p0, 0x1.03p0, 0x1.010002p0, .nan]), as: .bfloat16)
    try withTemporaryPath { path in
      try writer.write(to: path)
      let file = try SafetensorsFile(contentsOf: path)
      #expect(file.tensorNames == ["single", "half", "brain"], "the widest first")
      #expect(file.metadata == ["quote \"": "line\nbreak \\ é"])
      #expect(file.dataType(of: "brain") == .bfloat16 && file.shape(of: "single") == [1, 2])
      #expect(try file.values("single") == [0.1, -.infinity])
      // Halfway between two halves: to the even one.
      #expect(try file.values("half") == [1, 0x1p-24, 1])
      let brain = try file.values("brain")
      #expect(brain[0...2] == [1, 0x1.04p0, 0x1.02p0] && brain[3].isNaN)
      #expect(try Array(Data(contentsOf: URL(fileURLWithPath: path))) == writer.bytes())
      #expect(file.fileSize == writer.bytes().count)
      #expect(try pieces(of: "single", in: file) == [0.1, -.infinity])
      #expect(try pieces(of: "half", in: file) == [1, 0x1p-24, 1])
      let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
      let name = URL(fileURLWithPath: path).lastPathComponent
      let beside = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix(name) }
      #expect(beside == [name], "nothing is left beside the file")
    }
  }

  @Test func unalignedFloatsAreCopied() throws {
    try withTemporaryPath { path in
      var bytes = file(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 4)
      #expect((bytes.count - 4) % 4 != 0, "the header leaves the values unaligned")
      bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: [0, 0, 0x80, 0x3f])
      try write(bytes, to: path)
      let file = try SafetensorsFile(contentsOf: path)
      #expect(try file.values("a") == [1])
      #expect(try pieces(of: "a", in: file) == [1])
    }
  }

  @Test func everyHalfIsExact() throws {
    let header = #"{"h":{"dtype":"F16","shape":[65536],"data_offsets":[0,131072]}}"#
    let values = (0...UInt16.max).flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    try withTemporaryPath { path in
      try write(file(header, 0) + values, to: path)
      let wrong = zip(try SafetensorsFile(contentsOf: path).values("h"), 0...UInt16.max).filter { value, bits in
        let expected = Float(Float16(bitPattern: bits))
        return !(value.bitPattern == expected.bitPattern || value.isNaN && expected.isNaN)
      }
      #expect(wrong.isEmpty)
    }
  }

  @Test func namesAndTypesAreChecked() throws {
    var writer = SafetensorsWriter()
    try writer.add("a", Tensor(zeros: [1]))
    let again = #expect(throws: Problem.self) { try writer.add("a", Tensor(zeros: [1])) }
    #expect(again?.description == "tensor a: a tensor of this name cannot be written a second time")
    let integer = #expect(throws: Problem.self) { try writer.add("b", Tensor(zeros: [1]), as: .int64) }
    #expect(integer?.description == "tensor b: values can be written as F32, F16 or BF16, not as I64")
  }

  @Test func aFolderThatIsNotThereIsNamed() {
    let problem = #expect(throws: Problem.self) { try SafetensorsWriter().write(to: "/nonexistent/w.safetensors") }
    #expect(
      problem?.description == "/nonexistent/w.safetensors: the file cannot be written: No such file or directory\n"
        + "  Make the folder first, or choose another place.")
  }

  private static let again = "\n  Copy or download the file again, or save it again with safetensors."

  /// Whole messages: where, what was expected, what was found, what to do.
  @Test(arguments: [
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
      12, ", byte 120, tensor b: its values overlap those of `a`, which end at byte 124 of the file" + again
    ),
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, 12,
      ", byte 67, tensor a: 4 bytes before its values, from byte 63, belong to no tensor" + again
    ),
    (
      #"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8,
      ", byte 9, tensor a: expected 12 bytes for F32 values of shape 3, found data_offsets 0 to 8, which hold 8" + again
    ),
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 5,
      ", byte 9, tensor a: expected 8 bytes of values after the header, found 5: the file was cut short" + again
    ),
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{}}"#, 8,
      ", byte 62, tensor a: the header is damaged: the name occurs a second time" + again
    ),
    (
      #"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8,
      ", byte 37, tensor a: the header is damaged: expected an extent, a whole number, found `-`" + again
    ),
    (
      #"{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}}"#, 8,
      ", byte 37, tensor a: the header is damaged: an extent does not fit into 63 bits" + again
    ),
    (
      #"{"a":{"dtype":"F32"}}"#, 0,
      ", byte 9, tensor a: the header is damaged: the tensor has no `shape` and no `data_offsets`" + again
    ),
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},}"#, 8,
      ", byte 62: the header is damaged: expected a tensor's name, a string, found `}`" + again
    ),
    (
      #"{}"#, 3, ", byte 10: expected the end of the file after the last tensor, found 3 more bytes" + again
    ),
  ])
  func damagedHeadersAreExplained(_ header: String, _ data: Int, _ message: String) throws {
    try withTemporaryPath { path in
      try write(file(header, data), to: path)
      let problem = #expect(throws: Problem.self) { try SafetensorsFile(contentsOf: path) }
      #expect(problem?.description == path + message)
    }
  }

  @Test func filesOfOtherKindsAreNamed() throws {
    let convert = "\n  Convert it in Python: safetensors.torch.save_file(model.state_dict(), \"weights.safetensors\")."
    let cases: [([UInt8], String)] = [
      ([0x50, 0x4b, 3, 4, 0, 0, 8, 8], ": expected a safetensors file, found a PyTorch checkpoint" + convert),
      (
        Array("version https://git-lfs.github.com/spec/v1\n".utf8),
        ": expected a safetensors file, found a Git LFS pointer instead of the file's content\n"
          + "  Run `git lfs pull` in the folder of the weights."
      ),
    ]
    for (bytes, message) in cases {
      try withTemporaryPath { path in
        try write(bytes, to: path)
        let problem = #expect(throws: Problem.self) { try SafetensorsFile(contentsOf: path) }
        #expect(problem?.description == path + message)
      }
    }
  }

  @Test func integersAreRefusedByName() throws {
    try withTemporaryPath { path in
      try write(file(#"{"bn.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}"#, 8), to: path)
      let weights = try SafetensorsFile(contentsOf: path)
      let problem = #expect(throws: Problem.self) { try weights.values("bn.num_batches_tracked") }
      #expect(
        problem?.description
          == "\(path), byte 82, tensor bn.num_batches_tracked: expected F64, F32, F16 or BF16 values, found I64\n"
          + "  Save the tensor again as float32, as `state_dict()` of a model in float32 does.")
    }
  }
}
