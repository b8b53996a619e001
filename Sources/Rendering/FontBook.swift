import CCairo
import CFonts
import Foundation
import Support
import Typesetting

/// A font file that pages are drawn with.
@safe public struct FontFace: Sendable {
  /// What layout asks for.
  public let family: Font.Family
  /// As fontconfig calls the family: "Linux Libertine O".
  public let name: String
  /// "LinLibertine_RB.otf"
  public let file: String
  /// Its bytes, constants of the program.
  public var bytes: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: font.pointee.bytes, count: font.pointee.count)
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
    while let font = unsafe heatdrift_font_at(faces.count), let family = families.dropFirst(faces.count / 4).first {
      unsafe faces.append(
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
  static func configuration() throws(Problem) -> OpaquePointer { try unsafe opened.get().pointer }

  /// The same with other fonts behind them, for the characters that they have not.
  /// - Throws: `Problem` when one cannot be opened.
  static func configuration(with fallback: FallbackFonts) throws(Problem) -> OpaquePointer {
    guard !fallback.files.isEmpty else { return try unsafe configuration() }
    // Known as the current one before Pango starts.
    let own = try opened.get()
    let made = try unsafe create()
    for (face, path) in zip(faces, own.paths) {
      try unsafe add(path, face.file, ofTheProgram: true, family: face.name, to: made)
    }
    for file in fallback.files {
      let path = try unsafe file.name.withCString { name in
        unsafe file.bytes.withUnsafeBufferPointer { bytes in
          var font = unsafe heatdrift_font(name: name, bytes: bytes.baseAddress, count: bytes.count)
          return Result { () throws(Problem) in try unsafe memoryPath(&font, file.name) }
        }
      }.get()
      try unsafe add(path, file.name, ofTheProgram: false, family: file.family, to: made)
    }
    return unsafe made
  }

  @safe private struct Configuration: @unchecked Sendable {
    let pointer: OpaquePointer
    let paths: [String]
  }

  private static let opened = Result { () throws(Problem) in
    let made = try unsafe create()
    var paths: [String] = []
    for face in faces {
      let path = try unsafe memoryPath(face.font, face.file)
      try unsafe add(path, face.file, ofTheProgram: true, family: face.name, to: made)
      paths.append(path)
    }
    // Before Pango starts to read those of the system.
    guard unsafe FcConfigSetCurrent(made) != 0 else {
      throw .failure("fontconfig could not be started: no memory left")
    }
    return unsafe Configuration(pointer: made, paths: paths)
  }

  private static func create() throws(Problem) -> OpaquePointer {
    guard let made = unsafe FcConfigCreate() else { throw .failure("fontconfig could not be started: no memory left") }
    return unsafe made
  }

  /// Where fontconfig, FreeType and HarfBuzz open a font, each by its name. It stays as long as the process: Cairo closes
  /// files that it has not used for a while, and opens them again.
  private static func memoryPath(_ font: UnsafePointer<heatdrift_font>, _ name: String) throws(Problem) -> String {
    let descriptor = unsafe heatdrift_font_open(font)
    guard descriptor >= 0 else {
      throw .failure(
        "the font \(name) cannot be put into memory: \(systemMessage(errno))",
        remedy: "Free memory, or raise the limit of open files (`ulimit -n`).")
    }
    return "/proc/self/fd/\(descriptor)"
  }

  private static func add(
    _ path: String, _ file: String, ofTheProgram: Bool, family: String, to configuration: OpaquePointer
  ) throws(Problem) {
    let before = unsafe Int(FcConfigGetFonts(configuration, FcSetApplication)?.pointee.nfont ?? 0)
    // A collection brings several faces.
    guard unsafe FcConfigAppFontAddFile(configuration, path) != 0,
      let fonts = unsafe FcConfigGetFonts(configuration, FcSetApplication), unsafe Int(fonts.pointee.nfont) > before,
      let pattern = unsafe fonts.pointee.fonts[before], unsafe text(FC_FILE, of: pattern) == path,
      unsafe !ofTheProgram || text(FC_FAMILY, of: pattern) == family
    else {
      throw .failure(
        "the font \(file)\(ofTheProgram ? ", which is part of Heatdrift," : "") cannot be read through \(path)",
        remedy: "Mount /proc, and unset FONTCONFIG_SYSROOT.")
    }
  }

  private static func text(_ property: String, of pattern: OpaquePointer) -> String? {
    var value: UnsafeMutablePointer<FcChar8>?
    guard unsafe FcPatternGetString(pattern, property, 0, &value) == FcResultMatch, let value = unsafe value else {
      return nil
    }
    return unsafe String(cString: value)
  }
}
