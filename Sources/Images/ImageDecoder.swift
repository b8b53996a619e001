import Foundation
import Support

/// Reads JPEG, PNG and PGM/PPM files as 8-bit RGB.
///
///     let photograph = try ImageDecoder.decode(contentsOf: URL(filePath: "faces/s1/10.pgm"))
///
/// The values are those that Pillow gives where Pillow keeps 8 bits. Grey is repeated to three channels, CMYK is
/// converted (`JPEGDecoder`), alpha is composited on white, 16-bit samples are scaled and rounded, the EXIF
/// orientation is applied. Colour profiles and gamma chunks never change a value: the networks were trained on
/// samples as stored.
public enum ImageDecoder {
  /// Decodes a picture that is in memory.
  /// - Parameters:
  ///   - name: What messages call the file.
  ///   - orientation: Whether the EXIF orientation turns the picture.
  /// - Throws: `Problem` that names the file, the byte as far as known, and what is wrong with it.
  public static func decode(
    _ bytes: [UInt8], name: String, orientation: OrientationUse = .apply, limits: DecodingLimits = .standard
  ) throws(Problem) -> RGBImage {
    guard let format = ImageFormat.recognise(bytes) else {
      throw .failure(
        at: Place(file: name),
        "is not a picture that can be read: by its content it is \(ImageFormat.describe(bytes)); "
          + "expected JPEG, PNG, PGM or PPM (P2, P3, P5, P6)",
        remedy: "Convert it to one of these formats, or take it out of the data.")
    }
    switch format {
    case .jpeg: return try JPEGDecoder(bytes: bytes, name: name, limits: limits).decode(orientation)
    case .png: return try PNGDecoder(bytes: bytes, name: name, limits: limits).decode(orientation)
    case .pnm:
      var decoder = PNMDecoder(bytes: bytes, name: name, limits: limits)
      return try decoder.decode()
    }
  }

  /// Reads a file and decodes it, turned as its EXIF orientation says.
  /// - Parameter name: What messages call the file; its path when nil.
  /// - Throws: `Problem` as the other, and as `ImageFile.read`.
  public static func decode(contentsOf url: URL, name: String? = nil, limits: DecodingLimits = .standard)
    throws(Problem) -> RGBImage
  {
    let bytes = try ImageFile.read(url, name: name, limits: limits)
    return try decode(bytes, name: name ?? url.path, limits: limits)
  }
}
