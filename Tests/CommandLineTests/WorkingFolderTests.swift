import Foundation
import Testing

/// The working folder may be gone: somebody else made room, or a job's scratch folder was taken away. Once that was an
/// endless loop that took all memory.
@Suite struct WorkingFolderTests {
  /// Calls the executable where a folder was.
  private func call(_ workspace: Workspace, _ arguments: String) throws -> Answer {
    try workspace.shell("mkdir gone && cd gone && rmdir ../gone && exec \"$H\" \(arguments)")
  }

  private func gone(_ path: String) -> String {
    "error: the working folder is gone (deleted, or its disk was taken away), and `\(path)` is relative to it\n"
      + "  Change to a folder that is there (`cd`), or give absolute paths.\n"
  }

  @Test(arguments: [
    ("run small.yaml", "small.yaml"), ("run small.yaml --dry-run", "small.yaml"),
    ("render Reports/small", "Reports/small"), ("render small.yaml --output /tmp", "small.yaml"),
    ("verify out", "out"), ("diff a /b", "a"), ("diff /a b", "b"), ("extract report.pdf", "report.pdf"),
    ("extract /report.pdf", "."), ("store check out", "out"), ("store gc out", "out"), ("store export out", "out"),
    ("store export /out --output all.csv", "all.csv"), ("init faces", "faces"),
    ("weights inspect a.pth", "a.pth"), ("weights convert /a.pth a.safetensors", "a.safetensors"),
  ])
  func whatIsRelativeIsNamed(_ arguments: String, _ path: String) throws {
    let answer = try call(try Workspace(), arguments)
    #expect(answer.code == 64)
    #expect(answer.errors == gone(path))
    #expect(answer.output == "")
  }

  @Test func absolutePathsNeedNoWorkingFolder() throws {
    let workspace = try Workspace().prepared()
    let path = workspace.path
    // Where nobody says otherwise the report goes below the working folder.
    let withoutOutput = try call(workspace, "run \(path)/small.yaml")
    #expect(withoutOutput.code == 64)
    #expect(withoutOutput.errors == gone("Reports/"))
    let dry = try call(workspace, "run \(path)/small.yaml --dry-run --output \(path)/out")
    #expect(dry.code == 0, "\(dry.errors)")
    #expect(dry.output.hasSuffix("36 measurements would be computed into \(path)/out.\n"))
    let run = try call(workspace, "run \(path)/small.yaml --quiet --output \(path)/out")
    #expect(run.code == 0, "\(run.errors)")
    let former = try workspace.files(below: "out")
    let template = try call(workspace, "render \(path)/out --template short.md")
    #expect(template.errors == gone("short.md"))
    for arguments in [
      "render \(path)/out --template \(path)/short.md", "render \(path)/small.yaml --output \(path)/out",
      "verify \(path)/out", "diff \(path)/out \(path)/out", "extract \(path)/out/report.pdf --output \(path)/taken",
      "store check \(path)/out", "store gc \(path)/out", "store export \(path)/out", "init \(path)/new",
      "weights inspect \(path)/vgg16.safetensors", "layers vgg16", "cells", "--version", "doctor",
    ] {
      let answer = try call(workspace, arguments)
      #expect(answer.code == 0, "\(arguments): \(answer.errors)")
    }
    #expect(try workspace.files(below: "out") == former)
    #expect(try workspace.data("taken/results.csv") == former["results.csv"])
  }

  /// A template's name is looked up above the executable all the same.
  @Test func templatesAreFoundByName() throws {
    let workspace = try Workspace().prepared()
    let path = workspace.path
    #expect(try workspace.call("run", "small.yaml", "--quiet", "--output", "out").code == 0)
    let answer = try call(workspace, "render \(path)/out --template review")
    #expect(answer.code == 0, "\(answer.errors)")
    let unknown = try call(workspace, "render \(path)/out --template reviev")
    #expect(unknown.code == 64)
    #expect(unknown.errors.hasPrefix("error: there is no template `reviev`\n  Did you mean `review`?"))
  }

  /// What has no end is read as far as such a file could go.
  @Test func whatHasNoEndIsRefused() throws {
    let workspace = try Workspace().prepared()
    try FileManager.default.createSymbolicLink(
      atPath: "\(workspace.path)/endless.md", withDestinationPath: "/dev/zero")
    let template = try workspace.shell("exec \"$H\" run small.yaml --dry-run --template endless.md", megabytes: 4000)
    #expect(template.code == 64)
    #expect(
      template.errors
        == "error: endless.md: the file is larger than 16 MiB, which no template needs to be\n"
        + "  Check that this is the right file.\n")
    #expect(try workspace.call("run", "small.yaml", "--quiet", "--output", "out").code == 0)
    for name in ["report.pdf", "results.csv"] {
      try FileManager.default.removeItem(atPath: "\(workspace.path)/out/\(name)")
      try FileManager.default.createSymbolicLink(
        atPath: "\(workspace.path)/out/\(name)", withDestinationPath: "/dev/zero")
    }
    let verify = try workspace.shell("exec \"$H\" verify out", megabytes: 4000)
    #expect(verify.code == 1)
    #expect(verify.output.contains("FAILED  report: report.pdf is missing\n"))
    let diff = try workspace.shell("exec \"$H\" diff out out", megabytes: 4000)
    #expect(diff.code == 64)
    #expect(diff.errors.hasPrefix("error: out/results.csv: the file cannot be read\n"))
  }
}
