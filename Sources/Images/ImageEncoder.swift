import CJPEG
import CPNG
import Foundation
import Support

/// Writes pictures. The same picture gives the same bytes.
public enum ImageEncoder {
  /// 8-bit RGB, without a date or other text.
  /// - Throws: `Problem` of kind `.failure` with the picture's size, where libpng has no memory left or takes no such
  ///   size.
  public static func png(_ image: RGBImage) throws(Problem) -> [UInt8] {
    var header = unsafe png_image()
    unsafe header.version = png_uint_32(PNG_IMAGE_VERSION)
    unsafe header.width = png_uint_32(image.width)
    unsafe header.height = png_uint_32(image.height)
    unsafe header.format = png_uint_32(PNG_FORMAT_FLAG_COLOR)
    defer { unsafe png_image_free(&header) }
    // Room for pixels that cannot be packed, with a filter's byte before each row and zlib's and PNG's own around them:
    // asking for the size first would pack the picture twice.
    let raw = image.height * (1 + 3 * image.width)
    var size = png_alloc_size_t(raw + raw / 512 + 4096)
    var bytes = [UInt8](repeating: 0, count: Int(size))
    func write() -> Bool {
      unsafe bytes.withUnsafeMutableBytes { output in
        unsafe image.pixels.withUnsafeBytes {
          unsafe png_image_write_to_memory(&header, output.baseAddress, &size, 0, $0.baseAddress, 0, nil) != 0
        }
      }
    }
    var isWritten = write()
    if !isWritten, Int(size) > bytes.count {
      // Then libpng says how much it is.
      bytes = [UInt8](repeating: 0, count: Int(size))
      isWritten = write()
    }
    guard isWritten else {
      throw .failure("libpng could not write a picture of \(image.width) x \(image.height) pixels")
    }
    return Array(bytes.prefix(Int(size)))
  }

  /// - Parameters:
  ///   - quality: 1 to 100; numbers beyond are taken for the nearest.
  ///   - halvesChroma: keeps colour at half the resolution of lightness; thin coloured lines would lose their edges,
  ///     smooth colours and photographs lose nothing that is seen, and a third of the bytes.
  /// - Throws: `Problem` of kind `.failure` with the picture's size, where libjpeg has no memory left or takes no
  ///   such size.
  public static func jpeg(
    _ image: RGBImage, quality: Int = 90, halvesChroma: Bool = false
  ) throws(Problem) -> [UInt8] {
    var data: UnsafeMutablePointer<UInt8>?
    var size: UInt = 0
    var message = [CChar](repeating: 0, count: 200)
    let status = unsafe cjpeg_compress(
      image.pixels, Int32(image.width), Int32(image.height), Int32(min(max(quality, 1), 100)), halvesChroma ? 1 : 0,
      &data, &size, &message)
    defer { unsafe free(data) }
    guard status == 0, let data = unsafe data else {
      let reason = String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      throw .failure("libjpeg could not write a picture of \(image.width) x \(image.height) pixels: \(reason)")
    }
    return unsafe Array(UnsafeBufferPointer(start: data, count: Int(size)))
  }
}
