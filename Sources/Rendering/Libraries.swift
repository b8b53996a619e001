import CCairo
import CQPDF
import CZlib

extension Renderer {
  /// Name and version, as they say themselves at run time, of the libraries that shape text, draw and write pages.
  public static var libraries: [(name: String, version: String)] {
    let fontconfig = Int(FcGetVersion())
    return unsafe [
      ("Cairo", String(cString: cairo_version_string())),
      ("Pango", String(cString: pango_version_string())),
      ("HarfBuzz", String(cString: hb_version_string())),
      ("FreeType", freeTypeVersion),
      ("Fontconfig", "\(fontconfig / 10_000).\(fontconfig / 100 % 100).\(fontconfig % 100)"),
      unsafe ("libqpdf", String(cString: qpdf_get_qpdf_version())),
      unsafe ("zlib", String(cString: zlibVersion())),
    ]
  }

  /// FreeType tells it of a library that has been started only.
  private static let freeTypeVersion: String = {
    var library: FT_Library?
    guard unsafe FT_Init_FreeType(&library) == 0, let library = unsafe library else { return "unknown" }
    defer { unsafe FT_Done_FreeType(library) }
    var (major, minor, patch): (FT_Int, FT_Int, FT_Int) = (0, 0, 0)
    unsafe FT_Library_Version(library, &major, &minor, &patch)
    return "\(major).\(minor).\(patch)"
  }()
}
