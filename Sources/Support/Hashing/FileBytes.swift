/// A held file's bytes as a collection that is read a window at a time: for readers that go through a file's description
/// and skip its content.
///
/// A subscript cannot throw. Bytes that could not be read are 0, and `check()` then says why: whoever reads must call it
/// before using, or complaining of, what was found.
///
/// Belongs to one thread.
public struct FileBytes: RandomAccessCollection {
  private let window: Window

  public var startIndex: Int { 0 }
  public let endIndex: Int

  init(_ file: HeldFile) {
    window = Window(file)
    endIndex = file.count
  }

  /// 0 for a byte that could not be read; see `check()`.
  /// - Precondition: 0 ..< `endIndex`.
  public subscript(position: Int) -> UInt8 { window[position] }

  /// As that of `UnsafeRawBufferPointer`.
  public func loadUnaligned<Value: BitwiseCopyable>(fromByteOffset offset: Int = 0, as type: Value.Type) -> Value {
    let size = MemoryLayout<Value>.size
    return unsafe withUnsafeTemporaryAllocation(byteCount: size, alignment: MemoryLayout<Value>.alignment) { buffer in
      for index in 0..<size { unsafe buffer[index] = window[offset + index] }
      return unsafe buffer.loadUnaligned(as: type)
    }
  }

  /// A part of the file, read at once.
  /// - Throws: `Problem.changed` where the file ends before that.
  public func bytes(_ range: Range<Int>) throws(Problem) -> [UInt8] { try window.file.bytes(range) }

  /// - Throws: the `Problem` of the first byte that could not be read.
  public func check() throws(Problem) {
    if let problem = window.problem { throw problem }
  }

  private final class Window {
    static let size = 1 << 16

    let file: HeldFile
    private(set) var problem: Problem?
    private var buffer = [UInt8](repeating: 0, count: Window.size)
    private var start = 0
    private var count = 0

    init(_ file: HeldFile) { self.file = file }

    subscript(position: Int) -> UInt8 {
      let index = position &- start
      if index >= 0, index < count { return buffer[index] }
      return move(to: position)
    }

    private func move(to position: Int) -> UInt8 {
      precondition(position >= 0 && position < file.count, "byte \(position) of a file of \(file.count)")
      start = position / Window.size * Window.size
      count = Swift.min(Window.size, file.count - start)
      do throws(Problem) {
        var target = buffer.mutableSpan
        try file.read(at: start, count: count, into: &target)
      } catch {
        problem = problem ?? error
        buffer = [UInt8](repeating: 0, count: Window.size)
      }
      return buffer[position - start]
    }
  }
}
