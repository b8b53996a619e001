import Foundation
import Measuring
import Support
import Testing

/// Shards and their merge, as their users call them.
@Suite struct ShardCommandTests {
  /// How many of the workspace's images each of so many shards has.
  private func counts(_ workspace: Workspace, _ count: Int) throws -> [Int] {
    var counts = [Int](repeating: 0, count: count)
    for label in ["anna", "boris", "clara"] {
      for number in 1...2 {
        let hash = Checksum.sha256(Array(try workspace.data("faces/\(label)/\(number).png")))
        counts[Shard.number(ofSHA256: hash, count: count) - 1] += 1
      }
    }
    return counts
  }

  @Test func mergedShardsAreOneRun() throws {
    let workspace = try Workspace().prepared()
    let whole = try workspace.call("run", "small.yaml", "--output", "one")
    #expect(whole.code == 0, "\(whole.errors)")
    let counts = try counts(workspace, 3)
    for (index, count) in counts.enumerated() {
      let answer = try workspace.call("run", "small.yaml", "--shard", "\(index + 1)/3", "--quiet")
      #expect(answer.code == 0, "\(answer.errors)")
      let folder = "Reports/small/shards/shard-\(index + 1)-of-3"
      #expect(
        answer.output
          == "Shard \(index + 1)/3: \(count) image\(count == 1 ? "" : "s") of 6, \(6 * count) measurements in \(folder)\n"
      )
      #expect(try Set(workspace.files(below: folder).keys) == ["status.json"])
    }
    let merged = try workspace.call("merge", "small.yaml")
    #expect(merged.code == 0)
    #expect(merged.errors == "36 measurements taken of 3 stores.\n")
    #expect(merged.output == whole.output.replacing("one/report.pdf", with: "Reports/small/report.pdf"))
    let files = try workspace.files(below: "Reports/small").filter { !$0.key.hasPrefix("shards/") }
    #expect(try files == workspace.files(below: "one"))

    // Once more there is nothing to take, and a run has nothing to compute.
    let again = try workspace.call("merge", "small.yaml", "Reports/small/shards", "--output", "Reports/small")
    #expect(again.errors == "0 measurements taken of 3 stores; 12 passes over an image were there already.\n")
    let run = try workspace.call("run", "small.yaml")
    #expect(run.errors == "Nothing to compute: all 36 measurements are in Reports/small/results.sqlite.\n")
    #expect(try workspace.call("verify", "Reports/small", "--experiment", "small.yaml").code == 0)
    #expect(try workspace.call("store", "check", "Reports/small").code == 0)
    let rows = try workspace.call("store", "export", "Reports/small").output.split(separator: "\n")
    #expect(rows.first?.hasSuffix(",program,instruction_set,origin") == true)
    #expect(rows.dropFirst().allSatisfy { $0.contains("/3 in Reports/small/shards/shard-") })
  }

  @Test func whatIsMissingIsNamedWithItsCommand() throws {
    let workspace = try Workspace().prepared()
    let counts = try counts(workspace, 2)
    try #require(counts.allSatisfy { $0 > 0 })
    #expect(
      try workspace.call("run", "small.yaml", "--shard", "1/2", "--output", "a b/1", "--set", "seed=6").code == 0)
    let answer = try workspace.call("merge", "small.yaml", "a b", "--output", "out", "--set", "seed=6")
    #expect(answer.code == 1)
    let lines = answer.errors.split(separator: "\n").map(String.init)
    try #require(lines.count == 8)
    #expect(lines[0] == "\(6 * counts[0]) measurements taken of 1 store.")
    #expect(
      lines[1]
        == "error: \(6 * counts[1]) measurements of 36 are missing, of \(counts[1]) image\(counts[1] == 1 ? "" : "s"):")
    #expect(lines[2].hasPrefix("  shard 2/2: \(counts[1]) image"))
    #expect(lines[2].contains(" of VGG16 and ResNet50: "))
    #expect(
      lines[3] == "    heatdrift run small.yaml --set seed=6 --shard 2/2 --output 'a b/shard-2-of-2'")
    #expect(lines[5] == "    heatdrift merge small.yaml --set seed=6 'a b' --output out")
    #expect(lines[7] == "    heatdrift run small.yaml --set seed=6 --output out")
    #expect(!workspace.exists("out/report.pdf"))
    let missing = try workspace.text("out/missing.csv").split(separator: "\n")
    #expect(missing.count == 1 + 2 * counts[1])
    #expect(missing[0] == "shard,model,image")
    #expect(missing[1].hasPrefix("2/2,vgg16,"))

    // A part can be reported, and says that it is one.
    let partial = try workspace.call("merge", "small.yaml", "a b", "--output", "out", "--set", "seed=6", "--partial")
    #expect(partial.code == 0, "\(partial.errors)")
    #expect(
      partial.errors.contains(
        "warning: This report is on a part of the experiment: \(counts[0]) of 6 images, those that are measured by now\n"
      ))
    #expect(try workspace.text("out/provenance.json").contains("This report is on a part of the experiment"))
    #expect(try workspace.text("out/results.csv").split(separator: "\n").count == 1 + 6 * counts[0])

    // The shards may lie below the folder that they are merged into.
    #expect(
      try workspace.call("merge", "small.yaml", "a b", "--output", "a b", "--set", "seed=6", "--partial").code == 0)
    let inside = try workspace.call("merge", "small.yaml", "a b", "--output", "a b", "--set", "seed=6", "--partial")
    #expect(inside.errors.hasPrefix("0 measurements taken of 1 store;"), "\(inside.errors)")

    // The command that is named measures the rest.
    #expect(
      try workspace.call(
        "run", "small.yaml", "--set", "seed=6", "--shard", "2/2", "--output", "a b/shard-2-of-2"
      ).code == 0)
    #expect(try workspace.call("merge", "small.yaml", "a b", "--output", "out", "--set", "seed=6").code == 0)
    #expect(!workspace.exists("out/missing.csv"))
    // So does a plain run, which finds the rest in the folder.
    #expect(workspace.exists("a b/missing.csv"))
    #expect(try workspace.call("run", "small.yaml", "--output", "a b", "--set", "seed=6").code == 0)
    #expect(!workspace.exists("a b/missing.csv"))
    #expect(try workspace.call("run", "small.yaml", "--output", "one", "--set", "seed=6").code == 0)
    #expect(try workspace.files(below: "out") == workspace.files(below: "one"))
  }

  @Test func otherPlansAreRefused() throws {
    let workspace = try Workspace().prepared()
    #expect(try workspace.call("run", "small.yaml", "--shard", "1/1", "--output", "parts/1").code == 0)
    try Workspace.writeWeights(.vgg16, width: 0.04, to: "\(workspace.path)/vgg16.safetensors", seed: 12)
    let answer = try workspace.call(
      "merge", "small.yaml", "parts", "--output", "out", "--set", "attack.epsilons=[0.1]")
    #expect(answer.code == 64)
    let lines = answer.errors.split(separator: "\n")
    #expect(
      lines.first?.hasPrefix("parts/1: option attack.epsilons is 0.02, 0.1 there and 0.1 here; weights vgg16 is ")
        == true)
    #expect(
      answer.errors.contains(
        "error: small.yaml: 1 store of 1 is not of this experiment as it is now, the first of them in parts/1: option "
          + "attack.epsilons is 0.02, 0.1 there and 0.1 here\n  Merge with the experiment file"))
    #expect(!workspace.exists("out/results.sqlite"))
  }

  @Test func imagesThatAreAddedMoveNone() throws {
    let workspace = try Workspace().prepared()
    for shard in ["1/2", "2/2"] {
      #expect(try workspace.call("run", "small.yaml", "--shard", shard, "--output", "parts/\(shard)").code == 0)
    }
    try workspace.write(try workspace.data("faces/anna/1.png") + Data("more".utf8), to: "faces/anna/0.png")
    let hash = Checksum.sha256(Array(try workspace.data("faces/anna/0.png")))
    let own = Shard.number(ofSHA256: hash, count: 2)
    let other = try workspace.call("run", "small.yaml", "--shard", "\(3 - own)/2", "--output", "parts/\(3 - own)/2")
    #expect(!other.errors.contains("Computing"))
    let first = try workspace.call("merge", "small.yaml", "parts", "--output", "out")
    #expect(first.code == 1)
    #expect(
      first.errors.contains("error: 6 measurements of 42 are missing, of 1 image:\n  shard \(own)/2: 1 image of "))
    let more = try workspace.call("run", "small.yaml", "--shard", "\(own)/2", "--output", "parts/\(own)/2")
    #expect(more.errors.contains("Computing 6 measurements"))
    #expect(try workspace.call("merge", "small.yaml", "parts", "--output", "out").code == 0)
  }

  @Test func anImageThatCannotBeReadIsToldOnceAndByTheReport() throws {
    let workspace = try Workspace().prepared()
    // A PNG by its first bytes, found out when it is decoded.
    try workspace.write(try workspace.data("faces/boris/1.png").prefix(60), to: "faces/boris/1.png")
    let whole = try workspace.call("run", "small.yaml", "--output", "one")
    #expect(whole.code == 1)
    var told = 0
    for shard in ["1/2", "2/2"] {
      let answer = try workspace.call("run", "small.yaml", "--shard", shard, "--output", "parts/\(shard)", "--quiet")
      #expect(answer.code == 0)
      if answer.errors.contains("warning: 1 image could not be measured:\n  boris/1.png: ") { told += 1 }
    }
    #expect(told == 1)
    let merged = try workspace.call("merge", "small.yaml", "parts", "--output", "out")
    #expect(merged.code == 1)
    #expect(merged.errors.contains("error: 1 image could not be measured:\n  boris/1.png: "))
    #expect(try workspace.files(below: "out") == workspace.files(below: "one"))
  }

  @Test func anAttemptGoesOnWhereAnotherStopped() throws {
    let workspace = try Workspace().prepared()
    #expect(
      try workspace.call("run", "small.yaml", "--shard", "1/1", "--output", "first", "--set", "models=[]").code == 64)
    #expect(try workspace.call("run", "small.yaml", "--shard", "1/1", "--output", "first").code == 0)
    try workspace.write("no store", to: "damaged/results.sqlite")
    let before = try workspace.data("first/results.sqlite")
    let answer = try workspace.call(
      "run", "small.yaml", "--shard", "1/1", "--output", "second", "--resume-from", "damaged", "--resume-from", "first",
      "--resume-from", "faces")
    #expect(answer.code == 0)
    #expect(
      answer.errors == """
        warning: damaged/results.sqlite: what an earlier attempt measured is not taken up: the results store is damaged, or no \
        SQLite file
          It is measured again.
        36 measurements taken up from first.
        warning: faces/results.sqlite: what an earlier attempt measured is not taken up: there are no results here yet
          It is measured again.

        """)
    #expect(answer.output == "Shard 1/1: 6 images of 6, 36 measurements in second\n")
    // A shard has no report, and says whose it is.
    let rendered = try workspace.call("render", "second")
    #expect(rendered.code == 64)
    #expect(
      rendered.errors.contains(
        "this is shard 1/1 of an experiment, which has no report of its own\n  `heatdrift merge` puts the shards together"
      ))
    #expect(try workspace.data("first/results.sqlite") == before)
    #expect(try workspace.call("merge", "small.yaml", "first", "second", "--output", "out").code == 0)
  }

  @Test func wrongCalls() throws {
    let workspace = try Workspace().prepared()
    let none = try workspace.call("merge", "small.yaml")
    #expect(none.code == 64)
    #expect(
      none.errors == """
        error: Reports/small/shards: there is no such folder
          Give the folders that `heatdrift run --shard K/N` filled, or one that has them below it.

        """)
    let empty = try workspace.call("merge", "small.yaml", "faces", "--output", "out")
    #expect(empty.errors.hasPrefix("error: faces: there are no results here, nor below\n"))
    let shard = try workspace.call("run", "small.yaml", "--shard", "3/2")
    #expect(shard.code == 64)
    #expect(shard.errors.hasPrefix("error: `--shard 3/2` is no shard: expected K/N"))
    let resumed = try workspace.call("run", "small.yaml", "--shard", "1/2", "--resume-from", "typo")
    #expect(resumed.code == 64)
    #expect(resumed.errors.hasPrefix("error: typo: there is no such folder to take up results from\n"))
    #expect(!workspace.exists("Reports") && !workspace.exists("out"))
  }
}
