/// Goes through the fields of one message in the wire format of protocol buffers, read a window at a time from a file.
///
/// The format (https://protobuf.dev/programming-guides/encoding): a field is a tag, number x 8 + wire type, as a varint, and
/// a value by its wire type: 0 a varint, 1 eight bytes, 2 a length and as many bytes, 5 four bytes. Groups (3 and 4) are
/// refused: nothing that is read here has any, and they are what recursion could be forced by.
///
/// A message within a message is a range of bytes; who wants its fields makes a reader of that range, so that no depth of
/// nesting is gone into that nobody asks for.
///
///     var reader = WireReader(bytes, in: 0..<bytes.count, file: path)
///     while let field = try reader.next() { ... }
package struct WireReader {
  package struct Field {
    /// 1 to 2^29 - 1.
    package let number: Int
    package let value: Value
    /// Of its tag, from the start of the file.
    package let byte: Int
  }

  package enum Value {
    case varint(UInt64)
    /// Little-endian, as an IEEE 754 number's bits or an integer.
    case fixed32(UInt32)
    case fixed64(UInt64)
    /// A text, a message, packed numbers: where its bytes lie, inside of the message that it is a field of.
    case content(Range<Int>)
  }

  /// What to do about damage, whatever it is.
  package static let remedy = "The file is damaged, or it is no such file: copy, download or export it again."

  private let bytes: FileBytes
  private let file: String
  /// Of the next byte, from the start of the file.
  package private(set) var position: Int
  package let end: Int

  /// - Parameters:
  ///   - range: the message's bytes, inside of the file.
  ///   - file: what problems call it.
  package init(_ bytes: FileBytes, in range: Range<Int>, file: String) {
    precondition(range.upperBound <= bytes.count)
    self.bytes = bytes
    self.file = file
    position = range.lowerBound
    end = range.upperBound
  }

  /// - Returns: nil at the message's end.
  /// - Throws: `Problem.failure` for what is no field, or reaches beyond the message.
  package mutating func next() throws(Problem) -> Field? {
    guard position < end else { return nil }
    let start = position
    let tag = try varint()
    guard tag >> 3 >= 1, tag >> 3 < 1 << 29 else {
      throw problem("expected a field's number of 1 to \((1 << 29) - 1), found \(tag >> 3)", at: start)
    }
    let value: Value
    switch tag & 7 {
    case 0: value = .varint(try varint())
    case 1: value = .fixed64(try fixed(8))
    case 2: value = .content(try content())
    case 5: value = .fixed32(UInt32(truncatingIfNeeded: try fixed(4)))
    case 3, 4: throw problem("field \(tag >> 3) is a group, which the format has not any more: refused", at: start)
    default: throw problem("expected a wire type of 0, 1, 2 or 5, found \(tag & 7)", at: start)
    }
    return Field(number: Int(tag >> 3), value: value, byte: start)
  }

  /// The next number of packed ones, or of a tag.
  /// - Throws: `Problem.failure` where it has more than 10 bytes or 64 bits, or reaches beyond the message.
  package mutating func varint() throws(Problem) -> UInt64 {
    let start = position
    var number: UInt64 = 0
    for index in 0..<10 {
      guard position < end else { throw cut("a number", from: start) }
      let byte = bytes[position]
      position += 1
      if index == 9, byte > 1 {
        throw problem(
          byte & 0x80 == 0
            ? "expected a number of at most 64 bits, found a larger one"
            : "expected a number of at most 10 bytes, found a longer one", at: start)
      }
      number |= UInt64(byte & 0x7f) << UInt64(7 * index)
      if byte & 0x80 == 0 { return number }
    }
    throw problem("expected a number of at most 10 bytes, found a longer one", at: start)
  }

  /// The next little-endian number of so many bytes.
  /// - Parameter size: at most 8.
  /// - Throws: `Problem.failure` where it reaches beyond the message.
  package mutating func fixed(_ size: Int) throws(Problem) -> UInt64 {
    guard end - position >= size else { throw cut("a number of \(size) bytes", from: position) }
    var number: UInt64 = 0
    for index in 0..<size { number |= UInt64(bytes[position + index]) << UInt64(8 * index) }
    position += size
    return number
  }

  private mutating func content() throws(Problem) -> Range<Int> {
    let start = position
    let length = try varint()
    guard length <= UInt64(end - position) else {
      throw problem(
        "expected a length within the \(end - position) bytes that are left of what it is part of, found \(length)",
        at: start)
    }
    let range = position..<position + Int(length)
    position = range.upperBound
    return range
  }

  private func cut(_ what: String, from start: Int) -> Problem {
    problem("expected \(what), found the end of what it is part of after \(end - start) bytes", at: start)
  }

  package func problem(_ message: String, at byte: Int) -> Problem {
    .failure(at: Place(file: file, byte: byte), message, remedy: Self.remedy)
  }
}
