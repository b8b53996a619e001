import Foundation
import Images
import Support
import Tensors
import Testing
import Weights

/// Networks of embeddings, as face recognisers are: `head` makes logits of them.
@Suite struct EmbeddingTests {
  /// Ten pictures of each label, so that the training part has eight of them.
  private func workspace(head: String, rest: String = "") throws -> Workspace {
    let workspace = try Workspace().prepared()
    let network = NetworkTests.networks.appending(path: "embedding.onnx")
    try workspace.write(try Data(contentsOf: network), to: "face.onnx")
    for (label, name) in ["anna", "boris", "clara"].enumerated() {
      for number in 0..<10 {
        let pixels = (0..<40 * 40).flatMap { index -> [UInt8] in
          let (x, y) = (index % 40, index / 40)
          let value = (40 + 80 * label + x * (label + 1) + y * (3 - label) + index * number % 23) % 256
          return [UInt8(value), UInt8((value + 60 * label) % 256), UInt8(value * (label + 2) % 256)]
        }
        try workspace.write(
          try ImageEncoder.png(RGBImage(width: 40, height: 40, pixels: pixels)), to: "many/\(name)/\(number).png")
      }
    }
    var writer = SafetensorsWriter()
    try writer.add(
      "prototypes", Tensor(shape: [3, 5], values: [1, 0, 0, 0, 0, 0.5, -1, 2, 0.25, 1, -1, 1, 1, 1, 1]))
    try writer.write(to: "\(workspace.path)/prototypes.safetensors")
    try workspace.write(
      """
      title: Faces
      seed: 3
      data: {source: folder, root: many, split: test}
      models:
        - network: face.onnx
          input: {size: 32, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5]}
          head: \(head)
      attack: {epsilons: [0.1]}
      report: {template: short.md}
      \(rest)

      """, to: "faces.yaml")
    return workspace
  }

  @Test func prototypesAreMadeOfTheTrainingPart() throws {
    let workspace = try workspace(head: "{prototypes: from-train}")
    let answer = try workspace.call("run", "faces.yaml", "--output", "one", "--threads", "1")
    #expect(answer.code == 0, "\(answer.errors)")
    #expect(
      answer.errors.contains(
        "note: face, face.onnx: Its output is taken for an embedding of 5 features; logits are 64 times its cosines with one "
          + "prototype for each label, the mean normalised embedding of its images in the training part of the data, 24 images "
          + "in all.\n"), "\(answer.errors)")
    // The labels differ enough to be told by their means.
    let lines = try workspace.text("one/results.csv").split(separator: "\n").map { $0.components(separatedBy: ",") }
    let clean = lines.dropFirst().filter { $0[5] == "0.0" || $0[4] == "0.0" }
    let (label, prediction) = (
      try #require(lines[0].firstIndex(of: "label")), try #require(lines[0].firstIndex(of: "clean_prediction"))
    )
    #expect(clean.count == 3 && clean.allSatisfy { $0[label] == $0[prediction] }, "\(lines)")
    // The same bits with more threads, and nothing to compute again.
    #expect(try workspace.call("run", "faces.yaml", "--output", "two", "--threads", "3", "--quiet").code == 0)
    #expect(try workspace.data("one/results.csv") == workspace.data("two/results.csv"))
    #expect(try workspace.call("run", "faces.yaml", "--output", "one").errors.hasSuffix("results.sqlite.\n"))
    #expect(try workspace.call("verify", "one", "--recompute", "1").code == 0)
    // One training image more or less makes other prototypes, and all is to be computed.
    let run = try workspace.text("one/provenance.json")
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(workspace.path)/many/anna").sorted()
    let trained = try #require(names.first { !run.contains("\"anna/\($0)\"") })
    try workspace.write(try workspace.data("many/boris/0.png"), to: "many/anna/\(trained)")
    let why = try workspace.call("run", "faces.yaml", "--output", "one", "--dry-run", "--why")
    #expect(why.output.contains("prototypes was "), "\(why.output)")
    let verified = try workspace.call("verify", "one")
    #expect(
      verified.output.contains(
        "FAILED  inputs: the prototypes of face, or the training images that they are made of, changed\n"),
      "\(verified.output)")
  }

  @Test func prototypesOfAFile() throws {
    let workspace = try workspace(head: "{prototypes: prototypes.safetensors, scale: 16}")
    let answer = try workspace.call("run", "faces.yaml", "--output", "one")
    #expect(answer.code == 0, "\(answer.errors)")
    let hash = Checksum.sha256(Array(try workspace.data("prototypes.safetensors")))
    #expect(try workspace.text("one/provenance.json").contains(hash))
    #expect(
      try workspace.call(
        "run", "faces.yaml", "--output", "one", "--dry-run", "--why", "--set", "models[0].head.scale=32"
      ).output.contains("scale was 16, is 32"))
    var writer = SafetensorsWriter()
    try writer.add("prototypes", Tensor(shape: [3, 4], values: [Float](repeating: 1, count: 12)))
    try writer.write(to: "\(workspace.path)/narrow.safetensors")
    func refused(_ value: String) throws -> String {
      let answer = try workspace.call("run", "faces.yaml", "--output", "two", "--set", value)
      #expect(answer.code == 64 && !workspace.exists("two"))
      return answer.errors
    }
    #expect(
      try refused("models[0].head.prototypes=narrow.safetensors")
        == "error: narrow.safetensors, tensor prototypes: expected one tensor, labels x 5, the features of the embedding, found "
        + "3x4\n  Use the prototypes that were made with this network.\n")
    #expect(
      try refused("models[0].head={scale: 3}")
        == "error: --set models[0].head: the key `models[0].head.prototypes` is missing\n"
        + "  Add it, for example: `prototypes: from-train`.\n")
    #expect(
      try refused("models[0].head.scale=0")
        == "error: --set models[0].head.scale: `models[0].head.scale` must lie in (0, 1000], found `0`\n")
  }

  /// What a run measures must not be what it knows.
  @Test func overlapsAreWarnedOf() throws {
    let workspace = try workspace(head: "{prototypes: from-train}")
    let answer = try workspace.call("run", "faces.yaml", "--output", "all", "--set", "data.split=all", "--dry-run")
    #expect(
      answer.errors.contains(
        "warning: 24 of 30 images are among those that the prototypes of face are made of: it knows them\n"
          + "  Write `split: test` under `data`.\n"), "\(answer.errors)")
  }
}
