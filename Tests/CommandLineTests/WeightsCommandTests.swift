import Foundation
import Testing

/// `heatdrift weights`, as its users call it.
@Suite struct WeightsCommandTests {
  /// A pickled state dict of no tensors but one that asks for a command.
  private static let malice = Array("\u{2}cos\nsystem\n".utf8)

  @Test func inspectTellsWhatFits() throws {
    let workspace = try Workspace()
    let answer = try workspace.call("weights", "inspect", "resnet50.safetensors")
    #expect(answer.code == 0 && answer.errors == "")
    let lines = answer.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
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
        "architecture: resnet50, weights", with: "architecture: resnet50, variant: caffe, weights"),
      to: "caffe.yaml")
    let run = try workspace.call("run", "caffe.yaml", "--quiet")
    #expect(run.code == 0, "\(run.errors)")
    #expect(run.output.contains("ResNet50 (Caffe)"))
    let provenance = try workspace.text("Reports/caffe/provenance.json")
    #expect(provenance.contains("\"resnet50.variant\" : \"caffe\""))
    #expect(provenance.contains("\"resnet50.input.mean\" : \"91.4953, 103.8827, 131.0912\""))
    #expect(provenance.contains("\"resnet50.input.channels\" : \"bgr\""))
    #expect(provenance.contains("\"resnet50.input.range\" : \"255\""))
    let standard = try workspace.call("run", "small.yaml", "--quiet")
    #expect(standard.code == 0)
    let rows = try ["caffe", "small"].map { try workspace.text("Reports/\($0)/results.csv").split(separator: "\n") }
    #expect(rows[0].prefix(19) == rows[1].prefix(19), "VGG16 is the same")
    #expect(rows[0].dropFirst(19) != rows[1].dropFirst(19))
    let layers = try workspace.call("layers", "vgg16", "--variant", "caffe")
    #expect(layers.code == 64 && layers.errors.contains("vgg16 has no variant caffe; the ResNets have one."))
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
          == "error: nowhere/out.safetensors: cannot write the weights file: No such file or directory\n"
          + "  Check that the folder exists, may be written to, and has space left.\n"
    )
  }
}
