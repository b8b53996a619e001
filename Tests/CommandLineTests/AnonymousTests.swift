import Foundation
import FuzzSupport
import Rendering
import Testing

/// `--anonymous`: no name of the experiment is in any byte of what it leaves.
@Suite struct AnonymousTests {
  /// Names that no template and no font has.
  private static let names = [
    "zanna", "zboris", "zclara", "portrait", "Quagmire", "secretnet", "ownwords", "confidential", "Ulla Author",
    "hidden-run",
  ]

  private func workspace() throws -> Workspace {
    let workspace = try Workspace()
    for (old, new) in [("anna", "zanna"), ("boris", "zboris"), ("clara", "zclara")] {
      for number in 1...2 {
        try workspace.write(workspace.data("faces/\(old)/\(number).png"), to: "quagmire/\(new)/portrait-\(number).png")
      }
    }
    // A file that is no image, and an image that is none.
    try workspace.write("about zanna", to: "quagmire/zanna/portrait.txt")
    try workspace.write("no picture", to: "quagmire/zclara/portrait-3.png")
    try workspace.write(workspace.data("vgg16.safetensors"), to: "secretnet.safetensors")
    try workspace.write(
      Self.template, to: "ownwords.md")
    try workspace.write(
      """
      title: Faces of zanna
      seed: 5
      data: {source: folder, root: quagmire}
      input: {size: 64}
      models:
        - {architecture: vgg16, weights: secretnet.safetensors, width: 0.04, training: on faces of zboris, name: VGG16}
      attacks:
        - {method: fgsm, epsilons: [0.1, 0.02]}
        - {method: pgd, epsilons: [0.05], steps: 2}
      report: {template: ownwords.md, authors: [Ulla Author]}

      """, to: "confidential.yaml")
    return workspace
  }

  private static let template = """
    # Results

    There are {{ images.count }} images of {{ classes.count }} classes.

    {% warnings %}

    ```{mod-table}
    ```

    ```{heatmap-grid}
    samples: 2
    ```

    ```{sample-card}
    image: zanna/portrait-1.png
    ```

    ```{class-table}
    ```

    ```{methods}
    ```

    ```{provenance}
    ```
    """

  /// Every stream of a PDF, unpacked.
  private func unpacked(_ workspace: Workspace, _ path: String) throws -> Data {
    let answer = try workspace.shell("qpdf --qdf --object-streams=disable '\(path)' unpacked.pdf || true")
    return workspace.exists("unpacked.pdf") ? try workspace.data("unpacked.pdf") : Data(answer.output.utf8)
  }

  /// Looks for every name in every byte, as text, in UTF-16 and in what PDF draws.
  private func expectNone(of names: [String], in workspace: Workspace, below folder: String) throws {
    for (path, bytes) in try workspace.files(below: folder) where path != "authors-only.csv" && path != "results.lock" {
      #expect(!names.contains { path.lowercased().contains($0.lowercased()) }, "\(path)")
      var parts = [bytes]
      if path.hasSuffix(".pdf") {
        parts.append(try unpacked(workspace, "\(folder)/\(path)"))
        parts += try Attachment.all(inPDF: [UInt8](bytes), file: path).map { Data($0.bytes) }
        let text = try PDFText([UInt8](bytes), file: path).elements.map(\.text).joined(separator: "\n")
        parts.append(Data(text.utf8))
      }
      for name in names {
        for part in parts {
          let lowered = Data(part.map { (65...90).contains($0) ? $0 + 32 : $0 })
          for needle in [
            Data(name.lowercased().utf8), Data(name.lowercased().utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }),
            Data(name.filter { $0 != " " }.lowercased().utf8),
          ] {
            #expect(lowered.range(of: needle) == nil, "\(name) in \(path)")
          }
        }
      }
    }
  }

  @Test func noNameIsInAnyByte() throws {
    let workspace = try workspace()
    let run = try workspace.call(
      "run", "confidential.yaml", "--output", "hidden-run", "--anonymous", "--set",
      "title=Faces of zanna and zclara")
    // An image could not be read.
    #expect(run.code == 1, "\(run.errors)")
    #expect(run.errors.contains("note: hidden-run/authors-only.csv says which name stands for which"))
    try expectNone(of: Self.names, in: workspace, below: "hidden-run")
    for own in [NSUserName(), ProcessInfo.processInfo.hostName] where own.count > 4 {
      try expectNone(of: [own], in: workspace, below: "hidden-run")
    }
    let key = try workspace.text("hidden-run/authors-only.csv").split(separator: "\n").map(String.init)
    #expect(key[0] == "kind,shown,name")
    #expect(key.contains("image,image-0001,zanna/portrait-1.png") && key.contains("class,class 1,zboris"))
    #expect(key.contains("weights,weights-1,secretnet.safetensors") && key.contains("author,an author,Ulla Author"))
    #expect(key.contains("experiment,experiment.yaml,confidential.yaml"))
    let table = try workspace.text("hidden-run/results.csv").split(separator: "\n")
    #expect(table[1].hasPrefix("vgg16,image-0001,0,") && table[1].contains(",VGG16,class 0,"))
    // The sample that the template names is shown under its number.
    #expect(!run.errors.contains("part of the report could not be made"), "\(run.errors)")

    // The same names stand for the same in every report, and it is sound.
    let verified = try workspace.call("verify", "hidden-run")
    #expect(verified.code == 0, "\(verified.output)\(verified.errors)")
    let alone = try workspace.call("verify", "hidden-run/report.pdf")
    #expect(alone.code == 0, "\(alone.output)\(alone.errors)")
    let before = try workspace.files(below: "hidden-run")
    #expect(try workspace.call("render", "hidden-run", "--anonymous").code == 1)
    #expect(try workspace.files(below: "hidden-run") == before)
  }

  /// Whoever has the files makes it again.
  @Test func itIsMeasuredAgainByHashes() throws {
    let workspace = try workspace()
    try FileManager.default.removeItem(atPath: "\(workspace.path)/quagmire/zclara/portrait-3.png")
    try FileManager.default.removeItem(atPath: "\(workspace.path)/quagmire/zanna/portrait.txt")
    let run = try workspace.call("run", "confidential.yaml", "--output", "out", "--anonymous", "--quiet")
    #expect(run.code == 0, "\(run.errors)")
    let again = try workspace.call(
      "rerun", "out/report.pdf", "--data", "quagmire", "--weights", ".", "--output", "again", "--quiet")
    #expect(again.code == 0, "\(again.errors)\(again.output)")
    #expect(again.output.hasSuffix("ok  the same bytes as out/report.pdf\n"), "\(again.output)")
  }

  /// Class names are kept where a file gives them and no folder is called so.
  @Test func namesOfTheNetworksClassesStay() throws {
    let workspace = try Workspace().prepared()
    try workspace.write("apple\nbanana\ncherry\n", to: "fruits.txt")
    try workspace.write(
      "path,label\n" + ["anna/1.png,0", "boris/1.png,1", "clara/1.png,2"].joined(separator: "\n") + "\n",
      to: "faces/list.csv")
    let experiment = Workspace.experiment.replacing(
      "{source: folder, root: faces}", with: "{source: manifest, path: faces/list.csv, classes: fruits.txt}")
    try workspace.write(experiment, to: "listed.yaml")
    #expect(try workspace.call("run", "listed.yaml", "--anonymous", "--quiet").code == 0)
    #expect(try workspace.text("Reports/listed/results.csv").contains(",VGG16,apple,"))
    try expectNone(of: ["anna", "boris", "clara", "fruits", "listed"], in: workspace, below: "Reports/listed")
  }
}
