import Foundation
import Images
import Testing

/// Names come from anybody: nothing in them reaches a terminal or a page as anything but letters.
@Suite struct NameTests {
  private static let hostile = "e\u{1B}[31m\u{202E}vil\nname"
  private static let shown = "e\\u{1B}[31m\\u{202E}vil\\nname"

  /// The folder `anna` under another name.
  private func workspace(_ name: String) throws -> Workspace {
    let workspace = try Workspace().prepared()
    try FileManager.default.moveItem(atPath: "\(workspace.path)/faces/anna", toPath: "\(workspace.path)/faces/\(name)")
    return workspace
  }

  private func isHarmless(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      scalar == "\n"
        || scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
          && !(0x202A...0x202E).contains(scalar.value)
    }
  }

  @Test func aTerminalIsNotCommanded() throws {
    let workspace = try workspace(Self.hostile)
    try workspace.write("no picture", to: "faces/\(Self.hostile)/3\u{1B}c.jpg")
    try workspace.write(
      Workspace.experiment.replacing(", name: VGG16", with: "")
        .replacing("architecture: vgg16,", with: "architecture: vgg16, name: \"V\\e[7mGG\","),
      to: "small.yaml")
    for arguments in [
      ["run", "small.yaml", "--dry-run", "--why"], ["run", "small.yaml"], ["render", "Reports/small"],
      ["doctor", "small.yaml"], ["diff", "Reports/small", "Reports/small"], ["store", "check", "Reports/small"],
      ["store", "export", "Reports/small"], ["store", "export", "Reports/small", "--format", "json"],
      ["run", "a\u{1B}[2Jb.yaml"], ["run", "small.yaml", "x\u{1B}[2J"], ["layers", "\u{1B}[2J"],
      ["weights", "inspect", "\u{1B}[2J"], ["verify", "\u{1B}[2J"], ["extract", "\u{1B}[2J"],
      ["init", "\u{1B}[2J/x"], ["run", "small.yaml", "--output", "o\u{1B}[2J", "--quiet"],
    ] {
      let answer = try workspace.start(arguments).wait()
      let isHarmless = (output: isHarmless(answer.output), errors: isHarmless(answer.errors))
      #expect(
        isHarmless.output && isHarmless.errors,
        "\(arguments): \(answer.output.debugDescription) \(answer.errors.debugDescription)")
    }
    let answer = try workspace.call("run", "small.yaml")
    #expect(answer.output.contains("\nV\\u{1B}[7mGG "))
    #expect(answer.errors.contains("\n  \(Self.shown)/3\\u{1B}c.jpg: "))
    // Files keep names as they are.
    #expect(try workspace.text("Reports/small/results.csv").contains("vgg16,\"\(Self.hostile)/1.png\",2,"))
  }

  @Test func aPageShowsWhatANameHolds() throws {
    let workspace = try workspace(Self.hostile)
    try workspace.write(
      "```{heatmap-grid}\nsamples: 6\nmodels: [vgg16]\n```\n\n```{provenance}\nlabel: tab-p\n```\n", to: "short.md")
    let answer = try workspace.call("run", "small.yaml", "--set", "report.svg-text=text")
    #expect(answer.code == 0, "\(answer.errors)")
    let pages = try workspace.files(below: "Reports/small").filter { $0.key.hasPrefix("report-") }
    let svg = pages.sorted { $0.key < $1.key }.map { String(decoding: $0.value, as: UTF8.self) }.joined()
    let isShown = svg.contains(">\(Self.shown)/1.png</tspan>")
    #expect(isShown)
    #expect(try workspace.text("Reports/small/tables/tab-p.csv").contains("\(Self.shown)/1.png"))
    let isHidden = svg.unicodeScalars.contains { $0.value == 0x1B || $0.value == 0x202E || $0.value == 0xFFFD }
    #expect(!isHidden)
  }

  /// Whether fonts for it are installed or not: no box without a word.
  @Test(arguments: ["中文", "한국어", "हिन्दी", "ภาษาไทย", "مرحبا بك", "שלום עולם", "\u{1F600}", "e\u{301}clair"])
  func aNameInAnyScriptIsPrintedOrWarnedOf(_ name: String) throws {
    let workspace = try workspace(name)
    // No font but the report's own.
    try workspace.write(
      "<?xml version=\"1.0\"?><!DOCTYPE fontconfig SYSTEM \"fonts.dtd\"><fontconfig></fontconfig>", to: "fonts.conf")
    let answer = try workspace.start(
      ["run", "small.yaml"], environment: ["FONTCONFIG_FILE": "\(workspace.path)/fonts.conf"]
    ).wait()
    #expect(answer.code == 0, "\(answer.errors)")
    let ownFonts = ["مرحبا بك", "שלום עולם", "e\u{301}clair"]
    let warning = "warning: no installed font has "
    #expect(answer.errors.contains(warning) != ownFonts.contains(name), "\(answer.errors)")
    let first = name.unicodeScalars.map(\.value).min() ?? 0
    if answer.errors.contains(warning) {
      let number = "U+" + String(first, radix: 16, uppercase: true)
      #expect(answer.errors.contains(number) && answer.errors.contains("`sudo apt-get install fonts-"))
      #expect(try workspace.text("Reports/small/provenance.json").contains(number))
    }
    // With whatever is installed here there are fonts, or the same warning.
    let again = try workspace.call("render", "Reports/small")
    #expect(again.code == 0)
    let files = try workspace.files(below: "Reports/small")
    #expect(try workspace.call("render", "Reports/small").code == 0)
    #expect(try workspace.files(below: "Reports/small") == files)
  }

  @Test func doctorTellsEverythingThatIsWrongAtOnce() throws {
    let workspace = try Workspace()
    try workspace.write(
      """
      title: 中文
      data: {source: folder, root: nowhere}
      models:
        - {architecture: vgg16, weights: missing.safetensors, width: 0.04, name: VGG16}
        - {architecture: resnet50, weights: vgg16.safetensors, width: 0.04, name: Other}
        - {architecture: resnet50, weights: resnet50.safetensors, width: 0.04, layers: [layre4.2], name: Third}
      attack: {epsilons: [0.1]}
      report: {template: none.md}

      """, to: "wrong.yaml")
    try workspace.write("a file", to: "out")
    let answer = try workspace.call("doctor", "wrong.yaml", "--output", "out")
    #expect(answer.code == 64, "\(answer.output)")
    let lines = answer.output.split(separator: "\n").map(String.init)
    for start in [
      "ok       experiment: wrong.yaml: 3 models",
      "FAILED   model VGG16: there is no weights file `missing.safetensors`",
      "FAILED   model Other: ", "FAILED   model Third: ", "FAILED   data: ", "FAILED   template none.md: ",
      "FAILED   output folder: expected a folder for the results, found a file", "           at wrong.yaml:6:",
      "           at wrong.yaml:4:",
    ] {
      #expect(lines.contains { $0.hasPrefix(start) }, "\(start) in \(answer.output)")
    }
    let missing = try workspace.call("doctor", "no.yaml")
    #expect(missing.code == 64 && missing.errors.hasPrefix("error: no.yaml: "), "\(missing.errors)")
  }

  @Test func doctorIsContentWithASoundExperiment() throws {
    let workspace = try Workspace().prepared()
    let answer = try workspace.call("doctor", "small.yaml")
    let lines = answer.output.split(separator: "\n").map(String.init)
    for line in [
      "ok       model VGG16: vgg16.safetensors fits vgg16, 3 classes; layer features.29",
      "ok       data: 6 images of 3 classes", "ok       template short.md: every cell, option and value is known",
      "ok       output folder: Reports/small will be made",
      "ok       names: the report's own fonts have every character",
    ] {
      #expect(lines.contains(line), "\(line) in \(answer.output)")
    }
    #expect(!workspace.exists("Reports"))
  }
}
