import Architectures
import Foundation
import Tensors
import Testing
import Weights

/// Weights that no number can be had from are found before the first image of the first model is measured, whichever
/// model they belong to.
@Suite struct UnsoundWeightsTests {
  /// Rewrites a tensor of the last model's weights.
  private func workspace(
    _ tensor: String, as dataType: TensorDataType = .float32, _ change: (inout [Float]) -> Void
  ) throws -> Workspace {
    let workspace = try Workspace().prepared()
    let path = "\(workspace.path)/resnet50.safetensors"
    let file = try WeightsFile.open(path)
    var writer = SafetensorsWriter()
    for name in file.tensorNames {
      var values = try file.values(name)
      if name == tensor { change(&values) }
      let shape = try #require(file.shape(of: name))
      try writer.add(name, Tensor(shape: shape, values: values), as: name == tensor ? dataType : .float32)
    }
    try writer.write(to: path)
    return workspace
  }

  /// Both before a run and in a rehearsal of it, nothing is left behind.
  private func expect(_ error: String, of workspace: Workspace) throws {
    for arguments in [
      ["run", "small.yaml"], ["run", "small.yaml", "--dry-run"], ["run", "small.yaml", "--engine", "openblas"],
    ] {
      let answer = try workspace.start(arguments).wait()
      #expect(answer.code == 64)
      #expect(answer.errors == error)
      #expect(!workspace.exists("Reports"))
    }
  }

  private static let remedy = "  The file is damaged, or its training diverged: use another one.\n"

  @Test(arguments: [
    ("layer4.2.bn3.running_var", Float.nan, "nan"), ("fc.weight", .infinity, "inf"),
    ("layer1.0.conv2.weight", -.infinity, "-inf"), ("fc.bias", .nan, "nan"),
  ])
  func whatIsNotFinite(_ tensor: String, _ value: Float, _ text: String) throws {
    let workspace = try workspace(tensor) { $0[2] = value }
    try expect(
      "error: resnet50.safetensors, tensor \(tensor): element 2 is \(text), expected a finite number\n" + Self.remedy,
      of: workspace)
  }

  @Test func infinityInHalfPrecision() throws {
    let workspace = try workspace("conv1.weight", as: .float16) { $0[7] = 70_000 }
    try expect(
      "error: resnet50.safetensors, tensor conv1.weight: element 7 is inf, expected a finite number\n" + Self.remedy,
      of: workspace)
  }

  @Test func aNegativeVariance() throws {
    let workspace = try workspace("layer2.1.bn1.running_var") { $0[1] = -0.25 }
    try expect(
      "error: resnet50.safetensors, tensor layer2.1.bn1.running_var: element 1 is -0.25, expected a variance of at "
        + "least 0\n" + Self.remedy, of: workspace)
  }

  @Test func normalisationThatOverflows() throws {
    let workspace = try workspace("layer3.0.conv2.weight") { values in
      values = values.map { _ in 3.3e38 }
    }
    try expect(
      "error: resnet50.safetensors: folding layer3.0.bn2 into layer3.0.conv2 overflows\n" + Self.remedy, of: workspace)
  }

  @Test func wholeNumbers() throws {
    let workspace = try Workspace().prepared()
    // The bits of the file stay, only what the header calls them is another.
    var bytes = try workspace.data("resnet50.safetensors")
    let name = Data("\"fc.weight\":{\"dtype\":\"F32\"".utf8)
    let place = try #require(bytes.range(of: name))
    bytes.replaceSubrange(place, with: Data("\"fc.weight\":{\"dtype\":\"I32\"".utf8))
    try workspace.write(bytes, to: "resnet50.safetensors")
    let answer = try workspace.call("run", "small.yaml")
    #expect(answer.code == 64)
    #expect(answer.errors.contains(", tensor fc.weight: expected F64, F32, F16 or BF16 values, found I32\n"))
    #expect(!workspace.exists("Reports"))
  }

  /// Finite weights, and infinity where they are multiplied: seen only by a forward pass, which every model has before the
  /// first one is measured.
  @Test func whatOverflowsInside() throws {
    let workspace = try workspace("layer1.0.bn3.weight") { values in values = values.map { _ in 1e37 } }
    let answer = try workspace.call("run", "small.yaml", "--threads", "1")
    #expect(answer.code == 1)
    #expect(
      answer.errors.contains(
        "\nerror: ResNet50 on anna/1.png: NaN or infinity first appears in the output of `avgpool` of resnet50\n"))
    #expect(!answer.errors.contains("What was measured before"))
    // Nothing of the sound model was measured for nothing, and with other weights all of it is.
    try Workspace.writeWeights(.resnet50, width: 0.04, to: "\(workspace.path)/resnet50.safetensors")
    let again = try workspace.call("run", "small.yaml")
    #expect(again.code == 0, "\(again.errors)")
    #expect(!again.errors.contains("in the store already"))
  }

  /// An image that cannot be read says nothing of the networks, and the next one is taken.
  @Test func theFirstImageThatCanBeReadIsTaken() throws {
    let workspace = try workspace("layer1.0.bn3.weight") { values in values = values.map { _ in 1e37 } }
    try workspace.write("no picture", to: "faces/anna/0.png")
    let answer = try workspace.call("run", "small.yaml")
    #expect(answer.code == 1)
    #expect(answer.errors.contains(" on anna/1.png: NaN or infinity"), "\(answer.errors)")
  }
}
