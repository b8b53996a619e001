import Foundation
import GRDB
import Results
import Support
import Synchronization

/// The results of an output folder: every measurement and raw map under what it depends on.
///
/// One SQLite file with a write-ahead log. What a model found of an image is one row, a *pass*, appended behind those before;
/// texts, images, networks and settings stand once and are meant by number (`StoreSchema`). A process that is killed loses the
/// images that it was computing, and of fast networks those of the last second, which share a transaction.
public final class ResultsStore: Sendable {
  /// In every output folder.
  public static let fileName = "results.sqlite"

  /// As it was given.
  public let path: String
  let queue: DatabaseQueue
  let writing = Mutex(Writing())
  private let isClosed = Atomic<Bool>(false)
  /// Holds the copy of a store that is read by one: an older version wrote it, or other machines may be writing to it.
  private let copy: (any Sendable)?

  /// Opens the store, and makes it where there is none.
  /// - Parameter isExclusive: whether no other process may open it meanwhile, by SQLite's own lock.
  /// - Throws: `Problem` when the file is damaged, someone else's, or written by a newer Heatdrift.
  public init(path: String, isExclusive: Bool = false) throws(Problem) {
    self.path = path
    var configuration = Configuration()
    configuration.journalMode = .wal
    if isExclusive {
      // Before the write-ahead log is first used: then its index needs no memory that processes share, which file systems
      // without locks do not have either.
      configuration.prepareDatabase { db in try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") }
    }
    configuration.busyMode = .timeout(10)
    // A foreign key is a promise of the code that writes; checking each would read the big tables at every row.
    configuration.foreignKeysEnabled = false
    // Images that follow each other quickly share one.
    configuration.allowsUnsafeTransactions = true
    copy = nil
    do {
      queue = try DatabaseQueue(path: path, configuration: configuration)
      try queue.inDatabase { db in
        try StoreSchema.prepare(db, path: path)
        // Indexes are written to all over, and each image's savepoint notes the pages that it changes: with SQLite's own 2 MB
        // of pages, and notes in a file, a large store was written ten times.
        try db.execute(
          sql: "PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 4096; PRAGMA temp_store = MEMORY")
      }
    } catch {
      throw ResultsStore.problem(from: error, path: path)
    }
  }

  /// Opens a store to read it; not a byte of its folder is changed. One that an older version wrote is copied to the folder of
  /// temporary files and read there, in the form that it has now.
  /// - Throws: `Problem` when there is none, or it is damaged, someone else's, or written by a newer Heatdrift.
  public convenience init(readingAt path: String) throws(Problem) {
    try self.init(readingAt: path, onlyIfCurrent: false)
  }

  /// - Parameter onlyIfCurrent: whether one of an older version is refused in place of being copied.
  init(readingAt path: String, onlyIfCurrent: Bool) throws(Problem) {
    try ResultsStore.requireFile(path)
    self.path = path
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(10)
    configuration.foreignKeysEnabled = false
    do {
      let queue: DatabaseQueue
      let log = try? FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int
      if (log ?? 0) > 0, MountTable.current.fileSystem(of: path).map(MountTable.isShared) ?? false {
        // Reading it where it lies would need memory shared with whoever writes, perhaps on another machine.
        let copy = try AttachedStore(path: path)
        self.queue = copy.queue
        self.copy = copy
        return
      }
      if (log ?? 0) == 0 {
        // SQLite would leave files for a write-ahead log beside a file that it only reads, unless told that nobody
        // writes.
        let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
        queue = try DatabaseQueue(path: "file:\(escaped)?immutable=1", configuration: configuration)
      } else {
        queue = try DatabaseQueue(path: path, configuration: configuration)
      }
      let version = try queue.inDatabase { db in try StoreSchema.version(of: db, path: path) }
      guard version > 0, version < StoreSchema.oldestReadable else {
        self.queue = queue
        copy = nil
        return
      }
      guard !onlyIfCurrent else { throw Problem.failure(at: Place(file: path), "an older version made this store") }
      let copy = try StoreCopy(of: queue, path: path)
      self.queue = copy.queue
      self.copy = copy
    } catch {
      throw ResultsStore.problem(from: error, path: path)
    }
  }

  private static func requireFile(_ path: String) throws(Problem) {
    guard FileManager.default.fileExists(atPath: path) else {
      throw .usage(
        at: Place(file: path), "there are no results here yet",
        remedy: "`heatdrift run EXPERIMENT.yaml` computes them.")
    }
  }

  /// Opens the store of a folder that is this process's own.
  /// - Parameter mustExist: whether it is an error that there is none.
  public convenience init(in folder: OutputFolder, mustExist: Bool = false) throws(Problem) {
    if mustExist { try ResultsStore.requireFile(folder.storePath) }
    // The index of a write-ahead log is memory that processes share, which they cannot from one machine to another: SQLite
    // does without it where one process has the store for itself.
    try self.init(path: folder.storePath, isExclusive: !folder.isLocked || folder.isShared)
    folder.becomeHolder()
  }

  /// Opens the store of a folder only when there is one.
  public convenience init(existingAt path: String) throws(Problem) {
    try ResultsStore.requireFile(path)
    try self.init(path: path)
  }

  /// Folds the write-ahead log into the file, so that the file alone can be copied. Rows cannot be read any more.
  public func close() throws(Problem) {
    try commit()
    isClosed.store(true, ordering: .relaxed)
    try translating {
      _ = try queue.inDatabase { db in try db.checkpoint(.truncate) }
      try queue.close()
    }
  }

  /// Calls `body` with functions that look up stored values, all within one reading of the store.
  package func reading<Result>(_ body: (StoreReader) throws -> Result) throws(Problem) -> Result {
    try reading(Mutex(StoreReader.Known()), body)
  }

  /// The same for who asks often.
  /// - Parameter known: what was looked up before, and what is looked up now; of use as long as nothing is added or removed.
  func reading<Result>(
    _ known: borrowing Mutex<StoreReader.Known>, _ body: (StoreReader) throws -> Result
  ) throws(Problem) -> Result {
    // SQLite would be asked for a connection that it freed.
    guard !isClosed.load(ordering: .relaxed) else {
      throw .failure(at: Place(file: path), "the results store was closed before all of it was read")
    }
    return try translating {
      try queue.read { db in
        // One reads at a time.
        let reader = StoreReader(db, known: known.withLock { $0 })
        defer { known.withLock { $0 = reader.known } }
        return try body(reader)
      }
    }
  }

  /// A transaction of its own, after what is being written was committed.
  func changing<Result>(_ body: (Database) throws -> Result) throws(Problem) -> Result {
    try commit()
    defer { forget() }
    return try translating { try queue.write(body) }
  }

  /// From here on the store is read from its beginning to its end mostly: few pages are asked for twice, and keeping many would
  /// take memory from the report.
  func readsInOrder() throws(Problem) {
    guard !isClosed.load(ordering: .relaxed) else { return }
    try translating {
      try queue.inDatabase { db in
        try db.execute(sql: "PRAGMA cache_size = -8192")
        db.releaseMemory()
      }
    }
  }

  // MARK: - The run

  /// Replaces the record of the latest run, or those of a sweep.
  public func save(_ run: StoredRun) throws(Problem) {
    try translating {
      let record = try run.record()
      try commit()
      let former = try queue.read { db in
        (
          try String.fetchOne(db, sql: "SELECT record FROM runs"),
          try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM sweep_runs")
        )
      }
      if former == (record, 0) { return }
      try changing { db in
        try db.execute(sql: "DELETE FROM sweep_runs")
        try db.execute(sql: "INSERT OR REPLACE INTO runs (id, record) VALUES (1, ?)", arguments: [record])
      }
    }
  }

  /// The latest run that was finished; nil when none was, or when it was a sweep (`sweepRuns`).
  public func latestRun() throws(Problem) -> StoredRun? {
    try translating {
      guard let record = try queue.read({ db in try String.fetchOne(db, sql: "SELECT record FROM runs") }) else {
        return nil
      }
      return try StoredRun(record: record, path: path)
    }
  }

  /// Which files the report left beside the store, sorted; none where nobody noted any.
  public func outputs() throws(Problem) -> [String] {
    try translating { try queue.read { db in try String.fetchAll(db, sql: "SELECT path FROM outputs ORDER BY path") } }
  }

  /// Notes which files the run left beside the store.
  /// - Parameter paths: relative to the folder.
  /// - Returns: those of the run before that are not among them.
  public func replaceOutputs(_ paths: [String]) throws(Problem) -> [String] {
    try changing { db in
      let former = try String.fetchAll(db, sql: "SELECT path FROM outputs ORDER BY path")
      try db.execute(sql: "DELETE FROM outputs")
      for path in Set(paths) { try db.execute(sql: "INSERT INTO outputs VALUES (?)", arguments: [path]) }
      return former.filter { !paths.contains($0) }
    }
  }

  /// "3.40.1"
  public static var sqliteVersion: String {
    let version = try? DatabaseQueue().read { db in try String.fetchOne(db, sql: "SELECT sqlite_version()") }
    return (version ?? nil) ?? "unknown"
  }
}
