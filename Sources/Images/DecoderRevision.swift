import Foundation
import Support

/// What the libraries that decode images make of some pictures, as an ingredient of the store's keys: another decoder
/// gives other pixels, and so other results.
///
/// Not the libraries' versions: libturbojpeg does not tell its own, and a version that mends a fault elsewhere need not
/// cost a run of many hours. Not a hash of every image's pixels either: every image would have to be decoded to find
/// that there is nothing to compute. Five pictures of a thousand pixels, decoded once a process, show chroma
/// upsampling, the inverse transform of sequential and progressive files, CMYK, interlacing, 16 bits, palettes and
/// transparency.
public enum DecoderRevision {
  /// Nil where every picture becomes the pixels that Pillow makes of it, with libjpeg-turbo 2.1 and libpng 1.6; else the
  /// start of the SHA-256 of what it becomes.
  public static let current: String? = of(decoded)

  /// SHA-256 of width, height and pixels of each picture, from the decoder's own goldens.
  static let standard = "870f3a7989ad5b0b5d1424bf05abcbecd11408bc57718159782b3ca9b9df68c4"

  private static let pictures = [
    "rgb-420.jpg", "rgb-progressive.jpg", "cmyk.jpg", "interlaced-rgba-16.png", "palette-4-transparent.png",
  ]

  private static func decoder(_ name: String) -> () throws -> RGBImage {
    { try ImageDecoder.decode(CompiledIn.bytes(of: name), name: name) }
  }

  /// - Parameter decoded: the pictures in their order, or what went wrong with each.
  package static func of(_ decoded: [Result<RGBImage, any Error>]) -> String? {
    var text: [UInt8] = []
    for result in decoded {
      switch result {
      case .success(let image): text += Array("\(image.width)x\(image.height)\n".utf8) + image.pixels
      case .failure: text += Array("unreadable\n".utf8)
      }
    }
    let hash = Checksum.sha256(text)
    return hash == standard ? nil : String(hash.prefix(16))
  }

  /// The pictures as this process decodes them.
  package static var decoded: [Result<RGBImage, any Error>] {
    pictures.map { Result(catching: decoder($0)) }
  }
}
