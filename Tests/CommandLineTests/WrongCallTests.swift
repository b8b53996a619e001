import Architectures
import Foundation
import Testing

/// What is wrong with a call is said before anything is started, and nothing is written.
@Suite struct WrongCallTests {
  private func refused(_ workspace: Workspace, _ arguments: String...) throws -> String {
    let answer = try workspace.start(arguments).wait()
    #expect(answer.code == 64, "\(answer.errors)")
    #expect(answer.output == "")
    #expect(!workspace.exists("Reports"))
    return answer.errors
  }

  @Test func experimentFiles() throws {
    let workspace = try Workspace().prepared()
    #expect(
      try refused(workspace, "run", "other.yaml")
        == "error: other.yaml: there is no such file\n  Give the path of an experiment file (.yaml).\n")
    try workspace.write(Workspace.experiment + "atack: {}\n", to: "key.yaml")
    #expect(
      try refused(workspace, "run", "key.yaml")
        == "error: key.yaml:10:1: unknown key `atack`\n  Did you mean `attack`?\n")
    #expect(
      try refused(workspace, "run", "small.yaml", "--set", "attack.epsilons=[2]")
        == "error: --set attack.epsilons: `attack.epsilons` must lie in (0, 1], found `2`\n"
        + "  Epsilons are in units of the pixel range [0, 1]: is `2/255` meant?\n")
    #expect(
      try refused(workspace, "run", "small.yaml", "--set", "models[1].layers=layer9")
        == "error: --set models[1].layers: resnet50 has no layer `layer9`\n"
        + "  Did you mean `layer1`? `heatdrift layers resnet50` lists its layers.\n")
  }

  @Test func weights() throws {
    let workspace = try Workspace().prepared()
    #expect(
      try refused(workspace, "run", "small.yaml", "--set", "models[0].weights=none.safetensors")
        == "error: --set models[0].weights: there is no weights file `none.safetensors` for VGG16\n"
        + "  Paths are relative to the experiment file; looked for it at none.safetensors.\n")
    let wrong = try refused(
      workspace, "run", "small.yaml", "--set", "models[0].weights=resnet50.safetensors")
    #expect(wrong.hasPrefix("error: resnet50.safetensors: the weights do not fit vgg16 of width 0.04: missing "))
    let bytes = try workspace.data("vgg16.safetensors")
    try workspace.write(bytes.dropLast(100), to: "vgg16.safetensors")
    #expect(try refused(workspace, "run", "small.yaml").hasPrefix("error: vgg16.safetensors"))
  }

  @Test func dataAndLabels() throws {
    let workspace = try Workspace().prepared()
    #expect(
      try refused(workspace, "run", "small.yaml", "--set", "data.root=nowhere").hasPrefix("error: "))
    for label in ["dora", "emil"] {
      try workspace.write(try workspace.data("faces/anna/1.png"), to: "faces/\(label)/1.png")
    }
    #expect(
      try refused(workspace, "run", "small.yaml")
        == "error: small.yaml:6:36: VGG16 has 3 outputs, but there are 5 class folders\n"
        + "  Every label behind one too many is wrong. Take away what is no class, or use weights that were trained on these "
        + "classes.\n")
  }

  @Test func templates() throws {
    let workspace = try Workspace()
    #expect(
      try refused(workspace, "run", "small.yaml")
        == "error: short.md: the template cannot be read\n  Check the path and its permissions.\n")
  }

  @Test func arguments() throws {
    let workspace = try Workspace().prepared()
    #expect(try refused(workspace, "run").hasPrefix("Error: Missing expected argument '<experiment.yaml>'"))
    #expect(try refused(workspace, "rnu").hasPrefix("Error: Unexpected argument"))
    #expect(
      try refused(workspace, "run", "small.yaml", "--threads", "0")
        .hasPrefix("Error: --threads must lie in 1 to 1024, found 0.\n"))
    #expect(
      try refused(workspace, "run", "small.yaml", "--set", "seed")
        .hasPrefix("error: `--set seed` has no `=`\n"))
    #expect(try refused(workspace, "layers", "vgg61").contains("vgg61"))
    #expect(
      try refused(workspace, "layers", "vgg16", "--width", "5").contains("--width must lie in (0, 4], found 5.0."))
    #expect(
      try refused(workspace, "render", "faces")
        == "error: faces: there are no results here yet\n  `heatdrift run EXPERIMENT.yaml` computes them.\n")
    #expect(
      try refused(workspace, "render", "small.yaml")
        == "error: Reports/small: there are no results here yet\n  `heatdrift run small.yaml` computes them.\n")
  }

  @Test func someoneElsesStoreIsLeftAlone() throws {
    let workspace = try Workspace().prepared()
    try workspace.write(String(repeating: "mine ", count: 2000), to: "mine/results.sqlite")
    let answer = try workspace.call("run", "small.yaml", "--output", "mine")
    #expect(answer.code == 64)
    #expect(
      answer.errors
        == "error: mine/results.sqlite: the results store is damaged, or no SQLite file\n"
        + "  Move it away; the next run computes everything again.\n")
    #expect(try workspace.text("mine/results.sqlite") == String(repeating: "mine ", count: 2000))
  }

  @Test func helpAndVersion() throws {
    let workspace = try Workspace()
    let version = try workspace.call("--version").output.split(separator: "\n").map(String.init)
    #expect(version[0] == "heatdrift 0.1.0")
    #expect(try version[1].wholeMatch(of: Regex("commit (unknown|[0-9a-f]{40}(\\+changes)?)")) != nil, "\(version[1])")
    for library in ["oneDNN", "OpenBLAS", "Cairo", "Pango", "SQLite", "libqpdf", "zlib", "OpenSSL"] {
      #expect(try version.contains { try $0.wholeMatch(of: Regex("\(library) [0-9]+[.][0-9.]+")) != nil }, "\(version)")
    }
    let help = try workspace.call("--help")
    #expect(help.code == 0)
    #expect(help.errors == "")
    for command in ["run", "render", "layers", "doctor"] { #expect(help.output.contains("  \(command) ")) }
    #expect(try workspace.call("run", "--help").output.contains("heatdrift run Experiments/orl.yaml"))
  }

  @Test func layersAreListed() throws {
    let workspace = try Workspace()
    let answer = try workspace.call("layers", "resnet50", "--width", "0.25", "--input-size", "64")
    #expect(answer.code == 0)
    let lines = answer.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(lines.first == ["layer", "shape", "kind", "in", "other", "names"])
    let last = lines.filter { $0.contains("last") }
    #expect(last.count == 1)
    #expect(last.first?.prefix(2) == ["layer4.2", "512x2x2"])
  }

  /// As a shell gives it for a variable that is not set: once results were looked for in the root folder then.
  @Test(arguments: [
    ["run", ""], ["run", "small.yaml", "--output", ""], ["render", ""], ["verify", ""], ["diff", "", "b"],
    ["init", ""],
    ["store", "check", ""], ["store", "export", "out", "--output", ""], ["extract", "report.pdf", "--output", ""],
    ["weights", "inspect", ""],
  ])
  func anEmptyName(_ arguments: [String]) throws {
    let answer = try Workspace().start(arguments).wait()
    #expect(answer.code == 64)
    #expect(
      answer.errors
        == "error: the name of a file or folder is empty\n  Name it; `.` is the working folder.\n")
  }
}
