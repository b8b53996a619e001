import Foundation
import Support
import Tensors
import Testing
import Weights

@Suite struct ConversionTests {
  private func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("heatdrift-\(UUID())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
  }

  @Test(arguments: ["zip.pth", "legacy.pth", "arrays2.pkl"])
  func everyTensorComesThrough(_ name: String) throws {
    let file = try PyTorchFileTests.open(name)
    try withFolder { folder in
      let path = folder + "/out.safetensors"
      let bytes = try WeightsConversion(file, metadata: ["format": "pt"]).write(to: path)
      let copy = try SafetensorsFile(contentsOf: path)
      #expect(copy.fileSize == bytes && copy.metadata == ["format": "pt"])
      #expect(Set(copy.tensorNames) == Set(file.tensorNames))
      let again = try WeightsFile.open(path)
      for tensor in file.tensorNames {
        #expect(
          copy.shape(of: tensor) == file.shape(of: tensor) && copy.dataType(of: tensor) == file.dataType(of: tensor))
        let before = try elements(of: tensor, in: file)
        #expect(try elements(of: tensor, in: again) == before, "\(tensor)")
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["out.safetensors"])
    }
  }

  @Test func typesAreChangedOfFloatingPointTensorsOnly() throws {
    let file = try PyTorchFileTests.open("arrays4.pkl")
    try withFolder { folder in
      let path = folder + "/out.safetensors"
      try WeightsConversion(file, as: .float16).write(to: path)
      let copy = try SafetensorsFile(contentsOf: path)
      #expect(copy.dataType(of: "counter") == .int64 && copy.dataType(of: "half") == .float16)
      #expect(copy.dataType(of: "double") == .float16 && copy.dataType(of: "fortran") == .float16)
      #expect(try copy.values("double") == [0x1.554p-2, 0])
      #expect(try copy.values("fortran") == file.values("fortran"))
      #expect(try copy.values("big") == [1.5, -2.25])
    }
  }

  /// What stood in the file's place stays.
  @Test func overflowIsRefusedByName() throws {
    let file = try PyTorchFileTests.open("zip.pth")
    try withFolder { folder in
      let path = folder + "/out.safetensors"
      try Data("before".utf8).write(to: URL(fileURLWithPath: path))
      let problem = #expect(throws: Problem.self) { try WeightsConversion(file, as: .float16).write(to: path) }
      #expect(
        problem?.description
          == "\(file.path), tensor brain: element 2 is 1.00025555e+30, which F16 cannot hold: it would become infinite\n"
          + "  Write the file as BF16 or F32.")
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("before".utf8))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["out.safetensors"])
      // An infinity that was there before is none of ours.
      try WeightsConversion(file, as: .bfloat16).write(to: path)
      #expect(try SafetensorsFile(contentsOf: path).values("half").last == .infinity)
    }
  }

  @Test func doublesThatNoFloatHoldsAreRefused() throws {
    var header = #"{"w":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}}"#
    header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    let bytes =
      little(UInt64(header.utf8.count)) + Array(header.utf8) + little((0.5).bitPattern) + little((-1e300).bitPattern)
    try withFolder { folder in
      try Data(bytes).write(to: URL(fileURLWithPath: folder + "/in.safetensors"))
      let file = try WeightsFile.open(folder + "/in.safetensors")
      #expect(try file.values("w") == [0.5, -.infinity])
      let problem = #expect(throws: Problem.self) {
        try WeightsConversion(file, as: .float32).write(to: folder + "/out.safetensors")
      }
      #expect(
        problem?.message == "element 1 is -1e+300, which F32 cannot hold: it would become infinite"
          && problem?.place?.tensor == "w")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["in.safetensors"])
    }
  }

  @Test func otherTypesCannotBeWritten() throws {
    let file = try PyTorchFileTests.open("legacy.pth")
    let problem = #expect(throws: Problem.self) { try WeightsConversion(file, as: .int8) }
    #expect(problem?.description == "values can be written as F32, F16 or BF16, not as I8")
  }
}
