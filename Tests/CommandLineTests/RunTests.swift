import Support
import Foundation
import Testing

/// The executable as its users call it, on narrow networks.
@Suite struct RunTests {
  @Test func aRunLeavesEverythingAndASecondComputesNothing() throws {
    let workspace = try Workspace().prepared()
    let first = try workspace.call("run", "small.yaml", "--threads", "1")
    #expect(first.code == 0, "\(first.errors)")
    #expect(first.errors.hasPrefix("Computing 36 measurements: 12 images over 2 models.\nVGG16: 6 images\n"))
    let lines = first.output.split(separator: "\n")
    #expect(lines.first == "model     images  accuracy  MOD(0.02)  MOD(0.1)  relative     VID  dead")
    #expect(
      lines[lines.count - 2] == "relative: MOD at 0.1, 1 being as far as the clean map of another label.")
    #expect(lines.last == "Reports/small/report.pdf")
    let files = try workspace.files(below: "Reports/small")
    #expect(
      Set(files.keys) == [
        "results.csv", "provenance.json", "report.pdf", "report-01.svg", "figures/fig-curve.pdf",
        "figures/fig-curve.svg", "figures/fig-curve-column.pdf", "figures/fig-curve-column.svg", "tables/tab-mod.csv",
        "tables/tab-mod.tex", "tables/tab-mod-wide.tex",
      ])
    #expect(!workspace.exists("Reports/small/results.sqlite-wal"))

    let rows = try workspace.text("Reports/small/results.csv").split(separator: "\n")
    try #require(rows.count == 37)
    #expect(
      rows[0]
        == "model,image,label,target,layer,epsilon,clean_prediction,adversarial_prediction,ssim,nissim,clean_peak,"
        + "adversarial_peak,clean_confidence,adversarial_confidence,clean_class_confidence,attack,explanation,"
        + "model_name,label_name,clean_prediction_name,adversarial_prediction_name")
    #expect(rows[1].hasPrefix("vgg16,anna/1.png,0,predicted,features.29,0.0,"))
    #expect(rows[36].hasPrefix("resnet50,clara/2.png,2,predicted,layer4.2,0.1,"))
    // The control: SSIM 1 and NISSIM 0, to the last bit.
    for row in rows.dropFirst() where row.split(separator: ",")[5] == "0.0" {
      #expect(row.split(separator: ",")[8...9].map(String.init) == ["1.0", "0.0"])
    }

    let second = try workspace.call("run", "small.yaml")
    #expect(second.code == 0)
    #expect(second.errors == "Nothing to compute: all 36 measurements are in Reports/small/results.sqlite.\n")
    #expect(second.output == first.output)
    #expect(try workspace.files(below: "Reports/small") == files)
  }

  @Test func threadsChangeNothing() throws {
    let workspace = try Workspace().prepared()
    #expect(try workspace.call("run", "small.yaml", "--threads", "1", "--output", "one").code == 0)
    #expect(try workspace.call("run", "small.yaml", "--threads", "4", "--output", "four", "--quiet").errors == "")
    #expect(try workspace.files(below: "one") == workspace.files(below: "four"))
  }

  @Test func renderingNeedsNothingButTheFolder() throws {
    let workspace = try Workspace().prepared()
    #expect(try workspace.call("run", "small.yaml").code == 0)
    let files = try workspace.files(below: "Reports/small")
    for name in ["faces", "vgg16.safetensors", "resnet50.safetensors", "small.yaml", "short.md"] {
      try FileManager.default.removeItem(atPath: "\(workspace.path)/\(name)")
    }
    for name in ["results.csv", "report.pdf", "provenance.json"] {
      try FileManager.default.removeItem(atPath: "\(workspace.path)/Reports/small/\(name)")
    }
    let answer = try workspace.call("render", "Reports/small")
    #expect(answer.code == 0, "\(answer.errors)")
    #expect(answer.output == "Reports/small/report.pdf\n")
    #expect(try workspace.files(below: "Reports/small") == files)
  }

  @Test func renderingTakesTheReportsOptionsAndNothingElse() throws {
    let workspace = try Workspace().prepared()
    #expect(try workspace.call("run", "small.yaml").code == 0)
    let svg = try workspace.call("render", "small.yaml", "--set", "report.formats=[svg]")
    #expect(svg.code == 0)
    #expect(svg.output == "Reports/small/report-01.svg\n")
    // What the new report does not have is gone.
    #expect(!workspace.exists("Reports/small/report.pdf"))
    #expect(workspace.exists("Reports/small/report-01.svg"))
    let other = try workspace.call("render", "small.yaml", "--set", "attack.epsilons=[0.5]")
    #expect(other.code == 64)
    #expect(
      other.errors
        == "error: small.yaml: the experiment measures something else than the results in Reports/small\n"
        + "  `heatdrift run small.yaml` computes what is missing; "
        + "`heatdrift render Reports/small` renders the results as they are.\n")
  }

  @Test func anUnreadableImageIsReportedAndTheRestGoesOn() throws {
    let workspace = try Workspace().prepared()
    try workspace.write("no picture at all, only text", to: "faces/boris/3.jpg")
    let answer = try workspace.call("run", "small.yaml")
    #expect(answer.code == 1)
    #expect(answer.errors.contains("error: 1 image could not be measured:\n  boris/3.jpg: "))
    #expect(
      answer.errors.hasSuffix(
        "The report in Reports/small is made of the others. Repair or remove the files and run again.\n"))
    #expect(try workspace.text("Reports/small/results.csv").split(separator: "\n").count == 37)
    #expect(try workspace.text("Reports/small/provenance.json").contains("\"path\" : \"boris/3.jpg\""))
  }

  @Test func aFailingCellIsPrintedInItsPlace() throws {
    let workspace = try Workspace().prepared()
    try workspace.write(Workspace.template + "```{mod-tabel}\n```\n", to: "short.md")
    let answer = try workspace.call("run", "small.yaml")
    #expect(answer.code == 1)
    #expect(answer.errors.contains("unknown cell `mod-tabel`\n  Did you mean `mod-table`?\n"))
    #expect(answer.errors.contains("1 part of the report could not be made; the report says so in its place"))
    #expect(workspace.exists("Reports/small/report.pdf"))
  }

  /// Noise is a column beside the attack, and of several measures the first stands for all.
  @Test func theSummaryHoldsMODAgainstNoise() throws {
    let workspace = try Workspace().prepared()
    try workspace.write(
      Workspace.experiment.replacing(
        "attack: {epsilons: [0.1, 0.02]}",
        with: "attacks: [{method: noise, epsilons: [0.1]}, {method: fgsm, epsilons: [0.1]}]\n"
          + "compare: {measures: [nissim, centre]}"), to: "noise.yaml")
    let answer = try workspace.call("run", "noise.yaml", "--quiet")
    #expect(answer.code == 0, "\(answer.errors)")
    let lines = answer.output.split(separator: "\n").map { $0.split(separator: " ") }
    try #require(lines.count == 5, "\(answer.output)")
    #expect(lines[0] == ["model", "images", "accuracy", "MOD(0.1)", "noise", "relative", "VID", "dead"])
    #expect(lines[1].first == "VGG16" && lines[2].first == "ResNet50")
    #expect(
      lines[3].joined(separator: " ")
        == "noise: MOD under noise of the same size, at 0.1; relative: MOD at 0.1, 1 being as far as the clean map of another "
        + "label; all by NISSIM; centre shift is in the report.")
    var sums: [String: Double] = [:]
    for line in try workspace.text("Reports/noise/results.csv").split(separator: "\n").dropFirst() {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      if fields[0] == "vgg16", fields[5] == "0.1" { sums[String(fields[15]), default: 0] += Double(fields[9]) ?? .nan }
    }
    for (place, attack) in [(3, "fgsm"), (4, "noise")] {
      let mean = try #require(sums[attack]) / 6
      #expect(try abs(#require(Double(lines[1][place])) - mean) <= 0.5e-4, "\(attack)")
    }
  }
}
