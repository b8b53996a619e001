import Foundation
import Support

/// The elements of a long list in a JSON document, encoded some at a time: the encoder takes a kilobyte for each object, and
/// gives nothing back before it is done.
struct LongList<Element: Encodable> {
  private let elements: [Element]
  private let isPretty: Bool
  private static var atOnce: Int { 1000 }

  /// - Parameter isPretty: with line breaks and indents, as `JSONEncoder.OutputFormatting.prettyPrinted` sets them.
  init(_ elements: [Element], isPretty: Bool) {
    self.elements = elements
    self.isPretty = isPretty
  }

  /// As the encoder writes the list as the value of a document's own key.
  /// - Throws: `Problem` for a number that JSON does not have.
  func bytes() throws(Problem) -> [UInt8] {
    var bytes: [UInt8] = [UInt8(ascii: "[")]
    for start in stride(from: 0, to: elements.count, by: Self.atOnce) {
      let part = try Self.encode(Array(elements[start..<min(start + Self.atOnce, elements.count)]), isPretty: isPretty)
      if start > 0 { bytes.append(UInt8(ascii: ",")) }
      // Without the brackets; what is pretty stands one step further to the right.
      for byte in part.dropFirst().dropLast(isPretty ? 2 : 1) {
        bytes.append(byte)
        if isPretty, byte == UInt8(ascii: "\n") { bytes += [UInt8(ascii: " "), UInt8(ascii: " ")] }
      }
    }
    if isPretty { bytes += elements.isEmpty ? Array("\n\n  ]".utf8) : Array("\n  ]".utf8) }
    return isPretty ? bytes : bytes + [UInt8(ascii: "]")]
  }

  /// A document with a list in it.
  /// - Parameters:
  ///   - document: whose own list of that name is empty.
  ///   - list: as `bytes` gives it; nil leaves the empty one.
  ///   - key: of the list; no other key of the document is called so.
  /// - Throws: `Problem` for a number that JSON does not have.
  static func encode(
    _ document: some Encodable, with list: [UInt8]?, as key: String, isPretty: Bool
  ) throws(Problem) -> [UInt8] {
    let text = try encode(document, isPretty: isPretty)
    guard let list else { return text }
    // Within a string a quotation mark is escaped: this can only be the key.
    let empty = isPretty ? "\n  \"\(key)\" : [\n\n  ]" : "\"\(key)\":[]"
    guard let place = text.firstRange(of: empty.utf8) else { throw .failure("a list of \(key) cannot be written") }
    // The list may be most of the memory that there is: no more than one copy of it.
    var whole: [UInt8] = []
    whole.reserveCapacity(text.count + list.count)
    whole += text[..<(place.upperBound - (isPretty ? 6 : 2))]
    whole += list
    whole += text[place.upperBound...]
    return whole
  }

  private static func encode(_ value: some Encodable, isPretty: Bool) throws(Problem) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting =
      isPretty ? [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes] : [.sortedKeys, .withoutEscapingSlashes]
    do {
      return Array(try encoder.encode(value))
    } catch {
      throw .failure("JSON cannot be written: \(error)")
    }
  }
}
