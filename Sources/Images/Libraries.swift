import CPNG

extension ImageDecoder {
  /// Name and version of the libraries that decode, as far as they can be asked at run time.
  public static var libraries: [(name: String, version: String)] {
    let version = Int(png_access_version_number())
    return [("libpng", "\(version / 10_000).\(version / 100 % 100).\(version % 100)")]
  }
}
