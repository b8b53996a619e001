import Foundation
import Synchronization

/// A file that is read piece by piece and held to what it was when it was opened, so that what is computed with is what
/// was hashed.
///
///     let file = try HeldFile(path: "vgg16.safetensors", kind: "weights file")
///     let hash = try file.sha256()
///     try HeldFile.whileUnchanged([file]) { ... file.read(...) ... }
///     try file.check()                       // later, and as often as one likes
///
/// What is held are size, times, inode and device, of the open file and of what stands at its path; a file that was only
/// touched is hashed again and found to be the same. Two writes could share a time, by the system's tick or the file
/// system's second: for a run, a file that changed just before it is opened is let come to rest first. What cannot be seen is a
/// change for which the system notes no time: by a process that maps the file writable and keeps writing to it, or by
/// one that sets the machine's clock back.
public final class HeldFile: Sendable {
  /// As it was given; problems name it so.
  public let path: String
  /// Bytes of the file.
  public let count: Int
  /// What messages call it: "weights file".
  private let kind: String
  private let purpose: Purpose
  private let file: OpenFile
  private let held: Mutex<Held>

  /// What a file is held for.
  public enum Purpose: String, Sendable {
    /// To look at it once.
    case reading = "it was being read"
    /// To compute with it, and to say with what.
    case run = "the experiment was running"
  }

  private struct Stamps: Equatable {
    /// Of the open file.
    var file: FileStamp
    /// Of what stands at the path.
    var path: FileStamp?
  }

  private struct Held {
    var stamps: Stamps
    /// 32 bytes, once it was hashed.
    var digest: [UInt8]?
    /// Whether the digest is one that was noted of a file with these stamps, and no byte was read for it.
    var isNoted = false
  }

  /// - Throws: `Problem` of kind `.usage` when the file is missing, may not be read or is no regular file, `.failure`
  ///   when the disk does not answer.
  public init(path: String, kind: String, for purpose: Purpose = .reading) throws(Problem) {
    self.path = path
    self.kind = kind
    self.purpose = purpose
    do throws(OpenFile.Failure) {
      file = try OpenFile(path: path)
      let stamp = purpose == .run ? try Self.settled(file) : try file.stamp()
      count = stamp.size
      held = Mutex(Held(stamps: Stamps(file: stamp, path: stamp.seen(at: path))))
    } catch {
      let place = Place(file: path)
      switch error {
      case .cannotOpen(let code):
        throw .usage(
          at: place, "cannot open the \(kind): \(systemMessage(code))",
          remedy: code == ENOENT
            ? "Check the path; a relative path starts at the experiment file's folder."
            : "Check the file's permissions.")
      case .notAFile:
        throw .usage(at: place, "expected a \(kind), found a folder or device", remedy: "Name the \(kind) itself.")
      case .cannotRead(let code):
        throw .failure(at: place, "cannot read the \(kind): \(systemMessage(code))")
      }
    }
  }

  /// The stamp of a file that, were it written to from now on, would have another.
  private static func settled(_ file: OpenFile) throws(OpenFile.Failure) -> FileStamp {
    var stamp = try file.stamp()
    // A file that changes all the time is found out when it has been hashed.
    for _ in 0..<3 where stamp.isFresh {
      usleep(UInt32(stamp.granularity))
      let later = try file.stamp()
      if later == stamp { break }
      stamp = later
    }
    return stamp
  }

  // MARK: - Reading

  /// Reads `wanted` bytes from `offset` on over the first ones of `buffer`.
  /// - Precondition: there is room for them.
  /// - Throws: `Problem.changed` where the file ends before that, `.failure` where the disk does not answer.
  public func read(at offset: Int, count wanted: Int, into buffer: inout MutableSpan<UInt8>) throws(Problem) {
    do throws(OpenFile.Failure) {
      guard try file.read(at: offset, count: wanted, into: &buffer) < wanted else { return }
    } catch {
      throw unreadable(error)
    }
    throw changed("it had \(count) bytes and ends before byte \(offset + wanted)")
  }

  /// - Throws: as `read(at:count:into:)`.
  public func bytes(_ range: Range<Int>) throws(Problem) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    var buffer = bytes.mutableSpan
    try read(at: range.lowerBound, count: range.count, into: &buffer)
    return bytes
  }

  /// All bytes of a file that is read once, none of them from before a change that others come from after.
  /// - Throws: as `init` and `read(at:count:into:)`.
  public static func contents(of path: String, kind: String) throws(Problem) -> Data {
    let file = try HeldFile(path: path, kind: kind)
    return try whileUnchanged([file]) { () throws(Problem) in
      var bytes = Data(count: file.count)
      var buffer = bytes.mutableSpan
      try file.read(at: 0, count: buffer.count, into: &buffer)
      return bytes
    }
  }

  /// For readers that go through a file byte by byte; see `FileBytes`.
  public var fileBytes: FileBytes { FileBytes(self) }

  /// The SHA-256 of the whole file, in lower-case hexadecimal.
  /// - Throws: `Problem.changed` where the file changed meanwhile.
  public func sha256() throws(Problem) -> String {
    if let digest = held.withLock({ $0.digest }) { return Checksum.text(digest) }
    let digest = try HeldFile.whileUnchanged([self]) { () throws(Problem) in
      do throws(OpenFile.Failure) { return try file.sha256().digest } catch { throw unreadable(error) }
    }
    held.withLock { $0.digest = digest }
    return Checksum.text(digest)
  }

  // MARK: - Noted hashes

  /// What the open file was when it was opened, to be noted with its hash.
  package var stamp: FileStamp { held.withLock { $0.stamps.file } }

  /// Takes a hash that was noted of a file with this stamp for this file's, so that it need not be read. Whoever computes with
  /// the file calls `confirm()` first.
  /// - Parameter digest: 32 bytes.
  package func note(_ digest: [UInt8]) {
    held.withLock { held in
      guard held.digest == nil else { return }
      (held.digest, held.isNoted) = (digest, true)
    }
  }

  /// Reads a file whose hash was only noted, and holds it to that.
  /// - Throws: `Problem.changed` where it has another, or changed meanwhile.
  package func confirm() throws(Problem) {
    guard let digest = held.withLock({ $0.isNoted ? $0.digest : nil }) else { return }
    let found = try HeldFile.whileUnchanged([self]) { () throws(Problem) in
      do throws(OpenFile.Failure) { return try file.sha256().digest } catch { throw unreadable(error) }
    }
    guard found == digest else {
      throw .changed(
        at: Place(file: path),
        "the \(kind) has another content than when its hash was noted, under the same size and times",
        remedy: "Run the same command with --rehash, which reads every file.")
    }
    held.withLock { $0.isNoted = false }
  }

  // MARK: - Holding

  /// - Throws: `Problem.changed` where the file is another than when it was opened. One that was hashed may have been
  ///   touched, or replaced by one of the same content.
  public func check() throws(Problem) {
    let problem = held.withLock { held -> Problem? in
      do throws(Problem) {
        let now = try stamps()
        guard now != held.stamps else { return nil }
        let difference = difference(from: held.stamps, to: now)
        guard let digest = held.digest, now.file.size == count, try hasDigest(digest, now), try stamps() == now else {
          return changed(difference)
        }
        held.stamps = now
        return nil
      } catch {
        return error
      }
    }
    if let problem { throw problem }
  }

  /// Does something with what some files hold, and makes sure that none of them changed before or meanwhile; here a touch
  /// is a change.
  /// - Throws: `Problem.changed` where one did, whatever went wrong in `body`; else what `body` throws.
  public static func whileUnchanged<Result>(
    _ files: [HeldFile], _ body: () throws(Problem) -> Result
  ) throws(Problem) -> Result {
    for file in files { try file.check() }
    let before = files.map { file in file.held.withLock { $0.stamps } }
    func checkAgain() throws(Problem) {
      for (file, before) in zip(files, before) {
        let now = try file.stamps()
        guard now == before else { throw file.changed(file.difference(from: before, to: now)) }
      }
    }
    let result: Result
    do {
      result = try body()
    } catch {
      try checkAgain()
      throw error
    }
    try checkAgain()
    return result
  }

  private func stamps() throws(Problem) -> Stamps {
    do throws(OpenFile.Failure) {
      return Stamps(file: try file.stamp(), path: FileStamp(path: path))
    } catch {
      throw unreadable(error)
    }
  }

  private func difference(from before: Stamps, to now: Stamps) -> String {
    // What took the file's place says more than that the open one lost its name.
    now.path != before.path
      ? (before.path ?? before.file).difference(to: now.path) : before.file.difference(to: now.file)
  }

  /// Whether the open file and what stands at the path have the content that was hashed.
  private func hasDigest(_ digest: [UInt8], _ now: Stamps) throws(Problem) -> Bool {
    do throws(OpenFile.Failure) {
      guard now.path != nil, try file.sha256().digest == digest else { return false }
      guard now.path != now.file else { return true }
      return try OpenFile(path: path).sha256().digest == digest
    } catch {
      if case .cannotRead = error { throw unreadable(error) }
      return false
    }
  }

  private func changed(_ difference: String) -> Problem {
    .changed(
      at: Place(file: path), "the \(kind) changed while \(purpose.rawValue): \(difference)",
      remedy: "Wait until nothing writes to it, or name a copy that nothing writes to; then run the same command again."
    )
  }

  private func unreadable(_ failure: OpenFile.Failure) -> Problem {
    let code = if case .cannotRead(let code) = failure { code } else { EIO }
    return .failure(
      at: Place(file: path), "cannot read the \(kind): \(systemMessage(code))", remedy: "Check the disk it lies on.")
  }
}
