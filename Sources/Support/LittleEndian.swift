import Foundation

/// Numbers as little-endian bytes.
package struct ByteWriter {
  package private(set) var bytes = Data()

  package init() {}

  package mutating func add(_ number: some FixedWidthInteger) {
    unsafe withUnsafeBytes(of: number.littleEndian) { unsafe bytes.append(contentsOf: $0) }
  }

  package mutating func add(_ data: Data) { bytes.append(data) }
}

/// Reads what a `ByteWriter` wrote, and nothing beyond its end.
package struct ByteReader {
  private let bytes: [UInt8]
  private var position = 0

  package init(_ bytes: Data) { self.bytes = [UInt8](bytes) }

  package var isAtEnd: Bool { position == bytes.count }

  package mutating func number<Number: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
    _ type: Number.Type
  ) -> Number? {
    let size = Number.bitWidth / 8
    guard bytes.count - position >= size else { return nil }
    defer { position += size }
    // Byte by byte this took half of the reading of a large store.
    return unsafe bytes.withUnsafeBytes {
      unsafe Number(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: Number.self))
    }
  }

  /// - Returns: whether there were so many.
  package mutating func skip(_ count: Int) -> Bool {
    guard count >= 0, bytes.count - position >= count else { return false }
    position += count
    return true
  }

  package mutating func data(_ count: Int) -> Data? {
    guard count >= 0, bytes.count - position >= count else { return nil }
    defer { position += count }
    return Data(bytes[position..<position + count])
  }
}
