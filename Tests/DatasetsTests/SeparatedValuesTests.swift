import Datasets
import Foundation
import Support
import Testing

/// Manifests as spreadsheets and other systems write them.
@Suite struct SeparatedValuesTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "values-\(UUID().uuidString)")

  private func read(_ bytes: some Sequence<UInt8>, classes: String? = nil) throws -> Dataset {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let url = folder.appending(path: "m.csv")
    try Data(bytes).write(to: url)
    var names: ClassNames?
    if let classes {
      let file = folder.appending(path: "names")
      try Data(classes.utf8).write(to: file)
      names = try ClassNames(contentsOf: file)
    }
    return try Dataset.manifest(url, classes: names)
  }

  private func read(_ text: String, classes: String? = nil) throws -> Dataset {
    try read(Array(text.utf8), classes: classes)
  }

  private func message(_ text: String, classes: String? = nil) -> String {
    do {
      let data = try read(text, classes: classes)
      return "\(data.images.map { "\($0.path) \($0.label)" })"
    } catch { return "\(error)".replacingOccurrences(of: folder.path + "/", with: "") }
  }

  private static let plain = "path,label,name\na/1.png,0,Zoë\na/2.png,1,\"A, B; C\"\n"

  @Test(arguments: [
    plain, plain.replacing("\n", with: "\r\n"), plain.replacing("\n", with: "\r"), "\u{FEFF}" + plain,
    "path;label;name\na/1.png;0;Zoë\na/2.png;1;\"A, B; C\"\n",
    "path\tlabel\tname\na/1.png\t0\tZoë\na/2.png\t1\tA, B; C\n",
    "sep=;\r\npath;label;name\r\na/1.png;0;Zoë\r\na/2.png;1;\"A, B; C\"",
    "Path, Label ,NAME,,\na/1.png, 0 ,Zoë,,\na/2.png,1.0,\"A, B; C\",,\n,,,,\n",
  ])
  func oneMeaningIsRead(_ text: String) throws {
    let data = try read(text)
    #expect(data.images.map(\.path) == ["a/1.png", "a/2.png"])
    #expect(data.images.map(\.label) == [0, 1])
    #expect(data.classNames == ["Zoë", "A, B; C"])
  }

  @Test func widerEncodings() throws {
    let marks: [(String.Encoding, [UInt8])] = [
      (.utf16LittleEndian, [0xFF, 0xFE]), (.utf16BigEndian, [0xFE, 0xFF]), (.utf16LittleEndian, []),
      (.utf16BigEndian, []), (.utf32LittleEndian, [0xFF, 0xFE, 0, 0]), (.utf32BigEndian, [0, 0, 0xFE, 0xFF]),
    ]
    for (encoding, mark) in marks {
      let bytes = try #require(Self.plain.data(using: encoding))
      #expect(try read(mark + bytes).classNames == ["Zoë", "A, B; C"], "\(encoding) \(mark)")
    }
    let half = [0xFF, 0xFE] + Array(try #require(Self.plain.data(using: .utf16LittleEndian))).dropLast()
    let problem = #expect(throws: Problem.self) { try read(half) }
    #expect(problem?.message == "the file begins as UTF-16, and is damaged or cut off")
  }

  @Test func otherEncodingsAreNamedWithTheirLine() throws {
    let latin = Array("path,label\na/1.png,Zo".utf8) + [0xEB] + Array("\n".utf8)
    let problem = #expect(throws: Problem.self) { try read(latin) }
    #expect(problem?.message == "a field is not UTF-8: `Zo\\xEB`" && problem?.place?.line == 2)
    #expect(problem?.remedy == "Save the file in UTF-8. In Latin-1 it says `Zoë`.")
    let nul = #expect(throws: Problem.self) { try read("path,label\na/1.png,0\na/\0.png,1\n") }
    #expect(nul?.message == "a field holds a NUL byte: `a/\\x00.png`" && nul?.place?.line == 3)
  }

  @Test func filesThatAreNoTextAreNamed() {
    func refusal(_ bytes: [UInt8]) -> String? {
      let problem = #expect(throws: Problem.self) { try read(bytes) }
      return problem.map { "\($0.message)\n\($0.remedy ?? "")" }
    }
    let head = "expected a list of separated values (CSV), found "
    let sheet = [0x50, 0x4b, 3, 4] + [UInt8](repeating: 0, count: 26) + Array("[Content_Types].xml".utf8)
    #expect(
      refusal(sheet) == head + "an office document (.xlsx, .docx)\n"
        + "Save the sheet as CSV in UTF-8 (Save As, or soffice --convert-to csv).")
    #expect(
      refusal([0x1f, 0x8b, 8, 0]) == head + "a packed archive (gzip)\n"
        + "Unpack it (gunzip, or tar -xzf) and name the file in it.")
    #expect(
      refusal(Array("\n<!DOCTYPE html><title>x</title>".utf8)) == head + "a web page\n"
        + "The download gave a page instead of the file: open the link in a browser and save the file.")
    #expect(
      refusal([UInt8](repeating: 0, count: 100)) == head
        + "data that are no text, which begin with the bytes 00 00 00 00 00 00 00 00\n"
        + "Name the file itself: it is a text in UTF-8.")
  }

  @Test func linesAreCountedWhateverEndsThem() {
    for end in ["\n", "\r\n", "\r"] {
      let text = ["path,label", "\"a\(end)b.png\",0", "c.png,-1"].joined(separator: end)
      #expect(
        message(text)
          == "m.csv:4: the label is -1\n  Labels are class indices, counted from 0, or class names.")
    }
  }

  // MARK: - Labels

  @Test(arguments: [
    ("0.0", 0), ("11.0", 11), (" 3 ", 3), ("1e1", 10), ("07", 7), ("+2", 2), ("\u{A0}5", 5), ("\"4\"", 4),
    ("\"12,0\"", 12), ("１２", 12),
  ])
  func wholeNumbersAreIndices(_ label: String, _ index: Int) throws {
    #expect(try read("path,label\na.png,\(label)\n").images.map(\.label) == [index])
  }

  @Test(arguments: [
    ("a.png,0.5\n", "m.csv:2: the label is 0.5"), ("a.png,-3.0\n", "m.csv:2: the label is -3.0"),
    ("a.png,1e30\n", "m.csv:2: the label is 1e30"), ("a.png,0\nb.png,1e400\n", "m.csv:3: the label is 1e400"),
    ("a.png,0\nb.png, \n", "m.csv:3: the label is empty"),
    (
      "a.png,0\nb.png,1\nc.png,Ada\n",
      "m.csv:4: the label `Ada` is a name, but that of line 2 is the number `0`"
    ),
    ("a.png,Ada\nb.png,1.0\n", "m.csv:3: the label `1.0` is a number, but that of line 2 is the name `Ada`"),
    ("a.png,'10'\nb.png,'2'\n", "m.csv:2: the label `'10'` is a text that holds the number 10"),
    ("a.png,Ada\nb.png,[3]\n", "m.csv:3: the label `[3]` is a text that holds the number 3"),
    ("a.png,\"0,5\"\n", "m.csv:2: the label is 0,5"),
    ("a.png,0\nb.png,nan\n", "m.csv:3: the label `nan` is a name, but that of line 2 is the number `0`"),
    ("a.png,0\nb.png,0x1\n", "m.csv:3: the label `0x1` is a name, but that of line 2 is the number `0`"),
  ])
  func otherLabelsAreToldWithTheirLine(_ rows: String, _ start: String) {
    #expect(message("path,label\n" + rows).hasPrefix(start + "\n"), "\(message("path,label\n" + rows))")
  }

  @Test func numbersThatAreNamesOfOtherClasses() {
    #expect(
      message("path,label\na.png,1\nb.png,2\n", classes: "1\n2\n3\n")
        == "m.csv:2: the label `1` may be class 1, or class 0, whose name it is\n  Write indices as labels, counted from 0, "
        + "and names that are no numbers; or leave `data.classes` out.")
    #expect(message("path,label\na.png,1\nb.png,2\n", classes: "0\n1\n2\n") == "[\"a.png 1\", \"b.png 2\"]")
  }

  // MARK: - Paths

  @Test func onePathIsOneImage() throws {
    let data = try read("path,label\ns1/1.pgm,0\n./s1/1.pgm,0.0\ns1//1.pgm,0\ns2/../s1/1.pgm, 0\ns1/2.pgm,0\n")
    #expect(data.images.map(\.path) == ["s1/1.pgm", "s1/2.pgm"])
    #expect(
      data.notes == [
        "3 lines of the manifest list an image again (line 3 that of line 2); each image is measured once."
      ])
    #expect(
      message("path,label\ns1/1.pgm,0\ns1/./1.pgm,1\n")
        == "m.csv:3: `s1/1.pgm` is listed twice, with the label `0` on line 2 and with `1` here\n  Keep one of them.")
    #expect(
      message("path,label,split\na.pgm,0,Train\na.pgm,0,test\n")
        == "m.csv:3: `a.pgm` is listed twice, with the split `train` on line 2 and with `test` here\n  Keep one of them."
    )
  }

  @Test func pathsAreFoundAsTheDiskSpellsThem() throws {
    try FileManager.default.createDirectory(at: folder.appending(path: "e\u{301}"), withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for name in ["e\u{301}/o\u{308}.png", "e\u{301}/2.png", "e\u{301}/3.png"] {
      try Data("x".utf8).write(to: folder.appending(path: name))
    }
    let url = folder.appending(path: "m.csv")
    try Data("path,label\n\u{E9}/\u{F6}.png,0\n\u{E9}\\2.png,0\n\u{E9}/3.png ,0\n".utf8).write(to: url)
    let data = try Dataset.manifest(url).located()
    #expect(
      data.images.map { Array($0.url.lastPathComponent.utf8) }
        == ["3.png", "o\u{308}.png", "2.png"].map { Array($0.utf8) })
    #expect(
      data.notes == [
        "3 images were found under another spelling of the path than the manifest's (line 4): letters composed or "
          + "decomposed otherwise, backslashes, or spaces around it."
      ])
    try Data("path,label\n\u{E9}/3.PNG,0\n".utf8).write(to: url)
    let problem = #expect(throws: Problem.self) { try Dataset.manifest(url).located() }
    #expect(problem?.remedy == "Did you mean `é/3.png`? Paths are relative to that folder.")
    try Data("path,label\n\u{E9}\\2.png,0\ne\u{301}/2.png,1\n".utf8).write(to: url)
    let twice = #expect(throws: Problem.self) { try Dataset.manifest(url).located() }
    #expect(twice?.place?.line == 3)
    #expect(twice?.message == "`é/2.png` is the file that line 2 lists with another label")
  }
}
