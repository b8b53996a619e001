import Foundation
import Testing

/// Reports that are made in other circumstances, in processes of their own.
@Suite struct CircumstancesTests {
  static let template = Workspace.template + "```{heatmap-grid}\nlabel: fig-grid\nsamples: 2\n```\n"

  /// Calls the executable through other programs, in another folder and environment.
  /// - Parameters:
  ///   - programs: what is put before the call: ["taskset", "-c", "0"].
  ///   - folder: relative to the workspace.
  private func call(
    _ workspace: Workspace, _ arguments: [String], through programs: [String] = [], in folder: String,
    _ environment: [String: String] = [:]
  ) throws -> (code: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = programs + [executable.path] + arguments
    process.currentDirectoryURL = URL(filePath: "\(workspace.path)/\(folder)")
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let log = "\(workspace.path)/log-\(UUID().uuidString)"
    try Data().write(to: URL(filePath: log))
    let handle = try FileHandle(forWritingTo: URL(filePath: log))
    process.standardOutput = handle
    process.standardError = handle
    try process.run()
    process.waitUntilExit()
    return (process.terminationStatus, try String(contentsOfFile: log, encoding: .utf8))
  }

  private func exists(_ program: String) -> Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
  }

  @Test(arguments: ["paths", "text"])
  func aCopyGivesTheSameBytesAnywhereAndAtAnyTime(_ svgText: String) throws {
    let workspace = try Workspace()
    try workspace.write(Self.template, to: "short.md")
    #expect(try workspace.call("run", "small.yaml", "--set", "report.svg-text=\(svgText)").code == 0)
    let files = try workspace.files(below: "Reports/small")
    #expect(files.keys.contains("figures/fig-grid-vgg16-column.svg") && files.keys.contains("report.pdf"))
    var circumstances: [(programs: [String], environment: [String: String])] = [
      ([], ["TZ": "Pacific/Kiritimati", "LANG": "de_DE.UTF-8", "LC_ALL": "tr_TR.UTF-8"]),
      ([], ["TZ": "America/St_Johns", "LC_ALL": "C", "LANGUAGE": "ar", "USER": "nobody", "COLUMNS": "30"]),
    ]
    if exists("taskset") { circumstances.append((["taskset", "-c", "0"], [:])) }
    if exists("faketime") { circumstances.append((["faketime", "2031-02-03 04:05:06"], ["TZ": "Asia/Kathmandu"])) }
    // How text is written is a matter of SVG files alone: the last of the circumstances is enough for it.
    if svgText == "text" { circumstances = circumstances.suffix(1) }
    for (index, (programs, environment)) in circumstances.enumerated() {
      let folder = "elsewhere \(index)/Übung/results"
      let home = "\(workspace.path)/home \(index)"
      for path in ["\(workspace.path)/\(folder)", home] {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      }
      try FileManager.default.copyItem(
        atPath: "\(workspace.path)/Reports/small/results.sqlite", toPath: "\(workspace.path)/\(folder)/results.sqlite")
      let answer = try call(
        workspace, ["render", "."], through: programs, in: folder, environment.merging(["HOME": home]) { $1 })
      #expect(answer.code == 0, "\(answer.output)")
      let again = try workspace.files(below: folder)
      #expect(Set(again.keys) == Set(files.keys))
      for (name, bytes) in files where again[name] != bytes {
        Issue.record("\(name) differs with \(programs) and \(environment)")
      }
    }
  }

  /// Everything in a report that somebody could read: files, and the PDF unpacked and as text.
  private func texts(_ workspace: Workspace, _ folder: String) throws -> [(name: String, text: String)] {
    var texts: [(name: String, text: String)] = []
    for (name, data) in try workspace.files(below: folder) {
      texts.append((name, String(decoding: data, as: UTF8.self)))
      guard name.hasSuffix(".pdf") else { continue }
      for program in [["qpdf", "--qdf", "--object-streams=disable"], ["pdftotext", "-layout"]] {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = program + ["\(workspace.path)/\(folder)/\(name)", "-"]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        texts.append(("\(name), \(program[0])", String(decoding: output, as: UTF8.self)))
      }
    }
    return texts
  }

  /// A workspace whose every name tells somebody's.
  private func named() throws -> Workspace {
    let workspace = try Workspace()
    try workspace.write(
      Self.template + "{{ title }}\n\n```{provenance}\nlabel: tab-p\n```\n\n```{methods}\nlabel: tab-m\n```\n",
      to: "zelda-template.md")
    try FileManager.default.moveItem(
      atPath: "\(workspace.path)/vgg16.safetensors", toPath: "\(workspace.path)/zelda-vgg.safetensors")
    try workspace.write(
      Workspace.experiment.replacingOccurrences(of: "root: faces", with: "root: \(workspace.path)/faces")
        .replacingOccurrences(of: "weights: vgg16.saf", with: "weights: \(workspace.path)/zelda-vgg.saf")
        .replacingOccurrences(
          of: "{template: short.md}",
          with: "{template: \(workspace.path)/zelda-template.md, authors: [Zelda Q], svg-text: text}  # by Zelda"),
      to: "zelda-experiment.yaml")
    return workspace
  }

  /// Names of this machine and its user, where they are no common words.
  private var ownNames: [String] {
    let environment = ProcessInfo.processInfo.environment
    let home = environment["HOME"].map { [$0] } ?? []
    return ([ProcessInfo.processInfo.hostName, NSUserName(), FileManager.default.currentDirectoryPath] + home)
      .filter { $0.count > 4 && $0 != "localhost" }
  }

  @Test func noReportNamesUserMachineOrFolder() throws {
    let workspace = try named()
    let answer = try workspace.call("run", "zelda-experiment.yaml", "--output", "out")
    #expect(answer.code == 0, "\(answer.errors)")
    let texts = try texts(workspace, "out")
    for (name, text) in texts {
      for word in ownNames + [workspace.path, FileManager.default.temporaryDirectory.path + "heatdrift", "by Zelda"] {
        #expect(!text.contains(word), "\(name) has \(word)")
      }
    }
    // Who does not ask for it is not anonymous.
    #expect(texts.contains { $0.name == "report.pdf, pdftotext" && $0.text.contains("Zelda Q") })
    #expect(texts.contains { $0.name == "report.pdf, pdftotext" && $0.text.contains("zelda-vgg.safetensors") })
  }

  @Test func anAnonymousReportNamesNobody() throws {
    let workspace = try named()
    #expect(try workspace.call("run", "zelda-experiment.yaml", "--output", "run", "--anonymous").code == 0)
    #expect(
      try workspace.call(
        "run", "zelda-experiment.yaml", "--output", "set", "--set", "report.anonymous=true", "--set",
        "models[0].weights=\(workspace.path)/zelda-vgg.safetensors"
      ).code == 0)
    #expect(try workspace.call("run", "zelda-experiment.yaml", "--output", "rendered").code == 0)
    #expect(try workspace.call("render", "rendered", "--anonymous").code == 0)
    for folder in ["run", "set", "rendered"] {
      // But for the file that is the authors' own.
      for (name, text) in try texts(workspace, folder) where name != "authors-only.csv" {
        for word in ownNames + [workspace.path, "zelda", "Zelda"] {
          #expect(!text.contains(word), "\(folder)/\(name) has \(word)")
        }
      }
    }
    #expect(try workspace.files(below: "run")["report.pdf"] == workspace.files(below: "rendered")["report.pdf"])
    // What the store was told holds when the report is made again, and checked.
    let former = try workspace.files(below: "run")
    #expect(try workspace.call("render", "run").code == 0)
    #expect(try workspace.files(below: "run") == former)
    #expect(try workspace.call("verify", "run").code == 0)
  }

  @Test func aReviewerCanRunTheReportAgain() throws {
    let workspace = try Workspace().prepared()
    #expect(try workspace.call("run", "small.yaml", "--output", "out", "--set", "attack.epsilons=[0.05]").code == 0)
    #expect(try workspace.call("extract", "out/report.pdf", "--output", "review").code == 0)
    #expect(
      try Set(FileManager.default.contentsOfDirectory(atPath: "\(workspace.path)/review")) == [
        "experiment.yaml", "results.csv", "provenance.json", "short.md",
      ])
    // Beside what its paths lead to.
    try workspace.write(workspace.text("review/experiment.yaml"), to: "again.yaml")
    let answer = try workspace.call("run", "again.yaml", "--output", "again")
    #expect(answer.code == 0, "\(answer.errors)")
    #expect(try workspace.data("again/results.csv") == workspace.data("review/results.csv"))
  }
}
