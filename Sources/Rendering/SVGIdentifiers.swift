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
    unsafe bytes.withUnsafeBufferPointer { bytes in
      let definitions = unsafe names(after: definition, in: bytes)
      var names: [[UInt8]: [UInt8]] = [:]
      for place in definitions {
        let name = unsafe Array(bytes[place])
        if names[name] == nil { names[name] = Array("i\(names.count + 1)".utf8) }
      }
      var places = definitions
      for marker in references { unsafe places += SVGIdentifiers.names(after: marker, in: bytes) }
      places.sort { $0.lowerBound < $1.lowerBound }
      var output: [UInt8] = []
      output.reserveCapacity(bytes.count)
      var position = 0
      for place in places where place.lowerBound >= position {
        guard let name = unsafe names[Array(bytes[place])] else { continue }
        unsafe output.append(contentsOf: bytes[position..<place.lowerBound])
        output.append(contentsOf: name)
        position = place.upperBound
      }
      unsafe output.append(contentsOf: bytes[position...])
      return output
    }
  }

  /// Where the names stand that follow a marker. Most of a page is the base64 text of pictures, which `memchr` skips
  /// at the speed of memory, since it holds neither quotes nor hashes.
  private static func names(after marker: Marker, in bytes: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
    guard let base = bytes.baseAddress, let last = marker.bytes.last else { return [] }
    var found: [Range<Int>] = []
    var position = 0
    while let match = unsafe memchr(base + position, Int32(last), bytes.count - position) {
      let start = unsafe UnsafeRawPointer(match) - UnsafeRawPointer(base) + 1
      position = start
      guard start >= marker.bytes.count, unsafe bytes[(start - marker.bytes.count)..<start].elementsEqual(marker.bytes)
      else {
        continue
      }
      guard let end = unsafe memchr(base + start, Int32(marker.end), bytes.count - start) else { break }
      unsafe found.append(start..<UnsafeRawPointer(end) - UnsafeRawPointer(base))
    }
    return found
  }
}
