import Foundation
import Rendering
import Support
import Testing
import Typesetting

/// The structure of a PDF as poppler reads it.
@Suite struct StructureTests {
  private func text(_ text: String, _ x: Double, _ y: Double) -> PlacedItem {
    .text(PlacedText(text, font: Font(size: 10), origin: Point(x, y)))
  }

  private func tagged(_ role: StructureRole, _ items: [PlacedItem], _ alternative: String = "") -> PlacedItem {
    .tagged(items, role: role, alternative: alternative)
  }

  private var rule: PlacedItem { .path(.line(from: Point(0, 0), to: Point(90, 0), Stroke(.black, width: 1))) }

  private func page(_ items: [PlacedItem]) -> Frame { Frame(size: Size(width: 200, height: 200), items: items) }

  /// Every tool that readers and submission sites use accepts the file.
  private func check(_ pdf: [UInt8]) throws -> (structure: [String], unpacked: String) {
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).pdf").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(pdf).write(to: URL(filePath: path))
    _ = try run("qpdf", "--check", path)
    let structure = try run("pdfinfo", "-struct-text", path).split(separator: "\n").map { line in
      let depth = line.prefix { $0 == " " }.count / 2
      let words = line.drop { $0 == " " }
      return String(repeating: "  ", count: depth)
        + (words.split(separator: " (").first.map(String.init) ?? "").replacing(/Object \d+ 0/, with: "Object")
    }
    return (structure, try run("qpdf", "--qdf", "--object-streams=disable", path, "-"))
  }

  private func run(_ arguments: String...) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let complaints = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0 && complaints.isEmpty, "\(arguments[0]): \(complaints)")
    return text
  }

  @Test func elementsAreReadInTheirOrderAndPartsAreJoined() throws {
    let paragraph = StructureRole("P", element: 1)
    let (list, item, body) = (
      StructureRole("L", element: 2), StructureRole("LI", element: 3), StructureRole("LBody", element: 4)
    )
    func part(_ items: [PlacedItem]) -> PlacedItem { tagged(list, [tagged(item, items)]) }
    let first = page([
      tagged("Title", [text("Title", 10, 20)]), tagged("H1", [text("Head", 10, 40)]), rule,
      tagged(
        paragraph,
        [
          text("one", 10, 60), text("two", 40, 60), .link(Rect(x: 40, y: 50, width: 20, height: 12), .anchor("there")),
          text("three", 70, 60),
        ]), tagged("Artifact", [text("1 of 2", 150, 190)]),
    ])
    let second = page([
      tagged("Figure", [rule, text("inside", 20, 20)], "A figure"), tagged("Caption", [text("Figure 1.", 10, 40)]),
      tagged(paragraph, [text("four", 10, 60)]),
      part([tagged("Lbl", [text("1.", 10, 80)]), tagged(body, [tagged("P", [text("item", 30, 80)])])]),
      part([tagged(body, [tagged("P", [text("more", 30, 95)])])]),
      tagged(
        "Table",
        [
          tagged("TR", [tagged("TH", [text("a", 10, 120)]), tagged("TH", [])]), rule,
          tagged("TR", [tagged("TD", [text("1", 10, 140)]), tagged("TD", [text("2", 40, 140)])]),
        ], "Two by two"), .anchor("there", Point(0, 0)), text("outside", 10, 180),
    ])
    let (structure, unpacked) = try check(
      Renderer().pdf(Document(title: "T", language: "en", pages: [first, second], outline: [])))
    #expect(
      structure
        == [
          "Document", "  H1", "    \"Title \"", "  H1", "    \"Head \"", "  P", "    \"one \"", "    Link",
          "      Object", "      \"two \"", "    \"three \"", "    \"four \"", "  Figure", "    \"inside \"",
          "  Caption", "    \"Figure 1. \"", "  L", "    LI", "      Lbl", "        \"1. \"", "      LBody",
          "        P", "          \"item \"", "        P", "          \"more \"", "  Table",
          "    /Summary", "    TR",
          "      TH:", "        /Scope /Column", "        \"a \"", "      TH:", "        /Scope /Column", "    TR",
          "      TD", "        \"1 \"", "      TD", "        \"2 \"", "  P", "    \"outside \"",
        ])
    // The rules and the running foot are not read, and nothing is left outside of both.
    #expect(unpacked.components(separatedBy: "/Artifact BMC").count == 4)
    #expect(!unpacked.contains("NonStruct"))
    #expect(unpacked.contains("/Alt (A figure)"))
    #expect(unpacked.contains("/Tabs /S"))
    #expect(
      unpacked.components(separatedBy: " BDC\n").count + unpacked.components(separatedBy: " BMC\n").count - 2
        == unpacked.components(separatedBy: "\nEMC\n").count - 1)
  }

  @Test func partsOnTwoPagesNameTheirPages() throws {
    let paragraph = StructureRole("P", element: 1)
    let pages = [page([tagged(paragraph, [text("here", 10, 20)])]), page([tagged(paragraph, [text("there", 10, 20)])])]
    let (structure, unpacked) = try check(
      Renderer().pdf(Document(title: "T", language: "en", pages: pages, outline: [])))
    #expect(structure == ["Document", "  P", "    \"here \"", "    \"there \""])
    #expect(unpacked.contains("/Type /MCR"))
  }

  @Test func anArtifactInsideOfAnElementIsNotRead() throws {
    let entry = tagged(
      "TOCI", [text("Methods", 10, 20), tagged("Artifact", [text("....", 60, 20)]), text("7", 90, 20)])
    let (structure, _) = try check(
      Renderer().pdf(Document(title: "T", language: "en", pages: [page([tagged("TOC", [entry])])], outline: [])))
    #expect(structure == ["Document", "  TOC", "    TOCI", "      \"Methods \"", "      \"7 \""])
  }

  @Test(arguments: ["/P <</MCID 0>> BDC", "0.004 0.004 0.004 0.004 re f", "EMC"])
  func textThatLooksLikeAnOperatorStaysText(_ words: String) throws {
    let (structure, _) = try check(
      Renderer().pdf(
        Document(title: "T", language: "en", pages: [page([rule, tagged("P", [text(words, 10, 20)])])], outline: [])))
    #expect(structure == ["Document", "  P", "    \"\(words) \""])
  }

  @Test func drawingsWithoutTextAreMarkedToo() throws {
    let small: PlacedItem = .path(.rectangle(Rect(x: 0, y: 0, width: 9, height: 9), fill: Colour(1, 0, 0)))
    let speck: PlacedItem = .path(.rectangle(Rect(x: 0, y: 0, width: 0.5, height: 0.5), fill: .black))
    let clip = Rect(x: 0, y: 0, width: 5, height: 5)
    let items: [PlacedItem] = [
      rule, tagged("Figure", [.group([small, rule], offset: Point(150, 150), clip: clip)], "one"),
      .group([tagged("Figure", [small], "two"), small], offset: Point(20, 20), clip: clip), speck,
      tagged("Figure", [rule], "three"), tagged("P", [text("  ", 10, 20)]),
      .link(Rect(x: 1, y: 2, width: 3, height: 4), .address("https://a.de/ü_(x")),
    ]
    let (structure, unpacked) = try check(
      Renderer().pdf(Document(title: "T", language: "en", pages: [page(items)], outline: [])))
    let elements = structure.filter { !$0.hasSuffix("\"\"") }
    #expect(elements == ["Document", "  Figure", "  Figure", "  Figure", "  P", "  Link", "    Object"])
    #expect(structure.count == elements.count + 5, "each has content, which poppler shows as an empty text")
    #expect(unpacked.components(separatedBy: "/Figure <</MCID ").count == 4)
    #expect(unpacked.components(separatedBy: "/Artifact BMC").count == 3)
    #expect(unpacked.contains("/URI (https://a.de/%C3%BC_\\(x)"))
    #expect(unpacked.contains("/Rect [\n    1\n    194\n    4\n    198\n  ]"))
  }

  @Test func ligaturesAreReadAsTheirLetters() throws {
    let words = "The attack drifts off, five fit"
    let (structure, unpacked) = try check(
      Renderer().pdf(
        Document(title: "T", language: "en", pages: [page([tagged("P", [text(words, 10, 20)])])], outline: [])))
    #expect(structure == ["Document", "  P", "    \"\(words) \""])
    #expect(!unpacked.contains("/ActualText"))
    #expect(unpacked.contains("> <00740074>\n"))
  }

  @Test func theStructureIsTheSameInEveryFile() throws {
    func pdf() throws -> [UInt8] {
      let paragraph = StructureRole("P", element: 1)
      let pages = [page([tagged(paragraph, [text("a", 10, 20)]), tagged(paragraph, [text("b", 10, 40)])])]
      return try Renderer().pdf(Document(title: "T", language: "en", pages: pages, outline: []))
    }
    #expect(try pdf() == pdf())
  }
}
