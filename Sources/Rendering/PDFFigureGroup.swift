import Support

/// Puts what a figure's page draws into one object, with the colours in which what is transparent is mixed.
///
/// Cairo says these colours of the page. Of several such figures on one page of a paper pdfLaTeX takes the first one's and warns;
/// without any, viewers mix in colours of print and the whole page changes its tint.
struct PDFFigureGroup {
  let document: QPDFDocument

  /// - Throws: `Problem` where the page cannot be read.
  func write() throws(Problem) {
    guard document.pages.count == 1, let page = document.pages.first,
      let group = document.value(page, "/Group"), let box = document.value(page, "/MediaBox"),
      let resources = document.value(page, "/Resources"), let stream = document.value(page, "/Contents"),
      document.isStream(stream)
    else { return }
    let form = document.makeStream(
      Self.withoutMarks(try document.bytes(of: stream)),
      [
        "/Type": document.makeName("/XObject"), "/Subtype": document.makeName("/Form"), "/BBox": box, "/Group": group,
        "/Resources": resources,
      ])
    document.replace(stream, by: Array("/Figure <</MCID 0>> BDC\n/figure Do\nEMC\n".utf8))
    let objects = document.makeDictionary(["/figure": form])
    document.set(page, "/Resources", document.makeDictionary(["/XObject": objects]))
    document.remove(page, "/Group")
  }

  /// The same drawing as one stretch: its parts are not marked.
  private static func withoutMarks(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var copied = 0
    /// Where the operands of the next operator begin.
    var start: Int?
    for token in ContentTokens(bytes) {
      guard case .operator = token.kind else {
        start = start ?? token.range.lowerBound
        continue
      }
      if ["BMC", "BDC", "EMC"].contains(String(decoding: bytes[token.range], as: UTF8.self)) {
        result += bytes[copied..<(start ?? token.range.lowerBound)]
        copied = token.range.upperBound
      }
      start = nil
    }
    return result + bytes[copied...]
  }
}
