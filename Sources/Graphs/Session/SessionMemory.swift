import Support
import Tensors

/// The memory of the sessions of one thread. They are used one after the other, so it is as large as the largest needs
/// it, not as all of them together.
final class SessionMemory {
  /// Another one after each `reserve`.
  private(set) var buffer: AlignedBuffer
  /// The session whose values are in it.
  private weak var user: ProgramSession?

  init() throws(Problem) { buffer = try AlignedBuffer(count: 0) }

  /// Makes room for so many floats. What is in it is lost.
  func reserve(_ count: Int) throws(Problem) {
    user = nil
    guard count > buffer.count else { return }
    // Given back first: both together would be the peak.
    buffer = try AlignedBuffer(count: 0)
    buffer = try AlignedBuffer(count: count)
  }

  /// Called by a session before it computes values anew.
  /// - Parameter count: the floats that it works in: a `reserve` of another session may have failed half way.
  func take(for session: ProgramSession, needing count: Int) throws(Problem) {
    if buffer.count < count { try reserve(count) }
    user = session
  }

  /// Whether what this session computed last is still there.
  func holdsValues(of session: ProgramSession) -> Bool { user === session }
}
