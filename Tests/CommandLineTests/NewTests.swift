import Foundation
import Testing

/// From a folder with a network and pictures to an experiment that runs, and its report on three images.
@Suite struct NewTests {
  private func lines(_ workspace: Workspace, _ path: String) throws -> [String] {
    try String(contentsOfFile: "\(workspace.path)/\(path)", encoding: .utf8).split(separator: "\n").map {
      $0.trimmingCharacters(in: .whitespaces)
    }
  }

  @Test func classFoldersThatFitAreTheClasses() throws {
    let workspace = try Workspace().prepared()
    try workspace.write("", to: "pets/notes.md")
    let answer = try workspace.call("new", "pets", "--network", "vgg16.safetensors", "--images", "faces")
    #expect(answer.code == 0, "\(answer.errors)")
    #expect(answer.output == "pets/pets.yaml\n")
    let text = try lines(workspace, "pets/pets.yaml")
    #expect(text.contains("- architecture: vgg16") && text.contains("width: 0.04"))
    #expect(text.contains("root: \(try #require(ResolvedFolder.path(workspace.path)))/faces"))
    #expect(!text.contains("labels: unrelated"))
    #expect(
      answer.errors.contains(
        "- 3 class folders, and the network has 3 outputs: folders are the classes in the order of their names.\n"))
    #expect(try workspace.call("run", "pets/pets.yaml", "--set", "input.size=64", "--dry-run").code == 0)

    let again = try workspace.call("new", "pets", "--network", "vgg16.safetensors", "--images", "faces")
    #expect(again.code == 64)
    #expect(
      again.errors
        == "error: pets/pets.yaml: there is a file of this name already; nothing was written\n"
        + "  Move it away, or choose another folder. `heatdrift run pets/pets.yaml` runs an experiment that is there.\n"
    )
  }

  @Test func picturesWithoutLabelsAreListed() throws {
    let workspace = try Workspace().prepared()
    let manager = FileManager.default
    try manager.createDirectory(atPath: "\(workspace.path)/mine/photos", withIntermediateDirectories: true)
    try manager.moveItem(
      atPath: "\(workspace.path)/resnet50.safetensors", toPath: "\(workspace.path)/mine/net.safetensors")
    try manager.copyItem(
      atPath: "\(workspace.path)/faces/anna/1.png", toPath: "\(workspace.path)/mine/photos/a, \"b\".png")
    try manager.copyItem(atPath: "\(workspace.path)/faces/boris/1.png", toPath: "\(workspace.path)/mine/photos/c.png")
    try workspace.write("no network", to: "mine/broken.onnx")
    let answer = try workspace.call("new", "mine")
    #expect(answer.code == 0, "\(answer.errors)")
    let text = try lines(workspace, "mine/mine.yaml")
    for line in [
      "path: mine-images.csv", "root: photos", "labels: unrelated", "weights: net.safetensors",
      "- {method: fgsm, epsilons: [2/255, 4/255, 8/255], loss-label: predicted}",
    ] { #expect(text.contains(line), "\(line)") }
    #expect(answer.errors.contains("- Not taken: broken.onnx: "))
    #expect(
      try lines(workspace, "mine/mine-images.csv") == [
        "path,label,name", "\"a, \"\"b\"\".png\",0,photographs", "\"c.png\",0,photographs",
      ])
    let run = try workspace.call("run", "mine/mine.yaml", "--set", "input.size=64", "--dry-run")
    #expect(run.code == 0, "\(run.errors)")
  }

  @Test func whatIsMissingIsSaid() throws {
    let workspace = try Workspace().prepared()
    try workspace.write("x", to: "empty/notes.md")
    let nothing = try workspace.call("new", "empty")
    #expect(
      nothing.code == 64 && nothing.errors.hasPrefix("error: empty: there is no network in this folder or below it\n"))
    let images = try workspace.call("new", "empty", "--network", "vgg16.safetensors")
    #expect(
      images.code == 64
        && images.errors == "error: empty: there are no images in this folder or below it\n"
          + "  Name them: --images FOLDER, with a sub-folder for each label or with pictures alone.\n"
    )
    let wrong = try workspace.call("new", "fresh", "--network", "small.yaml", "--images", "faces")
    #expect(wrong.code == 64 && !workspace.exists("fresh"))
  }

  @Test func aPreviewIsOfThreeImagesAndSaysSoOnEveryPage() throws {
    let workspace = try Workspace().prepared()
    let answer = try workspace.call("preview", "small.yaml", "--set", "report.svg-text=text")
    #expect(answer.code == 0, "\(answer.errors)")
    #expect(answer.output.hasSuffix("Reports/small-preview/report.pdf\n"))
    let files = try workspace.files(below: "Reports/small-preview")
    let pages = files.filter { $0.key.hasPrefix("report-") && $0.key.hasSuffix(".svg") }
    #expect(!pages.isEmpty)
    for (name, bytes) in pages {
      let text = String(decoding: bytes, as: UTF8.self).replacing(/<[^>]*>/, with: "").replacing(/\s+/, with: " ")
      #expect(text.contains("Preview: 3 of 6 images"), "\(name)")
    }
    #expect(!workspace.exists("Reports/small"))
    // One row for each model, image and level.
    let rows = String(decoding: try #require(files["results.csv"]), as: UTF8.self).split(separator: "\n").count
    #expect(rows == 1 + 2 * 3 * 3)
    // Rendered again it is a preview still, and a second one computes nothing.
    #expect(try workspace.call("render", "Reports/small-preview").code == 0)
    #expect(try workspace.files(below: "Reports/small-preview") == files)

    #expect(try workspace.call("run", "small.yaml").code == 0)
    let onto = try workspace.call("preview", "small.yaml", "--output", "Reports/small")
    #expect(onto.code == 64)
    #expect(
      onto.errors.hasPrefix(
        "error: Reports/small: this is the output folder of a run, whose report a preview would replace\n"))
  }
}

private enum ResolvedFolder {
  static func path(_ folder: String) -> String? {
    guard let found = realpath(folder, nil) else { return nil }
    defer { free(found) }
    return String(cString: found)
  }
}
