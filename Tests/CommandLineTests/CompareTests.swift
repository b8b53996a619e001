import Foundation
import Testing

/// `heatdrift compare`.
@Suite struct CompareTests {
  private func runs() throws -> Workspace {
    let workspace = try Workspace().prepared()
    let call = ["run", "small.yaml", "--quiet", "--output"]
    #expect(try workspace.start(call + ["runs/a"]).wait().code == 0)
    try FileManager.default.removeItem(atPath: "\(workspace.path)/faces/clara/2.png")
    let one = "models=[{architecture: vgg16, weights: vgg16.safetensors, width: 0.04, name: VGG16}]"
    #expect(
      try workspace.start(call + ["runs/b", "--set", one, "--set", "compare.window=gaussian", "--set", "title=Other"])
        .wait().code == 0)
    return workspace
  }

  @Test func twoRunsInOneReport() throws {
    let workspace = try runs()
    let (a, b) = (try workspace.files(below: "runs/a"), try workspace.files(below: "runs/b"))
    let answer = try workspace.call("compare", "runs/a", "runs/b", "--output", "both", "--template", "short.md")
    #expect(answer.code == 0, "\(answer.errors)")
    let lines = answer.output.split(separator: "\n").map(String.init)
    #expect(lines[0] == "2 runs on 5 common images; beyond them: a 1, b 0")
    #expect(lines[1].hasPrefix("model"))
    #expect(lines[2...4].map { String($0.prefix(9)) } == ["VGG16 (a)", "ResNet50 ", "VGG16 (b)"])
    #expect(lines.last == "both/report.pdf")
    #expect(
      answer.errors == """
        warning: This report is over the 5 images that all runs measured: “a” has 1 beyond them and “b” has none beyond them
          Its numbers are not those of the runs’ own reports, which are over all of theirs.
        warning: NISSIM is not one measure in all runs: window is uniform in “a” and gaussian in “b”
          A difference between these runs may come of that alone.

        """)
    let table = try workspace.text("both/results.csv").split(separator: "\n").map(String.init)
    #expect(table.count == 1 + 3 * 5 * 3)
    #expect(table[0].contains(",explanation,run,model_name,label_name,"))
    #expect(table.count { $0.hasPrefix("vgg16 (b),") && $0.contains(",grad-cam,b,VGG16 (b),") } == 15)
    // The rows are those of the runs.
    let own = try workspace.text("runs/a/results.csv").split(separator: "\n").filter { $0.hasPrefix("resnet50,") }
    let shown = table.filter { $0.hasPrefix("resnet50,") }.map { $0.replacing(",grad-cam,a,", with: ",grad-cam,") }
    #expect(shown == own.filter { !$0.contains("clara/2.png") }.map(String.init))
    // Nothing of the runs changed.
    #expect(try workspace.files(below: "runs/a") == a)
    #expect(try workspace.files(below: "runs/b") == b)
    // The same runs give the same bytes, and files of the report before are gone.
    let files = try workspace.files(below: "both")
    #expect(files.keys.contains("figures/fig-curve.pdf"))
    #expect(try workspace.call("compare", "runs/a", "runs/b", "--output", "both", "--template", "short.md").code == 0)
    #expect(try workspace.files(below: "both") == files)
    try workspace.write("# Nothing\n", to: "other.md")
    try workspace.write("mine", to: "both/figures/own.pdf")
    #expect(try workspace.call("compare", "runs/a", "runs/b", "--output", "both", "--template", "other.md").code == 0)
    #expect(!workspace.exists("both/figures/fig-curve.pdf"))
    #expect(workspace.exists("both/figures/own.pdf"))
  }

  @Test func whatOtherCommandsSayOfAComparison() throws {
    let workspace = try runs()
    let call = ["compare", "runs/a", "runs/b", "--quiet", "--template", "short.md", "--output"]
    #expect(try workspace.start(call + ["both"]).wait().code == 0)
    #expect(try workspace.start(call + ["again", "--set", "title=Mine"]).wait().code == 0)
    for command in ["render", "verify"] {
      let answer = try workspace.call(command, "both")
      #expect(answer.code == 64)
      #expect(
        answer.errors == """
          error: both: this is the report of a comparison of “a” and “b”, which has no results of its own
            `heatdrift compare` of the same folders makes it again; `verify` holds each run to its own store.

          """)
    }
    let difference = try workspace.call("diff", "both", "again")
    #expect(difference.code == 1)
    #expect(
      difference.output == """
        experiment:
          title: Comparison of a and b → Mine
        45 of 45 common measurements are the same to the last digit.

        """)
    #expect(
      try workspace.call("compare", "both", "runs/a", "--output", "third").errors == """
        error: both: this is the report of a comparison, which has no results of its own
          Name the folders of the runs that it compares.

        """)
    let folder = try workspace.call("compare", "runs/a", "runs/b", "--output", "runs/a")
    #expect(folder.code == 64)
    #expect(
      folder.errors.hasPrefix(
        "error: runs/a: this is the output folder of a run, whose report the comparison would replace"))
    let twice = try workspace.call("compare", "runs/a", "./runs/a", "--output", "third")
    #expect(twice.errors.hasPrefix("error: ./runs/a: this is the folder that is named as runs/a as well"))
    let option = try workspace.call(
      "compare", "runs/a", "runs/b", "--output", "third", "--set", "attack.epsilons=[0.1]")
    #expect(option.code == 64)
    #expect(
      option.errors.hasPrefix("error: --set attack.epsilons: what the runs measured cannot be changed by their report"))
    #expect(!workspace.exists("third"))
  }

  @Test func anonymousRunsAreNumbered() throws {
    let workspace = try runs()
    let call = ["compare", "runs/a", "runs/b", "--quiet", "--template", "short.md", "--output", "both", "--anonymous"]
    #expect(try workspace.start(call).wait().code == 0)
    #expect(try workspace.text("both/results.csv").contains("\nvgg16 (run 2),"))
    let provenance = try workspace.text("both/provenance.json")
    for name in ["small.yaml", "vgg16.safetensors", "short.md", "\"a\"", workspace.path] {
      #expect(!provenance.contains(name), "\(name)")
    }
  }
}
