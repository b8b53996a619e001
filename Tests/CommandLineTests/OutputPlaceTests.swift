import Foundation
import Testing

/// An output folder that could do harm is refused before anything is opened or computed.
@Suite struct OutputPlaceTests {
  private func refused(_ workspace: Workspace, _ arguments: String...) throws -> String {
    let before = try FileManager.default.subpathsOfDirectory(atPath: workspace.path)
      .filter { !$0.hasPrefix("out-") && !$0.hasPrefix("err-") }.sorted()
    for extra in [[], ["--dry-run"]] {
      let answer = try workspace.start(arguments + extra).wait()
      #expect(answer.code == 64, "\(answer.errors)")
      #expect(answer.output == "")
      if !extra.isEmpty {
        let after = try FileManager.default.subpathsOfDirectory(atPath: workspace.path)
          .filter { !$0.hasPrefix("out-") && !$0.hasPrefix("err-") }.sorted()
        #expect(after == before)
        return answer.errors
      }
    }
    return ""
  }

  private func link(_ workspace: Workspace, _ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: "\(workspace.path)/\(name)", withDestinationPath: target)
  }

  @Test func whatIsNoFolder() throws {
    let workspace = try Workspace().prepared()
    try link(workspace, "dangling", to: "nowhere/at/all")
    #expect(
      try refused(workspace, "run", "small.yaml", "--output", "short.md")
        == "error: short.md: expected a folder for the results, found a file\n"
        + "  Choose another folder (--output).\n")
    #expect(
      try refused(workspace, "run", "small.yaml", "--output", "/dev/null")
        == "error: /dev/null: expected a folder for the results, found a file\n"
        + "  Choose another folder (--output).\n")
    #expect(
      try refused(workspace, "run", "small.yaml", "--output", "dangling")
        == "error: dangling: expected a folder for the results, found a link that leads nowhere\n"
        + "  Take the link away, or choose another folder (--output).\n")
    #expect(
      try refused(workspace, "run", "small.yaml", "--output", "short.md/a/b")
        == "error: short.md/a/b: no folder can be made below short.md, which is a file\n"
        + "  Choose another folder (--output).\n")
    #expect(
      try refused(workspace, "run", "small.yaml", "--output", "dangling/out")
        == "error: dangling/out: no folder can be made below dangling, a link that leads nowhere\n"
        + "  Choose another folder (--output).\n")
    try workspace.write("text", to: "taken/report.pdf/page")
    #expect(
      try refused(workspace, "run", "small.yaml", "--output", "taken")
        == "error: taken/report.pdf: a folder is where the run writes a file\n"
        + "  Move it away, or choose another folder (--output).\n")
    // What comes of the experiment file's name too.
    try workspace.write("text", to: "Reports/small")
    #expect(
      try refused(workspace, "run", "small.yaml")
        == "error: Reports/small: expected a folder for the results, found a file\n"
        + "  Choose another folder (--output), or call heatdrift in another one: Reports/ is made where it is called.\n"
    )
  }

  /// Once the second run took the results for a label, and asked to take the folder away.
  @Test(arguments: ["faces/out", "faces/anna/out", "faces/a/b/c", "linked/out", "faces/../linked/out", "faces/.out"])
  func insideTheImages(_ output: String) throws {
    let workspace = try Workspace().prepared()
    try link(workspace, "linked", to: "faces")
    #expect(
      try refused(workspace, "run", "small.yaml", "--output", output)
        == "error: \(output): the output folder lies inside the folder of the images, faces: the next run would take what "
        + "is in it for a label of them\n  Choose another folder (--output).\n")
  }

  @Test(arguments: ["faces", "linked", "./faces/", "faces/anna/.."])
  func theImagesThemselves(_ output: String) throws {
    let workspace = try Workspace().prepared()
    try link(workspace, "linked", to: "faces")
    #expect(
      try refused(workspace, "run", "small.yaml", "--output", output)
        == "error: \(output): the output folder is the folder of the images: the next run would take what is in it for "
        + "images\n  Choose another folder (--output).\n")
  }

  /// An experiment file among its own images, called there.
  @Test func theFolderThatNobodyChose() throws {
    let workspace = try Workspace()
    try workspace.write(Workspace.template, to: "faces/short.md")
    try workspace.write(
      Workspace.experiment.replacingOccurrences(of: "root: faces", with: "root: .")
        .replacingOccurrences(of: "weights: ", with: "weights: ../"), to: "faces/mine.yaml")
    let answer = try workspace.shell("cd faces && exec \"$H\" run mine.yaml")
    #expect(answer.code == 64)
    #expect(
      answer.errors
        == "error: Reports/mine: the output folder lies inside the folder of the images, .: the next run would take what "
        + "is in it for a label of them\n"
        + "  Choose another folder (--output), or call heatdrift in another one: Reports/ is made where it is called.\n"
    )
    #expect(try workspace.shell("cd faces && exec \"$H\" run mine.yaml --quiet --output ../out").code == 0)
    // From elsewhere it is fine.
    #expect(try workspace.call("run", "faces/mine.yaml", "--quiet").code == 0)
  }

  /// A list says which files are images: results beside them are none.
  @Test func besideListedImages() throws {
    let workspace = try Workspace().prepared()
    try workspace.write("path,label\nanna/1.png,anna\nboris/1.png,boris\nclara/1.png,clara\n", to: "faces/list.csv")
    let listed = Workspace.experiment.replacingOccurrences(
      of: "{source: folder, root: faces}", with: "{source: manifest, root: faces, path: faces/list.csv}")
    try workspace.write(listed, to: "listed.yaml")
    for _ in 1...2 {
      let answer = try workspace.call("run", "listed.yaml", "--quiet", "--output", "faces/out")
      #expect(answer.code == 0, "\(answer.errors)")
    }
    try workspace.write(workspace.data("faces/list.csv"), to: "own/results.csv")
    try workspace.write(listed.replacingOccurrences(of: "faces/list.csv", with: "own/results.csv"), to: "own.yaml")
    #expect(
      try refused(workspace, "run", "own.yaml", "--output", "own")
        == "error: own: `data.path`, own/results.csv, has the place of a file that the run writes (results.csv)\n"
        + "  Move it away, or choose another folder (--output).\n")
  }

  /// A list may name images where the run writes: its report would take their place.
  @Test(arguments: ["report-01.svg", "figures/anna.png", "linked/anna.png"])
  func inThePlaceOfListedImages(_ name: String) throws {
    let workspace = try Workspace().prepared()
    let image = try workspace.data("faces/anna/1.png")
    let written = name.replacingOccurrences(of: "linked", with: "tables")
    try workspace.write(image, to: "own/\(written)")
    try link(workspace, "own/linked", to: "tables")
    try workspace.write(workspace.data("faces/boris/1.png"), to: "own/boris.png")
    try workspace.write("path,label\n\(name),anna\nboris.png,boris\n", to: "own/list.csv")
    try workspace.write(
      Workspace.experiment.replacingOccurrences(
        of: "{source: folder, root: faces}", with: "{source: manifest, path: own/list.csv}"), to: "own.yaml")
    let errors = try refused(workspace, "run", "own.yaml", "--output", "own")
    #expect(
      errors
        == "error: own: the image \(name) has the place of a file that the run writes (\(written))\n"
        + "  Move it away, or choose another folder (--output).\n")
    #expect(try workspace.data("own/\(written)") == image)
  }

  /// A folder that has everything in it is a good one, as long as nothing has the name of a result.
  @Test func aroundEverything() throws {
    let workspace = try Workspace().prepared()
    let answer = try workspace.call("run", "small.yaml", "--quiet", "--output", ".")
    #expect(answer.code == 0, "\(answer.errors)")
    #expect(try workspace.call("run", "small.yaml", "--output", ".").code == 0)
    try FileManager.default.createDirectory(atPath: "\(workspace.path)/out/tables", withIntermediateDirectories: true)
    try FileManager.default.moveItem(
      atPath: "\(workspace.path)/vgg16.safetensors", toPath: "\(workspace.path)/out/tables/vgg16.safetensors")
    #expect(
      try refused(
        workspace, "run", "small.yaml", "--output", "out", "--set", "models[0].weights=out/tables/vgg16.safetensors")
        == "error: out: the weights of VGG16, out/tables/vgg16.safetensors, has the place of a file that the run writes "
        + "(tables/vgg16.safetensors)\n  Move it away, or choose another folder (--output).\n")
  }
}
