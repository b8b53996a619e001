import CCairo
import CFonts
import Foundation
import Support

/// The installed fonts that have the characters of a report which its own fonts have not: names of people in other scripts.
///
/// Asked of fontconfig by coverage, in an order that depends on nothing but what is installed; read into memory once, so
/// that what is hashed is what is drawn with. Outlines only: coloured bitmaps are no text in a PDF.
///
///     let fonts = FallbackFonts(for: ["中文", "हिन्दी"])
///     let renderer = try Renderer(fallback: fonts)
public struct FallbackFonts: Sendable {
  /// A font file as it was read.
  public struct File: Sendable, Hashable {
    /// "NotoSansThai-Regular.ttf"
    public let name: String
    /// As fontconfig calls its first face: "Noto Sans Thai".
    public let family: String
    /// The whole file.
    public let bytes: [UInt8]
  }

  /// In the order in which they are asked for a glyph.
  public let files: [File]
  /// The characters that no font has, in Unicode's order.
  public let missing: [Unicode.Scalar]

  /// Of documents that print nothing but what the report's own fonts have.
  public static let none = FallbackFonts(files: [], missing: [])

  private init(files: [File], missing: [Unicode.Scalar]) {
    self.files = files
    self.missing = missing
  }

  /// - Parameter texts: whatever a document may print.
  public init(for texts: some Sequence<String>) { self.init(for: texts, folder: nil) }

  /// - Parameter folder: where to look for fonts in place of where the system has them.
  init(for texts: some Sequence<String>, folder: String?) {
    var needed: Set<Unicode.Scalar> = []
    for text in texts where !text.utf8.allSatisfy({ $0 < 0x80 }) {
      for scalar in visible(text).unicodeScalars where scalar.value >= 0x80 { needed.insert(scalar) }
    }
    needed = needed.filter { !$0.properties.isWhitespace && !$0.properties.isDefaultIgnorableCodePoint }
    // Where the own fonts cannot be opened, whoever draws says so.
    if let own = try? unsafe FontBook.configuration() {
      let sets = unsafe Self.faces(own, FcSetApplication).map(unsafe \.characters)
      needed = needed.filter { scalar in unsafe !sets.contains { unsafe FcCharSetHasChar($0, scalar.value) != 0 } }
    }
    guard !needed.isEmpty, let configuration = unsafe Self.configuration(folder: folder) else {
      self.init(files: [], missing: needed.sorted())
      return
    }
    defer { unsafe FcConfigDestroy(configuration) }
    var candidates =
      unsafe (folder == nil ? Self.faces(configuration, FcSetSystem) : []) + Self.faces(configuration, FcSetApplication)
    var files: [File] = []
    while !needed.isEmpty {
      let counts = candidates.map { face in needed.count { unsafe FcCharSetHasChar(face.characters, $0.value) != 0 } }
      let useful = candidates.indices.filter { counts[$0] > 0 }
      let best = useful.min { first, second in
        (candidates[first].rank, -counts[first], candidates[first].path, candidates[first].index)
          < (candidates[second].rank, -counts[second], candidates[second].path, candidates[second].index)
      }
      guard let best else { break }
      let face = candidates[best]
      candidates.removeAll { $0.path == face.path && $0.index == face.index }
      // What cannot be read now is not installed.
      guard let bytes = try? Data(contentsOf: URL(filePath: face.path)), !bytes.isEmpty else { continue }
      let file = File(name: URL(filePath: face.path).lastPathComponent, family: face.family, bytes: Array(bytes))
      if !files.contains(file) { files.append(file) }
      needed = needed.filter { unsafe FcCharSetHasChar(face.characters, $0.value) == 0 }
    }
    self.init(files: files, missing: needed.sorted())
  }

  // MARK: - What is installed

  @safe private struct Face {
    var path: String
    var index: Int
    var family: String
    /// Least first: families that cover many scripts in one style, upright, of normal weight and width.
    var rank: Int
    /// Of the configuration, which outlives the face.
    var characters: OpaquePointer
  }

  private static func configuration(folder: String?) -> OpaquePointer? {
    guard let folder else { return unsafe FcInitLoadConfigAndFonts() }
    guard let made = unsafe FcConfigCreate() else { return nil }
    _ = unsafe FcConfigAppFontAddDir(made, folder)
    return unsafe made
  }

  private static func faces(_ configuration: OpaquePointer, _ set: FcSetName) -> [Face] {
    guard let fonts = unsafe FcConfigGetFonts(configuration, set) else { return [] }
    return unsafe (0..<Int(fonts.pointee.nfont)).compactMap { index in
      guard let pattern = unsafe fonts.pointee.fonts[index] else { return nil }
      return unsafe face(pattern)
    }
  }

  private static func face(_ pattern: OpaquePointer) -> Face? {
    func text(_ property: String) -> String? {
      var value: UnsafeMutablePointer<FcChar8>?
      guard unsafe FcPatternGetString(pattern, property, 0, &value) == FcResultMatch, let value = unsafe value else {
        return nil
      }
      return unsafe String(cString: value)
    }
    func integer(_ property: String, _ standard: Int32) -> Int32 {
      var value: Int32 = 0
      return unsafe FcPatternGetInteger(pattern, property, 0, &value) == FcResultMatch ? value : standard
    }
    func holds(_ property: String) -> Bool {
      var value: FcBool = 0
      return unsafe FcPatternGetBool(pattern, property, 0, &value) == FcResultMatch && value != 0
    }
    var characters: OpaquePointer?
    guard unsafe FcPatternGetCharSet(pattern, FC_CHARSET, 0, &characters) == FcResultMatch,
      let characters = unsafe characters,
      let path = text(FC_FILE), let family = text(FC_FAMILY), holds(FC_OUTLINE), !holds(FC_COLOR)
    else { return nil }
    let families = ["Noto Sans", "Noto Serif", "Noto "]
    let tier = families.firstIndex { family.hasPrefix($0) } ?? (family.contains("allback") ? 4 : 3)
    let isPlain =
      integer(FC_SLANT, FC_SLANT_ROMAN) == FC_SLANT_ROMAN && integer(FC_WIDTH, FC_WIDTH_NORMAL) == FC_WIDTH_NORMAL
    let weight = abs(Int(integer(FC_WEIGHT, FC_WEIGHT_REGULAR) - FC_WEIGHT_REGULAR))
    return unsafe Face(
      path: path, index: Int(integer(FC_INDEX, 0)), family: family,
      rank: (isPlain ? 0 : 10_000) + 1000 * tier + min(999, weight), characters: characters)
  }

  // MARK: - Warnings

  /// Names the characters that would be boxes, and the packages that bring them.
  public var warnings: [Warning] {
    guard !missing.isEmpty else { return [] }
    let numbers = missing.prefix(12).map { "U+" + String($0.value, radix: 16, uppercase: true) }
    let rest = missing.count > 12 ? " and \(missing.count - 12) more" : ""
    let packages = Set(missing.map(Self.package)).sorted().joined(separator: " ")
    return [
      Warning(
        "no installed font has \(missing.count == 1 ? "a character" : "\(missing.count) characters") of the report, which "
          + "\(missing.count == 1 ? "is printed as a box" : "are printed as boxes"): "
          + numbers.joined(separator: ", ") + rest,
        remedy:
          "`sudo apt-get install \(packages)` brings them on Debian and Ubuntu; `heatdrift render` then draws the "
          + "report again.")
    ]
  }

  /// Of Debian and Ubuntu.
  private static func package(_ scalar: Unicode.Scalar) -> String {
    switch scalar.value {
    case 0x1100...0x11FF, 0x2E80...0x303F, 0x3040...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA960...0xA97F,
      0xAC00...0xD7FF, 0xF900...0xFAFF, 0xFE30...0xFE4F, 0xFF00...0xFFEF, 0x1B000...0x1B16F, 0x20000...0x3FFFF:
      "fonts-noto-cjk"
    case 0x2190...0x2BFF, 0x1F000...0x1FAFF: "fonts-symbola"
    case 0xE00...0xE7F: "fonts-thai-tlwg"
    default: "fonts-noto-core"
    }
  }
}
