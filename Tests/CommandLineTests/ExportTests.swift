import Foundation
import Testing

/// `heatdrift export`: what it takes out of a run.
@Suite struct ExportTests {
  private func workspace() throws -> Workspace {
    let workspace = try Workspace().prepared()
    #expect(try workspace.call("run", "small.yaml", "--quiet").code == 0)
    return workspace
  }

  /// Shape and values of a .npy of little-endian Float32 in C order.
  private func array(_ data: Data) throws -> (shape: [Int], values: [Float]) {
    let bytes = [UInt8](data)
    try #require(bytes.starts(with: [0x93] + Array("NUMPY".utf8) + [1, 0]))
    let count = Int(bytes[8]) + 256 * Int(bytes[9])
    #expect((10 + count) % 64 == 0)
    let header = String(decoding: bytes[10..<10 + count], as: UTF8.self)
    let match = try #require(
      header.firstMatch(of: /^\{'descr': '<f4', 'fortran_order': False, 'shape': \((.*)\), \} *\n$/))
    let shape = match.1.split(separator: ",").compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
    return (shape, floats(bytes[(10 + count)...]))
  }

  private func floats(_ bytes: ArraySlice<UInt8>) -> [Float] {
    stride(from: bytes.startIndex, to: bytes.endIndex, by: 4).map { start in
      Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) })
    }
  }

  private func table(_ text: String) -> [[String: String]] {
    let lines = text.split(separator: "\n").map { $0.components(separatedBy: ",") }
    return lines.dropFirst().map { Dictionary(zip(lines[0], $0), uniquingKeysWith: { first, _ in first }) }
  }

  @Test func rawMapsHaveThePeaksOfTheTable() throws {
    let workspace = try workspace()
    let answer = try workspace.call("export", "Reports/small", "--image", "boris/2.png", "--model", "VGG16")
    #expect(answer.code == 0, "\(answer.errors)")
    let base = "boris-2.png_vgg16"
    let names = ["clean", "fgsm-0", "fgsm-0.02", "fgsm-0.1"].map {
      "\(base)_\($0)_grad-cam_predicted_features.29_map.npy"
    }
    #expect(answer.output == (names + ["index.csv"]).map { "export/\($0)\n" }.joined())
    let rows = table(try workspace.text("Reports/small/results.csv")).filter {
      $0["model"] == "vgg16" && $0["image"] == "boris/2.png"
    }
    #expect(rows.count == 3)
    let index = table(try workspace.text("export/index.csv"))
    #expect(Set(index.compactMap { $0["file"] }) == Set(names) && index.count == 4)
    for line in index {
      let name = line["file"] ?? ""
      let (shape, values) = try array(workspace.data("export/\(name)"))
      #expect(line["shape"] == shape.map(String.init).joined(separator: "x") && shape == [4, 4])
      let row = rows.first { $0["epsilon"] == line["epsilon"] }
      let peak = try #require(values.max())
      #expect("\(peak)" == (line["attack"] == "" ? rows[0]["clean_peak"] : row?["adversarial_peak"]))
      #expect(line["maximum"] == "\(peak)" && line["kind"] == "map" && line["model_name"] == "VGG16")
      if let row { #expect(line["prediction"] == row["adversarial_prediction"]) }
    }
  }

  @Test func attackedImagesAreThoseOfTheRun() throws {
    let workspace = try workspace()
    let call = ["export", "Reports/small", "--image", "anna/1.png", "--attacked"]
    #expect(try workspace.call(call + ["npy", "--output", "npy"]).code == 0)
    #expect(try workspace.call(call + ["png", "--output", "png"]).code == 0)
    let rows = table(try workspace.text("Reports/small/results.csv")).filter { $0["image"] == "anna/1.png" }
    let index = table(try workspace.text("npy/index.csv"))
    #expect(index.count == 2 * 3)
    for line in index {
      let (shape, values) = try array(workspace.data("npy/\(line["file"] ?? "")"))
      #expect(shape == [3, 64, 64] && line["made"] == "network")
      guard let epsilon = Float(line["epsilon"] ?? "") else { continue }
      let clean = try array(workspace.data("npy/anna-1.png_\(line["model"] ?? "")_clean_image.npy")).values
      let steps = zip(values, clean).map { abs($0 - $1) }
      #expect(steps.allSatisfy { $0 <= epsilon * 1.0001 } && steps.max().map { $0 > epsilon * 0.999 } == true)
      // What the network says of it is what the run says, to the last digit.
      let row = try #require(rows.first { $0["model"] == line["model"] && $0["epsilon"] == line["epsilon"] })
      #expect(line["confidence"] == row["adversarial_confidence"])
    }
    // Without the network the store draws them, to within a grey level, and says so.
    try FileManager.default.moveItem(atPath: "\(workspace.path)/small.yaml", toPath: "\(workspace.path)/other.yaml")
    let stored = try workspace.call(call + ["png", "--output", "stored"])
    #expect(stored.code == 0, "\(stored.errors)")
    #expect(stored.errors.hasPrefix("note: attacked images are drawn from the store, to within one grey level, since "))
    #expect(
      table(try workspace.text("stored/index.csv")).filter { $0["attack"] == "fgsm" }.allSatisfy {
        $0["made"] == "store"
      } == false)
    let cannot = try workspace.call(call + ["npy", "--output", "never"])
    #expect(cannot.code == 64 && !workspace.exists("never"))
    #expect(
      cannot.errors
        == "error: attacked images are made again by the networks of the run, and small.yaml, which names them, is not here\n"
        + "  Name the experiment file (--experiment), with each --set that the run was given; or say below which folders its files "
        + "are (--data, --weights).\n")
    #expect(try workspace.call(call + ["npy", "--output", "named", "--experiment", "other.yaml"]).code == 0)
    #expect(try workspace.files(below: "named") == workspace.files(below: "npy"))
  }

  @Test func whatChangedIsNamed() throws {
    let workspace = try workspace()
    let call = ["export", "Reports/small", "--attacked", "npy", "--image"]
    try workspace.write(workspace.data("faces/anna/1.png") + Data("1".utf8), to: "faces/anna/1.png")
    let image = try workspace.call(call + ["anna/1.png"])
    #expect(image.code == 64)
    #expect(
      image.errors.hasPrefix(
        "error: anna/1.png: the photograph, its label or how a face is cut out of it is another than in the run (SHA-256 "
      ),
      "\(image.errors)")
    #expect(try workspace.call(call + ["anna/2.png"]).code == 0)
    try Workspace.writeWeights(.resnet50, width: 0.04, to: "\(workspace.path)/resnet50.safetensors", seed: 12)
    let weights = try workspace.call(call + ["clara/2.png"])
    #expect(weights.code == 64)
    #expect(
      weights.errors.hasPrefix(
        "error: resnet50.safetensors: the weights of ResNet50 are not those that the run was made with (SHA-256 "))
    #expect(try workspace.call(call + ["clara/2.png", "--model", "vgg16"]).code == 0)
  }

  @Test func namesThatAreNoneOrSeveralAreAnswered() throws {
    let workspace = try workspace()
    func errors(_ arguments: String...) throws -> String {
      let answer = try workspace.call(["export", "Reports/small"] + arguments)
      #expect(answer.code == 64 && answer.output == "")
      return answer.errors
    }
    #expect(
      try errors("--image", "1.png") == """
        error: `1.png` is the end of the names of 3 images
          Give more of the name, of these:
            anna/1.png
            boris/1.png
            clara/1.png

        """)
    #expect(
      try errors("--image", "ana/1.png").hasPrefix(
        "error: no measured image is called `ana/1.png`\n"
          + "  Images are called as in the column `image` of results.csv, such as:\n    anna/1.png\n"))
    #expect(
      try errors("--image", "anna/1.png", "--model", "vgg61")
        == "error: the run has no model `vgg61`\n  Did you mean `VGG16`?\n")
    #expect(
      try errors("--image", "anna/1.png", "--level", "2/255")
        == "error: the run has no level `2/255`\n  Known are: `0`, `0.02`, `0.1`.\n")
    #expect(try errors("--all", "--image", "anna/1.png").contains("--all writes the raw maps of all images"))
    #expect(try errors("--image", "").contains("no measured image is called ``"))
    #expect(!workspace.exists("export"))
    // A path of this machine that ends with the name, as a shell completes it.
    #expect(
      try workspace.call("export", "Reports/small", "--image", "\(workspace.path)/faces/anna/1.png", "--level", "0.1")
        .code == 0)
  }

  @Test func nothingIsReplacedUnsaid() throws {
    let workspace = try workspace()
    let call = ["export", "Reports/small", "--image", "anna/1.png", "--model", "vgg16", "--layer", "last"]
    #expect(try workspace.call(call + ["--level", "0.1"]).code == 0)
    let before = try workspace.files(below: "export")
    let again = try workspace.call(call)
    #expect(again.code == 1)
    #expect(
      again.errors
        == "error: export/anna-1.png_vgg16_clean_grad-cam_predicted_features.29_map.npy: a file of this name is there already, "
        + "and 1 more of the export; nothing was written\n"
        + "  Choose another place (--output), or replace what is there (--overwrite).\n")
    #expect(try workspace.files(below: "export") == before)
    // What another call wrote stays in the index.
    let other = try workspace.call(
      "export", "Reports/small", "--image", "clara/1.png", "--heatmap", "png", "--maps", "png", "--overwrite")
    #expect(other.code == 0, "\(other.errors)")
    let index = table(try workspace.text("export/index.csv"))
    #expect(index.count == before.count - 1 + 2 * 2 * 4)
    let over = try workspace.call(call + ["--overwrite"])
    #expect(over.code == 0 && over.errors == "replaced 2 files in export\n", "\(over.errors)")
    // A table of somebody else's is not taken for the index.
    try workspace.write("name,age\nanna,3\n", to: "mine/index.csv")
    let foreign = try workspace.call(call + ["--output", "mine"])
    #expect(foreign.code == 1 && foreign.errors.contains("mine/index.csv: this is no index of an export"))
    #expect(try workspace.files(below: "mine").count == 1)
  }

  @Test func allMapsAreOneFile() throws {
    let workspace = try workspace()
    let answer = try workspace.call("export", "Reports/small", "--all", "--quiet")
    #expect(answer.code == 0, "\(answer.errors)")
    #expect(answer.output == "maps.safetensors: 48 maps in 8 tensors\n")
    let bytes = [UInt8](try workspace.data("maps.safetensors"))
    let length = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
    let header = try #require(
      try JSONSerialization.jsonObject(with: Data(bytes[8..<8 + length])) as? [String: Any])
    let metadata = try #require(header["__metadata__"] as? [String: String])
    #expect(metadata["format"] == "heatdrift-maps")
    let images = try #require(
      try JSONSerialization.jsonObject(with: Data((metadata["images"] ?? "").utf8)) as? [[String: Any]])
    #expect(
      images.compactMap { $0["image"] as? String } == [
        "anna/1.png", "anna/2.png", "boris/1.png", "boris/2.png", "clara/1.png", "clara/2.png",
      ])
    #expect(images.compactMap { $0["label_name"] as? String }.first == "anna")
    let tensors = try #require(
      try JSONSerialization.jsonObject(with: Data((metadata["tensors"] ?? "").utf8)) as? [String: [String: Any]])
    #expect(tensors.count == 8)
    let rows = table(try workspace.text("Reports/small/results.csv"))
    for (name, series) in tensors {
      let entry = try #require(header[name] as? [String: Any])
      let shape = try #require(entry["shape"] as? [Int])
      let offsets = try #require(entry["data_offsets"] as? [Int])
      #expect(shape[0] == 6 && entry["dtype"] as? String == "F32")
      let values = floats(bytes[(8 + length + offsets[0])..<(8 + length + offsets[1])])
      let area = shape[1] * shape[2]
      for (place, image) in images.enumerated() {
        let row = try #require(
          rows.first {
            $0["model"] == series["model"] as? String && $0["image"] == image["image"] as? String
              && (series["epsilon"] == nil || Double($0["epsilon"] ?? "") == series["epsilon"] as? Double)
          })
        let peak = try #require(values[place * area..<(place + 1) * area].max())
        #expect("\(peak)" == row[series["attack"] == nil ? "clean_peak" : "adversarial_peak"])
      }
    }
    #expect(try workspace.call("export", "Reports/small", "--all").code == 1)
    let some = try workspace.call(
      "export", "Reports/small", "--all", "--model", "vgg16", "--level", "0.1", "--output", "some")
    #expect(some.output == "some: 12 maps in 2 tensors\n")
    let folder = try workspace.call("export", "Reports/small", "--all", "--output", "faces")
    #expect(folder.code == 64)
  }

  /// Two lines of Python read it, where there is NumPy with safetensors.
  @Test func numPyReadsIt() throws {
    let workspace = try workspace()
    #expect(try workspace.call("export", "Reports/small", "--all", "--quiet").code == 0)
    #expect(try workspace.call("export", "Reports/small", "--image", "boris/1.png").code == 0)
    let answer = try workspace.shell(
      """
      python3 -c 'import numpy, safetensors' 2>/dev/null || { echo none; exit 0; }
      python3 -c '
      from safetensors.numpy import load_file
      maps = load_file("maps.safetensors")
      import numpy
      one = numpy.load("export/boris-1.png_vgg16_fgsm-0.1_grad-cam_predicted_features.29_map.npy")
      print(len(maps), numpy.array_equal(maps["vgg16/grad-cam/predicted/features.29/fgsm/0.1"][2], one))'
      """)
    #expect(["none\n", "8 True\n"].contains(answer.output), "\(answer.errors)")
  }
}
