import Support

/// Reading the operands of opcodes.
extension PickleInterpreter {
  mutating func take(_ count: Int) throws(Problem) -> Range<Int> {
    guard count <= end - position else {
      throw damaged("\(count) bytes should follow, \(end - position) do: the file was cut short", at: position)
    }
    position += count
    return position - count..<position
  }

  /// Little-endian, at most 4 bytes.
  mutating func unsigned(_ count: Int) throws(Problem) -> Int {
    try take(count).reversed().reduce(0) { $0 << 8 | Int(bytes[$1]) }
  }

  mutating func length8() throws(Problem) -> Int {
    let range = try take(8)
    let length = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: UInt64.self))
    guard let length = Int(exactly: length) else {
      throw damaged("a length of \(length) bytes is larger than any file", at: range.lowerBound)
    }
    return length
  }

  mutating func span(_ count: Int, _ encoding: ByteSpan.Encoding) throws(Problem) -> ByteSpan {
    ByteSpan(range: try take(count), encoding: encoding)
  }

  /// A two's complement number of any length.
  mutating func long(count: Int) throws(Problem) -> PickleValue {
    let range = try take(count)
    guard count <= 8 else { return .largeInteger(range) }
    guard count > 0 else { return .integer(0) }
    var value = range.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(bytes[$1]) }
    if bytes[range.upperBound - 1] & 0x80 != 0, count < 8 { value |= UInt64.max << UInt64(8 * count) }
    return .integer(Int(Int64(bitPattern: value)))
  }

  /// Up to the line's end, which is taken and left out.
  mutating func lineRange() throws(Problem) -> Range<Int> {
    let start = position
    while position < end {
      position += 1
      if bytes[position - 1] == 0x0a { return start..<position - 1 }
    }
    throw damaged("a line does not end: the file was cut short", at: start)
  }

  mutating func line() throws(Problem) -> String {
    let range = try lineRange()
    // Names and numbers are short; a longer line is cut, and then found to be none.
    return String(decoding: bytes[range.prefix(1024)], as: UTF8.self)
  }

  mutating func lineInteger() throws(Problem) -> Int {
    let start = position
    let text = try line()
    guard let value = Int(text.hasSuffix("L") ? String(text.dropLast()) : text) else {
      throw damaged("expected a whole number, found `\(printable(text))`", at: start)
    }
    return value
  }

  /// A whole number of any length in decimal digits.
  mutating func lineNumber() throws(Problem) -> PickleValue {
    let start = position
    let range = try lineRange()
    var digits = bytes[range]
    if digits.last == UInt8(ascii: "L") { digits = digits.dropLast() }
    if digits.count <= 20, let value = Int(String(decoding: digits, as: UTF8.self)) { return .integer(value) }
    let unsigned = digits.first == UInt8(ascii: "-") ? digits.dropFirst() : digits
    guard !unsigned.isEmpty, unsigned.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw damaged(
        "expected a whole number, found `\(printable(String(decoding: bytes[range.prefix(1024)], as: UTF8.self)))`",
        at: start)
    }
    return .largeInteger(range)
  }

  mutating func quotedLine(at start: Int) throws(Problem) -> ByteSpan {
    let range = try lineRange()
    guard range.count >= 2, let first = bytes[range].first, first == bytes[range.upperBound - 1],
      first == UInt8(ascii: "'") || first == UInt8(ascii: "\"")
    else { throw damaged("a text has no quotes", at: start) }
    return ByteSpan(range: range.lowerBound + 1..<range.upperBound - 1, encoding: .escaped)
  }
}
