import Foundation
import Support
import Tensors
import Testing
import Weights

@Suite struct SafetensorsTests {
  static let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures/types.safetensors")

  /// Written by the Python library from the same eleven numbers: see `Scripts/goldens/measures.py`.
  @Test func readsEveryTypeExactly() throws {
    let file = try SafetensorsFile(contentsOf: Self.fixture.path)
    #expect(Set(file.tensorNames) == ["half", "brain", "single", "scalar", "empty"])
    #expect(file.metadata == ["made": "by safetensors"])
    let single = try file.values("single")
    #expect(file.shape(of: "single") == [1, 11])
    #expect(single[0...6] == [0, -0.0, 1, -2.5, 65504, 6.1e-5, 5.96e-8])
    #expect(single[1].sign == .minus)
    #expect(single[7] == .infinity && single[8] == -.infinity && single[9].isNaN)
    let half = try file.values("half")
    #expect(half[0...5] == [0, -0.0, 1, -2.5, 65504, 0x1p-14 * (1023.0 / 1024)])
    #expect(half[6] == 0x1p-24, "the smallest subnormal")
    #expect(half[7] == .infinity && half[8] == -.infinity && half[9].isNaN)
    #expect(half[10] == 0x1.554p-2)
    let brain = try file.values("brain")
    #expect(brain[2...3] == [1, -2.5])
    #expect(brain[4] == 65536 && brain[10] == 0x1.56p-2)
    #expect(brain[7] == .infinity && brain[9].isNaN)
    #expect(try file.values("scalar") == [2])
    #expect(file.shape(of: "scalar") == [])
    #expect(try file.values("empty").isEmpty)
  }

  @Test func unknownNamesAreAnswered() throws {
    let file = try SafetensorsFile(contentsOf: Self.fixture.path)
    let problem = #expect(throws: Problem.self) { try file.values("hlaf") }
    #expect(problem?.place?.tensor == "hlaf")
    #expect(problem?.remedy == "Did you mean `half`?")
  }

  private func reading(_ bytes: [UInt8]) throws -> Result<[[Float]], Problem> {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("heatdrift-\(UUID()).safetensors")
    try Data(bytes).write(to: path)
    defer { try? FileManager.default.removeItem(at: path) }
    do throws(Problem) {
      let file = try SafetensorsFile(contentsOf: path.path)
      var values: [[Float]] = []
      for name in file.tensorNames { values.append(try file.values(name)) }
      return .success(values)
    } catch {
      return .failure(error)
    }
  }

  @Test func everyTruncationIsAProblem() throws {
    let bytes = [UInt8](try Data(contentsOf: Self.fixture))
    for length in 0..<bytes.count {
      guard case .failure(let problem) = try reading(Array(bytes.prefix(length))) else {
        Issue.record("\(length) of \(bytes.count) bytes were taken for a whole file")
        continue
      }
      #expect(problem.place?.file?.hasSuffix(".safetensors") == true)
      #expect(problem.remedy != nil)
    }
  }

  /// Any single byte changed: the file is read or refused, and nothing else.
  @Test func mutationsNeverCrash() throws {
    let bytes = [UInt8](try Data(contentsOf: Self.fixture))
    var state: UInt64 = 42
    var refused = 0
    for _ in 0..<600 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      var mutated = bytes
      mutated[Int(state >> 33) % bytes.count] = UInt8(truncatingIfNeeded: state >> 25)
      if case .failure = try reading(mutated) { refused += 1 }
    }
    #expect(refused > 100, "\(refused) of 600 mutations were noticed")
  }

  private func file(_ header: String, _ data: Int) -> [UInt8] {
    var length = UInt64(header.utf8.count).littleEndian
    return withUnsafeBytes(of: &length) { Array($0) } + Array(header.utf8) + [UInt8](repeating: 0, count: data)
  }

  @Test(arguments: [
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
      12
    ),
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#,
      12
    ),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, 12),
    (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8),
    (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, 0),
    (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8),
    (#"{"a":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}}"#, 8),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} x"#, 8),
    (#"{"a":"# + String(repeating: "[", count: 100_000), 0),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 9),
  ])
  func damagedHeadersAreRefused(_ header: String, _ data: Int) throws {
    guard case .failure(let problem) = try reading(file(header, data)) else {
      Issue.record("taken for a good file")
      return
    }
    #expect(problem.kind == .failure)
    #expect(!problem.message.isEmpty)
  }

  @Test func aMissingFileIsTheCallers() {
    let problem = #expect(throws: Problem.self) { try SafetensorsFile(contentsOf: "/nonexistent/w.safetensors") }
    #expect(problem?.kind == .usage)
    #expect(problem?.place?.file == "/nonexistent/w.safetensors")
  }
}
