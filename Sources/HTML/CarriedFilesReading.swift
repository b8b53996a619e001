import Foundation
import Rendering
import Support

extension Attachment {
  /// The files that a page carries, in the order of their names, unpacked. Like a PDF it may come from a stranger: names that
  /// are no plain file names are refused, and so is what unpacks to more than `mostBytes(inPDFOf:)`.
  /// - Parameters:
  ///   - page: of any origin.
  ///   - file: for errors.
  /// - Throws: `Problem` where a file is damaged, two have one name, or one is named and too large to be carried.
  public static func all(inHTML page: [UInt8], file: String) throws(Problem) -> [Attachment] {
    var left = mostBytes(inPDFOf: page.count)
    var found: [Attachment] = []
    let section = CarriedFiles.section(of: page)
    for item in section.components(separatedBy: "<li>").dropFirst() {
      guard item.hasPrefix("<a download=\"") else {
        let name = item.between("<code>", "</code>").map(Markup.unescaped) ?? "a file"
        throw .usage(
          at: Place(file: file), "the page is too large to carry \(visible(name)), which stands beside it",
          remedy: "Give the output folder, or report.pdf (`heatdrift render FOLDER --formats pdf` makes it).")
      }
      guard let written = item.between("<a download=\"", "\"").map(Markup.unescaped),
        let address = item.between("href=\"data:", "\""), let start = address.firstRange(of: ";base64,"),
        let data = Data(base64Encoded: String(address[start.upperBound...]))
      else { throw damaged(file, "cannot be read: one has no name or no content") }
      let isPacked = address.hasPrefix("application/gzip;") && written.hasSuffix(".gz")
      let name = isPacked ? String(written.dropLast(3)) : written
      guard isPlain(name) else {
        throw damaged(file, "are not taken out: \(String(reflecting: String(name.prefix(80)))) is no plain file name")
      }
      guard !found.contains(where: { $0.name.lowercased() == name.lowercased() }) else {
        throw damaged(file, "are not taken out: two are called \(name)")
      }
      guard let bytes = isPacked ? gunzipped(Array(data), atMost: left) : Array(data), bytes.count <= left else {
        throw damaged(file, "cannot be unpacked: \(name) is damaged, or unpacks to more than a report's would")
      }
      left -= bytes.count
      let words = item.between("</a> ", "</li>").map(Markup.unescaped) ?? ""
      found.append(
        Attachment(
          name: name, mediaType: "application/octet-stream", relationship: .supplement, description: words, bytes: bytes
        ))
    }
    return found.sorted { $0.name < $1.name }
  }

  private static func damaged(_ file: String, _ words: String) -> Problem {
    .failure(
      at: Place(file: file), "the files of the page \(words)",
      remedy: "Heatdrift did not make this page, or somebody changed it.")
  }
}

extension CarriedFiles {
  /// What stands between the section's tags; empty where there is none. Text in a page has no tags of its own, so that the last one
  /// is the section.
  static func section(of page: [UInt8]) -> String {
    let text = String(decoding: page, as: UTF8.self)
    guard let start = text.range(of: "<section class=\"files\"", options: .backwards),
      let end = text.range(of: "</section>", range: start.upperBound..<text.endIndex)
    else { return "" }
    return String(text[start.upperBound..<end.lowerBound])
  }
}

extension String {
  /// What stands between the first of one text and the next of another.
  fileprivate func between(_ start: String, _ end: String) -> String? {
    guard let first = range(of: start), let last = range(of: end, range: first.upperBound..<endIndex) else {
      return nil
    }
    return String(self[first.upperBound..<last.lowerBound])
  }
}
