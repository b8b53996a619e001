import CCairo
import CFonts
import Diagnostics
import Foundation
import Typesetting

/// A font file that pages are drawn with.
public struct FontFace: Sendable {
  public let family: Font.Family
  /// As fontconfig calls the family: "Linux Libertine O".
  public let name: String
  /// "LinLibertine_RB.otf"
  public let file: String
  /// Its bytes, constants of the program.
  public var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: font.pointee.bytes, count: font.pointee.count)
  }

  // Constants too.
  nonisolated(unsafe) let font: UnsafePointer<heatdrift_font>
}

/// The fonts of reports. They are part of the program, so that it draws the same wherever it is run, whatever is
/// installed there and whoever changes files meanwhile.
public enum FontBook {
  /// Four of each family: regular, italic, bold, and bold italic.
  public static let faces: [FontFace] = {
    let families = [Font.Family.serif, .sans, .mono]
    var faces: [FontFace] = []
    while let font = heatdrift_font_at(faces.count), let family = families.dropFirst(faces.count / 4).first {
      faces.append(
        FontFace(family: family, name: name(family), file: String(cString: font.pointee.name), font: font))
    }
    return faces
  }()

  static func name(_ family: Font.Family) -> String {
    switch family {
    case .serif: "Linux Libertine O"
    case .sans: "Inter"
    case .mono: "DejaVu Sans Mono"
    }
  }

  /// fontconfig's knowledge of these files and of nothing else: no font that is installed, and no rule of a system or user,
  /// can stand in for one of them or change how it is drawn.
  /// - Throws: `Problem` when they cannot be opened.
  static func configuration() throws(Problem) -> OpaquePointer { try opened.get().pointer }

  private struct Configuration: @unchecked Sendable { let pointer: OpaquePointer }

  private static let opened = Result { () throws(Problem) in
    guard let made = FcConfigCreate() else { throw .failure("fontconfig could not be started: no memory left") }
    for face in faces { try add(face, to: made) }
    // Before Pango starts to read those of the system.
    guard FcConfigSetCurrent(made) != 0 else { throw .failure("fontconfig could not be started: no memory left") }
    return Configuration(pointer: made)
  }

  private static func add(_ face: FontFace, to configuration: OpaquePointer) throws(Problem) {
    // fontconfig, FreeType and HarfBuzz each open a font by its name.
    let descriptor = heatdrift_font_open(face.font)
    guard descriptor >= 0 else {
      throw .failure(
        "the font \(face.file) cannot be put into memory: \(String(cString: strerror(errno)))",
        remedy: "Free memory, or raise the limit of open files (`ulimit -n`).")
    }
    let path = "/proc/self/fd/\(descriptor)"
    guard FcConfigAppFontAddFile(configuration, path) != 0,
      let fonts = FcConfigGetFonts(configuration, FcSetApplication),
      fonts.pointee.nfont > 0, let pattern = fonts.pointee.fonts[Int(fonts.pointee.nfont) - 1],
      text(FC_FILE, of: pattern) == path, text(FC_FAMILY, of: pattern) == face.name
    else {
      throw .failure(
        "the font \(face.file), which is part of Heatdrift, cannot be read through \(path)",
        remedy: "Mount /proc, and unset FONTCONFIG_SYSROOT.")
    }
  }

  private static func text(_ property: String, of pattern: OpaquePointer) -> String? {
    var value: UnsafeMutablePointer<FcChar8>?
    guard FcPatternGetString(pattern, property, 0, &value) == FcResultMatch, let value else { return nil }
    return String(cString: value)
  }
}
