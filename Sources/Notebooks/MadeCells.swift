import Figures
import Support
import Synchronization
import Typesetting

/// What cells came to, kept from one report to the next on the same results: while a template is written most of its cells
/// stay as they were, and making them is most of the work.
///
/// For one measurer and one `PreparedResults`; whoever has others begins anew. What the report before the last had and the
/// last has not is forgotten.
public final class MadeCells: Sendable {
  /// Everything that a cell's content depends on beside the results.
  struct Key: Hashable, Sendable {
    var name: String
    /// The options as they are written.
    var yaml: String
    var scope: Scope
    /// Of models.
    var order: FrontMatter.ModelOrder
    var style: FigureStyle
    var width: Double
    var maximumHeight: Double
    var hasReferences: Bool
  }

  private struct State {
    var last: [Key: [CellContent]] = [:]
    var now: [Key: [CellContent]] = [:]
  }
  private let state = Mutex(State())

  public init() {}

  /// Called where a report begins.
  func beginReport() {
    state.withLock {
      $0.last = $0.now
      $0.now = [:]
    }
  }

  /// The content of a cell, made where nobody has made it.
  func content(_ key: Key, make: () throws -> [CellContent]) rethrows -> [CellContent] {
    if let known = state.withLock({ $0.now[key] ?? $0.last[key] }) {
      state.withLock { $0.now[key] = known }
      return known
    }
    let made = try make().map { content -> CellContent in
      guard case .figure(let figure) = content else { return content }
      return .figure(figure.keepingFrames)
    }
    state.withLock { $0.now[key] = made }
    return made
  }
}

extension CellFigure {
  /// The same, laid out once at each width.
  fileprivate var keepingFrames: CellFigure {
    let frames = KeptFrames()
    let frame = self.frame
    return CellFigure(
      alternative: alternative, frame: { width in frames.frame(width) { frame(width) } }, fitted: fitted)
  }
}

private final class KeptFrames: Sendable {
  private let frames = Mutex<[Double: Frame]>([:])

  func frame(_ width: Double, make: () -> Frame) -> Frame {
    if let known = frames.withLock({ $0[width] }) { return known }
    let made = make()
    frames.withLock { $0[width] = made }
    return made
  }
}
