import Explanations
import Foundation
import Support

/// A raw map as it lies in the store: little-endian Float32, row-major.
struct StoredMap {
  let height: Int
  let width: Int
  let bytes: Data
  /// Of the extents and the bytes.
  let sha256: Data

  init(_ map: RawMap) {
    (height, width) = (map.height, map.width)
    bytes = unsafe map.values.map { $0.bitPattern.littleEndian }.withUnsafeBytes { unsafe Data($0) }
    sha256 = StoredMap.hash(height: map.height, width: map.width, bytes: bytes)
  }

  /// As it was found, whether or not it is what its hash says.
  init(height: Int, width: Int, bytes: Data, sha256: Data) {
    (self.height, self.width, self.bytes, self.sha256) = (height, width, bytes, sha256)
  }

  /// - Throws: `Problem` when the bytes are not those that were stored.
  static func map(height: Int, width: Int, bytes: Data, sha256: Data) throws(Problem) -> RawMap {
    let count = bytes.count / 4
    guard height > 0, width > 0, height <= count, count / height == width, bytes.count == 4 * height * width,
      hash(height: height, width: width, bytes: bytes) == sha256
    else {
      throw .failure(
        "the results store is damaged: a raw map is not the one that was stored",
        remedy: "Move the store away; the next run computes everything again.")
    }
    let values = unsafe bytes.withUnsafeBytes { raw in
      (0..<count).map {
        unsafe Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
      }
    }
    return RawMap(height: height, width: width, values: values)
  }

  static func hash(height: Int, width: Int, bytes: Data) -> Data {
    var hash = SHA256()
    hash.update(data: Data("\(height)x\(width)\n".utf8))
    hash.update(data: bytes)
    return Data(hash.finalize())
  }
}
