#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
import Diagnostics

/// Float storage on a 64-byte boundary, as the vector units and oneDNN like it. The one owner of its memory.
public final class AlignedBuffer: @unchecked Sendable {
  public let count: Int
  public let pointer: UnsafeMutablePointer<Float>

  /// Zero-filled storage for `count` floats.
  /// - Throws: `Problem` when the machine has no memory left for it.
  public init(count: Int) throws(Problem) {
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    var raw: UnsafeMutableRawPointer?
    guard posix_memalign(&raw, 64, bytes) == 0, let raw else {
      throw .failure(
        "no memory for a buffer of \(bytes) bytes",
        remedy: "Run with fewer threads (--threads), or on a machine with more memory.")
    }
    memset(raw, 0, bytes)
    self.count = count
    pointer = raw.bindMemory(to: Float.self, capacity: max(count, 1))
  }

  /// Storage that holds a copy of these values.
  public convenience init(copying values: [Float]) throws(Problem) {
    try self.init(count: values.count)
    values.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { pointer.update(from: base, count: source.count) }
    }
  }

  deinit { free(pointer) }

  public var values: UnsafeMutableBufferPointer<Float> { UnsafeMutableBufferPointer(start: pointer, count: count) }
}
