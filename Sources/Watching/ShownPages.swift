import Foundation
import Support
import Synchronization

/// What a browser is told beside the page.
public struct WatchStatus: Sendable, Codable, Equatable {
  /// A mistake in what is written.
  public struct Fault: Sendable, Codable, Equatable {
    /// File and line; nil where it has no place.
    public var place: String?
    /// What is wrong.
    public var message: String
    /// What to do; nil where nobody knows.
    public var remedy: String?

    /// What a problem says, without its kind.
    public init(_ problem: Problem) {
      place = problem.place?.description
      message = problem.message
      remedy = problem.remedy
    }
  }

  /// Higher with every change of anything.
  public var version = 1
  /// Higher with every new page.
  public var page = 0
  /// Why the page is not what was written last.
  public var faults: [Fault] = []
  /// Why the last measuring did not measure what was asked for.
  public var failures: [Fault] = []
  /// What the experiment asks for and nobody has measured; nil where that is nothing.
  public var unmeasured: String?
  /// How far the measuring is; nil where nothing is measured.
  public var measuring: String?
  /// Whether the server is about to end.
  public var isEnding = false
  /// What makes the page with this number of the one that the browser has; nil where that is not known, or it has it.
  public var change: PageChange?

  public init() {}
}

/// The last good pages and what is told beside them, for several browsers at once.
public final class ShownPages: Sendable {
  private struct State {
    var status = WatchStatus()
    var pages: [String: ShownPage] = [:]
    /// The pages before, by their numbers, for browsers that have them still.
    var former: [Int: [String: ShownPage]] = [:]
    /// Who waits for news, by a number.
    var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
    var waits = 0

    /// To be resumed once the lock is let go.
    mutating func takeWaiting() -> [CheckedContinuation<Void, Never>] {
      defer { waiting = [:] }
      return Array(waiting.values)
    }
  }
  private let state = Mutex(State())

  /// How many pages before are remembered: a browser is seldom behind by more than one.
  static let memory = 3

  public init() {}

  /// As it is now.
  public var status: WatchStatus { state.withLock { $0.status } }

  /// - Parameter pages: by their paths; the first report's is "/".
  public func show(_ pages: [String: ShownPage]) {
    let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
      guard state.pages != pages else { return [] }
      state.former[state.status.page] = state.pages
      state.former[state.status.page - Self.memory] = nil
      state.pages = pages
      state.status.page += 1
      state.status.version += 1
      return state.takeWaiting()
    }
    for continuation in waiting { continuation.resume() }
  }

  /// Changes what is told; nobody is woken where it is what it was.
  public func tell(_ change: (inout WatchStatus) -> Void) {
    let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
      var status = state.status
      change(&status)
      guard status != state.status else { return [] }
      status.version = state.status.version + 1
      state.status = status
      return state.takeWaiting()
    }
    for continuation in waiting { continuation.resume() }
  }

  /// A page with its number in it, by which a browser tells whether it is the latest.
  /// - Returns: nil where there is none of this path.
  public func page(_ path: String) -> [UInt8]? {
    let (bytes, number) = state.withLock { ($0.pages[path]?.bytes, $0.status.page) }
    guard let bytes else { return nil }
    let mark = Array("<html ".utf8)
    let head = bytes.prefix(400)
    guard let start = head.indices.first(where: { head[$0...].starts(with: mark) }) else { return bytes }
    let end = start + mark.count
    return bytes[..<end] + Array("data-page=\"\(number)\" ".utf8) + bytes[end...]
  }

  /// What makes the latest page of the one with a number.
  /// - Returns: nil where that is forgotten, or is the latest.
  public func change(from number: Int, path: String) -> (page: Int, change: PageChange?) {
    let (page, old, new) = state.withLock { ($0.status.page, $0.former[number]?[path], $0.pages[path]) }
    guard page != number, let old, let new else { return (page, nil) }
    return (page, PageChange(from: old, to: new))
  }

  /// The status when it is newer than a version, or as it is after a while.
  public func status(after version: Int, within limit: Duration) async -> WatchStatus {
    let id = state.withLock { state in
      state.waits += 1
      return state.waits
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
        let isWaiting = state.withLock { state in
          // Another number altogether is that of a server before this one.
          guard state.status.version == version, !state.status.isEnding else { return false }
          state.waiting[id] = continuation
          return true
        }
        guard isWaiting else { return continuation.resume() }
        // Cancelled before there was anything to wake.
        if Task.isCancelled { return wake(id) }
        Task {
          try? await Task.sleep(for: limit)
          wake(id)
        }
      }
    } onCancel: {
      wake(id)
    }
    return status
  }

  private func wake(_ id: Int) { state.withLock { $0.waiting.removeValue(forKey: id) }?.resume() }
}
