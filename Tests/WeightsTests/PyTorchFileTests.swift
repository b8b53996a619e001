import Foundation
import Support
import Tensors
import Testing
import Weights

/// Files that PyTorch and NumPy wrote, against what they read back: see `Scripts/goldens/weights_files.py`.
@Suite struct PyTorchFileTests {
  static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")

  struct Expected: Decodable {
    struct Value: Decodable {
      let value: Double
      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        value =
          if let number = try? container.decode(Double.self) { number } else {
            // JSON has no infinity.
            try container.decode(String.self) == "inf" ? .infinity : -.infinity
          }
      }
    }
    let type: String
    let shape: [Int]
    let values: [Value]
  }

  static func open(_ name: String) throws -> WeightsFile {
    try WeightsFile.open(fixtures.appendingPathComponent(name).path)
  }

  @Test(arguments: [
    ("zip.pth", WeightsFile.Format.pyTorchZip, [String](), [String]()),
    ("protocol4.pt", .pyTorchZip, [], []),
    ("legacy.pth", .pyTorchLegacy, [], []),
    ("nested.pth", .pyTorchZip, ["state_dict"], ["module."]),
    ("nested-legacy.bin", .pyTorchLegacy, ["model_state_dict"], ["module.", "model."]),
    ("arrays0.pkl", .numPyPickle, [], []),
    ("arrays2.pkl", .numPyPickle, [], []),
    ("arrays4.pkl", .numPyPickle, [], []),
    ("arrays5.pkl", .numPyPickle, [], []),
    ("python2.pkl", .numPyPickle, [], []),
    ("training.pth", .pyTorchZip, ["model"], []),
    ("training1.pt", .pyTorchZip, ["model"], []),
    ("training5.pt", .pyTorchZip, ["model"], []),
    ("training-legacy.bin", .pyTorchLegacy, ["model"], []),
    ("training-legacy1.bin", .pyTorchLegacy, ["model"], []),
  ])
  func agreesWithTheLibrary(
    _ name: String, _ format: WeightsFile.Format, _ path: [String], _ prefixes: [String]
  ) throws {
    let data = try Data(contentsOf: Self.fixtures.appendingPathComponent("pytorch.json"))
    let all = try JSONDecoder().decode([String: [String: Expected]].self, from: data)
    let expected = try #require(all[name])
    let file = try Self.open(name)
    #expect(file.format == format)
    #expect(file.stateDictionary == path)
    #expect(file.droppedPrefixes == prefixes)
    #expect(Set(file.tensorNames) == Set(expected.keys))
    for (tensor, golden) in expected {
      #expect(file.shape(of: tensor)?.dimensions == golden.shape, "\(tensor)")
      #expect(file.dataType(of: tensor)?.rawValue == golden.type, "\(tensor)")
      if file.dataType(of: tensor)?.isReadable == true {
        let values = try file.values(tensor)
        #expect(values == golden.values.map { Float($0.value) }, "\(tensor)")
      } else {
        let size = try #require(file.dataType(of: tensor)).bitWidth / 8
        let bytes = try elements(of: tensor, in: file)
        let values = stride(from: 0, to: bytes.count, by: size).map { start in
          (0..<size).reversed().reduce(0) { $0 << 8 | Int(bytes[start + $1]) }
        }
        #expect(values.map(Double.init) == golden.values.map(\.value), "\(tensor)")
      }
    }
  }

  /// Whatever training scripts leave beside the tensors, in every protocol and both formats.
  @Test(arguments: ["training.pth", "training1.pt", "training5.pt", "training-legacy.bin", "training-legacy1.bin"])
  func checkpointsOfTrainingAreRead(_ name: String) throws {
    let file = try Self.open(name)
    #expect(file.dictionaries == [["model"], ["ema"]] && file.preferredDictionary == 0)
    #expect(
      Set(file.passedOver) == ["argparse.Namespace", "pathlib.PurePosixPath", "datetime.datetime"], "\(file.passedOver)"
    )
    let average = file.selecting(dictionary: 1, prefix: "")
    #expect(average.droppedPrefixes == ["module."] && average.tensorNames == file.tensorNames)
    for tensor in file.tensorNames where file.refusal(of: tensor) == nil {
      #expect(try average.values(tensor) == file.values(tensor).map { $0 + 1 })
    }
  }

  @Test func everyKindOfTensorIsReadOrNamed() throws {
    let file = try Self.open("kinds.pth")
    func reason(_ name: String) -> String? { file.refusal(of: name)?.message }
    #expect(try file.values("plain") == [1, 2] && file.values("attributes") == [3, 4] && file.values("buffer") == [5])
    #expect(file.dataType(of: "short") == .uint16 && file.shape(of: "short") == [2])
    #expect(try elements(of: "short", in: file) == [1, 0, 255, 255])
    #expect(file.dataType(of: "eighth") == .float8E4M3 && file.shape(of: "eighth") == [2])
    #expect(reason("short") == "expected F64, F32, F16 or BF16 values, found U16")
    #expect(reason("complex") == "expected F64, F32, F16 or BF16 values, found C64")
    #expect(
      reason("double complex") == "the tensor cannot be read: its values are of a type that is not read (complex128)")
    #expect(
      reason("conjugated") == "the tensor cannot be read: it is marked as conjugated or negated, which weights are not")
    #expect(reason("quantised") == "the tensor cannot be read: it is quantised")
    #expect(reason("sparse") == "the tensor cannot be read: it is sparse")
    #expect(reason("meta") == "the tensor cannot be read: it is of the device `meta` and has no values")
    #expect(
      reason("marked")
        == "the tensor cannot be read: it depends on `__main__.Marked`, which no tensor needs and which was not run")
    #expect(file.tensorNames.count == 12)
  }

  @Test func safetensorsComeTheSameWay() throws {
    let file = try Self.open("types.safetensors")
    #expect(file.format == .safetensors && file.metadata == ["made": "by safetensors"])
    #expect(try file.values("scalar") == [2])
    #expect(file.stateDictionary == [] && file.droppedPrefixes == [])
  }

  @Test func aFileWithoutTensorsIsEmpty() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("heatdrift-\(UUID()).safetensors")
    try Data([2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d]).write(to: path)
    defer { try? FileManager.default.removeItem(at: path) }
    #expect(try WeightsFile.open(path.path).tensorNames == [])
  }

  @Test func theContentDecidesNotTheName() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("heatdrift-\(UUID()).safetensors")
    try FileManager.default.copyItem(at: Self.fixtures.appendingPathComponent("zip.pth"), to: path)
    defer { try? FileManager.default.removeItem(at: path) }
    #expect(try WeightsFile.open(path.path).values("offset") == [0.625, 0.75, 0.875, 1])
  }

  @Test func unknownNamesAndIntegersAreAnswered() throws {
    let file = try Self.open("legacy.pth")
    let unknown = #expect(throws: Problem.self) { try file.values("conv.wieght") }
    #expect(unknown?.message == "there is no such tensor among 14" && unknown?.remedy == "Did you mean `conv.weight`?")
    let integer = #expect(throws: Problem.self) { try file.values("bn.num_batches_tracked") }
    #expect(integer?.message == "expected F64, F32, F16 or BF16 values, found I64")
    #expect(integer?.place?.tensor == "bn.num_batches_tracked")
  }
}
