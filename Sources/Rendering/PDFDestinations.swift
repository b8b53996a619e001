import Typesetting

/// The names under which places of a document can be reached, from outside too: `report.pdf#sec-methods`.
///
/// Cairo 1.16 writes names as they are, so that a parenthesis breaks the file; here libqpdf writes them.
struct PDFDestinations {
  let document: QPDFDocument
  let tree: StructureTree

  func write() {
    let pages = document.pages
    // A name tree is sorted by the bytes of its keys.
    let entries = tree.anchors.map { (name: Self.encoded($0.key), anchor: $0.value) }
      .sorted { $0.name.lexicographicallyPrecedes($1.name) }
    var names: [QPDFDocument.Object] = []
    for (name, anchor) in entries where pages.indices.contains(anchor.page) {
      names += [document.makeString(name), place(anchor, pages)]
    }
    guard !names.isEmpty else { return }
    let dests = document.makeIndirect(document.makeDictionary(["/Names": document.makeArray(names)]))
    if let existing = document.value(document.root, "/Names") {
      document.set(existing, "/Dests", dests)
    } else {
      document.set(document.root, "/Names", document.makeDictionary(["/Dests": dests]))
    }
  }

  func place(_ anchor: (page: Int, point: Point), _ pages: [QPDFDocument.Object]) -> QPDFDocument.Object {
    document.makeArray([
      pages[anchor.page], document.makeName("/XYZ"), document.makeReal(anchor.point.x),
      document.makeReal(tree.pages[anchor.page].height - anchor.point.y), document.makeInteger(0),
    ])
  }

  /// ASCII as it is, so that an address can name it; anything else as UTF-16, which PDF marks by its first two bytes.
  private static func encoded(_ name: String) -> [UInt8] {
    guard !name.utf8.allSatisfy({ (32...126).contains($0) }) else { return Array(name.utf8) }
    return [0xFE, 0xFF] + name.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
  }
}
