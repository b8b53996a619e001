import Foundation
import Support
import Testing

/// Maps that were computed elsewhere, from the file to the report: PyTorch's of `colour.onnx`, in double precision
/// (`Scripts/goldens/maps.py`), beside the same network run here.
@Suite struct MapsTests {
  private static let goldens = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Maps")

  private static let here =
    "{network: colour.onnx, name: here, input: {size: 32, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}}"
  private static let there = "{maps: maps, name: there}"
  private static let attacks =
    "attacks: [{method: fgsm, epsilons: [0.02, 8/255, 0.1]}, {method: pgd, epsilons: [0.05], steps: 4}]"
  private static let explain = "explain: {methods: [grad-cam, layer-cam], targets: [predicted, label]}"

  /// Photographs, files of maps, the network and an experiment.
  private func workspace(
    models: [String] = [here, there], attacks: String = attacks, explain: String = explain, more: String = ""
  ) throws -> Workspace {
    let workspace = try Workspace().prepared()
    let manager = FileManager.default
    try manager.removeItem(atPath: "\(workspace.path)/faces")
    for name in ["faces", "maps"] {
      try manager.copyItem(atPath: Self.goldens.appending(path: name).path, toPath: "\(workspace.path)/\(name)")
    }
    try workspace.write(
      try Data(contentsOf: NetworkTests.networks.appending(path: "colour.onnx")), to: "colour.onnx")
    try workspace.write(
      """
      title: Here and there
      seed: 5
      data: {source: folder, root: faces}
      models: [\(models.joined(separator: ", "))]
      \(attacks)
      \(explain)
      compare: {measures: [nissim, centre, magnitude]}
      report: {template: short.md, formats: [pdf]}
      \(more)
      """, to: "e.yaml")
    return workspace
  }

  /// Of `results.csv`: by all that names a row but model and layer, the values of its columns by name.
  private func rows(_ workspace: Workspace, _ folder: String, model: String) throws -> [String: [String: String]] {
    let lines = try workspace.text("\(folder)/results.csv").split(separator: "\n").map {
      $0.components(separatedBy: ",")
    }
    var found: [String: [String: String]] = [:]
    for line in lines.dropFirst() where line[0] == model {
      let row = Dictionary(zip(lines[0], line), uniquingKeysWith: { first, _ in first })
      let names = ["image", "attack", "explanation", "target", "epsilon"].map { row[$0] ?? "" }
      #expect(found.updateValue(row, forKey: names.joined(separator: " ")) == nil)
    }
    return found
  }

  @Test func mapsFromElsewhereGiveWhatTheNetworkGives() throws {
    let workspace = try workspace()
    let answer = try workspace.call("run", "e.yaml", "--output", "out")
    #expect(answer.code == 0, "\(answer.errors)")
    #expect(!answer.errors.contains("warning"), "\(answer.errors)")
    #expect(
      answer.errors.contains(
        "note: The maps of there were computed elsewhere, by PyTorch in double precision (torch 2); they have all that is asked "
          + "for of 6 of 6 images.\n"))
    let (here, there) = (try rows(workspace, "out", model: "here"), try rows(workspace, "out", model: "there"))
    // Six images, two attacks with four levels and a control each, two explanations of two classes.
    #expect(here.count == 6 * 6 * 4 && here.keys.sorted() == there.keys.sorted())
    for (name, own) in here {
      let other = try #require(there[name])
      for column in ["clean_prediction", "adversarial_prediction", "label"] {
        #expect(own[column] == other[column], "\(name)")
      }
      for (column, bound) in [
        ("nissim", 1e-5), ("centre", 1e-5), ("magnitude", 1e-4), ("clean_confidence", 1e-6),
        ("adversarial_confidence", 1e-6), ("clean_peak", 1e-6), ("adversarial_peak", 1e-6),
      ] {
        guard own[column] != other[column] else { continue }
        let a = try #require(Double(own[column] ?? "")), b = try #require(Double(other[column] ?? ""))
        #expect(abs(a - b) <= bound, "\(name), \(column): \(a) here, \(b) there")
      }
    }
    #expect(there.values.contains { Double($0["nissim"] ?? "").map { $0 > 0.2 } ?? false })
    // The control of what was computed twice alike.
    #expect(there.values.filter { $0["epsilon"] == "0.0" }.allSatisfy { $0["nissim"] == "0.0" })

    let verified = try workspace.call("verify", "out", "--experiment", "e.yaml", "--recompute", "2")
    #expect(verified.code == 0, "\(verified.output)\(verified.errors)")
    let provenance = try workspace.text("out/provenance.json")
    #expect(provenance.contains("\"producer\" : \"PyTorch in double precision\""))
    #expect(
      try workspace.call("run", "e.yaml", "--output", "out", "--dry-run").output.hasSuffix(
        "Nothing would be computed.\n"))
    // What the maps are is their content: under another name they are the same, with a byte less they are others.
    let dry = ["run", "e.yaml", "--output", "out", "--dry-run", "--why", "--set", "models[1].maps=moved"]
    try FileManager.default.moveItem(atPath: "\(workspace.path)/maps", toPath: "\(workspace.path)/moved")
    #expect(try workspace.call(dry).output.hasSuffix("Nothing would be computed.\n"))
    try FileManager.default.removeItem(atPath: "\(workspace.path)/moved/maps-00002.safetensors")
    let other = try workspace.call(dry)
    #expect(other.output.contains("maps was "), "\(other.output)")
    #expect(
      other.errors.contains("warning: 4 of 6 images are left out for all models: the maps of there have none of it\n"))
  }

  @Test func shardsGiveTheSameTable() throws {
    let workspace = try workspace(models: [Self.there])
    #expect(try workspace.call("run", "e.yaml", "--output", "whole", "--quiet").code == 0)
    for shard in ["1/2", "2/2"] {
      let answer = try workspace.call(
        "run", "e.yaml", "--shard", shard, "--output", "part-\(shard.prefix(1))", "--quiet")
      #expect(answer.code == 0, "\(answer.errors)")
    }
    let merged = try workspace.call("merge", "e.yaml", "part-1", "part-2", "--output", "merged", "--quiet")
    #expect(merged.code == 0, "\(merged.errors)")
    #expect(try workspace.data("merged/results.csv") == workspace.data("whole/results.csv"))
    #expect(try workspace.data("merged/report.pdf") == workspace.data("whole/report.pdf"))
    // A run of the network and one of the maps compare as two runs of networks do.
    try workspace.write(
      try workspace.text("e.yaml").replacing(Self.there, with: Self.here), to: "other.yaml")
    #expect(try workspace.call("run", "other.yaml", "--output", "other", "--quiet").code == 0)
    let compared = try workspace.call("compare", "whole", "other", "--output", "both", "--quiet")
    #expect(compared.code == 0, "\(compared.output)\(compared.errors)")
    #expect(try workspace.text("both/results.csv").split(separator: "\n").count == 1 + 2 * 144)
  }

  @Test func whatIsMissingIsSaid() throws {
    let workspace = try workspace(
      attacks: """
        attacks:
          - {method: fgsm, epsilons: [0.02, 0.05, 8/255]}
          - {method: noise, epsilons: [0.02]}
          - {method: pgd, epsilons: [0.05]}
        """, explain: "explain: {methods: [grad-cam, hires-cam], targets: [predicted]}")
    // The photograph is another one now.
    try workspace.write(try workspace.data("faces/boris/1.ppm") + [0], to: "faces/boris/1.ppm")
    try workspace.write(try workspace.data("faces/boris/2.ppm") + [1], to: "faces/clara/3.ppm")
    let answer = try workspace.call("run", "e.yaml", "--output", "out")
    #expect(answer.code == 0, "\(answer.errors)")
    for sentence in [
      "warning: 1 of 7 images is left out for all models: the maps of there are of another file of this name, by its SHA-256\n",
      "warning: 1 of 7 images is left out for all models: the maps of there have none of it\n",
      "warning: The maps of there are without FGSM at 0.05, Noise and HiResCAM, which the experiment lists: there is measured "
        + "without\n",
      "warning: The maps of there were made with other options than the experiment has: `pgd.steps` 4 (here: 10)\n",
      "note: The maps of there have more than is asked for: fgsm at 0.1, layer-cam, the target label, entries of 1 image that "
        + "the data have not.\n",
    ] { #expect(answer.errors.contains(sentence), "\(sentence)\(answer.errors)") }
    let (here, there) = (try rows(workspace, "out", model: "here"), try rows(workspace, "out", model: "there"))
    // Five images; here: eight levels with those of the controls, two explanations; there: FGSM's two, PGD's, the two controls.
    #expect(here.count == 5 * 8 * 2 && there.count == 5 * 5, "\(here.count), \(there.count)")
    #expect(try workspace.text("out/provenance.json").contains("the maps of there are of another file of this name"))
    for template in ["paper", "compare", "model", "review"] {
      let rendered = try workspace.call("render", "out", "--template", template)
      #expect(rendered.code == 0, "\(template): \(rendered.errors)")
    }
    let dry = try workspace.call("run", "e.yaml", "--output", "new", "--dry-run")
    #expect(dry.output.contains("there: 60 measurements of 5 images; 0 are stored\n"), "\(dry.output)")
  }

  @Test func controlsAreOfImagesThatHaveOne() throws {
    let workspace = try workspace(models: [Self.there])
    // Of the four images in this file there is none.
    let path = "maps/maps-00002.safetensors"
    let bytes = try workspace.data(path)
    var changed = bytes
    let clean = Data("{\\\"attack\\\":\\\"control\\\"}".utf8)
    let other = Data("{\\\"attack\\\":\\\"x\\\",\\\"epsilon\\\":1}".utf8)
    let place = try #require(bytes.range(of: clean))
    changed.replaceSubrange(place, with: other)
    // The header's length grows with it.
    let length = changed.prefix(8).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
    let grown = length + other.count - clean.count
    changed.replaceSubrange(0..<8, with: (0..<8).map { UInt8(truncatingIfNeeded: grown >> (8 * $0)) })
    try workspace.write(changed, to: path)
    let answer = try workspace.call("run", "e.yaml", "--output", "out")
    #expect(answer.code == 0, "\(answer.errors)")
    #expect(
      answer.errors.contains(
        "note: The control is drawn from images alone whose clean maps are there a second time: 2 of 6.\n"),
      "\(answer.errors)")
    let rows = try rows(workspace, "out", model: "there")
    #expect(rows.values.count { $0["epsilon"] == "0.0" } == 2 * 2 * 4)
    #expect(rows.count == 6 * 4 * 4 + 2 * 2 * 4)
  }

  @Test func whatMakesNoSenseIsRefused() throws {
    let workspace = try workspace()
    func refused(_ settings: String...) throws -> String {
      let answer = try workspace.call(["run", "e.yaml", "--output", "out"] + settings.flatMap { ["--set", $0] })
      #expect(answer.code == 64, "\(answer.output)\(answer.errors)")
      #expect(!workspace.exists("out"))
      return answer.errors
    }
    #expect(
      try refused("models[1].input={size: 224}").contains(
        "`models[1].input` does not go with `maps`: the file of maps says how its images became the network's input\n"))
    #expect(
      try refused("models[1].weights=x").contains(
        "`models[1].weights` does not go with `maps`: no network is run, and what it answered is in the file of maps\n")
    )
    #expect(
      try refused("models[1].network=colour.onnx").contains("`models[1]` names a `network` as well as `maps`\n"))
    #expect(
      try refused("models[1].layers=conv1").contains(
        "the maps in maps have no layer `conv1`\n  Did you mean `conv2`?\n"))
    #expect(try refused("models[1].maps=none").contains("there is no file or folder of maps `none` for there\n"))
    #expect(
      try refused("attacks[0].transfer-from=there").contains(
        "`attacks[0].transfer-from` names there, whose maps were computed elsewhere: it has no gradient here\n"))
    #expect(
      try refused("models[1].maps=colour.onnx").contains("expected a file of maps (safetensors), found an ONNX network")
    )
    #expect(
      try refused("attacks=[{method: mi-fgsm, epsilons: [0.3]}]").contains(
        "the maps of there have none of the experiment's attacks and levels\n  They have: the clean image, the control, fgsm at 0.02"
      ))
    #expect(
      try refused("explain={methods: [hires-cam]}").contains(
        "the maps of there have none of the experiment's explanations\n"))
    // Another order of the labels.
    try FileManager.default.moveItem(atPath: "\(workspace.path)/faces/anna", toPath: "\(workspace.path)/faces/zoe")
    #expect(
      try refused().contains(
        "the maps of there were made with other labels than the data's, of 6 of 6 images: boris/1.ppm had 1, and has 0\n"
      ))
    for name in ["boris", "clara", "zoe"] {
      for number in 1...2 {
        let file = "faces/\(name)/\(number).ppm"
        try workspace.write(try workspace.data(file) + [0], to: file)
      }
    }
    #expect(
      try refused().contains(
        "the maps of there are of none of the 6 images of the data, though names are the same: images are told by the SHA-256 of "
          + "their files\n"))
  }

  @Test func inspectSaysWhatIsThere() throws {
    let workspace = try workspace()
    let answer = try workspace.call("maps", "inspect", "maps", "--images")
    #expect(answer.code == 0)
    let lines = answer.output.split(separator: "\n").map(String.init)
    #expect(
      lines.dropFirst().prefix(17) == [
        "producer: PyTorch in double precision, torch 2", "input: 32 x 32, squash, EXIF orientation: apply",
        "answers: 3 classes, logits of all", "maps: raw", "images: 6", "  the clean image: 6 images",
        "  the control: 6 images", "  fgsm at 0.02: 6 images", "  fgsm at 8/255: 6 images", "  fgsm at 0.1: 6 images",
        "  pgd at 0.05: 6 images", "explanations: grad-cam, layer-cam", "targets: predicted, label",
        "layer: conv2, maps of 8 x 8", "pictures of the inputs: of 2 images", "options: fgsm: loss-label label",
        "options: pgd: steps 4",
      ])
    #expect(lines.last?.hasPrefix("image: clara/2.ppm, ") == true && lines.last?.hasSuffix(", label 2") == true)
    let wrong = try workspace.call("maps", "inspect", "faces")
    #expect(
      wrong.code == 64 && wrong.errors.hasPrefix("error: faces: the folder has no file of maps"), "\(wrong.errors)")
  }
}
