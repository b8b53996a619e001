import Foundation
import HTML
import Rendering
import Store
import Support

/// A folder whose report was drawn by other libraries, or with other fonts, than this program would draw it with: its
/// pages need not be the same bytes, but must say the same.
struct RenderedElsewhere {
  /// "Cairo 1.18.4 (here 1.16.0)"
  let difference: String
  private let folder: String

  /// Nil where the folder's provenance tells of the same libraries and fonts, or of none.
  /// - Parameter files: as they are made here.
  init?(folder: String, files: [(path: String, bytes: [UInt8])]) {
    guard
      let here = files.first(where: { $0.path == "provenance.json" }).flatMap({
        RenderingRecord(provenance: Data($0.bytes))
      }),
      let found = try? Data(contentsOf: URL(filePath: "\(folder)/provenance.json")),
      let difference = RenderingRecord(provenance: found)?.difference(from: here)
    else { return nil }
    self.difference = difference
    self.folder = folder
  }

  /// What a file says otherwise than the one that is made here; nil where only drawing differs.
  func reason(against found: Data, _ file: (path: String, bytes: [UInt8])) -> String? {
    let made = Data(file.bytes)
    switch file.path.split(separator: ".").last {
    case "pdf": return reasonInPDF(Array(found), file)
    case "svg":
      // Each Cairo writes SVG in its own words.
      return String(decoding: found.prefix(1000), as: UTF8.self).contains("<svg") ? nil : "it is no SVG"
    case "html":
      return Self.words(found) == Self.words(made) ? nil : "it says something else"
    case "json":
      return RenderingRecord(provenance: found)?.rest == RenderingRecord(provenance: made)?.rest
        ? nil : "it tells of other inputs, options or software"
    case "csv", "tex":
      return Self.lines(found) == Self.lines(made) ? nil : "it has other lines"
    default: return "it has other bytes"
    }
  }

  private func reasonInPDF(_ found: [UInt8], _ file: (path: String, bytes: [UInt8])) -> String? {
    do {
      let (there, here) = (
        try PDFInspection(found, file: "\(folder)/\(file.path)"), try PDFInspection(file.bytes, file: file.path)
      )
      if let fault = there.faults.first { return fault }
      guard there.pages.count == here.pages.count else {
        return "it has \(Console.count(there.pages.count, "page")), not \(here.pages.count)"
      }
      let (a, b) = (Self.withoutPlaces(there.structure), Self.withoutPlaces(here.structure))
      for (line, other) in zip(a, b) where line != other {
        return "its structure has `\(line.drop { $0 == " " })` where the store gives `\(other.drop { $0 == " " })`"
      }
      guard a.count == b.count else { return "its structure has \(a.count) lines, not \(b.count)" }
      let (x, y) = (
        try Attachment.all(inPDF: found, file: "\(folder)/\(file.path)"),
        try Attachment.all(inPDF: file.bytes, file: file.path)
      )
      guard x.map(\.name) == y.map(\.name) else { return "it has other attachments" }
      for (attachment, other) in zip(x, y) where attachment.bytes != other.bytes {
        if attachment.name == "provenance.json",
          RenderingRecord(provenance: Data(attachment.bytes))?.rest
            == RenderingRecord(provenance: Data(other.bytes))?.rest
        {
          continue
        }
        return "the attached \(attachment.name) is another"
      }
      return nil
    } catch {
      return error.message
    }
  }

  /// A name or a link leads to a place that moves with the lines above it.
  private static func withoutPlaces(_ structure: [String]) -> [String] {
    structure.map { $0.replacing(/\ at -?\d+, -?\d+$/, with: "") }
  }

  private static func words(_ page: Data) -> [String] {
    HTMLReport.words(of: Array(page)).filter { !$0.hasPrefix("rendering") && !$0.hasPrefix("fonts") }
  }

  /// Without those that print what the report was drawn with.
  private static func lines(_ text: Data) -> [String] {
    String(decoding: text, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
      .filter { !$0.hasPrefix("rendering") && !$0.hasPrefix("fonts") }
  }
}
