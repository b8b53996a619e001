import Foundation
import Images

/// The files that Scripts/goldens/images.py wrote.
enum Fixtures {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

  static func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: folder.appending(path: name))) }

  static func names(_ suffixes: String...) -> [String] {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return all.filter { name in suffixes.contains { name.hasSuffix($0) } }.sorted()
  }

  /// The two 32-bit numbers that a golden begins with, and what follows.
  static func golden(_ name: String) throws -> (first: Int, second: Int, body: [UInt8]) {
    let bytes = try bytes(name)
    func number(_ offset: Int) -> Int {
      (0..<4).reduce(0) { (sum: Int, i: Int) -> Int in sum | Int(bytes[offset + i]) << (8 * i) }
    }
    return (number(0), number(4), Array(bytes.dropFirst(8)))
  }

  static func decoded(_ name: String) throws -> RGBImage {
    let golden = try golden(name + ".rgb")
    return RGBImage(width: golden.first, height: golden.second, pixels: golden.body)
  }

  /// The picture from which the goldens of resizing are made.
  static func generated(width: Int, height: Int) -> RGBImage {
    let pixels = (0..<(width * height * 3)).map { (i: Int) -> UInt8 in UInt8((i * 7919 + i * i * 31) % 256) }
    return RGBImage(width: width, height: height, pixels: pixels)
  }
}
