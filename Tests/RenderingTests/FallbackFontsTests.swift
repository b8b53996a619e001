import Foundation
import Images
import Support
import Testing
import Typesetting

@testable import Rendering

/// Names in scripts that the report's own fonts have not, with two small fonts in the place of those that are installed.
@Suite struct FallbackFontsTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fonts").path
  private let hindi = "हिन्दी"

  private func fonts(_ texts: String..., folder: String = Self.folder) -> FallbackFonts {
    FallbackFonts(for: texts, folder: folder)
  }

  private func frame(_ text: String) -> Frame {
    Frame(
      size: Size(width: 200, height: 40),
      items: [.text(PlacedText(text, font: Font(.serif, size: 20), origin: Point(5, 28)))])
  }

  /// Of black or grey pixels, the leftmost and the rightmost column.
  private func ink(_ image: RGBImage) -> ClosedRange<Int>? {
    let columns = (0..<image.width).filter { x in
      (0..<image.height).contains { y in image.pixels[3 * (y * image.width + x)] < 128 }
    }
    guard let first = columns.first, let last = columns.last else { return nil }
    return first...last
  }

  /// The file as qpdf shows it with nothing packed.
  private func unpacked(_ bytes: [UInt8]) throws -> String {
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).pdf").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(bytes).write(to: URL(filePath: path))
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["qpdf", "--qdf", "--object-streams=disable", path, "-"]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    return String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  }

  @Test func whatTheOwnFontsHaveNeedsNoOther() {
    #expect(fonts("Größe, Ελλάδα, Привет, שלום, ε ′ − …", "").files.isEmpty)
    #expect(fonts("Größe, Ελλάδα, Привет, שלום, ε ′ − …").missing.isEmpty)
    #expect(fonts("Größe").warnings.isEmpty)
  }

  @Test func fontsAreChosenByCoverage() throws {
    let found = fonts("abc", hindi)
    #expect(found.files.map(\.name) == ["NotoSansDevanagari-subset.ttf"])
    #expect(found.files.map(\.family) == ["Noto Sans Devanagari"])
    let file = URL(filePath: Self.folder).appending(path: "NotoSansDevanagari-subset.ttf")
    #expect(Checksum.sha256(found.files[0].bytes) == (try Checksum.sha256(contentsOf: file)))
    #expect(found.missing.isEmpty && found.warnings.isEmpty)
  }

  @Test func whatNoFontHasIsNamedWithThePackageThatBringsIt() {
    let found = fonts("\(hindi) 中 한 ก 😀 \u{1B}[31m \u{200D}")
    #expect(found.files.count == 1)
    #expect(found.missing.map(\.value) == [0xE01, 0x4E2D, 0xD55C, 0x1F600])
    #expect(
      found.warnings.map(\.description) == [
        """
        no installed font has 4 characters of the report, which are printed as boxes: U+E01, U+4E2D, U+D55C, U+1F600
          `sudo apt-get install fonts-noto-cjk fonts-symbola fonts-thai-tlwg` brings them on Debian and Ubuntu; \
        `heatdrift render` then draws the report again.
        """
      ])
    let many = fonts(String(String.UnicodeScalarView((0x4E00..<0x4E14).compactMap { Unicode.Scalar($0) })))
    #expect(many.warnings[0].message.hasSuffix("U+4E0A, U+4E0B and 8 more"))
    #expect(fonts(hindi, folder: "/nowhere").warnings[0].message.hasPrefix("no installed font has 6 characters"))
  }

  @Test func lettersAreShapedAndEmbedded() throws {
    let renderer = try Renderer(fallback: fonts(hindi))
    let plain = try Renderer()
    let font = Font(.serif, size: 20)
    // A box for each of six characters, against two syllables.
    let boxes = plain.measurer.extent(of: hindi, font: font).width
    let width = renderer.measurer.extent(of: hindi, font: font).width
    #expect(width > 20 && width < boxes, "\(width), \(boxes)")
    let pdf = try renderer.pdf(frame(hindi), title: "t", alternative: "a")
    #expect(try unpacked(pdf).contains("+NotoSansDevanagari"))
    #expect(try renderer.pdf(frame(hindi), title: "t", alternative: "a") == pdf, "the same bytes again")
    #expect(try Renderer(fallback: fonts(hindi)).pdf(frame(hindi), title: "t", alternative: "a") == pdf)
    // What needs no other font is drawn as it was.
    #expect(try renderer.svg(frame("Name")) == plain.svg(frame("Name")))
    let svg = String(decoding: try renderer.svg(frame(hindi), text: .text), as: UTF8.self)
    #expect(svg.contains("font-family:\"Linux Libertine O\",\"Noto Sans Devanagari\","))
    #expect(svg.contains(">\(hindi)</tspan>"))
    #expect(try renderer.svg(frame(hindi)) != plain.svg(frame(hindi)))
  }

  /// A space behind a word, which lets readers find its end, must not move the word.
  @Test func wordsFromRightToLeftStandWhereTheyArePlaced() throws {
    let renderer = try Renderer(fallback: fonts("مرحبا"))
    for word in ["שלום", "مرحبا"] {
      let plain = try #require(ink(renderer.image(frame(word), dotsPerInch: 72)))
      let spaced = try #require(ink(renderer.image(frame(word + " "), dotsPerInch: 72)))
      #expect(plain == spaced)
      let width = renderer.measurer.extent(of: word, font: Font(.serif, size: 20)).width
      #expect(plain.lowerBound >= 3 && Double(plain.upperBound) <= 8 + width)
    }
  }

  @Test func marksAddNoWidth() throws {
    let renderer = try Renderer()
    let font = Font(.serif, size: 20)
    let (plain, marked) = (
      renderer.measurer.extent(of: "e", font: font).width, renderer.measurer.extent(of: "e\u{301}", font: font).width
    )
    #expect(abs(plain - marked) < 0.01)
  }

  /// Words of one name in the order in which they are read.
  @Test func wordsFromRightToLeftTurnTogether() throws {
    let renderer = try Renderer(fallback: .none)
    let setup = PageSetup(size: Size(width: 300, height: 100), margin: 10)
    let composer = Composer(setup, theme: Theme(textSize: 10), measurer: renderer.measurer)
    func words(_ text: String) -> [String] {
      func texts(_ items: [PlacedItem]) -> [String] {
        items.flatMap { item -> [String] in
          switch item {
          case .text(let text): [text.text]
          case .group(let inner, _, _), .tagged(let inner, _, _): texts(inner)
          default: []
          }
        }
      }
      return texts(composer.strip([.paragraph([Inline(text)])], margin: 0).items)
    }
    #expect(words("of שלום עולם and more") == ["of", "שלום עולם", "and", "more"])
  }

  /// A hanging script stands on the line of its neighbours.
  @Test func scriptsShareTheBaseline() throws {
    let renderer = try Renderer(fallback: fonts(hindi))
    func rows(_ text: String, _ columns: Range<Int>) throws -> Int? {
      let image = try renderer.image(frame(text), dotsPerInch: 72)
      return (0..<image.height).last { y in columns.contains { image.pixels[3 * (y * image.width + $0)] < 128 } }
    }
    let alone = try #require(try rows(hindi, 0..<200))
    let width = Int(renderer.measurer.extent(of: "שe ", font: Font(.serif, size: 20)).width)
    let behind = try #require(try rows("שe \(hindi)", (6 + width)..<200))
    // A rounded pixel; unaligned it is four.
    #expect(abs(alone - behind) <= 1)
  }
}
