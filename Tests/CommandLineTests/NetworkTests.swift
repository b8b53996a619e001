import Foundation
import Support
import Testing

/// Networks from ONNX files, from the experiment to the report: `colour` takes images of any size in colour, `grey` grey ones
/// (`Scripts/goldens/onnx_small_networks.py`).
@Suite struct NetworkTests {
  static let networks = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Networks")
  static let goldens = networks.appending(path: "../../ONNXTests/Goldens")

  private static let colour =
    "network: nets/colour.onnx, input: {size: 48, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}"
  private static let grey = "network: nets/grey.onnx, input: {size: 40, mean: [0.5], std: [0.25]}"
  private static let vgg =
    "{architecture: vgg16, weights: vgg16.safetensors, width: 0.04, input: {size: 64}, name: VGG16}"

  /// A workspace with the networks below `nets`.
  private func workspace(
    models: [String] = ["{\(colour)}", "{\(grey)}"], attack: String = "attack: {epsilons: [0.1, 0.02]}"
  ) throws -> Workspace {
    let workspace = try Workspace().prepared()
    for name in ["colour.onnx", "grey.onnx"] {
      try workspace.write(try Data(contentsOf: Self.networks.appending(path: name)), to: "nets/\(name)")
    }
    try workspace.write(
      """
      title: Networks
      seed: 5
      data: {source: folder, root: faces}
      models: [\(models.joined(separator: ", "))]
      \(attack)
      report: {template: short.md}

      """, to: "nets.yaml")
    return workspace
  }

  /// Of `results.csv`: by model, image and epsilon the NISSIM.
  private func drift(_ workspace: Workspace, _ folder: String) throws -> [String: Double] {
    let lines = try workspace.text("\(folder)/results.csv").split(separator: "\n").map {
      $0.components(separatedBy: ",")
    }
    let column = try #require(lines[0].firstIndex(of: "nissim"))
    var found: [String: Double] = [:]
    for line in lines.dropFirst() {
      let key = (line[0...5] + line[15...16]).joined(separator: ",")
      found[key] = try #require(Double(line[column]))
    }
    return found
  }

  @Test func bothEnginesGiveTheSameReport() throws {
    let workspace = try workspace()
    for engine in ["onednn", "openblas"] {
      let answer = try workspace.call("run", "nets.yaml", "--engine", engine, "--output", engine)
      #expect(answer.code == 0, "\(answer.errors)")
    }
    let (one, other) = (try drift(workspace, "onednn"), try drift(workspace, "openblas"))
    #expect(one.count == 2 * 6 * 3 && one.keys.sorted() == other.keys.sorted())
    for (key, value) in one {
      let again = try #require(other[key])
      #expect(abs(value - again) < 1e-4, "\(key)")
    }
    #expect(one.values.contains { $0 > 0.05 })
    let verified = try workspace.call("verify", "onednn", "--experiment", "nets.yaml", "--recompute", "2")
    #expect(verified.code == 0, "\(verified.output)\(verified.errors)")
    #expect(verified.output.contains("ok  inputs: 2 weights files and 6 images have the hashes of the run\n"))
    // A second run finds everything; so does one of the file under another name and in another folder.
    #expect(
      try workspace.call("run", "nets.yaml", "--output", "onednn").errors
        == "Nothing to compute: all 36 measurements are in onednn/results.sqlite.\n")
    try workspace.write(try workspace.data("nets/grey.onnx"), to: "copy.onnx")
    #expect(
      try workspace.call(
        "run", "nets.yaml", "--output", "onednn", "--set", "models[1].network=copy.onnx", "--set", "models[1].name=grey"
      )
      .errors.hasPrefix("Nothing to compute: "))
    let why = try workspace.call(
      "run", "nets.yaml", "--output", "onednn", "--dry-run", "--why", "--set", "models[1].input.std=[0.5]")
    #expect(why.output.contains("grey: 18 measurements of 6 images; 0 are stored\n"), "\(why.output)")
    #expect(why.output.contains("  18 measurements of 6 images: std was 0.25, is 0.5\n"))
  }

  @Test func architecturesStandBesideThem() throws {
    let workspace = try workspace(
      models: ["{\(Self.colour)}", Self.vgg, "{\(Self.grey)}"],
      attack: """
        attacks:
          - {epsilons: [0.1]}
          - {epsilons: [0.1], transfer-from: colour}
          - {epsilons: [0.1], transfer-from: vgg16}
          - {epsilons: [0.1], transfer-from: grey}
        """)
    let answer = try workspace.call("run", "nets.yaml", "--output", "all")
    #expect(answer.code == 0, "\(answer.errors)")
    let lines = try workspace.text("all/results.csv").split(separator: "\n").map { $0.components(separatedBy: ",") }
    let (attack, nissim) = (
      try #require(lines[0].firstIndex(of: "attack")), try #require(lines[0].firstIndex(of: "nissim"))
    )
    func values(_ model: String, _ name: String) -> [Double] {
      lines.filter { $0[0] == model && $0[attack] == name && $0[5] != "0.0" && $0[4] != "0.0" }.compactMap {
        Double($0[nissim])
      }
    }
    for model in ["colour", "vgg16", "grey"] {
      let own = values(model, "fgsm")
      #expect(own.count >= 6)
      // On the source itself it is the plain attack; a network's gradient does something to the others too.
      #expect(values(model, "fgsm<\(model)") == own, "\(model)")
      for source in ["colour", "vgg16", "grey"] where source != model {
        #expect(
          values(model, "fgsm<\(source)") != own && values(model, "fgsm<\(source)").contains { $0 > 0.01 },
          "\(source) on \(model)")
      }
    }
    let provenance = try workspace.text("all/provenance.json")
    let hash = Checksum.sha256(Array(try workspace.data("nets/colour.onnx")))
    #expect(provenance.contains(hash) && provenance.contains("\"architecture\" : \"onnx\""))
    // The experiment out of the report makes the same report.
    let extracted = try workspace.call("extract", "all/report.pdf", "--output", "out")
    #expect(extracted.code == 0, "\(extracted.errors)")
  }

  @Test func shardsAreMerged() throws {
    let workspace = try workspace()
    let whole = try workspace.call("run", "nets.yaml", "--output", "one")
    #expect(whole.code == 0, "\(whole.errors)")
    for shard in 1...2 {
      let answer = try workspace.call("run", "nets.yaml", "--shard", "\(shard)/2", "--quiet")
      #expect(answer.code == 0, "\(answer.errors)")
    }
    let merged = try workspace.call("merge", "nets.yaml")
    #expect(merged.code == 0, "\(merged.errors)")
    let files = try workspace.files(below: "Reports/nets").filter { !$0.key.hasPrefix("shards/") }
    #expect(try files == workspace.files(below: "one"))
    // One that was made of another file is none of this run's.
    try workspace.write(try workspace.data("nets/colour.onnx"), to: "nets/other.onnx")
    try workspace.write(try workspace.data("nets/grey.onnx"), to: "nets/grey.onnx")
    let other = try workspace.call(
      "run", "nets.yaml", "--shard", "1/2", "--set", "models[1].input.mean=[0.4]", "--quiet")
    #expect(other.code == 0, "\(other.errors)")
    let mixed = try workspace.call("merge", "nets.yaml", "Reports/nets/shards", "--output", "two")
    #expect(
      mixed.code != 0 && mixed.errors.contains("option grey.input.mean is 0.4 there and 0.5 here"), "\(mixed.errors)")
  }

  @Test func whatWasDoneIsSaidOnce() throws {
    let workspace = try workspace()
    try workspace.write(try Data(contentsOf: Self.goldens.appending(path: "half.onnx")), to: "nets/half.onnx")
    let answer = try workspace.call(
      "run", "nets.yaml", "--output", "half", "--set",
      "models=[{network: nets/half.onnx, input: {size: 32, mean: [0, 0, 0], std: [1, 1, 1]}}]")
    #expect(answer.code == 0, "\(answer.errors)")
    let remark = "Arithmetic that the file has in FLOAT16 is computed in FLOAT32."
    #expect(answer.errors.components(separatedBy: "note: half, half.onnx: \(remark)\n").count == 2, "\(answer.errors)")
    #expect(try workspace.text("half/provenance.json").components(separatedBy: remark).count == 2)
  }

  @Test func wrongOnesAreRefusedByName() throws {
    let workspace = try workspace()
    try workspace.write(try Data(contentsOf: Self.goldens.appending(path: "dynamo.onnx")), to: "nets/fixed.onnx")
    try workspace.write("conv", to: "nets/cut.onnx")
    func refused(_ arguments: String...) throws -> String {
      let answer = try workspace.call(["run", "nets.yaml", "--output", "out", "--set"] + arguments)
      #expect(answer.code == 64 && answer.output == "" && !workspace.exists("out"), "\(answer.errors)")
      return answer.errors
    }
    let fixed = "models=[{network: nets/fixed.onnx, input: {size: 48, mean: [0, 0, 0], std: [1, 1, 1]}}]"
    #expect(
      try refused(fixed)
        == "error: --set models: fixed takes images of 32 x 32 pixels, by its file fixed.onnx, but `size` is 48\n"
        + "  Write `size: 32`, or export the network for images of 48 pixels, or of any size (dynamic_axes).\n")
    #expect(
      try refused("models[1].input={size: 40, mean: [0, 0, 0], std: [1, 1, 1]}")
        == "error: --set models[1].input: grey takes images of 1 channel, by its file grey.onnx, but `mean` and `std` have 3 "
        + "numbers\n  Write one number: the network takes grey images, and pictures are made grey.\n")
    #expect(
      try refused("models[0].layers=relu_7")
        == "error: --set models[0].layers: nets/colour.onnx has no layer `relu_7`\n"
        + "  Did you mean `relu_1`? `heatdrift layers nets/colour.onnx` lists its layers.\n")
    for label in ["dora", "emil"] {
      try workspace.write(try workspace.data("faces/anna/1.png"), to: "faces/\(label)/1.png")
    }
    #expect(
      try refused("seed=1")
        == "error: nets.yaml:4:20: colour has 3 outputs, but there are 5 class folders\n"
        + "  Every label behind one too many is wrong. Take away what is no class, or use weights that were trained on these "
        + "classes.\n")
    // What is no ONNX file, and an ONNX file that is given as weights.
    #expect(
      try refused("models[0].network=vgg16.safetensors")
        == "error: vgg16.safetensors: expected an ONNX file, found weights without a network (safetensors)\n"
        + "  Where they fit an architecture (`heatdrift weights inspect` tells) name that and `weights`; else export the network "
        + "where it was made: torch.onnx.export(model.eval(), (torch.zeros(1, 3, 224, 224),), \"model.onnx\").\n")
    #expect(try refused("models[0].network=faces").hasPrefix("error: faces: expected an ONNX file, found a folder\n"))
    #expect(
      try refused("models=[{architecture: vgg16, weights: nets/colour.onnx}]")
        == "error: nets/colour.onnx: expected a safetensors or PyTorch file, found an ONNX network\n"
        + "  An ONNX file is a network with its weights: name it as `network` in place of `architecture` and `weights`, with "
        + "`input` beside it. `heatdrift weights inspect` shows what is in it.\n")
  }

  @Test func layersAreListed() throws {
    let workspace = try workspace()
    let open = try workspace.call("layers", "nets/colour.onnx")
    #expect(
      open.errors
        == "error: nets/colour.onnx: the network takes images of any size: `image`: FLOAT, batch x 3 x height x width\n"
        + "  Say the size that it is used with, for example --size 224.\n")
    let layers = try workspace.call("layers", "nets/colour.onnx", "--size", "48")
    #expect(
      layers.output == """
        layer   shape    kind         in    other names
        conv1   6x24x24  convolution
        relu    6x24x24  ReLU         all
        conv2   8x12x12  convolution
        relu_1  8x12x12  ReLU         last

        """)
    #expect(
      layers.errors
        == "note: The exporter folded batch normalisation into all 2 convolutions: the layers of such convolutions are their "
        + "values after it.\n")
    #expect(
      try workspace.call("layers", "nets/colour.onnx", "--width", "1").errors.hasPrefix(
        "Error: --width and --variant are of architectures: an ONNX file's network is as it was exported.\n"))
    #expect(try workspace.call("layers", "vgg16", "--size", "64").output.contains("features.29"))
  }

  @Test func inspectSaysWhatItTakes() throws {
    let workspace = try workspace()
    let answer = try workspace.call("weights", "inspect", "nets/colour.onnx")
    #expect(
      answer.output.hasPrefix(
        """
        nets/colour.onnx: ONNX, 3,556 bytes
        producer: pytorch 2.15.0
        opset: 17
        input: `image`: FLOAT, batch x 3 x height x width
        output: `logits`: FLOAT, batch x 3
        parameters: 635 values in 6 tensors: 6 FLOAT
        image: 3x224x224, of any size
        classes: 3
        multiply-adds: 3,386,904 an image
        last: relu_1
        remark: The exporter folded batch normalisation into all 2 convolutions: the layers of such convolutions are their \
        values after it.
        nodes: 7

        """), "\(answer.output)")
    // 6 * 3 * 9 * 24 * 24 + 8 * 6 * 9 * 12 * 12 + 8 * 3
    #expect(
      try workspace.call("weights", "inspect", "nets/colour.onnx", "--size", "48").output.contains(
        "image: 3x48x48\nclasses: 3\nmultiply-adds: 155,544 an image\n"))
  }

  @Test func initWritesAnExperimentThatRuns() throws {
    let workspace = try workspace()
    let answer = try workspace.call("init", "sub/new", "--network", "nets/colour.onnx", "--size", "48")
    #expect(answer.code == 0 || answer.errors.contains("sub"), "\(answer.errors)")
    let made = try workspace.call(
      "init", "new", "--network", "nets/colour.onnx", "--network", "nets/grey.onnx", "--size", "48")
    #expect(made.code == 0 && made.output == "new.yaml\n", "\(made.errors)")
    #expect(made.errors.hasSuffix("and torchvision's values stand there.\n"))
    let run = try workspace.call(
      "run", "new.yaml", "--set", "data.root=faces", "--set", "report.template=short.md", "--quiet")
    #expect(run.code == 0, "\(run.errors)")
    #expect(try workspace.text("Reports/new/results.csv").split(separator: "\n").count == 1 + 2 * 6 * 5)
    #expect(
      try workspace.call("init", "newer", "--network", "nets/colour.onnx", "--preprocessing", "keras").errors.hasPrefix(
        "Error: The value 'keras' is invalid for '--preprocessing <name>'. Did you mean"))
    #expect(
      try workspace.call("init", "newer", "--size", "48").errors.hasPrefix(
        "Error: --preprocessing and --size are of ONNX files: name one by --network.\n"))
    #expect(!workspace.exists("newer.yaml"))
  }
}
