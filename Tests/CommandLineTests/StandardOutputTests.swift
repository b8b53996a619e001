import Foundation
import Testing

/// What is printed arrives, or the exit code says that it did not.
@Suite struct StandardOutputTests {
  private static let full =
    "error: standard output: cannot be written: No space left on device; what was printed is not all\n"
    + "  Free some space and run the same command again.\n"

  /// A workspace with a finished run in `out`.
  private func finished() throws -> Workspace {
    let workspace = try Workspace().prepared()
    #expect(try workspace.call("run", "small.yaml", "--quiet", "--output", "out").code == 0)
    return workspace
  }

  @Test func aFullDiskIsSaid() throws {
    let workspace = try finished()
    for arguments in [
      "--help", "--version", "help run", "run --help", "--generate-completion-script bash", "--experimental-dump-help",
      "layers vgg16", "cells", "cells mod-curve", "cells --markdown", "init new --quiet",
      "run small.yaml --output out --dry-run", "run small.yaml --output out --quiet", "render out", "verify out",
      "diff out out", "extract out/report.pdf --output taken", "store check out", "store gc out", "store export out",
      "store export out --format json", "weights inspect vgg16.safetensors",
      "weights convert vgg16.safetensors again.safetensors", "doctor",
    ] {
      let answer = try workspace.shell("\"$H\" \(arguments) > /dev/full")
      #expect(answer.code == 1, "\(arguments)")
      #expect(answer.errors == Self.full, "\(arguments)")
    }
    // The work was done all the same.
    #expect(workspace.exists("new.yaml") && workspace.exists("taken/results.csv"))
    #expect(workspace.exists("again.safetensors"))
  }

  /// A disk that fills up on the way: what is there is a beginning, and nobody takes it for all.
  @Test(.enabled(if: SmallDisk.isAllowed, "mounting a tmpfs is not allowed here"))
  func aDiskThatFillsUpIsSaid() throws {
    let workspace = try finished()
    let disk = try #require(SmallDisk("size=8k"))
    let whole = try workspace.call("store", "export", "out")
    #expect(whole.output.utf8.count > 8192)
    let answer = try workspace.shell("\"$H\" store export out > \(disk.path)/all.csv")
    #expect(answer.code == 1)
    #expect(answer.errors == Self.full)
    let written = try Data(contentsOf: URL(filePath: "\(disk.path)/all.csv"))
    #expect(written.count <= 8192 && whole.output.utf8.starts(with: written))
  }

  @Test func whereNothingIsPrintedNothingIsMissing() throws {
    let workspace = try finished()
    let answer = try workspace.shell("\"$H\" store export out --output all.csv > /dev/full")
    #expect(answer.code == 0)
    #expect(answer.errors == "")
    #expect(try workspace.text("all.csv") == workspace.call("store", "export", "out").output)
  }

  /// What went wrong first decides the code.
  @Test func otherCodesStay() throws {
    let workspace = try finished()
    let wrong = try workspace.shell("\"$H\" run nowhere.yaml > /dev/full")
    #expect(wrong.code == 64)
    #expect(
      wrong.errors == "error: nowhere.yaml: there is no such file\n  Give the path of an experiment file (.yaml).\n")
    try workspace.write("changed", to: "out/report.pdf")
    let failed = try workspace.shell("\"$H\" verify out > /dev/full")
    #expect(failed.code == 1)
    #expect(failed.errors == Self.full)
  }

  /// A reader that has enough changes nothing, and nobody is told.
  @Test func aClosedPipeEndsQuietly() throws {
    let workspace = try finished()
    for arguments in ["store export out", "cells --markdown", "--help", "layers resnet101", "doctor"] {
      let answer = try workspace.shell("set -o pipefail; \"$H\" \(arguments) | true")
      #expect(answer.code == 0, "\(arguments)")
      #expect(answer.errors == "", "\(arguments)")
    }
    let some = try workspace.shell("set -o pipefail; \"$H\" store export out | head -n 1")
    #expect(some.code == 0 && some.errors == "")
    #expect(some.output.split(separator: "\n").count == 1)
    let run = try workspace.shell("set -o pipefail; \"$H\" run small.yaml --output piped --quiet | true")
    #expect(run.code == 0 && run.errors == "")
    #expect(try workspace.files(below: "piped") == workspace.files(below: "out"))
  }

  /// Once the next file to be opened, the store, would have taken the place of what was closed, and the messages.
  @Test func whatWasClosedIsNotWrittenElsewhere() throws {
    let workspace = try finished()
    let noOutput = try workspace.shell("\"$H\" run small.yaml --output closed --quiet >&-")
    #expect(noOutput.code == 1)
    #expect(
      noOutput.errors
        == "error: standard output: cannot be written: Bad file descriptor; what was printed is not all\n"
        + "  It was closed, or open for reading only, when the program began.\n")
    #expect(try workspace.files(below: "closed") == workspace.files(below: "out"))
    #expect(try workspace.call("store", "check", "closed").code == 0)
    let nothing = try workspace.shell("\"$H\" run small.yaml --output none >&- 2>&- <&-")
    #expect(nothing.code == 1)
    #expect(try workspace.files(below: "none") == workspace.files(below: "out"))
    #expect(try workspace.call("verify", "none").code == 0)
  }

  /// Where errors cannot be told the exit code tells.
  @Test(arguments: ["2> /dev/full", "2>&-", "2> >(true)"])
  func standardErrorThatTakesNothing(_ redirection: String) throws {
    let workspace = try finished()
    let run = try workspace.shell("\"$H\" run small.yaml --output again \(redirection)")
    #expect(run.code == 0)
    #expect(run.output.hasSuffix("again/report.pdf\n"))
    #expect(try workspace.files(below: "again") == workspace.files(below: "out"))
    #expect(try workspace.shell("\"$H\" run nowhere.yaml \(redirection)").code == 64)
    #expect(try workspace.shell("\"$H\" store export out > /dev/full \(redirection)").code == 1)
  }

  /// In the place of a device nothing is put, least of all by root.
  @Test func devicesAreWrittenAsTheyAre() throws {
    let workspace = try finished()
    let whole = try workspace.call("store", "export", "out").output
    let piped = try workspace.shell("\"$H\" store export out --output /dev/stdout | cat")
    #expect(piped.code == 0, "\(piped.errors)")
    #expect(piped.output == whole)
    let full = try workspace.shell("\"$H\" store export out --output /dev/full")
    #expect(full.code == 1)
    #expect(full.errors.hasPrefix("error: /dev/full: the file cannot be written: No space left on device\n"))
    var status = stat()
    #expect(stat("/dev/full", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
    let folder = try workspace.call("store", "export", "out", "--output", "faces")
    #expect(folder.code == 1)
    #expect(
      folder.errors
        == "error: faces: a folder is where the file should be written\n  Give another name, or move it away.\n")
  }
}
