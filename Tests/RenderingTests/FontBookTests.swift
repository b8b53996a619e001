import CCairo
import CFonts
import Foundation
import Support
import Testing
import Typesetting

@testable import Rendering

@Suite struct FontBookTests {
  /// Another file moves the pages of every report.
  @Test func filesAreThoseOfDebian12() {
    let sums = FontBook.faces.map { "\($0.name)  \($0.file)  \(Checksum.sha256($0.bytes))" }
    #expect(
      sums == [
        "Linux Libertine O  LinLibertine_R.otf  057bbfa1ac76133c8ae596eff0baf1fd662b2b60e830e6d45cfec5d21489eda3",
        "Linux Libertine O  LinLibertine_RI.otf  f0632ade6a312b8cc30c348837e9f72a0768a42fe1c1e1509651a0a1d03ba4ee",
        "Linux Libertine O  LinLibertine_RB.otf  56acd1e11373900e5420b9216f591a08050a9017284ac60ea56ddbaa53a58e02",
        "Linux Libertine O  LinLibertine_RBI.otf  6e4110ae96266811ec3d6473853c6704e9f0e7ff698c0b284acce006344659ca",
        "Inter  Inter-Regular.otf  a7e791e8f5a0fb02b65663f7fca73e1d1ca9543f772ad480cbd76f4e3fe3f8cc",
        "Inter  Inter-Italic.otf  45ecfe6cbadfd4803de6214e02c336a95163a7703973bc8a5ce7ac2d174ecaf7",
        "Inter  Inter-Bold.otf  1e9dfd6a6e33ac63a8fe3b4ed7ae0df9eac2d0b25e444e8e7daef4ac77943fc1",
        "Inter  Inter-BoldItalic.otf  db4356b780ed61e0d0597a07566bef5bd7497d6f0edc2d88dbf8deaedaf1ace4",
        "DejaVu Sans Mono  DejaVuSansMono.ttf  0f5db4f1749979d961019838b160bec74abdf7f9eca69553fe1aa856bbff49a4",
        "DejaVu Sans Mono  DejaVuSansMono-Oblique.ttf  db15e83c273e57cd52731c10ebb5b6bbcb0b3e9e5860dec33a66b60a5294f2df",
        "DejaVu Sans Mono  DejaVuSansMono-Bold.ttf  2964f6dac8e6e9d71613928340f17bf868e9ea51692cca333c79e74962f02233",
        "DejaVu Sans Mono  DejaVuSansMono-BoldOblique.ttf  97a099e700f0e0a4f0078c04a970686595c9a6049b5a1defbd22362e20ae1fcf",
      ])
  }

  /// Each face is drawn by its own file, and no other font is known.
  @Test(arguments: FontBook.faces.indices) func styleChoosesTheFile(_ index: Int) throws {
    let configuration = try FontBook.configuration()
    let face = FontBook.faces[index]
    let pattern = try #require(FcPatternCreate())
    defer { FcPatternDestroy(pattern) }
    FcPatternAddString(pattern, FC_FAMILY, face.name)
    FcPatternAddInteger(pattern, FC_WEIGHT, index % 4 < 2 ? FC_WEIGHT_NORMAL : FC_WEIGHT_BOLD)
    let slant = face.family == .serif ? FC_SLANT_ITALIC : FC_SLANT_OBLIQUE
    FcPatternAddInteger(pattern, FC_SLANT, index % 2 == 0 ? FC_SLANT_ROMAN : slant)
    FcConfigSubstitute(configuration, pattern, FcMatchPattern)
    FcDefaultSubstitute(pattern)
    var result = FcResultMatch
    let found = try #require(FcFontMatch(configuration, pattern, &result))
    defer { FcPatternDestroy(found) }
    var text: UnsafeMutablePointer<FcChar8>?
    #expect(FcPatternGetString(found, FC_FILE, 0, &text) == FcResultMatch)
    let path = try #require(text.map { String(cString: $0) })
    #expect(try Checksum.sha256(contentsOf: URL(filePath: path)) == Checksum.sha256(face.bytes))
    #expect(FcConfigGetFonts(configuration, FcSetApplication)?.pointee.nfont == 12)
    #expect((FcConfigGetFonts(configuration, FcSetSystem)?.pointee.nfont ?? 0) == 0)
    #expect(FcConfigGetCurrent() == configuration)
  }

  /// Nobody can write into what the pages are drawn with.
  @Test func filesCannotBeChanged() throws {
    let descriptor = heatdrift_font_open(FontBook.faces[0].font)
    defer { close(descriptor) }
    #expect(write(descriptor, "x", 1) == -1 && errno == EPERM)
    #expect(ftruncate(descriptor, 0) == -1 && errno == EPERM)
  }
}
