/// What is done with the EXIF orientation that cameras write instead of turning the picture themselves.
public enum OrientationUse: String, Sendable, Hashable, Codable, CaseIterable {
  /// The picture stands upright, as viewers show it.
  case apply
  /// The samples as stored, which is what torchvision and plain Pillow give.
  case ignore
}

extension ImageDecoder {
  /// The EXIF orientation of a picture in memory, 1 to 8: 1 is upright, and what a file says that states none or is no
  /// picture.
  public static func orientation(_ bytes: [UInt8]) -> Int {
    switch ImageFormat.recognise(bytes) {
    case .jpeg: (try? JPEGHeader(bytes: bytes, name: ""))?.orientation ?? 1
    case .png: (try? PNGChunks(bytes: bytes, name: ""))?.orientation ?? 1
    case .pnm, nil: 1
    }
  }
}

/// The orientation, 1 to 8, that an EXIF block states in its first directory; nil when it states none.
///
/// - Parameter block: From the byte order mark ("II" or "MM") on. Offsets count from there.
func exifOrientation(_ block: [UInt8]) -> Int? {
  let littleEndian: Bool
  if block.starts(with: [0x49, 0x49, 0x2A, 0x00]) {
    littleEndian = true
  } else if block.starts(with: [0x4D, 0x4D, 0x00, 0x2A]) {
    littleEndian = false
  } else {
    return nil
  }
  func number(at offset: Int, bytes: Int) -> Int? {
    guard offset >= 0, offset + bytes <= block.count else { return nil }
    let field = block[offset..<(offset + bytes)]
    return (littleEndian ? Array(field.reversed()) : Array(field)).reduce(0) { $0 << 8 | Int($1) }
  }
  guard let directory = number(at: 4, bytes: 4), let entries = number(at: directory, bytes: 2) else { return nil }
  for entry in 0..<entries {
    let offset = directory + 2 + 12 * entry
    guard let tag = number(at: offset, bytes: 2) else { return nil }
    guard tag == 0x0112 else { continue }
    // 3 is SHORT; some writers use LONG, 4.
    guard let type = number(at: offset + 2, bytes: 2), type == 3 || type == 4,
      let value = number(at: offset + 8, bytes: type == 3 ? 2 : 4), (1...8).contains(value)
    else { return nil }
    return value
  }
  return nil
}

extension RGBImage {
  /// The picture turned and mirrored to stand upright, for an EXIF orientation of 1 to 8.
  func oriented(_ orientation: Int) -> RGBImage {
    guard (2...8).contains(orientation) else { return self }
    let swapsAxes = orientation >= 5
    let flipsRows = [3, 4, 6, 7].contains(orientation)
    let flipsColumns = [2, 3, 7, 8].contains(orientation)
    let (newWidth, newHeight) = swapsAxes ? (height, width) : (width, height)
    let turned = unsafe [UInt8](unsafeUninitializedCapacity: pixels.count) { output, count in
      unsafe pixels.withUnsafeBufferPointer { input in
        for y in 0..<newHeight {
          for x in 0..<newWidth {
            let row = swapsAxes ? x : y
            let column = swapsAxes ? y : x
            let source =
              3
              &* ((flipsRows ? height &- 1 &- row : row) &* width
                &+ (flipsColumns ? width &- 1 &- column : column))
            let target = 3 &* (y &* newWidth &+ x)
            unsafe output[target] = unsafe input[source]
            unsafe output[target &+ 1] = unsafe input[source &+ 1]
            unsafe output[target &+ 2] = unsafe input[source &+ 2]
          }
        }
      }
      count = pixels.count
    }
    return RGBImage(width: newWidth, height: newHeight, pixels: turned)
  }
}
