import Support
import Foundation
import Testing

/// `heatdrift verify` and `heatdrift diff`.
@Suite struct VerifyTests {
  @Test func aSoundFolderIsConfirmed() throws {
    let workspace = try Workspace().prepared()
    #expect(try workspace.call("run", "small.yaml", "--quiet").code == 0)
    let store = try workspace.data("Reports/small/results.sqlite")
    let answer = try workspace.call("verify", "Reports/small", "--recompute", "2")
    #expect(answer.code == 0, "\(answer.errors)\(answer.output)")
    #expect(
      answer.output == """
        ok  store: 36 measurements, 48 maps, 6 photographs
        ok  drift: 36 values of NISSIM from the stored maps, the same bits
        ok  report: 11 files rendered again, the same bytes
        ok  inputs: 2 weights files and 6 images have the hashes of the run
        ok  recomputed: 12 measurements of 2 images computed again, 12 of them the same bits; greatest difference of \
        NISSIM 0.0 (at most 0.002)

        """)
    #expect(try workspace.data("Reports/small/results.sqlite") == store)

    // Wherever the folder is taken, it still says whether it is whole.
    for name in ["faces", "vgg16.safetensors", "resnet50.safetensors", "small.yaml", "short.md"] {
      try FileManager.default.removeItem(atPath: "\(workspace.path)/\(name)")
    }
    let alone = try workspace.call("verify", "Reports/small")
    #expect(alone.code == 0)
    #expect(alone.output.split(separator: "\n").count == 4)
    #expect(
      alone.output.hasSuffix("--  inputs: not compared, since small.yaml as it was run is not here (--experiment)\n"))
    let cannot = try workspace.call("verify", "Reports/small", "--recompute", "1")
    #expect(cannot.code == 64)
    #expect(
      cannot.errors
        == "error: to measure images again their files are needed, and small.yaml is not here\n"
        + "  Name the experiment file (--experiment), with each --set that the run was given.\n")
  }

  @Test func everyChangeIsFound() throws {
    let workspace = try Workspace().prepared()
    #expect(try workspace.call("run", "small.yaml", "--quiet").code == 0)
    try workspace.write(workspace.text("Reports/small/results.csv") + "x", to: "Reports/small/results.csv")
    try FileManager.default.removeItem(atPath: "\(workspace.path)/Reports/small/tables/tab-mod.csv")
    try workspace.write("%PDF", to: "Reports/small/figures/fig-old.pdf")
    let picture = try workspace.data("faces/anna/1.png")
    try workspace.write(picture + Data("1".utf8), to: "faces/anna/1.png")
    try Workspace.writeWeights(.resnet50, width: 0.04, to: "\(workspace.path)/resnet50.safetensors", seed: 12)
    let answer = try workspace.call("verify", "Reports/small", "--recompute", "1")
    #expect(answer.code == 1)
    #expect(
      answer.output == """
        ok  store: 36 measurements, 48 maps, 6 photographs
        ok  drift: 36 values of NISSIM from the stored maps, the same bits
        FAILED  report: results.csv is not what the store gives
        FAILED  report: tables/tab-mod.csv is missing
        FAILED  report: figures/fig-old.pdf is no part of it
                `heatdrift render Reports/small` makes the report again; `heatdrift diff` says why two differ.
        FAILED  inputs: the weights of ResNet50, resnet50.safetensors, changed
        FAILED  inputs: the image anna/1.png changed

        """)
  }

  @Test func diffSaysWhyTwoReportsDiffer() throws {
    let workspace = try Workspace().prepared()
    #expect(try workspace.call("run", "small.yaml", "--quiet", "--output", "a").code == 0)
    #expect(try workspace.call("run", "small.yaml", "--quiet", "--output", "b").code == 0)
    let same = try workspace.call("diff", "a", "b")
    #expect(same.code == 0, "\(same.errors)\(same.output)")
    #expect(same.output == "No difference: 36 measurements, the same to the last digit.\n")

    try Workspace.writeWeights(.resnet50, width: 0.04, to: "\(workspace.path)/resnet50.safetensors", seed: 12)
    try FileManager.default.removeItem(atPath: "\(workspace.path)/faces/clara/2.png")
    try workspace.write(Workspace.template + "More.\n", to: "short.md")
    let run = try workspace.call(
      "run", "small.yaml", "--quiet", "--output", "b", "--set", "compare.window=gaussian", "--set", "title=Other")
    #expect(run.code == 0, "\(run.errors)")
    let answer = try workspace.call("diff", "a", "b")
    #expect(answer.code == 1)
    let lines = answer.output.split(separator: "\n").map(String.init)
    #expect(lines.first == "experiment:")
    #expect(lines.contains("  title: Small faces → Other"))
    #expect(lines.contains("  --set:  → compare.window=gaussian title=Other"))
    #expect(lines.contains { $0.hasPrefix("  template SHA-256: ") })
    #expect(lines.contains("  compare.window: uniform → gaussian"))
    #expect(lines.contains { $0.hasPrefix("  resnet50 (resnet50.safetensors): ") })
    #expect(lines.contains { $0.hasPrefix("  clara/2.png: ") && $0.hasSuffix(", label 2, only in a") })
    #expect(lines.contains("  measurements that the other does not have: 6 → 0"))
    #expect(
      lines.contains { $0.hasPrefix("  MOD of vgg16 at features.29, predicted, fgsm, grad-cam, epsilon 0.1; most on ") }
    )
    // The control is the same in both.
    #expect(!lines.contains { $0.contains("vgg16") && ($0.contains("epsilon 0.0:") || $0.contains("epsilon 0.0;")) })
    #expect(lines.last?.hasSuffix(" of 30 common measurements are the same to the last digit.") == true)

    let missing = try workspace.call("diff", "a", "faces")
    #expect(missing.code == 64)
    #expect(
      missing.errors
        == "error: faces/provenance.json: the file cannot be read\n"
        + "  Give the output folder of a finished run; `heatdrift render` makes its files again.\n")
  }

  @Test func diffOfManyHasAColumnForEach() throws {
    let workspace = try Workspace().prepared()
    let call = ["run", "small.yaml", "--quiet", "--output"]
    #expect(try workspace.start(call + ["runs/a"]).wait().code == 0)
    #expect(try workspace.start(call + ["runs/b", "--set", "compare.window=gaussian"]).wait().code == 0)
    #expect(try workspace.start(call + ["runs/c", "--set", "title=Other"]).wait().code == 0)
    #expect(try workspace.call("diff", "runs/a", "runs/a", "runs/a").code == 0)
    let answer = try workspace.call("diff", "runs/a", "runs/b", "runs/c", "--rows", "1")
    #expect(answer.code == 1)
    let lines = answer.output.split(separator: "\n").map(String.init)
    #expect(
      Array(lines.prefix(6)) == [
        "experiment:",
        "         a            b            c",
        "  title  Small faces  Small faces  Other",
        "  and 1 more",
        "options:",
        "                  a        b         c",
      ])
    #expect(lines[6] == "  compare.window  uniform  gaussian  uniform")
    let number = try #require(
      lines.firstIndex {
        $0.hasPrefix("  MOD of vgg16 at features.29, predicted, fgsm, grad-cam, epsilon 0.02; most on ")
      })
    let values = lines[number + 1].split(separator: " ")
    #expect(values.count == 3)
    #expect(values[0] == values[2] && values[0] != values[1])
    #expect(lines.last == "12 of 36 common measurements are the same to the last digit.")
    let one = try workspace.call("diff", "runs/a")
    #expect(one.code == 64)
    #expect(one.errors.hasPrefix("Error: diff needs at least two folders, found one: runs/a"), "\(one.errors)")
  }

  /// A folder whose report another machine drew.
  private func foreign(_ workspace: Workspace) throws {
    for name in ["provenance.json", "tables/tab-provenance.csv"] where workspace.exists("Reports/small/\(name)") {
      let text = try workspace.text("Reports/small/\(name)")
      try workspace.write(
        text.replacing(/"Cairo" : "[^"]+"/, with: "\"Cairo\" : \"1.99.0\"")
          .replacing(/rendering,Cairo,.+/, with: "rendering,Cairo,1.99.0"), to: "Reports/small/\(name)")
    }
    // Other ways to draw the same.
    try workspace.write(workspace.text("Reports/small/report-01.svg") + "<!-- -->", to: "Reports/small/report-01.svg")
    try workspace.write(workspace.data("Reports/small/report.pdf") + Data("%\n".utf8), to: "Reports/small/report.pdf")
  }

  @Test func aReportDrawnByOtherLibrariesIsHeldToWhatItSays() throws {
    let workspace = try Workspace().prepared()
    try workspace.write(Workspace.template + "\n```{provenance}\nlabel: tab-provenance\n```\n", to: "short.md")
    #expect(try workspace.call("run", "small.yaml", "--quiet").code == 0)
    try FileManager.default.copyItem(atPath: "\(workspace.path)/Reports/small", toPath: "\(workspace.path)/here")
    try foreign(workspace)
    let cairo = try #require(workspace.text("here/provenance.json").firstMatch(of: /"Cairo" : "([^"]+)"/)).1

    let answer = try workspace.call("verify", "Reports/small")
    #expect(answer.code == 0, "\(answer.output)")
    #expect(answer.output.contains("ok  report: rendered by other libraries: Cairo 1.99.0 (here \(cairo))\n"))
    #expect(
      answer.output.contains(
        " files rendered again: the same results, tables, attachments and structure; how pages are drawn can be held to "
          + "the byte only where the libraries are the same\n"), "\(answer.output)")

    let difference = try workspace.call("diff", "Reports/small", "here")
    #expect(difference.code == 1)
    #expect(
      difference.output == """
        rendered by other libraries: Cairo 1.99.0 → \(cairo)
        Nothing else differs: pages may be drawn otherwise, and say the same.
        36 of 36 common measurements are the same to the last digit.

        """)

    // What is no matter of drawing is found as ever.
    try workspace.write(workspace.text("Reports/small/results.csv") + "x", to: "Reports/small/results.csv")
    try workspace.write(workspace.data("here/figures/fig-curve.pdf"), to: "Reports/small/report.pdf")
    let wrong = try workspace.call("verify", "Reports/small")
    #expect(wrong.code == 1)
    let failures = wrong.output.split(separator: "\n").filter { $0.hasPrefix("FAILED") }
    #expect(failures.contains("FAILED  report: results.csv is not what the store gives: it has other lines"))
    #expect(
      failures.contains { $0.hasPrefix("FAILED  report: report.pdf is not what the store gives: it") })
    #expect(failures.count == 2, "\(failures)")
  }

  @Test func otherPagesOfTheSameLibrariesAreADifference() throws {
    let workspace = try Workspace().prepared()
    #expect(try workspace.call("run", "small.yaml", "--quiet", "--output", "a").code == 0)
    try FileManager.default.copyItem(atPath: "\(workspace.path)/a", toPath: "\(workspace.path)/b")
    try workspace.write(workspace.data("b/report.pdf") + Data("%\n".utf8), to: "b/report.pdf")
    let answer = try workspace.call("diff", "a", "b")
    #expect(answer.code == 1)
    #expect(answer.output.hasPrefix("pages:\n  report.pdf, which nothing above explains: SHA-256 "))
  }

  /// What changes no number must not move the pages.
  @Test func anOverrideOfTheReportLeavesThePagesAsTheyAre() throws {
    let workspace = try Workspace().prepared()
    try workspace.write(Workspace.template + "\n```{provenance}\nlabel: tab-provenance\n```\n", to: "short.md")
    #expect(try workspace.call("run", "small.yaml", "--quiet", "--output", "a").code == 0)
    let call = ["run", "small.yaml", "--quiet", "--output"]
    #expect(try workspace.start(call + ["b", "--set", "report.formats=[pdf, svg]"]).wait().code == 0)
    #expect(try workspace.start(call + ["c", "--set", "report.template=short.md"]).wait().code == 0)
    for name in ["report-01.svg", "tables/tab-provenance.csv"] {
      #expect(try workspace.text("b/\(name)") == workspace.text("a/\(name)"))
      #expect(try workspace.text("c/\(name)") == workspace.text("a/\(name)"))
    }
    #expect(try workspace.text("b/provenance.json").contains("report.formats=[pdf, svg]"))
    #expect(try workspace.start(call + ["d", "--set", "seed=5"]).wait().code == 0)
    #expect(try workspace.text("d/tables/tab-provenance.csv").contains("experiment,'--set,seed=5"))
  }

  @Test func provenanceNamesTheLibraries() throws {
    let workspace = try Workspace().prepared()
    #expect(try workspace.call("run", "small.yaml", "--quiet").code == 0)
    let object = try JSONSerialization.jsonObject(with: workspace.data("Reports/small/provenance.json"))
    let document = try #require(object as? [String: Any])
    let software = try #require(document["software"] as? [String: String])
    let rendering = try #require(document["rendering"] as? [String: String])
    let drawing = ["Cairo", "Pango", "HarfBuzz", "FreeType", "Fontconfig", "libqpdf", "zlib", "libpng"]
    #expect(Set(rendering.keys) == Set(drawing + ["cmark-gfm", "libturbojpeg"]))
    for (part, names) in [(software, ["SQLite", "libpng"]), (rendering, drawing)] {
      for name in names {
        let version = try #require(part[name], "\(name)")
        #expect(version.wholeMatch(of: /\d+\.\d+(\.\d+)*/) != nil, "\(name) \(version)")
      }
    }
    let encoder = try #require(rendering["libturbojpeg"])
    #expect(encoder.wholeMatch(of: /\d+\.\d+\.\d+, encoder [0-9a-f]{8}/) != nil, "\(encoder)")
    let fonts = try #require(document["fonts"] as? [String: String])
    #expect(fonts.count == 12)
    #expect(
      fonts["LinLibertine_R.otf"] == "057bbfa1ac76133c8ae596eff0baf1fd662b2b60e830e6d45cfec5d21489eda3")
    #expect(software["engine"]?.hasPrefix("oneDNN ") == true)
    #expect(software["instruction set"]?.isEmpty == false)
    #expect(software["arithmetic revision"] == "7")
    let experiment = try #require(document["experiment"] as? [String: Any])
    #expect((experiment["templateSHA256"] as? String)?.count == 64)
  }
}
