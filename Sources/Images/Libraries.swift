import CPNG
import CTurboJPEG
import Foundation

extension ImageDecoder {
  /// Name and version of the libraries that decode, as far as they can be asked at run time.
  public static var libraries: [(name: String, version: String)] { [("libpng", pngVersion)] }
}

extension ImageEncoder {
  /// Name and version of the libraries that encode. libturbojpeg cannot be asked: of it there is the version of its
  /// interface, where its file tells it.
  public static var libraries: [(name: String, version: String)] {
    [("libpng", pngVersion), ("libturbojpeg", turboJPEGInterface ?? "unknown")]
  }

  /// A picture of soft colours with an edge, whose file tells one encoder from another.
  public static var specimen: RGBImage {
    let size = 32
    var pixels: [UInt8] = []
    for y in 0..<size {
      for x in 0..<size { pixels += [UInt8(x * 8), UInt8(y * 8), x > y ? 255 : UInt8((x * y) % 256)] }
    }
    return RGBImage(width: size, height: size, pixels: pixels)
  }

  /// "0.2.0" where "/usr/lib/x86_64-linux-gnu/libturbojpeg.so.0.2.0" is loaded.
  private static let turboJPEGInterface: String? = {
    guard let maps = try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8),
      let name = maps.firstRange(of: "/libturbojpeg.so.")
    else { return nil }
    return String(maps[name.upperBound...].prefix { !$0.isWhitespace })
  }()
}

private var pngVersion: String {
  let version = Int(png_access_version_number())
  return "\(version / 10_000).\(version / 100 % 100).\(version % 100)"
}
