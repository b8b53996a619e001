import Foundation

/// Text files as people's programs write them: UTF-8, or what its first bytes show to be UTF-16 or UTF-32.
public enum TextEncoding {
  /// The same text in UTF-8 without a byte order mark; bytes that are not UTF-8 stay as they are, for a reader that
  /// knows their line.
  /// - Throws: `Problem` of kind `.usage` for UTF-16 or UTF-32 that is damaged.
  public static func utf8(_ bytes: Data, path: String) throws(Problem) -> Data {
    // UTF-32's mark begins with that of UTF-16.
    let marks: [(mark: [UInt8], encoding: String.Encoding, name: String)] = [
      ([0xFF, 0xFE, 0, 0], .utf32LittleEndian, "UTF-32"), ([0, 0, 0xFE, 0xFF], .utf32BigEndian, "UTF-32"),
      ([0xFF, 0xFE], .utf16LittleEndian, "UTF-16"), ([0xFE, 0xFF], .utf16BigEndian, "UTF-16"),
    ]
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return bytes.dropFirst(3) }
    for (mark, encoding, name) in marks where bytes.starts(with: mark) {
      return try converted(bytes.dropFirst(mark.count), encoding, name, path: path)
    }
    // Without a mark: no text begins with NUL or has one as its second character.
    let head = Array(bytes.prefix(4))
    if head.count == 4, head[0] != 0, head[1] == 0, head[2] != 0, head[3] == 0 {
      return try converted(bytes, .utf16LittleEndian, "UTF-16", path: path)
    }
    if head.count == 4, head[0] == 0, head[1] != 0, head[2] == 0, head[3] != 0 {
      return try converted(bytes, .utf16BigEndian, "UTF-16", path: path)
    }
    return bytes
  }

  /// As `utf8`, of a file that is a text.
  /// - Parameter expected: "a list of separated values (CSV)".
  /// - Throws: `Problem` of kind `.usage` that says what the file is in place of one.
  public static func text(_ bytes: Data, path: String, expected: String) throws(Problem) -> Data {
    let text = try utf8(bytes, path: path)
    guard let kind = ContentKind.insteadOfText(text) else { return text }
    let remedy =
      if let unpacking = kind.unpacking {
        "Unpack it (\(unpacking)) and name the file in it."
      } else if kind.description.hasPrefix("an office document") {
        "Save the sheet as CSV in UTF-8 (Save As, or soffice --convert-to csv)."
      } else if kind.description == "a web page" {
        "The download gave a page instead of the file: open the link in a browser and save the file."
      } else {
        "Name the file itself: it is a text in UTF-8."
      }
    throw .usage(at: Place(file: path), "expected \(expected), found \(kind.description)", remedy: remedy)
  }

  private static func converted(
    _ bytes: Data, _ encoding: String.Encoding, _ name: String, path: String
  ) throws(Problem) -> Data {
    let unit = name == "UTF-32" ? 4 : 2
    guard bytes.count.isMultiple(of: unit), let text = String(data: bytes, encoding: encoding) else {
      throw .usage(
        at: Place(file: path), "the file begins as \(name), and is damaged or cut off", remedy: "Save it in UTF-8.")
    }
    return Data(text.utf8)
  }

  /// - Parameter what: what a line is: "the name".
  /// - Throws: `Problem` of kind `.usage` with the line that is not UTF-8.
  public static func string(_ bytes: Data, path: String, what: String) throws(Problem) -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    var line = 1
    var rest = bytes
    while let end = rest.firstIndex(where: { $0 == 0x0A || $0 == 0x0D }),
      String(validating: rest[..<end], as: UTF8.self) != nil
    {
      let isPair = rest[end] == 0x0D && end + 1 < rest.endIndex && rest[end + 1] == 0x0A
      rest = rest[(end + (isPair ? 2 : 1))...]
      line += 1
    }
    let bad = rest.prefix { $0 != 0x0A && $0 != 0x0D }
    throw problem(bad, what: what, at: Place(file: path, line: line))
  }

  /// What is wrong with bytes that are not UTF-8: the first that is none, and what they say in Latin-1.
  /// - Parameter what: "a field".
  public static func problem(_ bytes: some Collection<UInt8>, what: String, at place: Place) -> Problem {
    let latin = String(bytes.map { Character(Unicode.Scalar($0)) })
    return .usage(
      at: place, "\(what) is not UTF-8: `\(escaped(bytes))`",
      remedy: "Save the file in UTF-8. In Latin-1 it says `\(printable(latin))`.")
  }

  /// Bytes that are mostly text, with `\xE9` for those that are none.
  public static func escaped(_ bytes: some Collection<UInt8>) -> String {
    var text = ""
    var rest = Array(bytes)[...]
    while let first = rest.first {
      // The longest character that begins here; a character of UTF-8 has four bytes at most.
      let character = (1...4).lazy.compactMap { count in
        String(validating: rest.prefix(count), as: UTF8.self).map { ($0, min(count, rest.count)) }
      }.first
      if let (character, count) = character, first >= 0x20, first != 0x7F {
        text += character
        rest = rest.dropFirst(count)
      } else {
        let digits = String(first, radix: 16, uppercase: true)
        text += "\\x" + (digits.count == 1 ? "0" : "") + digits
        rest = rest.dropFirst()
      }
    }
    return printable(text)
  }
}
