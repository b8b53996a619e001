import Foundation
import Support
import Testing

/// Data whose labels are no classes of the networks, from the experiment to the report: seven labels before a network of three
/// classes and an embedding of five.
@Suite struct UnrelatedLabelsTests {
  private func workspace(labels: String = ", labels: unrelated", loss: String = ", loss-label: predicted") throws
    -> Workspace
  {
    let workspace = try Workspace().prepared()
    for name in ["colour.onnx", "embedding.onnx"] {
      try workspace.write(try Data(contentsOf: NetworkTests.networks.appending(path: name)), to: "nets/\(name)")
    }
    for label in ["dora", "emil", "fritz", "gerda"] {
      try workspace.write(try workspace.data("faces/anna/1.png"), to: "faces/\(label)/1.png")
    }
    try workspace.write(
      """
      title: Photographs
      seed: 5
      data: {source: folder, root: faces\(labels)}
      models:
        - {network: nets/colour.onnx, input: {size: 48, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}}
        - {network: nets/embedding.onnx, input: {size: 32, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5]}}
      attacks:
        - {epsilons: [0.02, 0.1]\(loss)}
        - {method: noise, epsilons: [0.02, 0.1]}
      report: {template: paper, formats: [pdf]}

      """, to: "photographs.yaml")
    return workspace
  }

  @Test func predictionsThatHeldStandForAccuracy() throws {
    let workspace = try workspace()
    let answer = try workspace.call("run", "photographs.yaml", "--output", "out")
    #expect(answer.code == 0, "\(answer.errors)")
    #expect(!answer.errors.contains("warning"), "\(answer.errors)")
    let lines = answer.output.split(separator: "\n")
    #expect(lines[0].contains("images    held  MOD(0.02)"), "\(answer.output)")
    #expect(answer.output.contains("held: share of predictions that held, at 0.1; noise: MOD under noise"))
    // By results.csv: of each network the share of images whose prediction FGSM did not change.
    let rows = try workspace.text("out/results.csv").split(separator: "\n").map { $0.components(separatedBy: ",") }
    func column(_ name: String) throws -> Int { try #require(rows[0].firstIndex(of: name)) }
    let (clean, attacked) = (try column("clean_prediction"), try column("adversarial_prediction"))
    let (attack, epsilon) = (try column("attack"), try column("epsilon"))
    for (line, model) in zip(lines.dropFirst(), ["colour", "embedding"]) {
      let own = rows.dropFirst().filter { $0[0] == model && $0[attack] == "fgsm" && $0[epsilon] == "0.1" }
      let held = own.count { $0[clean] == $0[attacked] }
      #expect(own.count == 10)
      let cells = line.split(separator: " ")
      #expect(cells[0] == model && cells[1] == "10" && Double(cells[2]) == Double(held) / 10, "\(line)")
    }
    // A label beyond the network's classes is nothing to it, and nothing is computed for another meaning of labels.
    #expect(rows.dropFirst().contains { $0[2] == "6" })
    let extracted = try workspace.call("extract", "out/report.pdf", "--output", "again")
    #expect(extracted.code == 0)
    #expect(try workspace.text("again/experiment.yaml").contains("\n  labels: unrelated\n"))
    #expect(try workspace.call("verify", "out", "--experiment", "photographs.yaml", "--recompute", "2").code == 0)
    #expect(try workspace.call("render", "out").code == 0)
    #expect(try workspace.call("run", "photographs.yaml", "--output", "out").errors.hasPrefix("Nothing to compute: "))
  }

  @Test func runsOfOtherMeaningsAreNotCompared() throws {
    let workspace = try workspace()
    for folder in ["a", "b"] {
      #expect(try workspace.call("run", "photographs.yaml", "--output", folder, "--quiet").code == 0)
    }
    let both = try workspace.call("compare", "a", "b", "--output", "both")
    #expect(both.code == 0, "\(both.errors)")
    try workspace.write(
      """
      title: Classes
      seed: 5
      data: {source: folder, root: faces, limit: 3}
      models: [{network: nets/wide.onnx, input: {size: 32, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5]}}]
      attack: {epsilons: [0.1]}
      report: {template: short.md}

      """, to: "classes.yaml")
    try workspace.write(try workspace.data("nets/embedding.onnx"), to: "nets/wide.onnx")
    for label in ["fritz", "gerda"] { try FileManager.default.removeItem(atPath: "\(workspace.path)/faces/\(label)") }
    #expect(try workspace.call("run", "classes.yaml", "--output", "c", "--quiet").code == 0)
    let refused = try workspace.call("compare", "a", "c", "--output", "never")
    #expect(
      refused.code == 64
        && refused.errors.hasPrefix(
          "error: these runs cannot be compared: labels are the networks’ classes in some runs and none in others: "
            + "`data.labels` is unrelated in “a” and classes in “c”\n"),
      "\(refused.errors)")
    let sweep = try workspace.call(
      "run", "classes.yaml", "--sweep", "data.labels=classes,unrelated", "--set", "attack.loss-label=predicted")
    #expect(
      sweep.code == 64 && sweep.errors.contains("labels are the networks’ classes in some runs"), "\(sweep.errors)")
  }

  @Test func whatNeedsClassesIsRefused() throws {
    let workspace = try workspace(loss: "")
    let answer = try workspace.call("run", "photographs.yaml", "--output", "out")
    #expect(answer.code == 64 && !workspace.exists("out"))
    #expect(
      answer.errors
        == "error: photographs.yaml:8:5: FGSM leads away from the label of each image, which is no class of the networks: "
        + "`data.labels` is `unrelated`\n"
        + "  Write `loss-label: predicted` under it: the attack then leads away from what each network predicts on the clean "
        + "image.\n")
    #expect(
      try workspace.call("run", "photographs.yaml", "--set", "data.labels=unrelatd").errors
        == "error: --set data.labels: `data.labels` must be one of `classes`, `unrelated`, found `unrelatd`\n"
        + "  Did you mean `unrelated`?\n")
    let prototypes = try workspace.call(
      "run", "photographs.yaml", "--set", "attacks[0].loss-label=predicted", "--set",
      "models[1].head={prototypes: from-train}")
    #expect(
      prototypes.code == 64
        && prototypes.errors
          == "error: --set models[1].head: embedding has one prototype for each label, so that labels are its classes, but "
          + "`data.labels` is `unrelated`\n  Leave `labels` out, or give the prototypes of other classes in a file.\n",
      "\(prototypes.errors)")
  }
}
