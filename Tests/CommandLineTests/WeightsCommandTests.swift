import Architectures
import Foundation
import Support
import Tensors
import Testing
import Weights

/// `heatdrift weights`, as its users call it.
@Suite struct WeightsCommandTests {
  /// A pickled state dict of no tensors but one that asks for a command.
  private static let malice = Array("\u{2}cos\nsystem\n".utf8)

  @Test func inspectTellsWhatFits() throws {
    let workspace = try Workspace()
    let answer = try workspace.call("weights", "inspect", "resnet50.safetensors")
    #expect(answer.code == 0 && answer.errors == "")
    let lines = answer.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    try #require(lines.count >= 7, "\(lines)")
    #expect(lines[0].hasPrefix("resnet50.safetensors: safetensors, "))
    #expect(lines[1].hasPrefix("tensors: 267, ") && lines[1].hasSuffix(" values: 267 F32"))
    #expect(lines[2] == "fits: resnet50, width 0.04, 3 classes")
    #expect(
      lines[3] == "in an experiment file: {architecture: resnet50, weights: resnet50.safetensors, width: 0.04}")
    #expect(
      lines[4] == "variant: the tensors do not tell it; `variant: caffe` for weights that were converted from Caffe, "
        + "as VGGFace2's were")
    #expect(lines[6].split(separator: " ") == ["tensor", "shape", "type", "bytes"])
    #expect(lines.contains { $0.split(separator: " ") == ["conv1.weight", "3x3x7x7", "F32", "1,764"] })
  }

  @Test func whatIsConvertedRunsTheSame() throws {
    let workspace = try Workspace().prepared()
    let convert = try workspace.call(
      "weights", "convert", "vgg16.safetensors", "half.safetensors", "--type", "f16")
    #expect(convert.code == 0, "\(convert.errors)")
    #expect(convert.output.hasPrefix("half.safetensors: 32 tensors, "))
    let inspect = try workspace.call("weights", "inspect", "half.safetensors")
    #expect(inspect.output.contains("metadata: architecture = vgg16\nmetadata: format = pt\nmetadata: width = 0.04\n"))
    #expect(inspect.output.contains("fits: vgg16, width 0.04, 3 classes\n"))
    let run = try workspace.call(
      "run", "small.yaml", "--quiet", "--set", "models[0].weights=half.safetensors")
    #expect(run.code == 0, "\(run.errors)")
  }

  /// The caffe variant with its blue first and values to 255, from experiment file to results.
  @Test func variantsRun() throws {
    let workspace = try Workspace().prepared()
    try workspace.write(
      Workspace.experiment.replacing(
        "architecture: resnet50, weights", with: "architecture: resnet50, variant: caffe, weights"
      ).replacing(", name: ResNet50", with: ""), to: "caffe.yaml")
    let run = try workspace.call("run", "caffe.yaml", "--quiet")
    #expect(run.code == 0, "\(run.errors)")
    #expect(run.output.contains("ResNet50 (Caffe) ×0.04 "))
    let provenance = try workspace.text("Reports/caffe/provenance.json")
    #expect(provenance.contains("\"resnet50.variant\" : \"caffe\""))
    #expect(provenance.contains("\"resnet50.input.mean\" : \"91.4953, 103.8827, 131.0912\""))
    #expect(provenance.contains("\"resnet50.input.channels\" : \"bgr\""))
    #expect(provenance.contains("\"resnet50.input.range\" : \"255\""))
    let standard = try workspace.call("run", "small.yaml", "--quiet")
    #expect(standard.code == 0)
    let rows = try ["caffe", "small"].map { try workspace.text("Reports/\($0)/results.csv").split(separator: "\n") }
    try #require(rows.count == 2, "\(rows)")
    #expect(rows[0].prefix(19) == rows[1].prefix(19), "VGG16 is the same")
    #expect(rows[0].dropFirst(19) != rows[1].dropFirst(19))
    let layers = try workspace.call("layers", "vgg16", "--variant", "caffe")
    #expect(layers.code == 64)
    #expect(
      layers.errors.contains("vgg16 has no variant caffe. `resnet50` and `resnet101` have it: leave `variant` out."))
  }

  /// `pickle.dump` of a dictionary of Float32 arrays, as Python 2 writes it.
  private static func arrays(_ tensors: any NamedTensors) throws -> [UInt8] {
    func little(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
    func text(_ text: String) -> [UInt8] { [0x55, UInt8(text.utf8.count)] + Array(text.utf8) }
    func global(_ name: String) -> [UInt8] { Array("c\(name)\n".utf8) }
    var pickle: [UInt8] = [0x80, 2] + Array("}(".utf8)
    for name in tensors.tensorNames {
      guard let shape = tensors.shape(of: name) else { continue }
      pickle += text(name) + global("numpy.core.multiarray\n_reconstruct") + global("numpy\nndarray")
      pickle += [0x4b, 0, 0x85] + text("b") + [0x87, 0x52, 0x28, 0x4b, 1, 0x28]
      for extent in shape.dimensions { pickle += [0x4a] + little(extent) }
      pickle += [0x74] + global("numpy\ndtype") + text("<f4") + [0x4b, 0, 0x4b, 1, 0x87, 0x52, 0x89]
      let values = try tensors.values(name).flatMap { little(Int($0.bitPattern)) }
      pickle += [0x54] + little(values.count) + values + [0x74, 0x62]
    }
    return pickle + Array("u.".utf8)
  }

  /// `{"epoch": 3, "model": ..., "ema": ...}`
  private static func checkpoint(_ states: [(String, [UInt8])]) -> [UInt8] {
    func text(_ text: String) -> [UInt8] { [0x55, UInt8(text.utf8.count)] + Array(text.utf8) }
    var pickle: [UInt8] = [0x80, 2] + Array("}(".utf8) + text("epoch") + [0x4b, 3]
    for (name, state) in states { pickle += text(name) + state.dropFirst(2).dropLast() }
    return pickle + Array("u.".utf8)
  }

  /// Two networks in one file: which one is taken is said, and another one can be asked for.
  @Test func aCheckpointWithTwoNetworks() throws {
    let workspace = try Workspace().prepared()
    try Workspace.writeWeights(.vgg16, width: 0.04, to: "\(workspace.path)/ema.safetensors", seed: 12)
    let (model, average) = try (
      WeightsFile.open("\(workspace.path)/vgg16.safetensors"), WeightsFile.open("\(workspace.path)/ema.safetensors")
    )
    try workspace.write(
      try Self.checkpoint([("ema", Self.arrays(average)), ("model", Self.arrays(model))]), to: "both.pkl")
    let call = ["run", "small.yaml", "--set", "models[0].weights=both.pkl"]
    let taken = try workspace.start(call).wait()
    #expect(taken.code == 0)
    #expect(
      taken.errors.hasPrefix(
        "warning: Of the weights file of VGG16 `model` was taken; `ema` would fit as well\n"
          + "  Say in the experiment which is meant: `state: model`, `state: ema`.\n"),
      "\(taken.errors)")
    let provenance = try workspace.text("Reports/small/provenance.json")
    #expect(
      provenance.contains("\"name\" : \"model\",\n")
        && provenance.contains("“model” was taken; “ema” would fit as well"))
    #expect(
      provenance.contains("\"message\" : \"Of the weights file of VGG16 `model` was taken; `ema` would fit as well\""))
    let chosen = call + ["--set", "models[0].state=ema"]
    let why = try workspace.start(chosen + ["--dry-run", "--why"]).wait()
    #expect(why.output.contains("state was the default, is ema\n"), "\(why.output)")
    let other = try workspace.start(chosen + ["--output", "other"]).wait()
    #expect(other.code == 0)
    #expect(
      other.errors.hasPrefix("note: Weights of VGG16: “ema” was taken (“state”); “model” would fit as well.\n")
        && other.errors.count { $0 == "“" } == 3,
      "\(other.errors)")
    let options = try workspace.text("other/provenance.json")
    #expect(options.contains("\"vgg16.state\" : \"ema\"") && options.contains("\"isChosen\" : true"))
    for (file, folder) in [("vgg16", "Reports/small"), ("ema", "other")] {
      let alone = try workspace.call(
        "run", "small.yaml", "--quiet", "--output", "alone-\(file)", "--set", "models[0].weights=\(file).safetensors")
      #expect(alone.code == 0)
      #expect(try workspace.data("alone-\(file)/results.csv") == workspace.data("\(folder)/results.csv"))
    }
    // The name of what is taken anyway changes nothing.
    let same = try workspace.start(call + ["--set", "models[0].state=model"]).wait()
    #expect(same.code == 0 && same.errors.contains("Nothing to compute"), "\(same.errors)")
    // Nor is there a doubt then.
    #expect(
      same.errors.hasPrefix(
        "note: Weights of VGG16: “model” was taken; “ema” would fit as well: “state: ema” would take it.\n"))
    #expect(try !workspace.text("Reports/small/provenance.json").contains("\"warnings\""))
    let export = try workspace.call("store", "export", "other")
    #expect(export.output.contains(",range,state,size,") && export.output.contains(",ema,64,squash,"))
    let wrong = try workspace.start(call + ["--set", "models[0].state=emma"]).wait()
    #expect(
      wrong.code == 64
        && wrong.errors
          == "error: --set models[0].state: there is no state `emma` in the weights file\n  Did you mean `ema`?\n",
      "\(wrong.errors)")
  }

  @Test func inspectAndConvertOfACheckpoint() throws {
    let workspace = try Workspace()
    let weights = try Self.arrays(WeightsFile.open("\(workspace.path)/vgg16.safetensors"))
    try workspace.write(Self.checkpoint([("student", weights), ("teacher", weights)]), to: "pair.pkl")
    let inspect = try workspace.call("weights", "inspect", "pair.pkl")
    #expect(
      inspect.output.contains(
        "dictionary: `student`, 32 tensors\ndictionary: `teacher`, 32 tensors\n")
        && inspect.output.contains(
          "fits: several places of the weights file hold all tensors of vgg16: `student`, `teacher`\n  Choose one: "),
      "\(inspect.output)")
    let one = try workspace.call("weights", "inspect", "pair.pkl", "--state", "teacher")
    #expect(
      one.output.contains(
        "fits: vgg16, width 0.04, 3 classes\nin an experiment file: {architecture: vgg16, weights: pair.pkl, state: teacher, "
          + "width: 0.04}\nfit as well: `state: student`\n"), "\(one.output)")
    let unsaid = try workspace.call("weights", "convert", "pair.pkl", "out.safetensors")
    #expect(
      unsaid.code == 64
        && unsaid.errors
          == "error: pair.pkl: several places of the weights file hold all tensors of vgg16: `student`, `teacher`\n"
          + "  Choose one: `state: teacher` of the model in the experiment file, or `--state` of `heatdrift weights`.\n"
    )
    let said = try workspace.call("weights", "convert", "pair.pkl", "out.safetensors", "--state", "teacher")
    #expect(said.code == 0 && said.output.hasPrefix("out.safetensors: 32 tensors, "), "\(said.errors)")
    #expect(said.errors == "note: pair.pkl: `teacher` was taken (`state`); `student` would fit as well\n")
    #expect(
      try workspace.call("weights", "inspect", "out.safetensors").output.contains(
        "fits: vgg16, width 0.04, 3 classes\n"))
  }

  /// The same numbers from shards, their hash over all files.
  @Test func shardsRun() throws {
    let workspace = try Workspace().prepared()
    let whole = try WeightsFile.open("\(workspace.path)/vgg16.safetensors")
    var map: [String] = []
    for (number, names) in [whole.tensorNames.prefix(10), whole.tensorNames.dropFirst(10)].enumerated() {
      var writer = SafetensorsWriter()
      let shard = "net-0000\(number + 1)-of-00002.safetensors"
      for name in names {
        try writer.add(name, Tensor(shape: whole.shape(of: name) ?? [], values: whole.values(name)))
        map.append("\"\(name)\": \"\(shard)\"")
      }
      try writer.write(to: "\(workspace.path)/\(shard)")
    }
    let index = "{\"metadata\": {}, \"weight_map\": {\(map.joined(separator: ", "))}}"
    try workspace.write(index, to: "net.safetensors.index.json")
    let call = ["run", "small.yaml", "--quiet", "--set", "models[0].weights=net.safetensors.index.json"]
    let run = try workspace.start(call).wait()
    #expect(run.code == 0, "\(run.errors)")
    let files = ["net.safetensors.index.json", "net-00001-of-00002.safetensors", "net-00002-of-00002.safetensors"]
    let lines = try files.map { "\(Checksum.sha256(try workspace.data($0)))  \($0)\n" }.joined()
    #expect(try workspace.text("Reports/small/provenance.json").contains(Checksum.sha256(Array(lines.utf8))))
    #expect(try workspace.call("run", "small.yaml", "--quiet", "--output", "whole").code == 0)
    #expect(try workspace.data("whole/results.csv") == workspace.data("Reports/small/results.csv"))
    let part = try workspace.start(["run", "small.yaml", "--set", "models[0].weights=\(files[1])"]).wait()
    #expect(
      part.code == 64
        && part.errors.hasSuffix(
          "\n  The file is number 1 of 2 that belong together: give their index, `net.safetensors.index.json`, which names "
            + "them all.\n"),
      "\(part.errors)")
    try FileManager.default.removeItem(atPath: "\(workspace.path)/\(files[2])")
    let missing = try workspace.start(call).wait()
    #expect(
      missing.code == 64
        && missing.errors
          == "error: net.safetensors.index.json: the shard `\(files[2])` is missing; looked for it at \(files[2])\n"
          + "  Copy or download all 2 shards into the folder of their index.\n",
      "\(missing.errors)")
  }

  @Test func arraysHaveToSayTheirVariant() throws {
    let workspace = try Workspace().prepared()
    try workspace.write(try Self.arrays(WeightsFile.open("\(workspace.path)/resnet50.safetensors")), to: "faces.pkl")
    let call = ["run", "small.yaml", "--quiet", "--set", "models[1].weights=faces.pkl"]
    let unsaid = try workspace.start(call).wait()
    #expect(unsaid.code == 64)
    #expect(
      unsaid.errors
        == "error: --set models[1].weights: `faces.pkl` is a pickle of NumPy arrays, as networks that were converted from "
        + "Caffe are; its tensors do not tell which variant of resnet50 they belong to\n"
        + "  Add `variant: caffe` (the published weights for VGGFace2) or `variant: standard` to the model.\n")
    let said = try workspace.start(call + ["--set", "models[1].variant=standard", "--output", "arrays"]).wait()
    #expect(said.code == 0, "\(said.errors)")
    #expect(try workspace.call("run", "small.yaml", "--quiet").code == 0)
    #expect(try workspace.data("arrays/results.csv") == workspace.data("Reports/small/results.csv"))
    let inspect = try workspace.call("weights", "inspect", "faces.pkl")
    #expect(
      inspect.output.contains(
        "in an experiment file: {architecture: resnet50, weights: faces.pkl, width: 0.04, variant: caffe}\n"
          + "variant: the tensors do not tell it; a pickle of NumPy arrays was most likely converted from Caffe, "
          + "as VGGFace2's was\n"))
  }

  @Test func aPickleThatRunsACommandIsRefused() throws {
    let workspace = try Workspace().prepared()
    let pickle = [0x80] + Self.malice + [0x58, 10, 0, 0, 0] + Array("touch evil".utf8) + [0x85] + Array("R.".utf8)
    try workspace.write(pickle, to: "evil.pth")
    let message =
      "error: evil.pth, byte 2: the pickle asks for `os.system`, which no tensor needs: refused, nothing was run\n"
      + "  Save the weights alone where the file was made: torch.save(model.state_dict(), \"weights.pth\").\n"
    for call in [
      ["weights", "inspect", "evil.pth"], ["weights", "convert", "evil.pth", "out.safetensors"],
      ["run", "small.yaml", "--set", "models[0].weights=evil.pth"],
    ] {
      let answer = try workspace.start(call).wait()
      #expect(answer.code == 64 && answer.output == "")
      #expect(answer.errors == message)
    }
    #expect(!workspace.exists("evil") && !workspace.exists("out.safetensors") && !workspace.exists("Reports"))
  }

  @Test func wrongCallsOfConvert() throws {
    let workspace = try Workspace()
    let name = try workspace.call("weights", "convert", "vgg16.safetensors", "out.pth")
    #expect(
      name.code == 64
        && name.errors.hasPrefix("Error: the file to write must be called something.safetensors, found out.pth.\n"))
    let same = try workspace.call("weights", "convert", "vgg16.safetensors", "./vgg16.safetensors")
    #expect(
      same.code == 64
        && same.errors.hasPrefix("Error: the file to write is the file to read; choose another name.\n"))
    let folder = try workspace.call("weights", "convert", "vgg16.safetensors", "nowhere/out.safetensors")
    #expect(
      folder.code == 1
        && folder.errors
          == "error: nowhere/out.safetensors: the file cannot be written: No such file or directory\n"
          + "  Make the folder first, or choose another place.\n"
    )
  }

  @Test func inspectTellsWhatAnONNXFileHolds() throws {
    let workspace = try Workspace()
    let goldens = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "ONNXTests/Goldens")
    for name in ["external.onnx", "external.bin", "branches.onnx"] {
      try workspace.write(Array(Data(contentsOf: goldens.appending(path: name))), to: name)
    }
    let answer = try workspace.call("weights", "inspect", "external.onnx")
    #expect(answer.code == 0 && answer.errors == "")
    #expect(
      answer.output == """
        external.onnx: ONNX, 3,990 bytes
        external data: external.bin, 3,140 bytes
        producer: pytorch 2.15.0
        opset: 17
        input: `image`: FLOAT, batch x 3 x 32 x 32
        output: `logits`: FLOAT, batch x 3
        parameters: 821 values in 19 tensors: 16 FLOAT, 3 INT64
        image: 3x32x32
        classes: 3
        multiply-adds: 44,447 an image
        last: layer2
        remark: The exporter folded batch normalisation into all 7 convolutions: the layers of such convolutions are their \
        values after it.
        nodes: 24

        operator           nodes
        Conv                   7
        Relu                   5
        Constant               3
        Add                    2
        Concat                 1
        Gather                 1
        Gemm                   1
        GlobalAveragePool      1
        Reshape                1
        Shape                  1
        Unsqueeze              1

        """)
    let branches = try workspace.call("weights", "inspect", "branches.onnx")
    #expect(
      branches.output == """
        branches.onnx: ONNX, 288 bytes
        producer: onnx_files 1
        opset: 17
        input: `x`: FLOAT, 1 x 2
        output: `y`: FLOAT, 1 x 2
        parameters: 0 values in 0 tensors
        refused: node `choice` (If) decides at run time what is computed, expected a graph without If, Loop and Scan
        nodes: 3

        operator   nodes
        Cast           1
        If             1
        ReduceSum      1

        """)
    // What it is not, is said.
    let run = try workspace.prepared().call(
      "run", "small.yaml", "--quiet", "--set", "models[0].weights=external.onnx")
    #expect(run.code == 64)
    #expect(run.errors.contains("expected a safetensors or PyTorch file, found an ONNX network"))
    try workspace.write(Array("image".utf8), to: "picture.onnx")
    let picture = try workspace.call("weights", "inspect", "picture.onnx")
    #expect(picture.code != 0 && picture.errors.contains("picture.onnx"), "\(picture.errors)")
  }
}
