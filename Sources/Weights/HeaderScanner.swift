import Support

/// Reads the tokens of a safetensors header: strict JSON without fractions, booleans or null, which the format
/// does not use. It never recurses, so nesting cannot exhaust the stack, and it knows every token's byte.
struct HeaderScanner {
  private let bytes: [UInt8]
  /// Index of the next byte.
  private(set) var position = 0
  private let file: String
  /// Where `bytes` start in the file.
  private let offset: Int

  init(_ bytes: [UInt8], file: String, offset: Int) {
    self.bytes = bytes
    self.file = file
    self.offset = offset
  }

  /// The byte after white space, or nil at the end.
  mutating func peek() -> UInt8? {
    while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
    return position < bytes.count ? bytes[position] : nil
  }

  /// Takes the character when it is next.
  mutating func take(_ character: Character) -> Bool {
    guard let byte = peek(), character.asciiValue == byte else { return false }
    position += 1
    return true
  }

  mutating func expect(_ character: Character, _ purpose: String, tensor: String? = nil) throws(Problem) {
    guard take(character) else { throw unexpected("`\(character)` \(purpose)", tensor: tensor) }
  }

  /// Whether another element follows in a list closed by `closing`, whose opening was taken.
  mutating func hasNext(first: Bool, closing: Character, tensor: String? = nil) throws(Problem) -> Bool {
    if take(closing) { return false }
    if !first { try expect(",", "or `\(closing)`", tensor: tensor) }
    return true
  }

  /// An integer from 0 up.
  mutating func integer(_ purpose: String, tensor: String?) throws(Problem) -> Int {
    guard let first = peek(), isDigit(first) else { throw unexpected("\(purpose), a whole number", tensor: tensor) }
    let start = position
    var value = 0
    while position < bytes.count, isDigit(bytes[position]) {
      let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
      let (sum, carried) = product.addingReportingOverflow(Int(bytes[position] - 0x30))
      guard !overflowed, !carried else {
        throw problem("\(purpose) does not fit into 63 bits", at: start, tensor: tensor)
      }
      value = sum
      position += 1
    }
    guard first != 0x30 || position == start + 1 else {
      throw problem("\(purpose) starts with a superfluous 0", at: start, tensor: tensor)
    }
    if position < bytes.count, [0x2e, 0x65, 0x45].contains(bytes[position]) {
      throw problem("expected \(purpose), a whole number, found a fraction or exponent", at: start, tensor: tensor)
    }
    return value
  }

  /// A string with its escapes resolved.
  mutating func string(_ purpose: String, tensor: String? = nil) throws(Problem) -> String {
    guard peek() == 0x22 else { throw unexpected("\(purpose), a string", tensor: tensor) }
    let start = position
    position += 1
    var content: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case 0x22:
        guard let text = String(validating: content, as: UTF8.self) else {
          throw problem("\(purpose) is not UTF-8", at: start, tensor: tensor)
        }
        return text
      case 0x5c:
        try content.append(contentsOf: escape(tensor: tensor))
      case 0..<0x20:
        throw problem("\(purpose) holds a control character", at: position - 1, tensor: tensor)
      default:
        content.append(byte)
      }
    }
    throw problem("\(purpose) has no closing quote", at: start, tensor: tensor)
  }

  /// The UTF-8 of the escape whose backslash was taken.
  private mutating func escape(tensor: String?) throws(Problem) -> [UInt8] {
    let start = position - 1
    guard position < bytes.count else { throw problem("a string ends in a backslash", at: start, tensor: tensor) }
    let byte = bytes[position]
    position += 1
    switch byte {
    case 0x22, 0x5c, 0x2f: return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0c]
    case UInt8(ascii: "n"): return [0x0a]
    case UInt8(ascii: "r"): return [0x0d]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      var code = hexadecimal()
      // Beyond the basic plane a character is written as two escapes.
      if let high = code, (0xd800..<0xdc00).contains(high), position + 1 < bytes.count, bytes[position] == 0x5c,
        bytes[position + 1] == UInt8(ascii: "u")
      {
        position += 2
        code = hexadecimal().flatMap { (low: UInt32) -> UInt32? in
          (0xdc00..<0xe000).contains(low) ? 0x10000 + (high - 0xd800) << 10 + (low - 0xdc00) : nil
        }
      }
      if let scalar = code.flatMap(Unicode.Scalar.init) { return Array(Character(scalar).utf8) }
      fallthrough
    default:
      throw problem("a string holds an escape that JSON does not know", at: start, tensor: tensor)
    }
  }

  private mutating func hexadecimal() -> UInt32? {
    guard position + 4 <= bytes.count else { return nil }
    var value: UInt32 = 0
    for index in position..<position + 4 {
      guard let digit = Character(Unicode.Scalar(bytes[index])).hexDigitValue else { return nil }
      value = value << 4 | UInt32(digit)
    }
    position += 4
    return value
  }

  private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  /// The error for a token that should have been another.
  mutating func unexpected(_ expected: String, tensor: String?) -> Problem {
    guard let byte = peek() else {
      return problem("expected \(expected), found the end of the header", at: position, tensor: tensor)
    }
    let found = (0x21..<0x7f).contains(byte) ? "`\(Character(Unicode.Scalar(byte)))`" : "byte \(byte)"
    return problem("expected \(expected), found \(found)", at: position, tensor: tensor)
  }

  func problem(_ message: String, at position: Int, tensor: String?) -> Problem {
    .failure(
      at: Place(file: file, byte: offset + position, tensor: tensor), "the header is damaged: \(message)",
      remedy: SafetensorsHeader.remedy)
  }
}
