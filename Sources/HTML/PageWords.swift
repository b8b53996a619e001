extension HTMLReport {
  /// What a page of such a report says, line by line as it is written, without how it looks: for two that were drawn by
  /// different libraries.
  public static func words(of page: [UInt8]) -> [String] {
    var lines: [String] = []
    var line: [UInt8] = []
    var isTag = false
    var tag: [UInt8] = []
    // Within `style` and `script`, what ends it.
    var skipped: [UInt8]?
    for byte in page {
      switch byte {
      case UInt8(ascii: "<"):
        isTag = true
        tag = []
      case UInt8(ascii: ">") where isTag:
        isTag = false
        if let end = skipped {
          if tag == end { skipped = nil }
        } else if tag == Array("style".utf8) || tag == Array("script".utf8) {
          skipped = [UInt8(ascii: "/")] + tag
        }
      case UInt8(ascii: "\n"):
        if !line.isEmpty { lines.append(String(decoding: line, as: UTF8.self)) }
        line = []
      default:
        // Only short tags are looked at; a picture's is long.
        if isTag { if tag.count < 16 { tag.append(byte) } } else if skipped == nil { line.append(byte) }
      }
    }
    if !line.isEmpty { lines.append(String(decoding: line, as: UTF8.self)) }
    return lines
  }
}
