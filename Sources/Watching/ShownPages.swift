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
  /// What the experiment asks for and nobody has measured; nil where that is nothing.
  public var unmeasured: String?
  /// How far the measuring is; nil where nothing is measured.
  public var measuring: String?
  /// Whether the server is about to end.
  public var isEnding = false

  public init() {}
}

/// The last good pages and what is told beside them, for several browsers at once.
public final class ShownPages: Sendable {
  private struct State {
    var status = WatchStatus()
    var pages: [String: [UInt8]] = [:]
  }
  private let state = Mutex(State())

  public init() {}

  /// As it is now.
  public var status: WatchStatus { state.withLock { $0.status } }

  /// - Parameter pages: by their paths; the first report's is "/".
  public func show(_ pages: [String: [UInt8]]) {
    state.withLock {
      guard $0.pages != pages else { return }
      $0.pages = pages
      $0.status.page += 1
      $0.status.version += 1
    }
  }

  /// Changes what is told; nobody is woken where it is what it was.
  public func tell(_ change: (inout WatchStatus) -> Void) {
    state.withLock {
      var status = $0.status
      change(&status)
      guard status != $0.status else { return }
      status.version = $0.status.version + 1
      $0.status = status
    }
  }

  /// A page with its number in it, by which a browser tells whether it is the latest.
  /// - Returns: nil where there is none of this path.
  public func page(_ path: String) -> [UInt8]? {
    let (bytes, number) = state.withLock { ($0.pages[path], $0.status.page) }
    guard let bytes else { return nil }
    let mark = Array("<html ".utf8)
    let head = bytes.prefix(400)
    guard let start = head.indices.first(where: { head[$0...].starts(with: mark) }) else { return bytes }
    let end = start + mark.count
    return bytes[..<end] + Array("data-page=\"\(number)\" ".utf8) + bytes[end...]
  }

  /// The status when it is newer than a version, or as it is after a while.
  public func status(after version: Int, within limit: Duration) async -> WatchStatus {
    let deadline = ContinuousClock.now + limit
    while true {
      let status = status
      // Another number altogether is that of a server before this one.
      if status.version != version || status.isEnding || ContinuousClock.now >= deadline { return status }
      // A browser is one of few, and a change is to be seen at once.
      try? await Task.sleep(for: .milliseconds(10))
      if Task.isCancelled { return self.status }
    }
  }
}
