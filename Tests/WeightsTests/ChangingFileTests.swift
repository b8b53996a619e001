import Foundation
import Support
import Tensors
import Testing
import Weights

/// Files of every format that are cut short or written to between opening and reading: a `Problem` every time, where a
/// mapped file would end the process with SIGBUS.
@Suite struct ChangingFileTests {
  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

  /// One of each format and of each way to lie in it: views, other byte orders, arrays written as text. Not those with
  /// tensors that are never read.
  static var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: fixtures.path)) ?? []).filter { name in
      guard let file = try? WeightsFile.open(fixtures.path + "/" + name) else { return false }
      return file.tensorNames.allSatisfy { file.dataType(of: $0) != nil }
    }.sorted()
  }

  private func copy(_ name: String) throws -> String {
    let path = FileManager.default.temporaryDirectory.appending(path: "heatdrift-\(UUID().uuidString)").path
    try Data(contentsOf: Self.fixtures.appending(path: name)).write(to: URL(filePath: path))
    return path
  }

  @Test(arguments: names)
  func aFileThatIsCutShortIsAProblem(_ name: String) throws {
    let path = try copy(name)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = try WeightsFile.open(path)
    let handle = try FileHandle(forWritingTo: URL(filePath: path))
    try handle.truncate(atOffset: 0)
    for tensor in file.tensorNames where file.shape(of: tensor)?.count != 0 {
      let problem = #expect(throws: Problem.self) { try elements(of: tensor, in: file) }
      #expect(problem?.kind == .changed, "\(tensor)")
      if file.dataType(of: tensor)?.isReadable == true {
        let unread = #expect(throws: Problem.self) { try file.values(tensor) }
        #expect(
          unread?.description.hasPrefix("\(path): the weights file changed while it was being read: it had ") == true)
      }
    }
    let output = path + ".safetensors"
    let problem = #expect(throws: Problem.self) { try WeightsConversion(file).write(to: output) }
    #expect(problem?.message.hasSuffix("bytes and has 0") == true)
    #expect(!FileManager.default.fileExists(atPath: output))
  }

  @Test(arguments: names)
  func aConversionHoldsTheFile(_ name: String) throws {
    let path = try copy(name)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = try WeightsFile.open(path)
    let size = file.fileSize
    // The last byte: what the header or the pickle says is the same.
    let handle = try FileHandle(forWritingTo: URL(filePath: path))
    try handle.seek(toOffset: UInt64(size - 1))
    try handle.write(contentsOf: Data([0]))
    try handle.close()
    let output = path + ".safetensors"
    let problem = #expect(throws: Problem.self) { try WeightsConversion(file).write(to: output) }
    #expect(
      problem?.message
        == "the weights file changed while it was being read: it has the same size, and another time of change")
    #expect(!FileManager.default.fileExists(atPath: output))
  }

  @Test func thereIsOneOfEachFormat() throws {
    let formats = try Self.names.map { try WeightsFile.open(Self.fixtures.path + "/" + $0).format }
    #expect(Set(formats) == [.safetensors, .pyTorchZip, .pyTorchLegacy, .numPyPickle])
  }
}
