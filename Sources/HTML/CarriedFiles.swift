import Foundation
import Rendering
import Support

/// The files that a report was made of, for the reader to save: within the page while there is room, else named.
struct CarriedFiles {
  let html: String

  /// Larger ones are packed.
  private static let mostUnpacked = 60_000

  /// - Parameter room: for all of them, in bytes of the page.
  init(_ attachments: [Attachment], room: Int) throws(Problem) {
    guard !attachments.isEmpty else {
      html = ""
      return
    }
    var left = room
    var lines: [Int: String] = [:]
    // The small ones first, so that a large table takes no room from what says how it came to be.
    for index in attachments.indices.sorted(by: { attachments[$0].bytes.count < attachments[$1].bytes.count }) {
      let file = attachments[index]
      let isPacked = file.bytes.count > Self.mostUnpacked
      let bytes = isPacked ? try file.gzipped() : file.bytes
      let name = isPacked ? file.name + ".gz" : file.name
      let words = Markup.escaped(file.description)
      let address = Markup.data(bytes, type: isPacked ? "application/gzip" : file.mediaType)
      if address.utf8.count < left - 500 {
        left -= address.utf8.count + 500
        lines[index] =
          "<li><a download=\"\(Markup.escaped(name))\" href=\"\(address)\">\(Markup.escaped(name))</a> \(words)</li>\n"
      } else {
        lines[index] =
          "<li><code>\(Markup.escaped(file.name))</code> \(words). It stands beside the report, too large to be carried: "
          + "SHA-256 <code>\(Checksum.sha256(file.bytes))</code></li>\n"
      }
    }
    let list = attachments.indices.compactMap { lines[$0] }.joined()
    html = """
      <section class="files" aria-labelledby="_files">
      <h2 id="_files">Files</h2>
      <p>What this report was made of, to be saved.</p>
      <ul>
      \(list)</ul>
      </section>

      """
  }
}
