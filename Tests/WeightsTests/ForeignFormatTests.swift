import Foundation
import Support
import Testing
import Weights

/// Files that are no weights, given as weights: what they are, and what to do. Whole messages.
@Suite struct ForeignFormatTests {
  private static let name = "\n  Name the weights file itself in `weights`."
  private static let again = "\n  Copy or download the file again."
  private static func export(_ command: String, _ condition: String) -> String {
    "\n  Make an ONNX file of it and name that as `network` of the model: `\(command)`, \(condition)."
  }
  private static let keras = export(
    "python -m tf2onnx.convert --keras model.h5 --output model.onnx", "where TensorFlow and tf2onnx are installed")
  private static let keras3 = export(
    "python -m tf2onnx.convert --keras model.keras --output model.onnx", "where TensorFlow and tf2onnx are installed")
  private static let graph = export(
    "python -m tf2onnx.convert --graphdef model.pb --inputs INPUT:0 --outputs LOGITS:0 --output model.onnx",
    "with the names of its image and its logits")
  private static let lite = export(
    "python -m tf2onnx.convert --tflite model.tflite --output model.onnx", "where TensorFlow and tf2onnx are installed")
  private static let folder = export(
    "python -m tf2onnx.convert --saved-model FOLDER --output model.onnx", "where TensorFlow and tf2onnx are installed")
  private static let script = export(
    "python -c \"import torch; torch.onnx.export(torch.jit.load('model.pt').eval(), torch.zeros(1, 3, 224, 224), "
      + "'model.onnx', dynamo=False)\"", "with the size of its images")
  private static let program = export(
    "python -c \"import torch; torch.onnx.export(torch.export.load('model.pt2'), (torch.zeros(1, 3, 224, 224),), "
      + "'model.onnx')\"", "with the size of its images")
  private static let description =
    "\n  Export the network where it was made to ONNX (Keras: model.export(\"model.onnx\", format=\"onnx\")) and name the file "
    + "as `network` of the model."
  private static let onnx =
    "\n  An ONNX file is a network with its weights: name it as `network` in place of `architecture` and `weights`, with "
    + "`input` beside it. `heatdrift weights inspect` shows what is in it."

  private static let unknown =
    "\n  Check that it is the file that you mean: safetensors, PyTorch's .pth, .pt and .bin, and pickles of NumPy arrays "
    + "are read. If it is one of them, its beginning is damaged: copy or download it again."

  private static func padded(_ start: [UInt8], to count: Int = 600) -> [UInt8] {
    start + [UInt8](repeating: 7, count: max(0, count - start.count))
  }

  private static func tar() -> [UInt8] {
    var bytes = [UInt8](repeating: 0x61, count: 512)
    bytes.replaceSubrange(257..<262, with: Array("ustar".utf8))
    return bytes
  }

  static let texts: [(String, String)] = [
    (
      "<!DOCTYPE html>\n<html><head><title>Sign in –\n Hub</title></head></html>",
      "a web page (`Sign in – Hub`)\n  The download gave a page instead of the file: open the link in a browser and save the "
        + "file."
    ),
    (
      "\u{feff}\n <HTML><body>no</body></HTML>",
      "a web page\n  The download gave a page instead of the file: open the link in a browser and save the file."
    ),
    (
      "<!DOCTYPE html><html><title>Google Drive - Virus scan warning</title>Download anyway</html>",
      "a web page of Google Drive in place of the file\n  Open the link in a browser, confirm the download and save the "
        + "file; `gdown` does so in a terminal."
    ),
    (
      "version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 12\n",
      "a Git LFS pointer instead of the file's content\n  Run `git lfs pull` in the folder of the weights."
    ),
    (
      "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>",
      "a server's error message (`AccessDenied`) in place of the file\n  Check the link, and download the file again."
    ),
    ("<?xml version=\"1.0\"?><a/>", "an XML file" + name), ("{\"a\": 1}", "a JSON file" + name),
    (
      "{\"error\": \"Repository not found\"}",
      "a server's error message (JSON) in place of the file\n  Check the link, and download the file again."
    ),
    ("{\"class_name\": \"Functional\", \"config\": {}}", "a Keras network without its weights (JSON)" + description),
    ("# mine\nlearning-rate: 0.1\n", "a YAML file" + name),
    (
      "title: A\nmodels: [{architecture: vgg16}]\nattack: {}\n",
      "an experiment file (YAML)\n  `weights` names the file of the tensors: .safetensors or .pth."
    ),
    ("a text file\nof two lines", "a text (`a text file`)" + name), ("Bücher", "a text (`Bücher`)" + name),
    ("   \n", "a text of spaces" + name), ("", "an empty file" + again),
  ]

  static let bytes: [([UInt8], String)] = [
    (
      [UInt8](repeating: 0, count: 100),
      "a file of zeros\n  It was not copied or downloaded to its end. Copy or download the file again."
    ),
    (padded([0x89, 0x50, 0x4e, 0x47]), "a picture (PNG)" + name),
    (padded([0xff, 0xd8, 0xff]), "a picture (JPEG)" + name),
    (padded(Array("GIF89a".utf8)), "a picture (GIF)" + name),
    (padded(Array("RIFF".utf8) + [1, 2, 3, 4] + Array("WEBP".utf8)), "a picture (WebP)" + name),
    (padded(Array("%PDF-1.7\n".utf8)), "a document (PDF)" + name),
    (padded([0x89, 0x48, 0x44, 0x46, 13, 10]), "an HDF5 file, as Keras writes it (.h5)" + keras),
    (
      padded([0x93] + Array("NUMPY".utf8)),
      "one NumPy array without a name (.npy)\n  Save all tensors by their names: "
        + "safetensors.numpy.save_file({name: array}, \"weights.safetensors\")."
    ),
    (
      padded([0x1f, 0x8b, 8]),
      "a packed archive (gzip)\n  Unpack it (gunzip, or tar -xzf) and name the weights file in it."
    ),
    (
      padded([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]),
      "a packed archive (xz)\n  Unpack it (unxz, or tar -xJf) and name the weights file in it."
    ),
    (
      padded([0x28, 0xb5, 0x2f, 0xfd]),
      "a packed archive (zstd)\n  Unpack it (unzstd, or tar --zstd -xf) and name the weights file in it."
    ),
    (
      padded(Array("BZh9".utf8)),
      "a packed archive (bzip2)\n  Unpack it (bunzip2, or tar -xjf) and name the weights file in it."
    ),
    (
      padded([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]),
      "a packed archive (7z)\n  Unpack it (7z x) and name the weights file in it."
    ),
    (
      padded(Array("Rar!\u{1a}".utf8)), "a packed archive (rar)\n  Unpack it (unrar x) and name the weights file in it."
    ),
    (tar(), "a packed archive (tar)\n  Unpack it (tar -xf) and name the weights file in it."),
    (padded([0x50, 0x4b, 5, 6]), "a zip archive without anything in it" + again),
    (padded([0x1c, 0, 0, 0] + Array("TFL3".utf8)), "a TensorFlow Lite network (.tflite)" + lite),
    (
      padded(Array("GGUF".utf8) + [3]), "a GGUF file, of language models\n  Give the weights of an image network."
    ),
    // Of another order than exporters write: a graph with a node, then the version.
    ([0x3a, 8, 0x0a, 6, 0x22, 4] + Array("Relu".utf8) + [0x08, 8], "an ONNX network" + onnx),
    // ir_version 8, producer "pytorch"; ir_version 4, graph; Core ML version 5; SavedModel; nodes of a graph; a Caffe net.
    (padded([0x08, 8, 0x12, 7] + Array("pytorch".utf8)), "an ONNX network" + onnx),
    (padded([0x08, 4, 0x3a, 20]), "an ONNX network" + onnx),
    (
      padded([0x08, 5, 0x12, 40, 0x0a]),
      "a Core ML network\n  Give the weights that it was converted from: torch.save(model.state_dict(), \"weights.pth\")."
    ),
    (padded([0x08, 1, 0x12, 40, 0x0a]), "a TensorFlow network (.pb)" + graph),
    (padded([0x0a, 40, 0x0a, 5] + Array("input".utf8)), "a TensorFlow network (.pb)" + graph),
    (
      padded([0x0a, 5] + Array("VGG16".utf8) + [0x12, 5]),
      "a Caffe network (.caffemodel)\n  Convert it to a state dict of PyTorch, or to a pickle of NumPy arrays under PyTorch's "
        + "names."
    ),
    (padded(Array("BM".utf8) + [9, 9, 9, 9, 0, 0, 0, 0, 54, 0]), "a picture (BMP)" + name),
    (Array("P5\n2 2\n255\n".utf8) + [1, 2, 3, 0xff], "a picture (Netpbm)" + name),
    (padded([0x49, 0x49, 0x2b, 0]), "a picture (TIFF)" + name),
    (Array("<svg xmlns=\"http://www.w3.org/2000/svg\"/>".utf8), "a picture (SVG)" + name),
    (padded([0, 0, 0, 24] + Array("ftypheic".utf8)), "a picture or video (HEIC, AVIF or MP4)" + name),
    (padded(Array("PAR1".utf8)), "a Parquet file" + name),
    (padded(Array("MZ".utf8) + [0x90, 0]), "a program (Windows)" + name),
    (
      padded([0x1f, 0x9d]),
      "a packed archive (compress)\n  Unpack it (uncompress, or tar -xZf) and name the weights file in it."
    ),
    // HDF5 behind a block of another program's.
    (
      [UInt8](repeating: 0, count: 512) + padded([0x89, 0x48, 0x44, 0x46]),
      "an HDF5 file, as Keras writes it (.h5)" + keras
    ),
    // Not UTF-8, and yet a text.
    (
      Array("<!DOCTYPE html><title>T".utf8) + [0xe9] + Array("l</title>".utf8),
      "a web page (`Tél`)\n  The download gave a page instead of the file: open the link in a browser and save the file."
    ),
    ([0xff, 0xfe] + "hello".utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }, "a text (`hello`)" + name),
    // What looks like a header's length and has no header behind it: a record of TensorFlow's, fewer than 8 bytes.
    (
      [4, 0, 0, 0, 0, 0, 0, 0] + padded([1], to: 40),
      "data of an unknown kind, which begin with the bytes 04 00 00 00 00 00 00 00" + unknown
    ),
    ([0x80, 9, 1], "data of an unknown kind, which begin with the bytes 80 09 01" + unknown),
    (
      [1, 2, 3, 250, 5, 6, 7, 8, 9, 10],
      "data of an unknown kind, which begin with the bytes 01 02 03 fa 05 06 07 08" + unknown
    ),
  ]

  @Test func textsAreNamed() throws {
    for (text, message) in Self.texts {
      #expect(try refusal(Array(text.utf8)) == "FILE: expected a safetensors or PyTorch file, found " + message)
    }
  }

  @Test func binaryFilesAreNamed() throws {
    for (bytes, message) in Self.bytes {
      #expect(try refusal(bytes) == "FILE: expected a safetensors or PyTorch file, found " + message)
    }
  }

  /// Compressed entries are not complained of before it is said what the archive is.
  @Test func archivesAreNamed() throws {
    func archive(_ names: String...) -> [UInt8] {
      var archive = MadeArchive(names.map { MadeArchive.Entry(name: $0, content: [1, 2]) })
      archive.entries[archive.entries.count - 1].method = 8
      return archive.bytes
    }
    let head = "FILE: expected a state dict, found "
    #expect(
      try refusal(archive("m/data.pkl", "m/constants.pkl", "m/code/__torch__.py"))
        == head
        + "a TorchScript program" + Self.script)
    #expect(
      try refusal(archive("m/data.pkl", "m/code/__torch__/net.py")).hasPrefix(head + "a TorchScript program\n"))
    #expect(
      try refusal(archive("config.json", "metadata.json", "model.weights.h5"))
        == head + "a Keras file (.keras)" + Self.keras3)
    #expect(
      try refusal(archive("conv1.weight.npy", "fc.weight.npy"))
        == head + "an archive of NumPy arrays (.npz)\n  Save its arrays in Python: import numpy, safetensors.numpy; "
        + "safetensors.numpy.save_file(dict(numpy.load(path)), \"weights.safetensors\").")
    #expect(
      try refusal(archive("archive_format", "models/model.json"))
        == head + "a program of torch.export" + Self.program)
    // Compressed or not: what is in an archive of files is named.
    #expect(
      try refusal(archive("weights/a.pth", "weights/b.pth", "c.txt", "d.txt"))
        == "FILE: expected a zip archive that torch.save wrote, with one `data.pkl` in a folder, found a packed archive of "
        + "4 files: `weights/a.pth`, `weights/b.pth`, `c.txt`, ...\n  Unpack it (unzip) and name the weights file in it."
    )
    #expect(try refusal(archive("a/data.pkl")).contains("is compressed (method 8, 2 bytes from 2)"))
  }

  @Test func foldersAreNamed() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("heatdrift-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func message(_ files: String...) throws -> String? {
      try? FileManager.default.removeItem(atPath: folder)
      for file in files {
        let url = URL(filePath: "\(folder)/\(file)")
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data().write(to: url)
      }
      return #expect(throws: Problem.self) { try WeightsFile.open(folder) }?.description
    }
    let head = "\(folder): expected a weights file, found "
    #expect(try message("notes.txt") == head + "a folder" + Self.name)
    #expect(
      try message("b.pth", "a.safetensors") == head
        + "a folder\n  Name the weights file in it: `a.safetensors`, `b.pth`.")
    #expect(
      try message("model-00001-of-00002.safetensors", "model.safetensors.index.json")
        == head + "a folder\n  Name the weights file in it: `model.safetensors.index.json`.")
    #expect(
      try message("saved_model.pb", "variables/variables.index")
        == head + "the folder of a TensorFlow network (SavedModel)" + Self.folder)
    #expect(
      try message("data.pkl", "data/0")
        == head + "the folder of a PyTorch file that was unpacked\n  Pack the folder again, without compression: "
        + "zip -0 -r weights.pth FOLDER.")
    #expect(
      try message(".metadata", "__0_0.distcp")
        == head + "the folder of a distributed checkpoint of PyTorch\n  Make one file of it: "
        + "python -m torch.distributed.checkpoint.format_utils dcp_to_torch FOLDER weights.pth.")
  }
}

/// The same in the place of an ONNX file.
@Suite struct InsteadOfONNXTests {
  private func found(_ bytes: [UInt8], _ name: String = "net.onnx") throws -> String? {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("heatdrift-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(filePath: "\(folder)/\(name)"))
    return WeightsFile.insteadOfONNX("\(folder)/\(name)").map { "\($0)".replacing("\(folder)/", with: "") }
  }

  @Test func whatIsKnownIsNamedWithItsCommand() throws {
    #expect(
      try found([0x89, 0x48, 0x44, 0x46] + [UInt8](repeating: 7, count: 600))
        == "net.onnx: expected an ONNX file, found an HDF5 file, as Keras writes it (.h5)\n"
        + "  Make an ONNX file of it and name that as `network` of the model: `python -m tf2onnx.convert --keras model.h5 "
        + "--output model.onnx`, where TensorFlow and tf2onnx are installed.")
    let script = MadeArchive(
      ["m/data.pkl", "m/constants.pkl", "m/code/net.py"].map { MadeArchive.Entry(name: $0, content: [1, 2]) })
    #expect(
      try found(script.bytes)?.hasPrefix(
        "net.onnx: expected an ONNX file, found a TorchScript program\n  Make an ONNX file of it and name that as `network`"
      )
        == true)
    #expect(
      try found(MadeArchive(pickle: MadePickle.dictionary()).bytes)?.hasPrefix(
        "net.onnx: expected an ONNX file, found weights without a network (PyTorch") == true)
    #expect(
      try found(Array("a text".utf8))
        == "net.onnx: expected an ONNX file, found a text (`a text`)\n  Name the ONNX file itself in `network`.")
  }

  @Test func whatMayBeOneIsLeftToTheReader() throws {
    #expect(try found([0x08, 8, 0x12, 7] + Array("pytorch".utf8) + [UInt8](repeating: 7, count: 40)) == nil)
    #expect(WeightsFile.insteadOfONNX("/nowhere/net.onnx") == nil)
  }
}
