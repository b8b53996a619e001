#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Gives the identifiers of an SVG file new names in the order in which they stand.
///
/// Cairo numbers surfaces, clips and fonts by counters of the whole process, so that the second report of a process
/// would differ from the first.
enum SVGIdentifiers {
  /// What stands before a name and what ends it; definitions first.
  private static let definition = Marker(" id=\"", end: "\"")
  private static let references = [Marker("url(#", end: ")"), Marker("xlink:href=\"#", end: "\"")]

  private struct Marker {
    let bytes: [UInt8]
    let end: UInt8

    init(_ text: String, end: Character) {
      bytes = Array(text.utf8)
      self.end = end.asciiValue ?? 0
    }
  }

  static func renumbered(_ bytes: [UInt8]) -> [UInt8] {
    let definitions = names(after: definition, in: bytes)
    var names: [[UInt8]: [UInt8]] = [:]
    for place in definitions {
      let name = Array(bytes[place])
      if names[name] == nil { names[name] = Array("i\(names.count + 1)".utf8) }
    }
    var places = definitions
    for marker in references { places += SVGIdentifiers.names(after: marker, in: bytes) }
    places.sort { $0.lowerBound < $1.lowerBound }
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    var position = 0
    for place in places where place.lowerBound >= position {
      guard let name = names[Array(bytes[place])] else { continue }
      output += bytes[position..<place.lowerBound]
      output += name
      position = place.upperBound
    }
    output += bytes[position...]
    return output
  }

  /// Where the names stand that follow a marker. Most of a page is the base64 text of pictures, which `memchr` skips
  /// at the speed of memory, since it holds neither quotes nor hashes.
  private static func names(after marker: Marker, in bytes: [UInt8]) -> [Range<Int>] {
    guard let last = marker.bytes.last else { return [] }
    var found: [Range<Int>] = []
    var position = 0
    while let match = place(of: last, in: bytes, from: position) {
      let start = match + 1
      position = start
      guard start >= marker.bytes.count, bytes[(start - marker.bytes.count)..<start].elementsEqual(marker.bytes) else {
        continue
      }
      guard let end = place(of: marker.end, in: bytes, from: start) else { break }
      found.append(start..<end)
    }
    return found
  }

  private static func place(of byte: UInt8, in bytes: [UInt8], from start: Int) -> Int? {
    unsafe bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, let match = unsafe memchr(base + start, Int32(byte), bytes.count - start)
      else { return nil }
      return unsafe UnsafeRawPointer(match) - base
    }
  }
}
