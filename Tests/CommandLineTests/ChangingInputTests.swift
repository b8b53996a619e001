import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Files that another program writes to while a run goes on: what is stored was computed with what was hashed, and the
/// run says what happened. Nothing ends in a signal.
@Suite struct ChangingInputTests {
  /// More images, so that the first of two models is being measured for a while.
  private func workspace() throws -> Workspace {
    let workspace = try Workspace().prepared()
    let picture = try workspace.data("faces/anna/1.png")
    for number in 10..<20 {
      // Bytes after the end of a PNG change its hash and nothing else.
      try workspace.write(picture + Data("\(number)".utf8), to: "faces/anna/\(number).png")
    }
    return workspace
  }

  /// Starts a run, halts it when it has stored something of the first model, changes a file, and lets it go on.
  private func answer(_ workspace: Workspace, _ change: () throws -> Void) throws -> Answer {
    let running = try workspace.start(["run", "small.yaml", "--threads", "1"])
    let deadline = Date(timeIntervalSinceNow: 60)
    // The empty tables and the hashes of the images take some 110 kB, the first image 50 more.
    while Date() < deadline, ((try? workspace.data("Reports/small/results.sqlite-wal").count) ?? 0) < 130_000 {
      usleep(1_000)
    }
    kill(running.process.processIdentifier, SIGSTOP)
    try #require(running.process.isRunning)
    try change()
    kill(running.process.processIdentifier, SIGCONT)
    let answer = try running.wait()
    #expect(running.process.terminationReason == .exit)
    return answer
  }

  private func overwrite(_ workspace: Workspace, _ name: String, with bytes: Data) throws {
    let handle = try FileHandle(forWritingTo: URL(filePath: "\(workspace.path)/\(name)"))
    try handle.truncate(atOffset: 0)
    try handle.write(contentsOf: bytes)
    try handle.close()
  }

  /// Other weights for the same network, as the next epoch of a training has.
  private func otherWeights(_ workspace: Workspace, _ name: String) throws -> Data {
    try Workspace.writeWeights(
      name.hasPrefix("vgg") ? .vgg16 : .resnet50, width: 0.04, to: "\(workspace.path)/other", seed: 12)
    return try workspace.data("other")
  }

  private static let remedy =
    "Wait until nothing writes to it, or name a copy that nothing writes to; then run the same command again."

  @Test(arguments: [
    ("resnet50", "overwritten"), ("resnet50", "truncated"), ("resnet50", "replaced"), ("resnet50", "removed"),
    ("vgg16", "overwritten"), ("vgg16", "truncated"),
  ])
  func weightsThatChangeStopTheRun(_ network: String, _ how: String) throws {
    let workspace = try workspace()
    let file = "\(network).safetensors"
    let before = try workspace.data(file)
    let other = try otherWeights(workspace, network)
    let answer = try answer(workspace) {
      switch how {
      case "overwritten": try overwrite(workspace, file, with: other)
      case "truncated": try overwrite(workspace, file, with: before.prefix(100))
      case "replaced": rename("\(workspace.path)/other", "\(workspace.path)/\(file)")
      default: unlink("\(workspace.path)/\(file)")
      }
    }
    let words =
      switch how {
      case "overwritten": "it has the same size, and another time of change"
      case "truncated": "it had \(before.count) bytes and has 100"
      case "replaced": "another file of the same size took its place"
      default: "it is gone"
      }
    #expect(answer.code == 1)
    let lines = answer.errors.split(separator: "\n").suffix(2)
    #expect(lines.first == "error: \(file): the weights file changed while the experiment was running: \(words)")
    #expect(
      lines.last?.hasPrefix("  \(Self.remedy) What was measured before is kept in Reports/small, ") == true)
    #expect(!workspace.exists("Reports/small/report.pdf"))

    #expect(try workspace.call("store", "check", "Reports/small").code == 0)
  }

  /// Nothing that was stored is wrong: with the files as they were, the run goes on to the bytes of one undisturbed.
  private func expectTheRestToBeRight(_ workspace: Workspace) throws {
    let resumed = try workspace.call("run", "small.yaml")
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains(" are in the store already.\n"))
    #expect(try workspace.call("run", "small.yaml", "--output", "undisturbed").code == 0)
    #expect(try workspace.files(below: "Reports/small") == workspace.files(below: "undisturbed"))
  }

  @Test func nothingIsStoredUnderAWrongHash() throws {
    let workspace = try workspace()
    let names = ["vgg16.safetensors", "resnet50.safetensors", "faces/clara/2.png"]
    let before = try names.map(workspace.data)
    let others = try names.map { $0.hasPrefix("faces") ? Data("no picture".utf8) : try otherWeights(workspace, $0) }
    #expect(
      try answer(workspace) {
        for (name, bytes) in zip(names, others) { try overwrite(workspace, name, with: bytes) }
      }.code == 1)
    // With the new files, what was stored of the old ones is left alone.
    #expect(try workspace.call("run", "small.yaml", "--dry-run").output.contains("; 0 are stored\n"))
    for (name, bytes) in zip(names, before) { try workspace.write(bytes, to: name) }
    try expectTheRestToBeRight(workspace)
    #expect(try workspace.call("verify", "Reports/small", "--experiment", "small.yaml", "--recompute", "4").code == 0)
    // And verify says so where the weights are others than the report's.
    try workspace.write(others[1], to: names[1])
    let verified = try workspace.call("verify", "Reports/small", "--experiment", "small.yaml")
    #expect(verified.code == 1)
    #expect(verified.output.contains("FAILED  inputs: the weights of ResNet50, resnet50.safetensors, changed\n"))
  }

  @Test func weightsThatAreTouchedAreTheSame() throws {
    let workspace = try workspace()
    let answer = try answer(workspace) {
      for file in ["vgg16.safetensors", "resnet50.safetensors"] {
        try overwrite(workspace, file, with: workspace.data(file))
      }
    }
    #expect(answer.code == 0, "\(answer.errors)")
  }

  @Test(arguments: ["overwritten", "truncated", "removed"])
  func anImageThatChangesStopsTheRun(_ how: String) throws {
    let workspace = try workspace()
    // The last one of the first model, and the last again of the second.
    let file = "faces/clara/2.png"
    let before = try workspace.data(file)
    let answer = try answer(workspace) {
      switch how {
      case "overwritten": try overwrite(workspace, file, with: workspace.data("faces/boris/1.png"))
      case "truncated": try overwrite(workspace, file, with: before.prefix(100))
      default: unlink("\(workspace.path)/\(file)")
      }
    }
    #expect(answer.code == 1)
    let words = how == "removed" ? "it is gone" : "it is not what was hashed before"
    #expect(
      answer.errors.contains(
        "error: clara/2.png: the image changed while the experiment was running: \(words)\n"
          + "  Wait until nothing writes to the images; then run the same command again. What was measured before is kept in "
      ))
    #expect(!workspace.exists("Reports/small/report.pdf"))
  }

  /// SQLite maps the index of its log: no file of ours, and still no signal.
  @Test func aMappedFileThatIsCutShortIsNamed() throws {
    let workspace = try workspace()
    let file = "Reports/small/results.sqlite-shm"
    let answer = try answer(workspace) {
      #expect(truncate("\(workspace.path)/\(file)", 0) == 0)
    }
    #expect(answer.code == 1)
    #expect(
      answer.errors.hasSuffix(
        "/\(file): the file changed while it was in use: another program cut it short\n"
          + "  Wait until nothing writes to it; then run the same command again. What was stored is kept.\n"),
      "\(answer.errors)")
    try expectTheRestToBeRight(workspace)
  }

  /// What is read once is what the run is about, whatever becomes of the file: text that stands in a report was the text
  /// that was hashed.
  @Test func whatWasReadOnceMayChange() throws {
    let workspace = try workspace()
    let answer = try answer(workspace) {
      try overwrite(workspace, "short.md", with: Data("# Other\n".utf8))
      try overwrite(workspace, "small.yaml", with: Data("title: none\n".utf8))
    }
    #expect(answer.code == 0, "\(answer.errors)")
    try workspace.write(Workspace.template, to: "short.md")
    try workspace.write(Workspace.experiment, to: "small.yaml")
    #expect(try workspace.call("run", "small.yaml", "--output", "undisturbed").code == 0)
    #expect(try workspace.files(below: "Reports/small") == workspace.files(below: "undisturbed"))
  }
}
