import Foundation

/// Reads separated values as RFC 4180 has them, record by record: of a file of millions of lines only the bytes are ever in
/// memory as a whole.
///
/// Also taken: semicolons or tabs where the first line is separated by them, Excel's line `sep=;`, lines that end in LF or
/// CR alone, UTF-16 and UTF-32, a byte order mark, and spaces around quoted fields, as VGGFace2's lists have.
public struct CSV {
  /// The fields of a line, or of several where a quoted field holds line ends.
  public struct Record {
    /// Where the record starts, from 1.
    public let line: Int
    /// At least one. Without the quotes around them; unquoted ones with the spaces around them.
    public let fields: [String]
  }

  /// In bytes; longer fields are no paths, labels or numbers but a file of another kind.
  public static let longestField = 1 << 16

  private let bytes: Data
  private let path: String
  /// A byte of ASCII: comma, semicolon or tab.
  public let separator: UInt8
  /// Where the records begin, and the line.
  private let start: (byte: Int, line: Int)

  /// - Throws: `Problem` of kind `.usage` when the file cannot be read or is no text, `.changed` when it changes
  ///   meanwhile.
  public init(contentsOf url: URL) throws(Problem) {
    // As it was given: a file URL of a relative path has both.
    path = url.relativePath
    var isFolder: ObjCBool = false
    if unsafe FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue {
      throw .usage(
        at: Place(file: path), "expected a list of separated values (CSV), found a folder",
        remedy: "Give the path of the list itself.")
    }
    let raw: Data
    do throws(Problem) {
      raw = try HeldFile.contents(of: url.path, kind: "list")
    } catch {
      if error.kind == .changed { throw error }
      throw .usage(
        at: Place(file: path), "the file cannot be read", remedy: "Check that it is there and its permissions.")
    }
    bytes = try TextEncoding.text(raw, path: url.path, expected: "a list of separated values (CSV)")
    (separator, start) = CSV.separation(bytes)
  }

  /// Of bytes that are at hand.
  /// - Parameter path: for messages.
  /// - Throws: `Problem` of kind `.usage` when they are no text.
  public init(bytes raw: [UInt8], path: String) throws(Problem) {
    self.path = path
    bytes = try TextEncoding.text(Data(raw), path: path, expected: "a list of separated values (CSV)")
    (separator, start) = CSV.separation(bytes)
  }

  /// `separator` as a text of one character.
  public var separatorText: String { String(Character(Unicode.Scalar(separator))) }

  /// "a comma"
  public var separatorInWords: String {
    switch separator {
    case UInt8(ascii: ","): "a comma"
    case UInt8(ascii: ";"): "a semicolon"
    case UInt8(ascii: "\t"): "a tab"
    default: "`\(separatorText)`"
    }
  }

  /// - Parameter line: `Record.line`.
  public func place(_ line: Int) -> Place { Place(file: path, line: line) }

  /// The separator that stands most often in the first line outside of quotes; a comma where none does.
  private static func separation(_ bytes: Data) -> (UInt8, start: (byte: Int, line: Int)) {
    let head = bytes.prefix(CSV.longestField)
    let line = head.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
    if line.count == 5, line.prefix(4).elementsEqual("sep=".utf8), let separator = line.last {
      let isPair = head.dropFirst(5).starts(with: "\r\n".utf8)
      return (separator, (min(bytes.count, isPair ? 7 : 6), 2))
    }
    var counts: [UInt8: Int] = [:]
    var isQuoted = false
    for byte in head {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if isQuoted { continue }
      if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { break }
      counts[byte, default: 0] += 1
    }
    let separators = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
    let most = separators.max { counts[$0, default: 0] < counts[$1, default: 0] }
    guard let most, counts[most, default: 0] > counts[separators[0], default: 0] else { return (separators[0], (0, 1)) }
    return (most, (0, 1))
  }

  /// Calls `body` with every record that is not an empty line.
  /// - Throws: `Problem` with the line of a quote that is not closed, of text after a closed quote, of a field that is
  ///   too long, holds NUL or is not UTF-8; and what `body` throws.
  public func forEachRecord(_ body: (Record) throws(Problem) -> Void) throws(Problem) {
    var scanner = Scanner(bytes.span, path: path, separator: separator, position: start.byte, line: start.line)
    while let record = try scanner.next() { try body(record) }
  }

  private struct Scanner: ~Escapable {
    let bytes: Span<UInt8>
    let path: String
    let separator: UInt8
    var position: Int
    var line: Int

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>, path: String, separator: UInt8, position: Int, line: Int) {
      (self.path, self.separator, self.position, self.line) = (path, separator, position, line)
      self.bytes = bytes
    }

    private static let quote = UInt8(ascii: "\"")
    private static let newline = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    mutating func next() throws(Problem) -> Record? {
      while position < bytes.count {
        let start = line
        var fields: [String] = []
        repeat { fields.append(try field()) } while take(separator)
        endLine()
        if fields.count > 1 || !fields[0].isEmpty { return Record(line: start, fields: fields) }
      }
      return nil
    }

    private mutating func take(_ byte: UInt8) -> Bool {
      guard position < bytes.count, bytes[position] == byte else { return false }
      position += 1
      return true
    }

    private mutating func endLine() {
      let isOld = take(Self.carriageReturn)
      if take(Self.newline) || isOld { line += 1 }
    }

    private var isAtEnd: Bool {
      guard position < bytes.count else { return true }
      let byte = bytes[position]
      return byte == separator || byte == Self.newline || byte == Self.carriageReturn
    }

    private mutating func skipSpaces() {
      while position < bytes.count, bytes[position] != separator,
        bytes[position] == UInt8(ascii: " ") || bytes[position] == UInt8(ascii: "\t")
      {
        position += 1
      }
    }

    private mutating func field() throws(Problem) -> String {
      let start = position
      skipSpaces()
      guard position < bytes.count, bytes[position] == Self.quote else {
        while !isAtEnd {
          position += 1
          try checkLength(from: start, line)
        }
        let content = bytes.extracting(start..<position)
        return try text(unsafe content.withUnsafeBufferPointer { unsafe Array($0) }, line)
      }
      let opening = line
      position += 1
      var content: [UInt8] = []
      while true {
        guard position < bytes.count else {
          throw .usage(
            at: Place(file: path, line: opening), "a quoted field is not closed before the end of the file",
            remedy: "Close it with \"; a quote inside a field is written twice.")
        }
        let byte = bytes[position]
        position += 1
        if byte == Self.quote {
          if take(Self.quote) { content.append(byte) } else { break }
        } else {
          let isPair = byte == Self.carriageReturn && position < bytes.count && bytes[position] == Self.newline
          if byte == Self.newline || byte == Self.carriageReturn && !isPair { line += 1 }
          content.append(byte)
        }
        try checkLength(from: start, opening)
      }
      skipSpaces()
      guard isAtEnd else {
        throw .usage(
          at: Place(file: path, line: line), "text follows the closing quote of a field",
          remedy: "A quote inside a field is written twice.")
      }
      return try text(content, opening)
    }

    private func checkLength(from start: Int, _ line: Int) throws(Problem) {
      guard position - start <= CSV.longestField else {
        throw .usage(
          at: Place(file: path, line: line), "a field has more than \(CSV.longestField) bytes",
          remedy: "Is this a file of comma-separated values?")
      }
    }

    private func text(_ bytes: [UInt8], _ line: Int) throws(Problem) -> String {
      let place = Place(file: path, line: line)
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw TextEncoding.problem(bytes, what: "a field", at: place)
      }
      guard !bytes.contains(0) else {
        throw .usage(
          at: place, "a field holds a NUL byte: `\(TextEncoding.escaped(bytes))`",
          remedy: "Is this a text file? Save it in UTF-8.")
      }
      return text
    }
  }
}
