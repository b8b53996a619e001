#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
import Support

/// Float storage on a 64-byte boundary, as the vector units and oneDNN like it. The one owner of its memory.
@safe public final class AlignedBuffer: @unchecked Sendable {
  /// In floats.
  public let count: Int
  /// The first float, for as long as the buffer lives. Everybody else is lent `floats`.
  let pointer: UnsafeMutablePointer<Float>
  /// What was allocated: the storage lies on the first boundary in it.
  private let allocation: UnsafeMutableRawPointer

  /// Zero-filled storage for `count` floats.
  /// - Throws: `Problem` when the machine has no memory left for it.
  public init(count: Int) throws(Problem) {
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    let boundary = 64
    // Large fresh memory is zero already: `calloc` knows, and the system gives a page only once it is written to.
    guard let allocation = unsafe calloc(1, bytes + boundary) else {
      throw .failure(
        "no memory for a buffer of \(bytes) bytes",
        remedy: "Run with fewer threads (--threads), or on a machine with more memory.")
    }
    self.count = count
    unsafe self.allocation = unsafe allocation
    unsafe pointer = unsafe allocation.alignedUp(toMultipleOf: boundary).bindMemory(
      to: Float.self, capacity: max(count, 1))
  }

  /// Storage that holds a copy of these values.
  /// - Throws: `Problem` when the machine has no memory left for it.
  public convenience init(copying values: [Float]) throws(Problem) {
    try self.init(count: values.count)
    floats.copy(values.span)
  }

  deinit { unsafe free(allocation) }

  /// All floats, to read and to write.
  public var floats: LentFloats {
    @_lifetime(borrow self) get { LentFloats(self, 0..<count, lentBy: self) }
  }
}
