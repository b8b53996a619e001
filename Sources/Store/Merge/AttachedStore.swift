import Foundation
import GRDB
import Support

/// A store that is only read, by a connection of its own and as a file that another connection attaches.
///
/// One whose process was killed, or still writes, has changes beside the file, and reading it where it lies would write to its
/// folder: then both are copied, and SQLite puts them together in the copy.
final class AttachedStore: Sendable {
  /// As it was given.
  let path: String
  /// As SQLite takes it behind ATTACH.
  let uri: String
  let queue: DatabaseQueue
  /// Whether its process was killed before it had made a table.
  let isEmpty: Bool
  private let copy: String?

  /// Beside a store while it is written.
  private static let journals = ["-wal", "-journal"]

  /// - Throws: `Problem` where there is no store that this version reads as it is, it cannot be copied, or another process
  ///   changes it all the time.
  init(path: String) throws(Problem) {
    self.path = path
    let attributes = try? FileManager.default.attributesOfItem(
      atPath: URL(filePath: path).resolvingSymlinksInPath().path)
    guard let attributes else { throw .usage(at: Place(file: path), "there are no results here yet") }
    // A pipe would be waited for.
    guard attributes[.type] as? FileAttributeType == .typeRegular else {
      throw .usage(at: Place(file: path), "this is no file, where a results store was expected")
    }
    if Self.journals.contains(where: { Self.size(path + $0) > 0 }) {
      let folder = FileManager.default.temporaryDirectory.appending(path: "heatdrift-store-\(UUID().uuidString)").path
      do throws(Problem) {
        try Self.copy(path, to: folder)
        uri = Self.uri("\(folder)/\(ResultsStore.fileName)")
        (queue, isEmpty) = try Self.open(uri, path: path, isOwn: true)
      } catch {
        try? FileManager.default.removeItem(atPath: folder)
        throw error
      }
      copy = folder
    } else {
      uri = Self.uri(path) + "?immutable=1"
      (queue, isEmpty) = try Self.open(uri, path: path, isOwn: false)
      copy = nil
    }
  }

  deinit { if let copy { try? FileManager.default.removeItem(atPath: copy) } }

  /// - Parameter isOwn: whether it is a copy, into whose folder SQLite may write.
  private static func open(_ uri: String, path: String, isOwn: Bool) throws(Problem) -> (DatabaseQueue, isEmpty: Bool) {
    do {
      var configuration = Configuration()
      configuration.readonly = !isOwn
      configuration.foreignKeysEnabled = false
      let queue = try DatabaseQueue(path: uri, configuration: configuration)
      let version = try queue.inDatabase { db in
        // What was written beside the file goes into it; two connections to it need no shared memory then.
        if isOwn { try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE") }
        return try StoreSchema.version(of: db, path: path)
      }
      guard version == 0 || version >= StoreSchema.oldestReadable else {
        throw Problem.usage(
          at: Place(file: path), "an older version of Heatdrift made this store",
          remedy: "Let `heatdrift run` bring it up to date in its folder first.")
      }
      return (queue, version == 0)
    } catch {
      throw ResultsStore.problem(from: error, path: path)
    }
  }

  func read<Result>(_ body: (StoreReader) throws -> Result) throws(Problem) -> Result {
    do {
      return try queue.inDatabase { db in try body(StoreReader(db)) }
    } catch {
      var problem = ResultsStore.problem(from: error, path: path)
      problem.place = problem.place ?? Place(file: path)
      throw problem
    }
  }

  private static func uri(_ path: String) -> String {
    "file:" + (path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path)
  }

  private static func size(_ path: String) -> Int {
    (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
  }

  /// Copies until nothing changed meanwhile: pages of two moments would make no store.
  private static func copy(_ path: String, to folder: String) throws(Problem) {
    let names = [""] + journals
    func stamps() -> [FileStamp?] { names.map { FileStamp(path: path + $0) } }
    for _ in 0..<5 {
      let before = stamps()
      do {
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in names where size(path + name) > 0 || name.isEmpty {
          try FileManager.default.copyItem(
            atPath: path + name, toPath: "\(folder)/\(ResultsStore.fileName)\(name)")
        }
      } catch {
        throw .failure(
          at: Place(file: path), "the results store was not closed, and cannot be copied to be read: \(error)",
          remedy: "Set TMPDIR to a folder with more room.")
      }
      if stamps() == before { return }
      Thread.sleep(forTimeInterval: 0.2)
    }
    throw .failure(
      at: Place(file: path), "another process writes to this results store all the time",
      remedy: "Wait until it is done, or stop it.")
  }
}
