import Architectures
import Datasets
import Diagnostics
import Experiments
import Foundation
import Images
import Networks
import Notebooks
import Results
import Tensors
import Testing
import Typesetting
import Weights

/// Whatever bytes come, a reader returns or throws a `Problem`: no crash, no other error, no hang, no memory beyond a
/// limit.
///
/// `HEATDRIFT_FUZZ_INPUTS` is how many inputs each format gets (150 unless given), `HEATDRIFT_FUZZ_SEED` where they
/// start. With `HEATDRIFT_FUZZ_KEEP=FOLDER` each input is written there before it is read, so that the one that
/// crashed is left. `Scripts/fuzz.sh` gives many.
@Suite(.serialized) struct FuzzTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let inputs = Int(environment["HEATDRIFT_FUZZ_INPUTS"] ?? "") ?? 150
  private static let seed = UInt64(environment["HEATDRIFT_FUZZ_SEED"] ?? "") ?? 1
  /// Of one input; tests share the processor with others.
  private static let longest = Duration.seconds(10)
  /// Beyond what the process took before.
  private static let mostBytes = 512 << 20

  /// - Parameter read: gets the bytes and the input's number.
  private func fuzz(
    _ format: String, _ corpus: [[UInt8]], words: [String], share: Int = 1,
    read: ([UInt8], Int) throws -> Void
  ) throws {
    // The corpus itself is sound.
    for (index, bytes) in corpus.enumerated() { try read(bytes, index) }
    let before = Self.peakBytes
    var refused = 0
    let count = max(1, Self.inputs / share)
    for number in 0..<count {
      var mutator = Mutator(seed: Self.seed &* 1_000_003 &+ UInt64(number), words: words)
      let bytes = mutator.change(corpus)
      if let folder = Self.environment["HEATDRIFT_FUZZ_KEEP"] {
        try Data(bytes).write(to: URL(filePath: "\(folder)/last.\(format)"))
      }
      let start = ContinuousClock.now
      do {
        try read(bytes, number)
      } catch let problem as Problem {
        refused += 1
        #expect(!problem.message.isEmpty, "\(format) \(number)")
      } catch {
        Issue.record("\(format) \(number) of seed \(Self.seed): \(error)")
      }
      let time = ContinuousClock.now - start
      if time > Self.longest { Issue.record("\(format) \(number) of seed \(Self.seed) took \(time)") }
    }
    let grown = Self.peakBytes - before
    #expect(grown < Self.mostBytes, "\(format): \(grown) bytes more than before")
    // Inputs that are all refused at once, or none, would test nothing.
    if count >= 100 { #expect(refused > count / 20 && refused < count, "\(format): \(refused) of \(count) refused") }
    if Self.inputs > 1000 {
      print("fuzz: \(format): \(count) inputs, \(refused) refused, \(grown >> 20) MiB more memory")
    }
  }

  /// The most memory that the process has held: VmHWM.
  private static var peakBytes: Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0) << 10
  }

  private func picture(_ width: Int, _ height: Int) -> RGBImage {
    RGBImage(width: width, height: height, pixels: (0..<width * height * 3).map { UInt8($0 * 37 % 251) })
  }

  private static let limits = DecodingLimits(maximumPixels: 1 << 22, maximumFileBytes: 1 << 22)

  private func decode(_ bytes: [UInt8], _ number: Int) throws {
    let image = try ImageDecoder.decode(bytes, name: "\(number)", limits: Self.limits)
    #expect(image.pixels.count == image.width * image.height * 3)
  }

  /// Fixtures of the decoder's own tests, of every kind that it reads.
  private func fixtures(_ ending: String) throws -> [[UInt8]] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "ImagesTests/Fixtures")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(ending) }
      .sorted()
    return try names.map { Array(try Data(contentsOf: folder.appending(path: $0))) }
  }

  @Test func png() throws {
    try fuzz(
      "png", [ImageEncoder.png(picture(9, 7))] + fixtures(".png"),
      words: ["IHDR", "IDAT", "PLTE", "tRNS", "gAMA", "iCCP", "eXIf", "IEND", "\u{1}\u{2}"], read: decode)
  }

  @Test func jpeg() throws {
    let words = ["Exif\0\0", "JFIF\0", "Adobe\0", "ICC_PROFILE\0", "MM\0*", "II*\0"]
    try fuzz("jpeg", [ImageEncoder.jpeg(picture(17, 9))] + fixtures(".jpg"), words: words, read: decode)
  }

  @Test func pgm() throws {
    let corpus = [
      "P2\n# a comment\n3 2\n255\n0 1 2 250 251 255\n", "P5 3 2 255 abcdef", "P5\n2 2\n65535\nabcdefgh",
      "P6 2 1 255 abcdef", "P3 1 1 15\n1 2 15\n", "P1 3 1\n0 1 0\n",
    ]
    try fuzz(
      "pgm", corpus.map { Array($0.utf8) } + fixtures(".pgm") + fixtures(".ppm"),
      words: ["P5", "P6", "#", "65535", "99999999999999999999", "-1", "0", "\n"]
    ) { bytes, number in
      do { try decode(bytes, number) } catch let problem as Problem where number < 6 && Self.isUnsupported(problem) {}
    }
  }

  /// A bitmap in the corpus need not be supported; its changed forms must be refused as it is.
  private static func isUnsupported(_ problem: Problem) -> Bool { problem.message.contains("P1") }

  @Test func safetensors() throws {
    var writer = SafetensorsWriter(metadata: ["format": "pt"])
    try writer.add("layer.weight", Tensor(shape: [2, 3], values: [1, 2, 3, 4, 5, 6]))
    try writer.add("layer.bias", Tensor(shape: [2], values: [0.5, -0.5]))
    let fixture = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "WeightsTests/Fixtures/types.safetensors")
    let folder = try FuzzFolder()
    let path = "\(folder.path)/weights.safetensors"
    try fuzz(
      "safetensors", [writer.bytes(), Array(try Data(contentsOf: fixture))],
      words: [
        "\"dtype\":\"F64\"", "\"data_offsets\":[0,18446744073709551615]", "[9223372036854775807,2]", "{", "}", "\"",
        "\\u0000", "\\ud800", "__metadata__", "../", "[[[[[[[[[[[[[[[[", "-1", "1e999",
      ]
    ) { bytes, _ in
      try Data(bytes).write(to: URL(filePath: path))
      let file = try SafetensorsFile(contentsOf: path)
      for name in file.tensorNames.prefix(20) { _ = try file.values(name) }
    }
  }

  @Test func experimentFiles() throws {
    let corpus = [
      """
      title: Faces
      seed: 7
      data: {source: folder, root: ../faces, split: test, limit: 10}
      input: {size: 64, mean: [0.5, 0.5, 0.5], std: [1, 1, 1], fit: crop}
      models:
        - {architecture: vgg16, weights: a.safetensors, width: 0.25, layers: [last]}
        - architecture: resnet50
          name: ResNet-50
          weights: b.safetensors
          layers: all
      attack: {method: fgsm, epsilons: [0.01, 0.02], loss-label: predicted, quantise: 8bit}
      explain: {method: grad-cam, targets: [predicted, label]}
      compare: {window: gaussian}
      report: {template: paper, formats: [pdf, svg]}
      """,
      """
      title: Small
      data: {source: folder, root: x}
      models: [{architecture: xception, weights: w.safetensors}]
      attack: {epsilons: [0.1]}
      """,
    ]
    try fuzz(
      "yaml", corpus.map { Array($0.utf8) },
      words: [
        "&a [*a, *a]", "*a", "&a ", "<<: *a", "? ", "!!binary ", "|\n", ">\n", "- ", ": ", "{", "[", "${X}", "1e999",
        ".nan", ".inf", "---\n", "...\n", "%YAML 9.9\n", "\t", "0x", "null", "~", "../../../etc/passwd",
        "&a [x,x,x,x,x,x,x,x,x]\n", "\u{FEFF}", "\0",
      ]
    ) { bytes, number in
      _ = try ExperimentFile(text: String(decoding: bytes, as: UTF8.self), path: "\(number).yaml")
    }
  }

  /// Templates are read, and now and then filled with results.
  @Test func templates() throws {
    let results = try StoreMaker().make().results
    let shipped = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Templates/paper.md")
    let small =
      "---\ntitle: T\npaper: A4\n---\n# A {#sec-a}\n\n{{ images.count }} and @tab-m.\n\n"
      + "```{mod-table}\nlabel: tab-m\n```\n\n|a|b|\n|-|-|\n|1|2|\n"
    try fuzz(
      "md", [Array(small.utf8), Array(try Data(contentsOf: shipped))],
      words: [
        "```{mod-table}\n```\n", "```{heatmap-grid}\n", "{{ ", " }}", "{{ each }}", "@tab-m", "---\n", "label: ../../x",
        "> ", "- ", "|-|\n", "[](../../etc/passwd)", "![](/etc/passwd)", "<script>", "\\", "{#", "samples: 99999999",
        "epsilons: [0.1]", "\u{202E}", "&#x0;", "$$",
      ]
    ) { bytes, number in
      let template = try Template(source: String(decoding: bytes, as: UTF8.self), file: "\(number).md")
      _ = template.check()
      guard number % 50 == 0 else { return }
      let notebook = try Notebook(template, results: results, measurer: HalfWide())
      for label in notebook.figures.map(\.label) + notebook.tables.map(\.label) {
        // Labels become file names.
        #expect(label.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" }, "\(label)")
      }
    }
  }

  /// A store from a stranger is read, checked, exported, opened for writing and cleaned.
  @Test func store() throws {
    let made = try StoreMaker().make()
    let folder = try FuzzFolder()
    let path = "\(folder.path)/results.sqlite"
    try fuzz(
      "sqlite", [made.bytes],
      words: ["SQLite format 3\0", "CREATE TABLE", "engine=", "layer", "{\"", "\u{89}PNG", "UNIQUE", "../x", "null"],
      share: 4
    ) { bytes, number in
      for ending in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + ending) }
      try Data(bytes).write(to: URL(filePath: path))
      do {
        let store = try ResultsStore(readingAt: path)
        _ = try store.check()
        _ = try store.export(number % 2 == 0 ? .csv : .json)
        if let run = try store.latestRun() {
          _ = try store.results(of: run)
          _ = try store.recomputeDrift(of: run)
        }
      } catch let problem as Problem {
        // Opened for writing it must be refused or hold as well.
        let store = try ResultsStore(path: path)
        _ = try store.removeUnused(isTrial: false)
        try store.close()
        throw problem
      }
    }
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).allSatisfy { $0.hasPrefix("results.sqlite") })
  }
}
