/// Gives the identifiers of an SVG file new names in the order in which they stand.
///
/// Cairo numbers surfaces, clips and fonts by counters of the whole process, so that the second report of a process
/// would differ from the first.
enum SVGIdentifiers {
  static func renumbered(_ bytes: [UInt8]) -> [UInt8] {
    var names: [ArraySlice<UInt8>: [UInt8]] = [:]
    for marker in [Array(" id=\"".utf8)] {
      forEach(marker, in: bytes) { start in
        guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "\"")) else { return }
        let name = bytes[start..<end]
        if names[name] == nil { names[name] = Array("i\(names.count + 1)".utf8) }
      }
    }
    // References are `url(#name)` and `xlink:href="#name"`, definitions ` id="name"`.
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    var position = 0
    while position < bytes.count {
      output.append(bytes[position])
      position += 1
      guard let terminator = terminator(at: position, in: bytes),
        let end = bytes[position...].prefix(64).firstIndex(of: terminator), let name = names[bytes[position..<end]]
      else { continue }
      output.append(contentsOf: name)
      position = end
    }
    return output
  }

  /// What ends the name that starts at a position, if one does.
  private static func terminator(at position: Int, in bytes: [UInt8]) -> UInt8? {
    for (marker, terminator) in [(" id=\"", "\""), ("url(#", ")"), ("xlink:href=\"#", "\"")] {
      let marker = Array(marker.utf8)
      if position >= marker.count, bytes[position - 1] == marker[marker.count - 1],
        bytes[(position - marker.count)..<position].elementsEqual(marker)
      {
        return terminator.utf8.first
      }
    }
    return nil
  }

  private static func forEach(_ marker: [UInt8], in bytes: [UInt8], _ body: (Int) -> Void) {
    guard bytes.count >= marker.count else { return }
    for start in 0...(bytes.count - marker.count)
    where bytes[start] == marker[0] && bytes[start..<(start + marker.count)].elementsEqual(marker) {
      body(start + marker.count)
    }
  }
}
