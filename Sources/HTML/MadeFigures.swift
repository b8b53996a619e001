import Synchronization
import Typesetting

/// What figures came to as markup, for a page that is made again and again: one whose frame is the same as in the page before, not
/// only alike, is not written again. Goes with one renderer.
public final class MadeFigures: Sendable {
  /// Where a frame's items lie in memory. The frame is kept with what was made of it, so that nothing else comes to lie there.
  private struct Key: Hashable {
    let address: UInt
    let count: Int

    init(_ frame: Frame) {
      address = unsafe frame.items.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
      count = frame.items.count
    }
  }

  private struct State {
    var last: [Key: (frame: Frame, markup: FigureMarkup)] = [:]
    var now: [Key: (frame: Frame, markup: FigureMarkup)] = [:]
  }
  private let state = Mutex(State())

  public init() {}

  /// What the page before this one had not is forgotten.
  func beginPage() {
    state.withLock {
      $0.last = $0.now
      $0.now = [:]
    }
  }

  func markup(of frame: Frame, make: () -> FigureMarkup) -> FigureMarkup {
    // Two frames without items may lie in one place.
    guard !frame.items.isEmpty else { return make() }
    let key = Key(frame)
    if let known = state.withLock({ $0.now[key] ?? $0.last[key] }), known.frame.size == frame.size {
      state.withLock { $0.now[key] = known }
      return known.markup
    }
    let made = make()
    state.withLock { $0.now[key] = (frame, made) }
    return made
  }
}
