/// Files that `numpy.load` reads: format version 1.0 of NumPy's .npy, little-endian Float32, in C order
/// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
public enum NumPyArray {
  /// - Parameters:
  ///   - shape: outermost axis first.
  ///   - values: as many as the shape holds, the last axis together.
  /// - Precondition: as many values as the shape holds.
  public static func bytes(shape: [Int], values: [Float]) -> [UInt8] {
    precondition(shape.reduce(1, *) == values.count, "shape \(shape) does not hold \(values.count) values")
    // A tuple of one has a comma.
    let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(extents)), }"
    // Before the values stand ten bytes and the header with its line's end, together a multiple of 64.
    let length = 10 + header.utf8.count + 1
    header += String(repeating: " ", count: (64 - length % 64) % 64) + "\n"
    let count = header.utf8.count
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(count & 255), UInt8(count >> 8)]
    bytes.reserveCapacity(bytes.count + count + 4 * values.count)
    bytes += Array(header.utf8)
    for value in values {
      let bits = value.bitPattern
      for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
    }
    return bytes
  }
}
