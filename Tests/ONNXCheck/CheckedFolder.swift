import Engines
import Foundation
import Graphs
import Support

/// All networks of a folder in one process, so that a thousand small ones take seconds.
struct CheckedFolder {
  private let folder: URL
  private let output: URL
  private let engine: EngineKind

  init(_ folder: String, engine: EngineKind, output: String) {
    self.folder = URL(filePath: folder)
    self.output = URL(filePath: output)
    self.engine = engine
  }

  func run() throws {
    try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    let names = files.filter { $0.pathExtension == "onnx" }.map { $0.deletingPathExtension().lastPathComponent }
    for name in names.sorted() {
      // The name alone first: whoever reads this knows where the process ended.
      Self.say(name)
      Self.say("\t" + outcome(name).split(whereSeparator: \.isNewline).joined(separator: " ") + "\n")
    }
  }

  private func outcome(_ name: String) -> String {
    do {
      let network = try CheckedNetwork(
        folder.appending(path: "\(name).onnx").path, image: folder.appending(path: "\(name).inputs.safetensors").path,
        engine: engine, output: .anything)
      try network.write(output.appending(path: "\(name).safetensors").path) { Float($0 % 3) - 0.75 }
      return "computed"
    } catch let problem as Problem {
      return "\(problem.kind == .usage ? "refused" : "failed")\t\(problem.message)"
    } catch {
      return "failed\t\(error)"
    }
  }

  private static func say(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }
}
