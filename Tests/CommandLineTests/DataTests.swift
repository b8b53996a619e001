import Foundation
import Testing

/// What a run says of its data, on narrow networks.
@Suite struct DataTests {
  @Test func aMissingClassFolderIsWarnedOf() throws {
    let workspace = try Workspace().prepared()
    try FileManager.default.removeItem(atPath: workspace.path + "/faces/boris")
    let warning =
      "warning: There are 2 class folders, but VGG16 and ResNet50 have 3 outputs: if one is missing, every label behind is "
      + "wrong\n"
    let answer = try workspace.call("run", "small.yaml", "--quiet")
    #expect(answer.code == 0)
    #expect(answer.errors.hasPrefix(warning), "\(answer.errors)")
    #expect(try workspace.text("Reports/small/provenance.json").contains("There are 2 class folders, but VGG16"))
    #expect(try workspace.call("run", "small.yaml", "--dry-run").errors.hasPrefix(warning))
    #expect(try workspace.call("render", "Reports/small").errors.hasPrefix(warning))
    // Named in their order, the folders have the labels of the names, and nothing is to be warned of.
    try workspace.write("anna\r\nboris\r\nclara\r\n", to: "names.txt")
    let named = try workspace.call(
      "run", "small.yaml", "--quiet", "--output", "named", "--set", "data.classes=names.txt")
    #expect(named.code == 0 && named.errors == "", "\(named.errors)")
    let labels = try workspace.text("named/results.csv").split(separator: "\n").dropFirst().map {
      $0.split(separator: ",").dropFirst().prefix(2).joined(separator: " ")
    }
    #expect(Set(labels) == ["anna/1.png 0", "anna/2.png 0", "clara/1.png 2", "clara/2.png 2"])
    #expect(try workspace.text("named/provenance.json").contains("1 class has a name but no folder: boris."))
  }

  @Test func aFolderTooManyIsAnError() throws {
    let workspace = try Workspace().prepared()
    try workspace.write("P5 1 1 255\n.", to: "faces/aaron/1.pgm")
    let answer = try workspace.call("run", "small.yaml", "--set", "data.limit=1")
    #expect(answer.code == 64)
    #expect(
      answer.errors
        == "error: small.yaml:6:36: VGG16 has 3 outputs, but there are 4 class folders\n  Every label behind one too many is "
        + "wrong. Take away what is no class, or use weights that were trained on these classes.\n")
  }

  @Test func whatIsPassedOverIsSaid() throws {
    let workspace = try Workspace().prepared()
    try workspace.write("RIFF", to: "faces/anna/3.webp")
    try workspace.write("a list", to: "faces/anna/list.txt")
    let answer = try workspace.call("run", "small.yaml", "--set", "attack.epsilons=[0, 8/255]")
    #expect(answer.code == 0, "\(answer.errors)")
    #expect(answer.errors.contains("warning: 1 picture was passed over: 1 .webp\n  Read are JPEG, PNG, PGM and PPM"))
    #expect(answer.errors.contains("note: 1 other file was passed over: 1 .txt.\n"))
    #expect(
      answer.errors.contains(
        "note: The experiment lists the attack level 0, which is the control and is measured without being listed.\n"))
    let provenance = try workspace.text("Reports/small/provenance.json")
    #expect(provenance.contains("\"path\" : \"anna/3.webp\""))
    #expect(provenance.contains("\"path\" : \"anna/list.txt\""))
    #expect(try workspace.text("Reports/small/results.csv").contains(",\(8.0 / 255),"))
  }

  @Test func theOrientationIsAnIngredient() throws {
    let workspace = try Workspace().prepared()
    let fixture = URL(filePath: #filePath).appending(path: "../../ImagesTests/Fixtures/orientation-6.jpg")
    try workspace.write([UInt8](try Data(contentsOf: fixture.standardizedFileURL)), to: "faces/anna/3.jpg")
    try workspace.write("# Validity\n\n```{validity}\n```\n", to: "short.md")
    let arguments = ["--set", "models[1].input={orientation: ignore}"]
    #expect(try workspace.start(["run", "small.yaml"]).wait().code == 0)
    #expect(try workspace.text("Reports/small/provenance.json").contains("\"orientation\" : 6,"))
    let why = try workspace.start(["run", "small.yaml", "--dry-run", "--why"] + arguments).wait()
    #expect(
      why.output.contains(
        "ResNet50: 21 measurements of 7 images; 0 are stored\n"
          + "  21 measurements of 7 images: orientation was apply, is ignore\n"), "\(why.output)")
    #expect(why.output.contains("VGG16: nothing; all 21 measurements are stored\n"))
    #expect(try workspace.start(["run", "small.yaml"] + arguments).wait().code == 0)
    let rows = try workspace.text("Reports/small/results.csv").split(separator: "\n").filter {
      $0.contains("anna/3.jpg")
    }
    #expect(rows.count == 6)
    let exported = try workspace.call("store", "export", "Reports/small").output.split(separator: "\n")
    let column = try #require(exported[0].split(separator: ",").firstIndex(of: "orientation"))
    let values = exported.dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false)[column] }
    #expect(values.count { $0 == "ignore" } == 21 && values.count { $0 == "" } == 42)
  }
}
