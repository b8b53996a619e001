import Foundation
import Images
import Rendering
import Support
import Testing
import Typesetting

@Suite struct PDFFinishTests {
  private let attachments = [
    Attachment(
      name: "results.csv", mediaType: "text/csv", relationship: .data, description: "The rows",
      bytes: Array("a,b\n1,2\n".utf8)),
    Attachment(
      name: "provenance.json", mediaType: "application/json", relationship: .supplement, description: "ε and −",
      bytes: Array(repeating: 7, count: 5000) + [0, 255]),
  ]

  private func document() throws -> Document {
    func figure(_ text: String, _ role: StructureRole, _ y: Double) -> PlacedItem {
      .group(
        [
          .tagged(
            [.path(.rectangle(Rect(x: 0, y: 0, width: 9, height: 9), fill: .black))], role: role, alternative: text)
        ], offset: Point(10, y), clip: nil)
    }
    let size = Size(width: 100, height: 100)
    return Document(
      title: "Drift of (ε)", language: "en-GB",
      pages: [
        Frame(size: size, items: [figure("first (one)", "Figure", 10), figure("a table", "Table", 40)]),
        Frame(size: size, items: [figure("second ε − 0.1", "Figure", 10)]),
      ], outline: [])
  }

  /// The file as qpdf shows it with nothing packed.
  private func unpacked(_ bytes: [UInt8]) throws -> String {
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).pdf").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(bytes).write(to: URL(filePath: path))
    return try qpdf(["--qdf", "--object-streams=disable", path, "-"])
  }

  private func qpdf(_ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["qpdf"] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "qpdf finds nothing wrong")
    return String(decoding: output, as: UTF8.self)
  }

  @Test func whatIsPackedBeforehandComesOutAgain() throws {
    var packed = attachments
    for index in packed.indices { try packed[index].pack() }
    packed.append(Attachment(name: "empty", mediaType: "text/csv", relationship: .data, description: "", bytes: []))
    try packed[2].pack()
    let pdf = try Renderer().pdf(document(), attachments: packed)
    let found = try Attachment.all(inPDF: pdf, file: "report.pdf")
    #expect(found.map(\.name) == ["empty", "provenance.json", "results.csv"])
    #expect(found.map(\.bytes) == [[], attachments[1].bytes, attachments[0].bytes])
    // 5002 bytes, nearly all of them equal.
    #expect(try pdf.count < Renderer().pdf(document()).count + 2000)
  }

  @Test func whatIsChangedAfterPackingIsAttachedAsItIs() throws {
    var changed = attachments[0]
    try changed.pack()
    changed.bytes = Array("new".utf8)
    let pdf = try Renderer().pdf(document(), attachments: [changed])
    #expect(try Attachment.all(inPDF: pdf, file: "report.pdf").map(\.bytes) == [Array("new".utf8)])
  }

  @Test func whatIsAttachedComesOutAgain() throws {
    let pdf = try Renderer().pdf(document(), attachments: attachments)
    let found = try Attachment.all(inPDF: pdf, file: "report.pdf")
    #expect(found.map(\.name) == ["provenance.json", "results.csv"])
    #expect(found.map(\.bytes) == [attachments[1].bytes, attachments[0].bytes])
    #expect(found.map(\.description) == ["ε and −", "The rows"])
    #expect(found.map(\.relationship) == [.supplement, .data])
    #expect(try Attachment.all(inPDF: Renderer().pdf(document()), file: "report.pdf") == [])
  }

  @Test func figuresCarryTheirTextsInTheOrderOfThePages() throws {
    let text = try unpacked(Renderer().pdf(document(), attachments: attachments))
    func utf16(_ text: String) -> String {
      "<feff" + text.utf16.map { String(format: "%04x", $0) }.joined() + ">"
    }
    /// The value of a key in an object as qpdf writes it, a line each.
    func value(_ key: String, _ object: String) -> String? {
      object.split(separator: "\n").lazy.map { $0.trimmingCharacters(in: .whitespaces) }
        .first { $0.hasPrefix(key + " ") }.map { String($0.dropFirst(key.count + 1)) }
    }
    var roles: [String: String] = [:]
    var pageOf: [String: String] = [:]
    for object in text.components(separatedBy: "endobj") {
      guard let alternative = value("/Alt", object) else { continue }
      roles[alternative] = value("/S", object)
      pageOf[alternative] = value("/Pg", object)
    }
    let (first, second) = ("(first \\(one\\))", utf16("second ε − 0.1"))
    // A table's cells are read; what it shows as a whole is its summary.
    #expect(roles == [first: "/Figure", second: "/Figure"])
    #expect(text.contains("/O /Table\n    /Summary (a table)"))
    #expect(pageOf[first] != nil)
    #expect(pageOf[second] != nil && pageOf[second] != pageOf[first])
    let firstPage = text.components(separatedBy: "%% Page 1\n").last?.split(separator: "\n")
      .first { $0.hasSuffix(" 0 obj") }?.split(separator: " ").first
    #expect(firstPage.map { "\($0) 0 R" } == pageOf[first])
    #expect(text.contains("/Lang (en-GB)"))
    #expect(text.contains("/DisplayDocTitle true"))
    #expect(text.contains("/Marked true"))
    #expect(text.contains("/AFRelationship /Data"))
    #expect(!text.contains("/CreationDate"))
    #expect(!text.contains("cairographics"))
  }

  @Test func theOrderOfAttachmentsDoesNotMatter() throws {
    let first = try Renderer().pdf(document(), attachments: attachments)
    #expect(try Renderer().pdf(document(), attachments: attachments.reversed()) == first)
    #expect(first.starts(with: "%PDF-1.7".utf8))
  }

  @Test func damagedFilesAreErrors() throws {
    let pdf = try Renderer().pdf(document(), attachments: attachments)
    for bytes in [[], Array("no PDF at all".utf8), Array(pdf.prefix(pdf.count / 2))] {
      #expect {
        try Attachment.all(inPDF: bytes, file: "x.pdf")
      } throws: {
        ($0 as? Problem)?.description.hasPrefix("x.pdf: cannot be read as PDF: ") == true
      }
    }
  }

  @Test(arguments: ["../x", "/etc/x", "a\\b", ".hidden", "", "a\nb"])
  func namesThatLeadElsewhereAreNotWritten(_ name: String) throws {
    let bad = Attachment(name: name, mediaType: "text/csv", relationship: .data, description: "", bytes: [1])
    #expect(throws: Problem.failure("\(String(reflecting: name)) cannot be the name of an attachment")) {
      try Renderer().pdf(document(), attachments: [bad])
    }
  }

  @Test(arguments: ["../../evil.txt", "/tmp/evil"])
  func namesThatLeadElsewhereAreNotRead(_ name: String) throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).pdf").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let plain = "\(path)-plain"
    defer { try? FileManager.default.removeItem(atPath: plain) }
    try Data(Renderer().pdf(document())).write(to: URL(filePath: plain))
    _ = try qpdf([plain, "--add-attachment", plain, "--filename=\(name)", "--key=k", "--", path])
    let bytes = Array(try Data(contentsOf: URL(filePath: path)))
    #expect(
      throws: Problem.failure(
        at: Place(file: "x.pdf"),
        "the attachments are not taken out: \(String(reflecting: name)) is no plain file name",
        remedy:
          "Heatdrift did not make this file, or somebody changed it; `qpdf --list-attachments` shows what it has.")
    ) { try Attachment.all(inPDF: bytes, file: "x.pdf") }
  }
}
