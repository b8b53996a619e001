import Foundation
import Testing

/// The program in a folder `bin` beside a folder `share`, as a package installs it.
@Suite struct InstallationTests {
  /// - Returns: the workspace, and the program installed in its folder `prefix`, with an experiment, a template and models.
  private func installed() throws -> (workspace: Workspace, program: URL) {
    let workspace = try Workspace()
    let program = URL(filePath: "\(workspace.path)/prefix/bin/heatdrift")
    try FileManager.default.createDirectory(
      at: program.deletingLastPathComponent(), withIntermediateDirectories: true)
    do {
      try FileManager.default.linkItem(at: executable, to: program)
    } catch {
      // Another file system.
      try FileManager.default.copyItem(at: executable, to: program)
    }
    let share = "prefix/share/heatdrift"
    try workspace.write(Workspace.template, to: "\(share)/Templates/paper.md")
    for name in ["vgg16", "resnet50"] {
      try workspace.write(
        try workspace.data("\(name).safetensors"), to: "\(share)/Models/\(name).safetensors")
      try FileManager.default.removeItem(atPath: "\(workspace.path)/\(name).safetensors")
    }
    try workspace.write(
      Workspace.experiment.replacing("{template: short.md}", with: "{template: paper, formats: [svg]}")
        .replacing("weights: ", with: "weights: ../Models/")
        .replacing("root: faces", with: "root: \(workspace.path)/faces"),
      to: "\(share)/Experiments/tiny.yaml")
    return (workspace, program)
  }

  private func call(_ installed: (workspace: Workspace, program: URL), _ arguments: String...) throws -> Answer {
    try installed.workspace.start(arguments, program: installed.program).wait()
  }

  @Test(arguments: ["tiny", "tiny.yaml", "Experiments/tiny.yaml", "prefix/share/heatdrift/Experiments/tiny.yaml"])
  func anExperimentThatIsSharedLeavesItsReportInTheWorkingFolder(_ name: String) throws {
    let installed = try installed()
    let before = try FileManager.default.subpathsOfDirectory(atPath: "\(installed.workspace.path)/prefix").sorted()
    let answer = try call(installed, "run", name)
    #expect(answer.code == 0, "\(answer.errors)")
    #expect(answer.output.hasSuffix("\nReports/tiny/report-01.svg\n"))
    #expect(installed.workspace.exists("Reports/tiny/results.csv"))
    // Not into what may belong to the system.
    #expect(
      try FileManager.default.subpathsOfDirectory(atPath: "\(installed.workspace.path)/prefix").sorted() == before)
    #expect(try call(installed, "render", name).code == 0)
  }

  @Test func theMoreSpecificComesFirst() throws {
    let installed = try installed()
    let workspace = installed.workspace
    // Its weights are those of the share folder: it has none beside it.
    try workspace.write(
      try workspace.text("prefix/share/heatdrift/Experiments/tiny.yaml").replacing(
        "title: Small faces", with: "title: Mine"),
      to: "Experiments/tiny.yaml")
    try workspace.write("# Mine\n\n{{ title }}\n", to: "Templates/paper.md")
    #expect(try call(installed, "run", "tiny").code == 0)
    let page = try workspace.text("Reports/tiny/provenance.json")
    #expect(page.contains(#""title" : "Mine""#))
    let doctor = try call(installed, "doctor").output.split(separator: "\n").map(String.init)
    let path = URL(filePath: workspace.path).resolvingSymlinksInPath().path
    #expect(doctor.contains("ok       templates: paper in \(path)/Templates"), "\(doctor)")
    #expect(doctor.contains("ok       experiments: tiny in \(path)/Experiments"))
    #expect(doctor.contains("ok       models: resnet50, vgg16 in \(path)/prefix/share/heatdrift/Models"))
    try FileManager.default.removeItem(atPath: "\(workspace.path)/Templates/paper.md")
    try workspace.write("# Other\n", to: "Templates/other.md")
    #expect(
      try call(installed, "doctor").output.contains(
        "ok       templates: other in \(path)/Templates; paper in \(path)/prefix/share/heatdrift/Templates\n"))
  }

  @Test func aNameThatIsNowhereIsSaidAsItWasGiven() throws {
    let installed = try installed()
    let answer = try call(installed, "run", "other")
    #expect(answer.code == 64)
    #expect(answer.errors == "error: other: there is no such file\n  Give the path of an experiment file (.yaml).\n")
    // Weights of another folder than `Models` are never taken from elsewhere.
    let weights = try call(installed, "run", "tiny", "--set", "models[0].weights=weights/vgg16.safetensors")
    #expect(weights.code == 64)
    #expect(weights.errors.contains("there is no weights file `weights/vgg16.safetensors` for VGG16"))
  }
}
