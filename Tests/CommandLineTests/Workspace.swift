import Architectures
import Foundation
import Images
import Support
import Tensors
import Weights

/// What a call of the real executable answered.
struct Answer {
  let code: Int32
  let output: String
  let errors: String
}

/// The executable that was built beside these tests.
let executable: URL = {
  let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
  return URL(filePath: tests).deletingLastPathComponent().appending(path: "heatdrift")
}()

/// A folder with faces, narrow networks and an experiment file, gone afterwards.
final class Workspace: Sendable {
  let path: String

  init() throws {
    let temporary = FileManager.default.temporaryDirectory.appending(path: "heatdrift-\(UUID().uuidString)").path
    path = temporary
    try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
    for (label, shade) in [("anna", 40), ("boris", 120), ("clara", 200)] {
      for number in 1...2 {
        try write(
          try ImageEncoder.png(Workspace.picture(shade: shade, number: number)), to: "faces/\(label)/\(number).png")
      }
    }
    try Workspace.writeWeights(.vgg16, width: 0.04, to: "\(temporary)/vgg16.safetensors")
    try Workspace.writeWeights(.resnet50, width: 0.04, to: "\(temporary)/resnet50.safetensors")
    try write(Workspace.experiment, to: "small.yaml")
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  static let experiment = """
    title: Small faces
    seed: 5
    data: {source: folder, root: faces}
    input: {size: 64}
    models:
      - {architecture: vgg16, weights: vgg16.safetensors, width: 0.04, name: VGG16}
      - {architecture: resnet50, weights: resnet50.safetensors, width: 0.04, name: ResNet50}
    attack: {epsilons: [0.1, 0.02]}
    report: {template: short.md}

    """

  static let template = """
    # Results

    There are {{ images.count }} images.

    ```{mod-table}
    label: tab-mod
    ```

    ```{mod-curve}
    label: fig-curve
    ```

    """

  /// Odd sizes, some structure, different for each.
  private static func picture(shade: Int, number: Int) -> RGBImage {
    let (width, height) = (71, 53 + number)
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        let value = (shade + x * number + (x * y) % (17 + number) * 5) % 256
        pixels += [UInt8(value), UInt8((value + 40) % 256), UInt8((value * 3) % 256)]
      }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }

  /// Weights as He initialisation draws them, the same at every call.
  static func writeWeights(_ architecture: Architecture, width: Double, to path: String, seed: UInt64 = 11) throws {
    var state = seed
    func unit() -> Float {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(state >> 40) / 16_777_216
    }
    var writer = SafetensorsWriter()
    for tensor in architecture.requiredTensors(width: width, classes: 3, hiddenFeatures: 6) {
      let inputs = tensor.shape.count / max(1, tensor.shape[0])
      let bound = (6 / Float(max(1, inputs))).squareRoot()
      let isScale = tensor.name.hasSuffix(".weight") || tensor.name.hasSuffix(".running_var")
      let values = (0..<tensor.shape.count).map { _ in
        tensor.shape.rank == 1 ? (isScale ? 0.8 + 0.4 * unit() : 0.1 * unit()) : (2 * unit() - 1) * bound
      }
      try writer.add(tensor.name, Tensor(shape: tensor.shape, values: values))
    }
    try writer.write(to: path)
  }

  func write(_ bytes: some Sequence<UInt8>, to name: String) throws {
    let url = URL(filePath: "\(path)/\(name)")
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

  /// By a process of its own: what another test starts while a file is open for writing here may hold it open too, and Linux starts
  /// no program that somebody may still write.
  func writeProgram(_ text: String, to name: String) throws {
    try write(text, to: "\(name).text")
    let made = try shell("/usr/bin/install -m 755 '\(name).text' '\(name)'")
    guard made.code == 0 else { throw Problem.failure("no program \(name): \(made.errors)") }
  }

  /// The short template is there unless a test wants it otherwise.
  func prepared() throws -> Workspace {
    try write(Workspace.template, to: "short.md")
    return self
  }

  func data(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: "\(path)/\(name)")) }
  func text(_ name: String) throws -> String { String(decoding: try data(name), as: UTF8.self) }
  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(name)") }

  /// Every file below a folder with its bytes, the store left out: SQLite promises no bytes.
  func files(below folder: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    let names = try FileManager.default.subpathsOfDirectory(atPath: "\(path)/\(folder)")
    for name in names where !name.hasPrefix("results.sqlite") {
      var isFolder: ObjCBool = false
      let exists = FileManager.default.fileExists(atPath: "\(path)/\(folder)/\(name)", isDirectory: &isFolder)
      if exists, !isFolder.boolValue { files[name] = try data("\(folder)/\(name)") }
    }
    return files
  }

  /// Starts the executable in this folder; standard output and error go to files, so that no pipe can fill up.
  /// - Parameters:
  ///   - environment: put over this process's own.
  ///   - program: another copy of the executable.
  func start(
    _ arguments: [String], environment: [String: String] = [:], program: URL = executable,
    tag: String = UUID().uuidString
  ) throws -> RunningCall {
    try write("", to: "out-\(tag)")
    try write("", to: "err-\(tag)")
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    if !environment.isEmpty {
      process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    }
    process.currentDirectoryURL = URL(filePath: path)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: URL(filePath: "\(path)/out-\(tag)"))
    process.standardError = try FileHandle(forWritingTo: URL(filePath: "\(path)/err-\(tag)"))
    try process.run()
    return RunningCall(process: process, workspace: self, tag: tag)
  }

  func call(_ arguments: String...) throws -> Answer { try call(arguments) }

  func call(_ arguments: [String]) throws -> Answer { try start(arguments).wait() }
}

struct RunningCall {
  let process: Process
  let workspace: Workspace
  let tag: String

  func wait() throws -> Answer {
    process.waitUntilExit()
    return Answer(
      code: process.terminationStatus, output: try workspace.text("out-\(tag)"),
      errors: try workspace.text("err-\(tag)"))
  }
}
