import Dispatch
import Foundation
import Support
import Synchronization

/// Writes an attempt's status every few seconds while it runs, also where an image takes long: one that is not brought up to
/// date any more is of a process that died.
///
/// Where the file cannot be written the work goes on: it is the store that counts.
public final class StatusWriter: Sendable {
  private let folder: String
  private let status: Mutex<AttemptStatus>
  private let queue = DispatchQueue(label: "heatdrift.status")

  /// Seconds between two times of writing.
  public static let interval = 5

  /// - Parameters:
  ///   - folder: of the attempt.
  ///   - shard: "3/64"
  ///   - passes: images of the shard, once for each model.
  public init(folder: String, shard: String, passes: Int) {
    self.folder = folder
    let now = Date().timeIntervalSince1970
    status = Mutex(
      AttemptStatus(
        shard: shard, state: .running, passes: passes, done: 0, measured: 0, started: now, updated: now,
        process: .current()))
    tick()
  }

  /// Writes, and again after a while, until somebody said how it ended or the writer is gone.
  private func tick() {
    queue.async { [weak self] in self?.write() }
    queue.asyncAfter(deadline: .now() + .seconds(Self.interval)) { [weak self] in
      if let self, status.withLock({ $0.state == .running }) { tick() }
    }
  }

  /// - Parameters:
  ///   - done: images that this attempt is through with.
  ///   - total: that it found to do.
  public func show(done: Int, of total: Int) {
    status.withLock { status in
      status.measured = min(max(0, done), status.passes)
      status.done = min(max(0, status.passes - total + done), status.passes)
    }
  }

  /// Writes how it ended, and nothing more after that.
  /// - Parameters:
  ///   - code: the process's exit code.
  ///   - message: of what failed.
  public func end(_ state: AttemptStatus.State, code: Int, message: String? = nil) {
    queue.sync {
      status.withLock { status in
        status.state = state
        status.code = code
        status.message = message
        if state == .done { status.done = status.passes }
      }
      write()
    }
  }

  private func write() {
    let now = status.withLock { status in
      status.updated = Date().timeIntervalSince1970
      return status
    }
    try? now.write(to: folder)
  }
}
