import CCairo
import Images
import Support
import Typesetting

/// Cairo's copies of encoded pictures, one for each different picture however often it is placed, so that it is embedded
/// once.
final class PictureCache {
  private var pictures: [Content: CairoPicture] = [:]
  let rasterises: Bool

  /// - Parameter rasterises: the pixels themselves are needed, not only the file that is embedded.
  init(rasterises: Bool) { self.rasterises = rasterises }

  func picture(_ picture: EncodedPicture) throws(Problem) -> CairoPicture {
    let content = Content(bytes: picture.bytes)
    if let known = pictures[content] { return known }
    let made = try CairoPicture(picture, rasterises: rasterises)
    pictures[content] = made
    return made
  }

  /// A picture's bytes. Of encoded pictures a few bytes in the middle tell nearly all apart; hashing every byte of every
  /// picture took as long as drawing it.
  private struct Content: Hashable {
    let bytes: [UInt8]

    func hash(into hasher: inout Hasher) {
      hasher.combine(bytes.count)
      let middle = bytes.count / 2
      for byte in bytes[middle..<min(middle + 64, bytes.count)] { hasher.combine(byte) }
    }
  }
}

/// An encoded picture as Cairo draws it, the one owner of its surface.
@safe final class CairoPicture {
  /// For as long as the picture lives.
  let surface: OpaquePointer

  init(_ picture: EncodedPicture, rasterises: Bool) throws(Problem) {
    let made = unsafe cairo_image_surface_create(
      CAIRO_FORMAT_RGB24, Int32(picture.pixelWidth), Int32(picture.pixelHeight))
    guard let made = unsafe made else { throw .failure("Cairo made no surface for a picture") }
    unsafe surface = unsafe made
    guard unsafe cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS else {
      throw .failure("Cairo made no surface for a picture of \(picture.pixelWidth) x \(picture.pixelHeight) pixels")
    }
    // A JPEG goes into PDF and SVG as it is; its pixels are only needed where the page itself becomes pixels.
    if rasterises || picture.format == .png {
      try fill(with: ImageDecoder.decode(picture.bytes, name: "a picture of the report"))
    }
    try attach(picture)
  }

  deinit { unsafe cairo_surface_destroy(surface) }

  private func fill(with image: RGBImage) throws(Problem) {
    unsafe cairo_surface_flush(surface)
    guard let data = unsafe cairo_image_surface_get_data(surface) else { throw .failure("Cairo gave no pixels") }
    let stride = unsafe Int(cairo_image_surface_get_stride(surface))
    let width = unsafe min(image.width, Int(cairo_image_surface_get_width(surface)))
    let height = unsafe min(image.height, Int(cairo_image_surface_get_height(surface)))
    for y in 0..<height {
      let row = unsafe UnsafeMutableRawPointer(data + y * stride).assumingMemoryBound(to: UInt32.self)
      for x in 0..<width {
        let source = 3 * (y * image.width + x)
        unsafe row[x] =
          UInt32(image.pixels[source]) << 16 | UInt32(image.pixels[source + 1]) << 8 | UInt32(image.pixels[source + 2])
      }
    }
    unsafe cairo_surface_mark_dirty(surface)
  }

  private func attach(_ picture: EncodedPicture) throws(Problem) {
    let count = picture.bytes.count
    let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(count, 1))
    unsafe picture.bytes.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { unsafe copy.update(from: base, count: count) }
    }
    let type = picture.format == .jpeg ? CAIRO_MIME_TYPE_JPEG : CAIRO_MIME_TYPE_PNG
    let status = unsafe cairo_surface_set_mime_data(
      surface, type, copy, UInt(count), { unsafe $0?.assumingMemoryBound(to: UInt8.self).deallocate() }, unsafe copy)
    guard status == CAIRO_STATUS_SUCCESS else {
      unsafe copy.deallocate()
      throw .failure(unsafe "Cairo refused a picture: \(String(cString: cairo_status_to_string(status)))")
    }
  }
}
