import Foundation
import Testing

/// `run --dry-run --why` and `heatdrift store`.
@Suite struct StoreCommandTests {
  @Test func aDryRunSaysWhyAndWritesNothing() throws {
    let workspace = try Workspace().prepared()
    let first = try workspace.call("run", "small.yaml", "--dry-run", "--why")
    #expect(first.code == 0, "\(first.errors)")
    #expect(
      first.output == """
        VGG16: 18 measurements of 6 images; 0 are stored
          18 measurements of 6 images: nothing is stored yet
        ResNet50: 18 measurements of 6 images; 0 are stored
          18 measurements of 6 images: nothing is stored yet
        36 measurements would be computed into Reports/small.

        """)
    #expect(!workspace.exists("Reports"))
    #expect(try workspace.call("run", "small.yaml", "--why").code == 64)

    #expect(try workspace.call("run", "small.yaml", "--quiet").code == 0)
    let before = try workspace.data("Reports/small/results.sqlite")
    #expect(
      try workspace.call("run", "small.yaml", "--dry-run").output == """
        VGG16: nothing; all 18 measurements are stored
        ResNet50: nothing; all 18 measurements are stored
        Nothing would be computed.

        """)
    try Workspace.writeWeights(.vgg16, width: 0.04, to: "\(workspace.path)/vgg16.safetensors", seed: 12)
    let changed = try workspace.call(
      "run", "small.yaml", "--dry-run", "--why", "--set", "attack.epsilons=[0.02, 0.1, 0.2]")
    let lines = changed.output.split(separator: "\n")
    #expect(lines.count == 6)
    try #require(lines.count >= 6, "\(lines)")
    #expect(lines[0] == "VGG16: 24 measurements of 6 images; 0 are stored")
    #expect(lines[1].hasPrefix("  18 measurements of 6 images: weights was "))
    #expect(lines[2].hasPrefix("  6 measurements of 6 images: weights was "))
    #expect(lines[2].hasSuffix("…; epsilon 0.2 is new"))
    #expect(lines[3] == "ResNet50: 6 measurements of 6 images; 18 are stored")
    #expect(lines[4] == "  6 measurements of 6 images: epsilon 0.2 is new")
    #expect(lines[5] == "30 measurements would be computed into Reports/small.")
    #expect(try workspace.data("Reports/small/results.sqlite") == before)
    #expect(!workspace.exists("Reports/small/results.sqlite-wal"))
  }

  @Test func storesAreCheckedCleanedAndExported() throws {
    let workspace = try Workspace().prepared()
    let missing = try workspace.call("store", "check", "Reports/small")
    #expect(missing.code == 64)
    #expect(
      missing.errors
        == "error: Reports/small/results.sqlite: there are no results here yet\n"
        + "  `heatdrift run EXPERIMENT.yaml` computes them.\n")
    #expect(try workspace.call("store", "gc", "Reports/small").errors == missing.errors)
    #expect(!workspace.exists("Reports"))

    #expect(try workspace.call("run", "small.yaml", "--quiet").code == 0)
    #expect(
      try workspace.call("store", "check", "Reports/small").output
        == "Reports/small/results.sqlite: 36 measurements, 48 maps, 6 photographs\nno fault found\n")
    #expect(
      try workspace.call("run", "small.yaml", "--quiet", "--set", "attack.epsilons=[0.02]").code == 0)
    let files = try workspace.files(below: "Reports/small")
    #expect(
      try workspace.call("store", "gc", "Reports/small", "--dry-run").output
        == "not needed: 12 measurements, 12 maps, 0 photographs\n")
    #expect(
      try workspace.call("store", "gc", "Reports/small").output
        .hasPrefix("removed: 12 measurements, 12 maps, 0 photographs; "))
    #expect(try workspace.call("render", "Reports/small").code == 0)
    #expect(try workspace.files(below: "Reports/small") == files)

    let exported = try workspace.call("store", "export", "Reports/small")
    #expect(exported.output.split(separator: "\n").count == 25)
    #expect(
      try workspace.call("store", "export", "Reports/small", "--format", "json", "--output", "all.json").output == "")
    let objects = try JSONSerialization.jsonObject(with: workspace.data("all.json")) as? [[String: Any]]
    #expect(objects?.count == 24)

    var damaged = try workspace.data("Reports/small/results.sqlite")
    for index in 20_000..<min(damaged.count, 60_000) { damaged[index] = 0x55 }
    try workspace.write(damaged, to: "Reports/small/results.sqlite")
    let answer = try workspace.call("store", "check", "Reports/small")
    #expect(answer.code == 1 || answer.code == 64)
    #expect(answer.errors.hasPrefix("error: Reports/small/results.sqlite: "))
    #expect(answer.errors.contains("Move "))
  }
}
