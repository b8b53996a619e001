/// The colours that a report's numbers stand for, as archival PDF asks of it (ISO 19005-3, 6.2.3): sRGB as a profile of three
/// primaries and one curve.
///
/// Made here of the standard's numbers (IEC 61966-2-1, adapted to D50 by Bradford's transform), in the format of ICC.1:2004-10,
/// version 4.2 of which PDF 1.7 knows; some 500 bytes.
enum SRGBProfile {
  /// The whole file, the same always.
  static let bytes: [UInt8] = {
    let tags: [(name: String, data: [UInt8])] = [
      ("desc", localised("sRGB")), ("cprt", localised("No copyright, use freely")),
      ("wtpt", xyz(whitePoint)), ("rXYZ", xyz(red)), ("gXYZ", xyz(green)), ("bXYZ", xyz(blue)),
      ("rTRC", curve), ("gTRC", curve), ("bTRC", curve), ("chad", matrix(adaptation)),
    ]
    var table = big(UInt32(tags.count))
    var data: [UInt8] = []
    var places: [[UInt8]: Int] = [:]
    let start = 128 + 4 + 12 * tags.count
    for tag in tags {
      // The three curves are one.
      let place = places[tag.data] ?? start + data.count
      if places.updateValue(place, forKey: tag.data) == nil {
        data += tag.data + [UInt8](repeating: 0, count: (4 - tag.data.count % 4) % 4)
      }
      table += Array(tag.name.utf8) + big(UInt32(place)) + big(UInt32(tag.data.count))
    }
    return header(size: start + data.count) + table + data
  }()

  /// D50, the white of the space that profiles lead to.
  static let whitePoint = [0.9642, 1, 0.8249]
  static let red = [0.43607, 0.22249, 0.01392]
  static let green = [0.38515, 0.71687, 0.09708]
  static let blue = [0.14307, 0.06061, 0.71410]
  /// From D65 to D50, row by row.
  static let adaptation = [1.04788, 0.02292, -0.05022, 0.02959, 0.99048, -0.01707, -0.00925, 0.01508, 0.75168]

  private static func header(size: Int) -> [UInt8] {
    var bytes = big(UInt32(size)) + [0, 0, 0, 0] + big(0x0420_0000)
    bytes += Array("mntrRGB XYZ ".utf8)
    // The standard's year; a profile must have a date.
    bytes += [1999, 1, 1, 0, 0, 0].flatMap { (number: UInt16) in [UInt8(number >> 8), UInt8(number & 255)] }
    bytes += Array("acsp".utf8)
    // No platform, flags, device or attributes; perceptual.
    bytes += [UInt8](repeating: 0, count: 28)
    bytes += whitePoint.flatMap(fixed)
    return bytes + [UInt8](repeating: 0, count: 128 - bytes.count)
  }

  private static func big(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  /// s15Fixed16Number
  private static func fixed(_ value: Double) -> [UInt8] {
    big(UInt32(bitPattern: Int32((value * 65536).rounded())))
  }

  private static func xyz(_ values: [Double]) -> [UInt8] { Array("XYZ ".utf8) + big(0) + values.flatMap(fixed) }

  private static func matrix(_ values: [Double]) -> [UInt8] { Array("sf32".utf8) + big(0) + values.flatMap(fixed) }

  /// A parametric curve of type 3: ((x + 0.055) / 1.055)^2.4 from 0.04045 on, x / 12.92 below.
  private static let curve: [UInt8] =
    Array("para".utf8) + big(0) + [0, 3, 0, 0]
    + [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045].flatMap(fixed)

  private static func localised(_ text: String) -> [UInt8] {
    let letters = text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
    return Array("mluc".utf8) + big(0) + big(1) + big(12) + Array("enUS".utf8) + big(UInt32(letters.count)) + big(28)
      + letters
  }
}
