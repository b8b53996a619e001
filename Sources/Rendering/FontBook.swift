import CCairo
import Diagnostics
import Typesetting

/// The font files behind the families that layout names.
public struct FontFace: Sendable, Hashable {
  public let family: Font.Family
  /// As fontconfig calls it: "Linux Libertine O".
  public let name: String
  /// Of the upright regular face; for hashing, never for printing.
  public let file: String
}

/// Finds fonts through fontconfig, and says what to install when one is missing rather than taking another.
public enum FontBook {
  static func name(_ family: Font.Family) -> String {
    switch family {
    case .serif: "Linux Libertine O"
    case .sans: "Inter"
    case .mono: "DejaVu Sans Mono"
    }
  }

  private static func package(_ family: Font.Family) -> String {
    switch family {
    case .serif: "fonts-linuxlibertine"
    case .sans: "fonts-inter"
    case .mono: "fonts-dejavu-core"
    }
  }

  /// - Throws: `Problem` that names the missing font and the package that has it.
  public static func faces() throws(Problem) -> [FontFace] {
    var faces: [FontFace] = []
    for family in [Font.Family.serif, .sans, .mono] {
      let name = name(family)
      guard let file = match(name) else {
        throw .failure(
          "the font \(name) is not installed",
          remedy: "Install it: sudo apt-get install \(package(family)) (Scripts/setup.sh installs everything).")
      }
      faces.append(FontFace(family: family, name: name, file: file))
    }
    return faces
  }

  /// The file of a family's regular face, if fontconfig has just this family.
  private static func match(_ name: String) -> String? {
    guard let pattern = FcPatternCreate() else { return nil }
    defer { FcPatternDestroy(pattern) }
    FcPatternAddString(pattern, FC_FAMILY, name)
    FcConfigSubstitute(nil, pattern, FcMatchPattern)
    FcDefaultSubstitute(pattern)
    var result = FcResultMatch
    guard let found = FcFontMatch(nil, pattern, &result) else { return nil }
    defer { FcPatternDestroy(found) }
    var index: Int32 = 0
    var isFamily = false
    var text: UnsafeMutablePointer<FcChar8>?
    while FcPatternGetString(found, FC_FAMILY, index, &text) == FcResultMatch, let value = text {
      isFamily = isFamily || String(cString: value) == name
      index += 1
    }
    guard isFamily, FcPatternGetString(found, FC_FILE, 0, &text) == FcResultMatch, let file = text else { return nil }
    return String(cString: file)
  }
}
