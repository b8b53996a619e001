import Foundation
import Images
import Notebooks
import Support
import Testing
import Typesetting

@Suite struct TemplatePictureTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "template-\(UUID().uuidString)")

  /// A template beside a picture of 30 x 20 pixels, and a file outside of its folder.
  private func load(_ text: String) throws -> Template {
    let home = folder.appending(path: "home")
    try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
    let image = RGBImage(width: 30, height: 20, pixels: [UInt8](repeating: 90, count: 1800))
    try Data(ImageEncoder.png(image)).write(to: home.appending(path: "plot.png"))
    for name in ["two words.png", "plot(1).png"] {
      try Data(ImageEncoder.png(image)).write(to: home.appending(path: name))
    }
    try Data(ImageEncoder.png(image)).write(to: folder.appending(path: "secret.png"))
    try? FileManager.default.createSymbolicLink(
      at: home.appending(path: "link.png"), withDestinationURL: folder.appending(path: "secret.png"))
    try Data("no picture".utf8).write(to: home.appending(path: "text.png"))
    let file = home.appending(path: "t.md")
    try Data(text.utf8).write(to: file)
    return try Template.load(file.path, folders: [])
  }

  /// What is wrong with the template, a line each.
  private func message(_ text: String) throws -> String {
    try load(text).check().map { "line \($0.place?.line ?? 0): \($0.message)" }.joined(separator: "\n")
  }

  @Test func picturesAreTakenIntoTheText() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let template = try load("Text.\n\n![A plot](plot.png \"What it shows.\")\n\n```\n![kept](as-it-is.png)\n```\n")
    #expect(template.source.contains("![A plot](data:image/png;base64,"))
    #expect(template.source.contains("![kept](as-it-is.png)"))
    let notebook = try Notebook(
      template, results: MadeUpResults().results, measurer: FixedMeasurer())
    #expect(notebook.problems == [])
    var found: [PlacedPicture] = []
    func collect(_ items: [PlacedItem]) {
      for item in items {
        switch item {
        case .picture(let picture): found.append(picture)
        case .group(let inner, _, _), .tagged(let inner, _, _), .valued(let inner, _): collect(inner)
        default: break
        }
      }
    }
    for page in notebook.document.pages { collect(page.items) }
    #expect(found.map(\.picture.pixelWidth) == [30])
    // 30 pixels at 150 dots per inch.
    #expect(found.map(\.frame.width) == [14.4])
    #expect(found.map(\.frame.height) == [9.6])
  }

  @Test(arguments: ["<two words.png>", "two%20words.png", "plot(1).png", "<plot(1).png>"])
  func aPathMayHaveSpacesAndBrackets(_ path: String) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let template = try load("![A plot](\(path) \"What it shows.\")\n")
    #expect(template.source.hasPrefix("![A plot](data:image/png;base64,"))
    #expect(template.source.hasSuffix(" \"What it shows.\")\n"))
    #expect(template.check() == [])
  }

  @Test func whatLeadsElsewhereIsRefused() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    for path in ["../secret.png", "/etc/hostname", "link.png", "https://example.org/x.png", "home/../../secret.png"] {
      #expect(
        try message("one\n\n![x](\(path))\n") == "line 3: the picture `\(path)` does not lie in the template's folder")
    }
    #expect(
      try message("![x](text.png)\n").hasPrefix("line 1: the picture `text.png` cannot be used: is not a picture"))
    #expect(
      try message("![x](none.png)\n").hasPrefix("line 1: the picture `none.png` cannot be used: cannot be opened"))
  }

  /// What only looks like a picture stays as it is.
  @Test func codeAndEscapedBracketsAreNoPictures() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let text = "`![code](plot.png)` and \\![escaped](plot.png) and ![two words](two words.png)\n"
    #expect(try load(text).source == text)
    #expect(
      try message("{% for model in models %}\n![x]({{ model.key }}.png \"A caption.\")\n{% end %}\n")
        == "line 2: the path of a picture cannot hold values")
  }

  /// Each stands in its own place, and the rest of the report is made.
  @Test func aPictureThatCannotBeUsedEndsNothing() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let template = try load("one\n\n![x](none.png)\n\n![A plot](plot.png \"A caption.\")\n\n![y](text.png)\n\nlast\n")
    #expect(template.check().map(\.place?.line) == [3, 7])
    let notebook = try Notebook(template, results: MadeUpResults().results, measurer: FixedMeasurer())
    #expect(notebook.problems.map(\.place?.line) == [3, 7])
    #expect(notebook.problems.first?.remedy == "Name a PNG or JPEG file in the template's folder.")
    for text in [
      "[the picture `none.png` cannot be used", "A caption.", "[the picture `text.png` cannot be used", "last",
    ] {
      #expect(notebook.document.says(text), "\(text)")
    }
  }
}
