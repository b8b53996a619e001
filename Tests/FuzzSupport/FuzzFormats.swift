import ExperimentFile
import Foundation
import Images
import Notebooks
import Rendering
import Support
import Tensors
import Typesetting
import Weights

extension FuzzFormat {
  /// Every format by name; each is made when it is asked for.
  package static let all: [(name: String, make: @Sendable () throws -> FuzzFormat)] = [
    ("png", { try png() }), ("png-chunks", { try pngBehindChecksums() }), ("jpeg", { try jpeg() }),
    ("pgm", { try pgm() }), ("safetensors", { try safetensors() }), ("pytorch", { try pyTorch() }),
    ("shards", { try shards() }), ("maps", { try maps() }), ("onnx", { try onnx() }),
    ("onnx-networks", { try onnxNetworks() }),
    ("yaml", { experimentFiles() }), ("md", { try templates() }), ("pdf", { try reports() }),
    ("sqlite", { try store() }),
  ]

  package static func named(_ name: String) throws -> FuzzFormat? {
    try all.first { $0.name == name }?.make()
  }

  private static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

  /// Fixtures of other test targets, in the order of their names.
  static func fixtures(_ folder: String, _ endings: String...) throws -> [[UInt8]] {
    let url = tests.appending(path: folder)
    return try FileManager.default.contentsOfDirectory(atPath: url.path).sorted()
      .filter { name in endings.contains { name.hasSuffix($0) } }
      .map { Array(try Data(contentsOf: url.appending(path: $0))) }
  }

  // MARK: - Images

  private static let limits = DecodingLimits(maximumPixels: 1 << 22, maximumFileBytes: 1 << 22)

  private static func decode(_ bytes: [UInt8], _ number: Int) throws {
    let image = try ImageDecoder.decode(bytes, name: "\(number)", limits: limits)
    try FuzzFault.unless(
      image.pixels.count == image.width * image.height * 3,
      "\(image.width) x \(image.height) pixels in \(image.pixels.count) bytes")
  }

  private static func picture(_ width: Int, _ height: Int) -> RGBImage {
    RGBImage(width: width, height: height, pixels: (0..<width * height * 3).map { UInt8($0 * 37 % 251) })
  }

  private static func pngCorpus() throws -> [[UInt8]] {
    try [ImageEncoder.png(picture(9, 7))] + fixtures("ImagesTests/Fixtures", ".png")
  }

  private static func png() throws -> FuzzFormat {
    FuzzFormat(
      "png", corpus: try pngCorpus(),
      words: ["IHDR", "IDAT", "PLTE", "tRNS", "gAMA", "iCCP", "eXIf", "IEND", "\u{1}\u{2}"], read: decode)
  }

  private static func pngBehindChecksums() throws -> FuzzFormat {
    let corpus = try pngCorpus()
    return FuzzFormat(
      "png-chunks", corpus: corpus, words: ["II*\0", "MM\0*", "\u{0}\u{0}", "\u{1}"],
      make: { mutator in PNGMaker.make(&mutator, corpus: corpus) }, read: decode)
  }

  private static func jpeg() throws -> FuzzFormat {
    FuzzFormat(
      "jpeg", corpus: try [ImageEncoder.jpeg(picture(17, 9))] + fixtures("ImagesTests/Fixtures", ".jpg"),
      words: ["Exif\0\0", "JFIF\0", "Adobe\0", "ICC_PROFILE\0", "MM\0*", "II*\0"], read: decode)
  }

  private static func pgm() throws -> FuzzFormat {
    let corpus = [
      "P2\n# a comment\n3 2\n255\n0 1 2 250 251 255\n", "P5 3 2 255 abcdef", "P5\n2 2\n65535\nabcdefgh",
      "P6 2 1 255 abcdef", "P3 1 1 15\n1 2 15\n",
    ]
    return FuzzFormat(
      "pgm", corpus: try corpus.map { Array($0.utf8) } + fixtures("ImagesTests/Fixtures", ".pgm", ".ppm"),
      words: ["P1", "P5", "P6", "#", "65535", "99999999999999999999", "-1", "0", "\n"], read: decode)
  }

  // MARK: - Weights

  private static func readWeights(_ path: String, _ bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(filePath: path))
    let file = try WeightsFile.open(path)
    for dictionary in file.dictionaries.indices.prefix(5) {
      let other = file.selecting(dictionary: dictionary, prefix: "")
      for name in other.tensorNames.prefix(5) { _ = try? other.values(name) }
    }
    for name in file.tensorNames.prefix(20) where file.refusal(of: name) == nil {
      try file.forEachPiece(ofElements: name) { _ in }
      // Whole numbers can be looked at, but not used as weights.
      _ = try? file.values(name)
    }
  }

  private static func safetensors() throws -> FuzzFormat {
    var writer = SafetensorsWriter(metadata: ["format": "pt"])
    try writer.add("layer.weight", Tensor(shape: [2, 3], values: [1, 2, 3, 4, 5, 6]))
    try writer.add("layer.bias", Tensor(shape: [2], values: [0.5, -0.5]))
    let folder = try FuzzFolder()
    return FuzzFormat(
      "safetensors", corpus: [writer.bytes()],
      words: [
        "\"dtype\":\"F64\"", "\"data_offsets\":[0,18446744073709551615]", "[9223372036854775807,2]", "{", "}", "\"",
        "\\u0000", "\\ud800", "__metadata__", "../", "[[[[[[[[[[[[[[[[", "-1", "1e999", ",", ":",
      ],
      make: { mutator in
        let changed = mutator.change([writer.bytes()])
        // The length in front is right again half of the time, so that the header behind it is reached.
        guard changed.count > 8, mutator.once(in: 2) else { return changed }
        let header = changed.dropFirst(8).prefix { $0 != 0 }.count
        let length = (0..<8).map { UInt8(truncatingIfNeeded: min(header, changed.count - 8) >> (8 * $0)) }
        return length + changed.dropFirst(8)
      }
    ) { bytes, _ in
      try readWeights("\(folder.path)/weights.safetensors", bytes)
    }
  }

  /// PyTorch's archives, its files from before 1.6, and pickles of NumPy arrays.
  private static func pyTorch() throws -> FuzzFormat {
    let folder = try FuzzFolder()
    let corpus = try fixtures("WeightsTests/Fixtures", ".pth", ".pt", ".bin", ".pkl")
    return FuzzFormat(
      "pytorch", corpus: corpus,
      words: [
        "PK\u{3}\u{4}", "PK\u{1}\u{2}", "PK\u{5}\u{6}", "cos\nsystem\n", "ctorch._utils\n_rebuild_tensor_v2\n",
        "ccollections\nOrderedDict\n", "cm\nC\n)R", "cm\nC\n(K\u{1}o", "(im\nC\n", "}b",
        "ctorch._tensor\n_rebuild_from_type_v2\n",
        "ctorch._utils\n_rebuild_tensor_v3\n", "ccopy_reg\n_reconstructor\n", "ctorch\nfloat8_e5m2\n", "P1\n", "R.",
        "(", "t", "}", "]", "h\u{0}", "q\u{0}", "r\u{1}\u{0}\u{0}\u{0}",
        "L99999999999999999999L\n", "I9223372036854775807\n", "../../x", "data/0", "data.pkl", "byteorder",
      ],
      make: { mutator in
        let changed = mutator.change(corpus)
        // The opcodes beyond ASCII, which no text can hold.
        guard mutator.once(in: 3), !changed.isEmpty else { return changed }
        let opcodes: [UInt8] = [0x81, 0x82, 0x83, 0x84, 0x8f, 0x90, 0x91, 0x92, 0x93, 0x94, 0x97, 0x98]
        let place = mutator.integer(0...changed.count - 1)
        return changed[..<place] + [mutator.element(opcodes)] + changed[place...].dropFirst(mutator.integer(0...1))
      }
    ) { bytes, _ in
      try readWeights("\(folder.path)/weights.pth", bytes)
    }
  }

  /// Indices of shards, beside two sound shards.
  private static func shards() throws -> FuzzFormat {
    let folder = try FuzzFolder()
    for (number, name) in ["a", "b"].enumerated() {
      var writer = SafetensorsWriter()
      try writer.add(name, Tensor(shape: [2], values: [1, 2]))
      try writer.write(to: "\(folder.path)/w-0000\(number + 1)-of-00002.safetensors")
    }
    let index = """
      {"metadata": {"total_size": 16}, "weight_map": {"a": "w-00001-of-00002.safetensors", "b": "w-00002-of-00002.safetensors"}}
      """
    return FuzzFormat(
      "shards", corpus: [Array(index.utf8)],
      words: [
        "\"weight_map\"", "../", "/etc/passwd", "w-00001-of-00002.safetensors", "w.safetensors.index.json", "{", "}",
        "[", "]",
        "null", "1e999", "\\u0000", "\\ud800", "\u{0}", ",", ":",
      ]
    ) { bytes, _ in
      try readWeights("\(folder.path)/w.safetensors.index.json", bytes)
    }
  }

  // MARK: - Texts

  private static func experimentFiles() -> FuzzFormat {
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
    return FuzzFormat(
      "yaml", corpus: corpus.map { Array($0.utf8) },
      words: [
        "&a [*a, *a]", "*a", "&a ", "<<: *a", "? ", "!!binary ", "|\n", ">\n", "- ", ": ", "{", "[", "${X}", "1e999",
        ".nan", ".inf", "---\n", "...\n", "%YAML 9.9\n", "\t", "0x", "null", "~", "../../../etc/passwd",
        "&a [x,x,x,x,x,x,x,x,x]\n", "\u{FEFF}", "\0", "9223372036854775807", "-9223372036854775808", "1e308",
      ]
    ) { bytes, number in
      _ = try ExperimentFile(text: String(decoding: bytes, as: UTF8.self), path: "\(number).yaml")
    }
  }

  /// Templates are read, and one in ten is filled with results.
  private static func templates() throws -> FuzzFormat {
    let made = try StoreMaker().make()
    let shipped = tests.deletingLastPathComponent().appending(path: "Templates/paper.md")
    let small =
      "---\ntitle: T\npaper: A4\n---\n# A {#sec-a}\n\n{{ images.count }} and @tab-m.\n\n"
      + "```{mod-table}\nlabel: tab-m\n```\n\n|a|b|\n|-|-|\n|1|2|\n"
    return FuzzFormat(
      "md", corpus: [Array(small.utf8), Array(try Data(contentsOf: shipped))],
      words: [
        "```{mod-table}\n```\n", "```{heatmap-grid}\n", "{{ ", " }}", "{{ each }}", "{% for series in series %}",
        "{% if measurements.count %}", "{% end %}", "@tab-m", "---\n", "label: ../../x", "> ", "- ", "|-|\n",
        "[](../../etc/passwd)", "![](/etc/passwd)", "<script>", "\\", "{#", "samples: 99999999", "epsilons: [0.1]",
        "\u{202E}", "&#x0;", "$$", "text-size: 0.0001", "margin: 1e9", "> > > > > > > > ",
      ]
    ) { bytes, number in
      let template = try Template(source: String(decoding: bytes, as: UTF8.self), file: "\(number).md")
      _ = template.check()
      guard number % 10 == 0 else { return }
      let notebook = try Notebook(template, results: made.results, measurer: HalfWide())
      for label in notebook.figures.map(\.label) + notebook.tables.map(\.label) {
        // Labels become file names.
        try FuzzFault.unless(
          !label.isEmpty && label.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" }, "the label \(label)")
      }
    }
  }

  // MARK: - Reports

  /// PDF files whose attachments are taken out.
  private static func reports() throws -> FuzzFormat {
    let attachment = Attachment(
      name: "results.csv", mediaType: "text/csv", relationship: .data, description: "rows",
      bytes: Array("a,b\n1,2\n".utf8))
    let page = Frame(size: Size(width: 100, height: 100), items: [])
    let written = try Renderer().pdf(
      Document(title: "T", language: "en", pages: [page], outline: []), attachments: [attachment])
    return FuzzFormat(
      "pdf", corpus: [written, PDFMaker.sound], words: PDFMaker.words,
      make: { mutator in
        mutator.once(in: 4) ? mutator.change([written, PDFMaker.sound]) : PDFMaker.make(&mutator)
      }
    ) { bytes, number in
      // What a report says is read of the same files.
      _ = try? PDFText(bytes, file: "\(number).pdf")
      for found in try Attachment.all(inPDF: bytes, file: "\(number).pdf") {
        try FuzzFault.unless(
          !found.name.isEmpty && !found.name.hasPrefix(".") && !found.name.contains("/") && !found.name.contains("\0"),
          "the name \(found.name)")
      }
    }
  }
}
