/// A word of a page's content stream.
struct ContentToken {
  enum Kind {
    case number(Double)
    case name
    /// "re", "BDC"
    case `operator`
    /// From BI to EI.
    case inlineImage
    /// A string, an array, a dictionary.
    case other
  }
  var kind: Kind
  var range: Range<Int>
}

/// The words of a content stream, one after the other. What stands within strings, dictionaries and inline pictures is
/// part of them and never an operator, whatever its bytes look like.
struct ContentTokens: Sequence, IteratorProtocol {
  let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func next() -> ContentToken? {
    skipSpace()
    guard position < bytes.count else { return nil }
    let start = position
    switch bytes[start] {
    case UInt8(ascii: "("):
      skipString()
      return ContentToken(kind: .other, range: start..<position)
    case UInt8(ascii: "<"), UInt8(ascii: "["):
      skipContainer()
      return ContentToken(kind: .other, range: start..<position)
    case UInt8(ascii: "/"):
      position += 1
      skipWord()
      return ContentToken(kind: .name, range: start..<position)
    default:
      skipWord()
      // A delimiter that nothing opened.
      if position == start { position += 1 }
    }
    let word = bytes[start..<position]
    if word.elementsEqual("BI".utf8) {
      skipInlineImage()
      return ContentToken(kind: .inlineImage, range: start..<position)
    }
    let isNumeric = word.allSatisfy { (48...57).contains($0) || $0 == 43 || $0 == 45 || $0 == 46 }
    if isNumeric, let value = Double(String(decoding: word, as: UTF8.self)) {
      return ContentToken(kind: .number(value), range: start..<position)
    }
    return ContentToken(kind: .operator, range: start..<position)
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) || byte == 0 }

  private static func isDelimiter(_ byte: UInt8) -> Bool { "()<>[]{}/%".utf8.contains(byte) }

  private mutating func skipSpace() {
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "%") {
        while position < bytes.count, bytes[position] != 10, bytes[position] != 13 { position += 1 }
      } else if Self.isSpace(bytes[position]) {
        position += 1
      } else {
        return
      }
    }
  }

  private mutating func skipWord() {
    while position < bytes.count, !Self.isSpace(bytes[position]), !Self.isDelimiter(bytes[position]) { position += 1 }
  }

  private mutating func skipString() {
    var depth = 0
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\\"): position += 1
      case UInt8(ascii: "("): depth += 1
      case UInt8(ascii: ")"): depth -= 1
      default: break
      }
      position += 1
      if depth == 0 { break }
    }
    position = Swift.min(position, bytes.count)
  }

  /// An array, a dictionary or a hexadecimal string, with all that lies within.
  private mutating func skipContainer() {
    var depth = 0
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "("):
        skipString()
        continue
      case UInt8(ascii: "%"):
        skipSpace()
        continue
      case UInt8(ascii: "<"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: ">"), UInt8(ascii: "]"): depth -= 1
      default: break
      }
      position += 1
      if depth == 0 { return }
    }
  }

  /// The data of an inline picture end at an EI that stands alone and has no other bytes than text behind it.
  private mutating func skipInlineImage() {
    while position + 1 < bytes.count {
      let isEnd =
        bytes[position] == UInt8(ascii: "E") && bytes[position + 1] == UInt8(ascii: "I")
        && Self.isSpace(bytes[position - 1])
        && (position + 2 == bytes.count || Self.isSpace(bytes[position + 2]))
        && bytes[(position + 2)...].prefix(32).allSatisfy { Self.isSpace($0) && $0 != 0 || (32...126).contains($0) }
      position += 1
      if isEnd {
        position += 1
        return
      }
    }
    position = bytes.count
  }
}

/// The operations of a content stream with what stands before each, an inline image as the operator `Do`.
struct ContentOperations: Sequence, IteratorProtocol {
  private let bytes: [UInt8]
  private var tokens: ContentTokens

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    tokens = ContentTokens(bytes)
  }

  mutating func next() -> (word: String, operands: [ContentToken])? {
    var operands: [ContentToken] = []
    while let token = tokens.next() {
      switch token.kind {
      case .operator: return (String(decoding: bytes[token.range], as: UTF8.self), operands)
      case .inlineImage: return ("Do", operands)
      default: operands.append(token)
      }
    }
    return nil
  }
}
