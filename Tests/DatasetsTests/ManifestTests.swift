import Datasets
import Foundation
import Support
import Testing

@Suite struct ManifestTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "manifest-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder.appending(path: "a"), withIntermediateDirectories: true)
  }

  private func write(_ text: String, _ name: String = "m.csv") throws -> URL {
    let url = folder.appending(path: name)
    try Data(text.utf8).write(to: url)
    return url
  }

  private func read(_ text: String, classes: String? = nil) throws -> Dataset {
    defer { try? FileManager.default.removeItem(at: folder) }
    let names = try classes.map { try ClassNames(contentsOf: write($0, "names")) }
    return try Dataset.manifest(write(text), classes: names)
  }

  /// The message with the folder's name taken out.
  private func message(_ text: String, classes: String? = nil) -> String {
    do {
      _ = try read(text, classes: classes)
      return "read"
    } catch { return "\(error)".replacingOccurrences(of: folder.path + "/", with: "") }
  }

  @Test func quotesByteOrderMarkAndColumnsInAnyOrder() throws {
    let data = try read(
      "\u{FEFF}label,name,path\r\n1,\"Lovelace, \"\"Ada\"\"\",a/2.png\r\n0,Grace,\"a/with\nnewline.png\"\r\n\r\n1,,a/1.png"
    )
    #expect(data.images.map(\.path) == ["a/with\nnewline.png", "a/1.png", "a/2.png"])
    #expect(data.images.map(\.label) == [0, 1, 1])
    #expect(data.classNames == ["Grace", "Lovelace, \"Ada\""])
    #expect(data.images.map { $0.listed?.line } == [3, 6, 2])
    #expect(data.parts == nil)
  }

  @Test func labelsAsTextAreNumberedByTheirBytesOrByTheClasses() throws {
    let rows = "path,label\na/1.png,zoë\na/2.png,Bob\na/3.png,anna\n"
    let plain = try read(rows)
    #expect(plain.classNames == ["Bob", "anna", "zoë"])
    #expect(plain.images.map(\.path) == ["a/2.png", "a/3.png", "a/1.png"])
    try FileManager.default.createDirectory(at: folder.appending(path: "a"), withIntermediateDirectories: true)
    let given = try read(rows, classes: "anna\nzoë\nCarl\nBob\n")
    #expect(given.classNames == ["anna", "zoë", "Carl", "Bob"])
    #expect(given.images.map(\.label) == [0, 1, 3])
  }

  @Test func theSplitColumnIsTakenAtItsWord() throws {
    let data = try read(
      "path,label,split\na/1.png,0,train\na/2.png,0,test\na/3.png,1,test\na/4.png,1,validation\na/5.png,1,test\n")
    #expect(try data.selecting(.test, seed: 7).images.map(\.path) == ["a/2.png", "a/3.png", "a/5.png"])
    #expect(try data.selecting(.validation, seed: 7).images.map(\.path) == ["a/4.png"])
    #expect(try data.selecting(.all, seed: 7).images.count == 5)
    let limited = try data.selecting(.test, seed: 7, limit: 2).images
    #expect(Set(limited.map(\.label)) == [0, 1])
  }

  @Test(arguments: [
    ("", "m.csv: the manifest is empty\n  Its first line must be `path,label`."),
    ("path,label\n", "m.csv: the manifest lists no image\n  Add a line for each image."),
    (
      "path,labl\n",
      "m.csv:1: unknown column `labl`; the first line must be `path,label[,split][,name]`\n  Did you mean `label`?"
    ),
    (
      "s1/1.pgm,0\ns1/2.pgm,0\n",
      "m.csv:1: the first line is `s1/1.pgm,0`; expected the names of the columns\n  Begin the file with the line "
        + "`path,label`, or `path,label,split,name`."
    ),
    (
      "path\n",
      "m.csv:1: the first line names the columns path; expected path and label\n  Begin the file with `path,label`."
    ),
    ("path,label,path\n", "m.csv:1: the column `path` stands twice\n  Keep one of them."),
    (
      "path,label\na.png,0,1\n",
      "m.csv:2: the line has 3 fields, expected 2 as in the first line\n  Put fields with a comma in quotes."
    ),
    (
      "path,label\n\"a.png,0\n",
      "m.csv:2: a quoted field is not closed before the end of the file\n  Close it with \"; a quote inside a field is "
        + "written twice."
    ),
    (
      "path,label\n\"a\"b.png,0\n",
      "m.csv:2: text follows the closing quote of a field\n  A quote inside a field is written twice."
    ),
    (
      "path,label\na.png,0\na.png,1\n",
      "m.csv:3: `a.png` is listed twice, with the label `0` on line 2 and with `1` here\n  Keep one of them."
    ),
    (
      "path,label\na.png,-1\n",
      "m.csv:2: the label is -1\n  Labels are class indices, counted from 0, or class names."
    ),
    ("path,label,split\na.png,0,all\n", "m.csv:2: the split is `all`\n  Use train, validation or test."),
    (
      "path,label,name\na.png,0,Ada\nb.png,0,Bob\n",
      "m.csv:3: class 0 is called `Bob` here and `Ada` on line 2\n  Give a class one name."
    ),
  ])
  func mistakesAreToldWithTheirLine(_ text: String, _ expected: String) { #expect(message(text) == expected) }

  @Test(arguments: ["../a.png", "a/../../b.png", "a/..", ".", ""])
  func pathsStayInside(_ path: String) {
    #expect(message("path,label\n\(path),0\n").hasPrefix("m.csv:2: the path `\(path)` does not stay inside"))
  }

  @Test(arguments: ["/etc/passwd", "C:\\faces\\a.png", "d:/a.png"])
  func absolutePathsAreNamed(_ path: String) {
    #expect(
      message("path,label\n\(path),0\n").hasPrefix("m.csv:2: the path `\(path)` is absolute\n  Paths are relative to"))
  }

  @Test func theIndexColumnOfPandasIsNamed() {
    #expect(
      message(",path,label\n0,a.png,0\n")
        == "m.csv:1: column 1 has no name; the first line must be `path,label[,split][,name]`\n"
        + "  Take it out. A table of pandas has its index there: write it by `to_csv(index=False)`.")
  }

  @Test func linksThatLeadOutAndMissingImagesAreFound() throws {
    let outside = FileManager.default.temporaryDirectory.appending(path: "outside-\(UUID().uuidString)")
    try Data("x".utf8).write(to: outside)
    defer { try? FileManager.default.removeItem(at: outside) }
    try FileManager.default.createSymbolicLink(at: folder.appending(path: "a/l.png"), withDestinationURL: outside)
    defer { try? FileManager.default.removeItem(at: folder) }
    let data = try Dataset.manifest(write("path,label\na/l.png,0\n"))
    let link = #expect(throws: Problem.self) { try data.located() }
    #expect(link?.message == "`a/l.png` is a link that leads out of the images' folder")
    #expect(link?.place?.line == 2)
    #expect(try data.located(followsLinks: true).images == data.images)
    let missing = #expect(throws: Problem.self) { try Dataset.manifest(write("path,label\na/m.png,0\n")).located() }
    #expect(missing?.message == "there is no image `a/m.png` in \(folder.path)")
  }

  @Test func oneFileWithSeveralLabelsByALinkIsWarnedOf() throws {
    try FileManager.default.createDirectory(at: folder.appending(path: "a"), withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data("x".utf8).write(to: folder.appending(path: "a/1.png"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.appending(path: "a/k.png").path, withDestinationPath: "1.png")
    let data = try Dataset.manifest(write("path,label\na/1.png,0\na/k.png,1\n")).located()
    #expect(data.images.count == 2)
    #expect(
      data.warnings.map(\.message) == [
        "1 image has several labels: links lead to one file, such as `a/1.png` (0) and `a/k.png` (1)"
      ])
    #expect(try Dataset.manifest(write("path,label\na/1.png,1\na/k.png,1\n")).located().warnings.isEmpty)
  }

  @Test func longFieldsAndBytesThatAreNoText() throws {
    #expect(
      message("path,label\n" + String(repeating: "x", count: 70_000) + ",0\n")
        == "m.csv:2: a field has more than 65536 bytes\n  Is this a file of comma-separated values?")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let url = folder.appending(path: "m.csv")
    try Data(Array("path,label\na".utf8) + [0xFF, 0xFE] + Array(",0\n".utf8)).write(to: url)
    let problem = #expect(throws: Problem.self) { try Dataset.manifest(url) }
    #expect(problem?.message == "a field is not UTF-8: `a\\xFF\\xFE`" && problem?.place?.line == 2)
  }

  @Test func classNamesComeAsLinesListsAndObjects() throws {
    let rows = "path,label\na/1.png,0\na/2.png,2\n"
    #expect(try read(rows, classes: "Ada\n Grace \nJoan\nMore\n").classNames == ["Ada", "Grace", "Joan", "More"])
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    #expect(try read(rows, classes: "[\"Ada\", \"Grace\", \"Joan\"]").classNames == ["Ada", "Grace", "Joan"])
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    #expect(
      try read(rows, classes: "{\"2\": \"Joan\", \"0\": \"Ada\", \"1\": \"Grace\"}").classNames == [
        "Ada", "Grace", "Joan",
      ])
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    #expect(
      message(rows, classes: "Ada\nGrace\n")
        == "names: there is no name for class 2 (2); the data have 3 classes\n  Name every class, in the order of their "
        + "indices, or leave `data.classes` out.")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    #expect(
      message("path,label\na/1.png,Adda\n", classes: "Ada\nGrace\n")
        == "m.csv:2: the class `Adda` is not among the class names\n  Did you mean `Ada`?")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    #expect(message(rows, classes: "{\"a\": [3]}").hasPrefix("names: expected a JSON list of names, or an object"))
  }
}
