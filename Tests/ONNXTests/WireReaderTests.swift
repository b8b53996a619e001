import Foundation
import Support
import Testing

/// The wire format alone, by hand.
@Suite struct WireReaderTests {
  private let folder: ModelFolder

  init() throws { folder = try ModelFolder() }

  private func bytes(_ content: [UInt8]) throws -> FileBytes {
    try HeldFile(path: folder.write(content), kind: "file").fileBytes
  }

  /// All fields in words; the message of the problem that ends them.
  private func fields(_ content: [UInt8]) throws -> [String] {
    let bytes = try bytes(content)
    var reader = WireReader(bytes, in: 0..<bytes.count, file: "m")
    var found: [String] = []
    do throws(Problem) {
      while let field = try reader.next() { found.append("\(field.byte) \(field.number) \(field.value)") }
    } catch {
      found.append("\(error.place?.description ?? ""): \(error.message)")
    }
    return found
  }

  @Test func allWireTypesAreRead() throws {
    let content: [UInt8] =
      [0x08, 0x96, 0x01] + [0x12, 2, 7, 8] + [0x1d, 1, 0, 0, 0x80] + [0x21, 2, 0, 0, 0, 0, 0, 0, 0x80]
      + [0xf8, 0xff, 0xff, 0xff, 0x0f, 0]
    #expect(
      try fields(content) == [
        "0 1 varint(150)", "3 2 content(Range(5..<7))", "7 3 fixed32(2147483649)", "12 4 fixed64(9223372036854775810)",
        "21 536870911 varint(0)",
      ])
    #expect(try fields([]) == [])
  }

  @Test func numbersHaveAtMostTenBytes() throws {
    let ones = [UInt8](repeating: 0xff, count: 9)
    #expect(try fields([8] + ones + [1]) == ["0 1 varint(18446744073709551615)"])
    #expect(
      try fields([8] + ones + [2]) == ["m, byte 1: expected a number of at most 64 bits, found a larger one"])
    #expect(
      try fields([8] + ones + [0x81, 0]) == ["m, byte 1: expected a number of at most 10 bytes, found a longer one"])
    // Zeros in front are allowed, as far as ten bytes go.
    #expect(try fields([8, 0x85, 0x80, 0]) == ["0 1 varint(5)"])
    #expect(
      try fields([8, 0x80]) == ["m, byte 1: expected a number, found the end of what it is part of after 1 bytes"])
  }

  @Test func whatReachesBeyondItsParentIsRefused() throws {
    #expect(
      try fields([0x12, 3, 1, 2]) == [
        "m, byte 1: expected a length within the 2 bytes that are left of what it is part of, found 3"
      ])
    #expect(
      try fields([0x12] + [UInt8](repeating: 0xff, count: 9) + [1, 5]) == [
        "m, byte 1: expected a length within the 1 bytes that are left of what it is part of, found 18446744073709551615"
      ])
    #expect(
      try fields([0x1d, 1, 2, 3]) == [
        "m, byte 1: expected a number of 4 bytes, found the end of what it is part of after 3 bytes"
      ])
    // A message's end is a limit too, whatever the file has behind it.
    let bytes = try bytes([0x12, 2, 0x12, 1, 7, 7])
    var reader = WireReader(bytes, in: 2..<4, file: "m")
    let problem = #expect(throws: Problem.self) { _ = try reader.next() }
    #expect(
      problem?.description
        == "m, byte 3: expected a length within the 0 bytes that are left of what it is part of, found 1\n"
        + "  The file is damaged, or it is no such file: copy, download or export it again.")
  }

  @Test func groupsAndUnknownTypesAreRefused() throws {
    #expect(
      try fields([0x0b, 0x0c]) == ["m, byte 0: field 1 is a group, which the format has not any more: refused"])
    #expect(
      try fields([0x14]) == ["m, byte 0: field 2 is a group, which the format has not any more: refused"])
    #expect(try fields([0x0e]) == ["m, byte 0: expected a wire type of 0, 1, 2 or 5, found 6"])
    #expect(try fields([0x00]) == ["m, byte 0: expected a field's number of 1 to 536870911, found 0"])
    #expect(
      try fields([0x80, 0x80, 0x80, 0x80, 0x10, 0]) == [
        "m, byte 0: expected a field's number of 1 to 536870911, found 536870912"
      ])
  }
}
