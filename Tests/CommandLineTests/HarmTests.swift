import Foundation
import Images
import Support
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A small file system of its own, gone afterwards.
final class SmallDisk {
  let path: String

  /// - Parameter options: "size=1m", "size=4m,ro".
  /// - Returns: nil where this user may not mount.
  init?(_ options: String) {
    path = FileManager.default.temporaryDirectory.appending(path: "heatdrift-disk-\(UUID().uuidString)").path
    guard (try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)) != nil,
      mount("none", path, "tmpfs", 0, options) == 0
    else {
      _ = rmdir(path)
      return nil
    }
  }

  /// Whether mounting is allowed.
  static let isAllowed = SmallDisk("size=64k") != nil

  func makeReadOnly() -> Bool { mount("none", path, "tmpfs", UInt(remountFlag | readOnlyFlag), nil) == 0 }
  func grow(to size: String) -> Bool { mount("none", path, "tmpfs", UInt(remountFlag), "size=\(size)") == 0 }

  deinit {
    _ = umount2(path, Int32(detachFlag))
    _ = rmdir(path)
  }
}

private let readOnlyFlag = 1
private let remountFlag = 32
private let detachFlag = 2

/// Full disks, folders that cannot be written, few and broken images.
@Suite struct HarmTests {
  @Test(.enabled(if: SmallDisk.isAllowed, "mounting a tmpfs is not allowed here"))
  func aFullDiskLosesNothingThatWasKept() throws {
    let disk = try #require(SmallDisk("size=4m"))
    let workspace = try Workspace().prepared()
    let output = "\(disk.path)/out"
    #expect(try workspace.call("run", "small.yaml", "--quiet", "--output", output).code == 0)
    let former = try Data(contentsOf: URL(filePath: output + "/report.pdf"))
    // Fills the disk but for little.
    let filler = "\(disk.path)/filler"
    #expect(FileManager.default.createFile(atPath: filler, contents: nil))
    let handle = try FileHandle(forWritingTo: URL(filePath: filler))
    while (try? handle.write(contentsOf: Data(count: 16 << 10))) != nil {}
    try handle.close()

    let full = try workspace.call(
      "run", "small.yaml", "--quiet", "--output", output, "--set", "attack.epsilons=[0.02, 0.1, 0.2, 0.3]")
    #expect(full.code == 1, "\(full.errors)")
    #expect(full.errors.contains("disk is full") || full.errors.contains("No space left on device"), "\(full.errors)")
    #expect(full.errors.contains("Free some space and run the same command again"))
    #expect(try Data(contentsOf: URL(filePath: output + "/report.pdf")) == former)
    #expect(
      try FileManager.default.subpathsOfDirectory(atPath: output).filter { $0.hasSuffix(".partial") }.isEmpty)

    try FileManager.default.removeItem(atPath: filler)
    let resumed = try workspace.call(
      "run", "small.yaml", "--quiet", "--output", output, "--set", "attack.epsilons=[0.02, 0.1, 0.2, 0.3]")
    #expect(resumed.code == 0, "\(resumed.errors)")
    let undisturbed = try workspace.call(
      "run", "small.yaml", "--quiet", "--output", "fresh", "--set", "attack.epsilons=[0.02, 0.1, 0.2, 0.3]")
    #expect(undisturbed.code == 0)
    #expect(
      try Data(contentsOf: URL(filePath: output + "/report.pdf")) == workspace.data("fresh/report.pdf"))
    #expect(
      try Data(contentsOf: URL(filePath: output + "/results.csv")) == workspace.data("fresh/results.csv"))
  }

  @Test(.enabled(if: SmallDisk.isAllowed, "mounting a tmpfs is not allowed here"))
  func aReadOnlyFolderCanBeReadAndIsNotWritten() throws {
    let disk = try #require(SmallDisk("size=16m"))
    let workspace = try Workspace().prepared()
    let output = "\(disk.path)/out"
    #expect(try workspace.call("run", "small.yaml", "--quiet", "--output", output).code == 0)
    #expect(disk.makeReadOnly())
    #expect(try workspace.call("verify", output).code == 0)
    #expect(try workspace.call("store", "check", output).code == 0)
    #expect(try workspace.call("run", "small.yaml", "--dry-run", "--output", output).code == 0)
    let again = try workspace.call(
      "run", "small.yaml", "--quiet", "--output", output, "--set", "attack.epsilons=[0.3]")
    #expect(again.code == 1)
    #expect(again.errors.contains("Check the permissions of the folder, or choose another one (--output)."))
    let new = try workspace.call("run", "small.yaml", "--output", "\(disk.path)/new")
    #expect(new.code == 1)
    #expect(new.errors.hasPrefix("error: \(disk.path)/new: the output folder cannot be made\n"))
  }

  @Test func strictStopsAtTheFirstUnreadableImage() throws {
    let workspace = try Workspace().prepared()
    try workspace.write("no picture at all, only text", to: "faces/anna/0.jpg")
    // One thread: another could have measured an image by then, which the message would say.
    let strict = try workspace.call("run", "small.yaml", "--strict", "--quiet", "--threads", "1")
    #expect(strict.code == 1)
    #expect(strict.errors.hasPrefix("error: anna/0.jpg: "))
    #expect(
      strict.errors.hasSuffix("Repair or remove the file and run the same command again, or leave out --strict.\n"))
    #expect(!workspace.exists("Reports/small/report.pdf"))
    try FileManager.default.removeItem(atPath: "\(workspace.path)/faces/anna/0.jpg")
    #expect(try workspace.call("run", "small.yaml", "--strict", "--quiet").code == 0)
  }

  @Test func theReportNamesWhatWasSkipped() throws {
    let workspace = try Workspace().prepared()
    try workspace.write(Workspace.template + "```{validity}\n```\n", to: "short.md")
    try workspace.write("no picture at all, only text", to: "faces/anna/0.jpg")
    // An image that cannot even be opened.
    try FileManager.default.createSymbolicLink(
      atPath: "\(workspace.path)/faces/boris/0.png", withDestinationPath: "\(workspace.path)/nowhere.png")
    let answer = try workspace.call("run", "small.yaml", "--quiet", "--set", "report.svg-text=text")
    #expect(answer.code == 1)
    #expect(answer.errors.contains("anna/0.jpg"))
    // The pages themselves, as text.
    let pages = try FileManager.default.contentsOfDirectory(atPath: "\(workspace.path)/Reports/small")
      .filter { $0.hasPrefix("report-") && $0.hasSuffix(".svg") }.sorted()
      .map { try workspace.text("Reports/small/\($0)") }.joined()
    let words = pages.replacing(/<[^>]*>/, with: "").filter { !$0.isWhitespace }
    for name in ["anna/0.jpg", "boris/0.png"] { #expect(words.contains(name), "\(name)") }
    #expect(try workspace.text("Reports/small/results.csv").split(separator: "\n").count == 37)
    #expect(try workspace.text("Reports/small/provenance.json").contains("anna/0.jpg"))
  }

  @Test func oneImageAndOneLevel() throws {
    let workspace = try Workspace().prepared()
    try workspace.write(Workspace.template + "```{validity}\n```\n", to: "short.md")
    for name in ["anna/2.png", "boris", "clara"] {
      try FileManager.default.removeItem(atPath: "\(workspace.path)/faces/\(name)")
    }
    // Smaller than the window of SSIM: it is enlarged to the network's input first.
    try workspace.write(
      ImageEncoder.png(RGBImage(width: 3, height: 2, pixels: (0..<18).map { UInt8($0 * 14) })),
      to: "faces/anna/1.png")
    let answer = try workspace.call("run", "small.yaml", "--quiet", "--set", "attack.epsilons=[0.1]")
    #expect(answer.code == 0, "\(answer.errors)")
    let lines = answer.output.split(separator: "\n")
    #expect(lines.first?.split(separator: " ") == ["model", "images", "accuracy", "MOD(0.1)", "VID", "dead"])
    let values = try #require(lines.dropFirst().first).split(separator: " ")
    try #require(values.count == 6, "\(values)")
    #expect(values[1] == "1")
    #expect(values[4] == "–", "over one level nothing can vary")
    #expect(try workspace.text("Reports/small/results.csv").split(separator: "\n").count == 5)
  }

  @Test func noImagesAtAll() throws {
    let workspace = try Workspace().prepared()
    try FileManager.default.removeItem(atPath: "\(workspace.path)/faces")
    try FileManager.default.createDirectory(
      atPath: "\(workspace.path)/faces/anna", withIntermediateDirectories: true)
    let answer = try workspace.call("run", "small.yaml")
    #expect(answer.code == 64)
    #expect(answer.errors.hasPrefix("error: "))
    #expect(!workspace.exists("Reports"))
    for label in ["anna", "boris"] { try workspace.write("text", to: "faces/\(label)/1.png") }
    let unreadable = try workspace.call("run", "small.yaml", "--quiet")
    #expect(unreadable.code == 1)
    #expect(unreadable.errors.contains("none of the 2 images could be measured\n"), "\(unreadable.errors)")
    #expect(!workspace.exists("Reports/small/report.pdf"))
  }
}
