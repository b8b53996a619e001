import Foundation
import Support
import Testing

/// A file of its own for one test, gone afterwards.
private final class OneFile {
  let folder: String
  var path: String { folder + "/weights.bin" }

  init(_ bytes: [UInt8]) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "heatdrift-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(filePath: path))
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// In place, as a program does that opens the file for writing: the same inode.
  func overwrite(_ bytes: [UInt8], at offset: Int = 0) throws {
    let handle = try FileHandle(forWritingTo: URL(filePath: path))
    try handle.seek(toOffset: UInt64(offset))
    try handle.write(contentsOf: Data(bytes))
    try handle.close()
  }

  func truncate(to count: Int) throws {
    let handle = try FileHandle(forWritingTo: URL(filePath: path))
    try handle.truncate(atOffset: UInt64(count))
    try handle.close()
  }

  /// By another file that takes its name: another inode.
  func replace(_ bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(filePath: path + ".new"))
    try #require(rename(path + ".new", path) == 0)
  }

  /// Puts the time of the content back, which no program can do with the time of the change.
  func setContentTime(_ date: Date) throws {
    try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: path)
  }

  func held() throws -> HeldFile { try HeldFile(path: path, kind: "weights file", for: .run) }

  func changed(_ how: String) -> String {
    "\(path): the weights file changed while the experiment was running: \(how)\n"
      + "  Wait until nothing writes to it, or name a copy that nothing writes to; then run the same command again."
  }
}

@Suite struct HeldFileTests {
  private let bytes: [UInt8] = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 8) }

  @Test func aNotedHashIsBelievedUntilItIsConfirmed() throws {
    let one = try OneFile(bytes)
    let digest = SHA256.hash(data: Data(bytes))
    let right = try one.held()
    right.note(digest)
    #expect(try right.sha256() == Checksum.sha256(bytes))
    try right.confirm()
    try right.check()
    let wrong = try one.held()
    wrong.note([UInt8](repeating: 0, count: 32))
    #expect(try wrong.sha256() == String(repeating: "0", count: 64))
    let problem = #expect(throws: Problem.self) { try wrong.confirm() }
    #expect(problem?.kind == .changed)
    #expect(
      problem?.description
        == "\(one.path): the weights file has another content than when its hash was noted, under the same size and times\n"
        + "  Run the same command with --rehash, which reads every file.")
    // What was read is not overruled by a note.
    let read = try one.held()
    _ = try read.sha256()
    read.note([UInt8](repeating: 0, count: 32))
    #expect(try read.sha256() == Checksum.sha256(bytes))
  }

  @Test func itsHashIsThatOfItsBytes() throws {
    let one = try OneFile(bytes)
    let file = try one.held()
    #expect(try file.sha256() == Checksum.sha256(bytes))
    #expect(try Checksum.sha256(contentsOf: URL(filePath: one.path)) == Checksum.sha256(bytes))
    #expect(try file.bytes(70_000..<70_010) == Array(bytes[70_000..<70_010]) && file.bytes(5..<5) == [])
    #expect(file.count == bytes.count)
    try file.check()
    let empty = try OneFile([])
    #expect(try empty.held().sha256() == Checksum.sha256([UInt8]()))
  }

  @Test func whatIsReadAtOnceIsTheWholeFile() throws {
    for bytes in [bytes, []] {
      let one = try OneFile(bytes)
      #expect(try Array(HeldFile.contents(of: one.path, kind: "list")) == bytes)
    }
    let problem = #expect(throws: Problem.self) { try HeldFile.contents(of: "/nowhere/list.csv", kind: "list") }
    #expect(problem?.message == "cannot open the list: No such file or directory")
  }

  @Test func aWindowGoesAnywhere() throws {
    let one = try OneFile(bytes)
    let view = try one.held().fileBytes
    #expect(view.count == bytes.count && view.elementsEqual(bytes) && view.starts(with: bytes.prefix(9)))
    for position in [199_999, 0, 65_535, 65_536, 131_071, 1] { #expect(view[position] == bytes[position]) }
    // Across the end of a window.
    let expected = bytes[65_532..<65_540].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    #expect(UInt64(littleEndian: view.loadUnaligned(fromByteOffset: 65_532, as: UInt64.self)) == expected)
    #expect(view[131_060..<131_080].elementsEqual(bytes[131_060..<131_080]))
    try view.check()
  }

  @Test(arguments: ["overwritten", "truncated", "grown", "replaced", "removed"])
  func everyChangeIsSeen(_ how: String) throws {
    let one = try OneFile(bytes)
    let file = try one.held()
    _ = try file.sha256()
    let before = try FileManager.default.attributesOfItem(atPath: one.path)[.modificationDate] as? Date
    let words: String
    switch how {
    case "overwritten":
      try one.overwrite([1, 2, 3], at: 100)
      try one.setContentTime(#require(before))
      words = "it has the same size, and another time of change"
    case "truncated":
      try one.truncate(to: 17)
      words = "it had 200000 bytes and has 17"
    case "grown":
      try one.overwrite([1], at: bytes.count)
      words = "it had 200000 bytes and has 200001"
    case "replaced":
      try one.replace(bytes.reversed())
      words = "another file of the same size took its place"
    default:
      try FileManager.default.removeItem(atPath: one.path)
      words = "it is gone"
    }
    for _ in 0..<2 {
      let problem = #expect(throws: Problem.self) { try file.check() }
      #expect(problem?.kind == .changed && problem?.exitCode == 1)
      #expect(problem?.description == one.changed(words))
    }
    // And before anything is done with it.
    let problem = #expect(throws: Problem.self) { try HeldFile.whileUnchanged([file]) { Issue.record("it was done") } }
    #expect(problem?.description == one.changed(words))
  }

  @Test func aTouchIsNoChange() throws {
    let one = try OneFile(bytes)
    let file = try one.held()
    _ = try file.sha256()
    try one.setContentTime(Date(timeIntervalSince1970: 1_000_000_000))
    try file.check()
    try one.overwrite(bytes)
    try file.check()
    try one.replace(bytes)
    try file.check()
    // It is held to the new one now.
    try one.overwrite([bytes[0] ^ 1])
    #expect(throws: Problem.self) { try file.check() }
  }

  @Test func withoutAHashATouchCannotBeTold() throws {
    let one = try OneFile(bytes)
    let file = try one.held()
    try one.setContentTime(Date(timeIntervalSince1970: 1_000_000_000))
    let problem = #expect(throws: Problem.self) { try file.sha256() }
    #expect(problem?.description == one.changed("it has the same size, and another time of change"))
  }

  @Test func whatChangesMeanwhileIsSeenWhateverWentWrong() throws {
    for fails in [false, true] {
      let one = try OneFile(bytes)
      let file = try one.held()
      _ = try file.sha256()
      let problem = #expect(throws: Problem.self) {
        try HeldFile.whileUnchanged([file]) { () throws(Problem) in
          do { try one.overwrite([9], at: 7) } catch { throw .failure("\(error)") }
          if fails { throw .failure("what was read made no sense") }
        }
      }
      #expect(problem?.description == one.changed("it has the same size, and another time of change"))
    }
    // What has nothing to do with the file comes through.
    let one = try OneFile(bytes)
    let problem = #expect(throws: Problem.self) {
      try HeldFile.whileUnchanged([one.held()]) { () throws(Problem) in throw .failure("something else") }
    }
    #expect(problem?.message == "something else")
  }

  @Test func anEndThatComesTooSoonIsAProblem() throws {
    let one = try OneFile(bytes)
    let file = try one.held()
    let view = file.fileBytes
    #expect(view[3] == bytes[3])
    try one.truncate(to: 150_000)
    #expect(try file.bytes(149_000..<150_000) == Array(bytes[149_000..<150_000]))
    let problem = #expect(throws: Problem.self) { try file.bytes(149_000..<150_001) }
    #expect(problem?.description == one.changed("it had 200000 bytes and ends before byte 150001"))
    // A subscript cannot throw: it gives 0, and remembers.
    #expect(view[199_999] == 0)
    #expect(throws: Problem.self) { try view.check() }
  }

  @Test func whatIsNoFileIsNotWaitedFor() throws {
    let one = try OneFile(bytes)
    let pipe = one.folder + "/pipe"
    try #require(mkfifo(pipe, 0o600) == 0)
    for path in [pipe, one.folder] {
      let problem = #expect(throws: Problem.self) { try HeldFile(path: path, kind: "list") }
      #expect(problem?.description == "\(path): expected a list, found a folder or device\n  Name the list itself.")
      let unread = #expect(throws: Problem.self) { try Checksum.sha256(contentsOf: URL(filePath: path)) }
      #expect(unread?.message == "the file cannot be read")
    }
    let missing = #expect(throws: Problem.self) { try HeldFile(path: one.path + "s", kind: "list") }
    #expect(missing?.message == "cannot open the list: No such file or directory")
  }

  /// Files whose times are those of this moment: the next write must have another.
  @Test func aWriteRightAfterOpeningIsSeen() throws {
    for _ in 0..<20 {
      let one = try OneFile([1, 2, 3])
      let file = try one.held()
      try one.overwrite([4])
      #expect(throws: Problem.self) { try file.check() }
    }
  }
}
