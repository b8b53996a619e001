import Diagnostics
import Foundation
import Hashing

/// Reads comma-separated values as RFC 4180 has them, record by record: of a file of millions of lines only the
/// bytes are ever in memory as a whole.
///
/// Also taken: lines that end in LF alone, a byte order mark, and spaces around quoted fields, as VGGFace2's lists have.
struct CSV {
  struct Record {
    /// Where the record starts, from 1.
    let line: Int
    let fields: [String]
  }

  /// Longer fields are no paths, labels or numbers but a file of another kind.
  static let longestField = 1 << 16

  private let bytes: Data
  private let path: String

  /// - Throws: `Problem` when the file cannot be read.
  init(contentsOf url: URL) throws(Problem) {
    path = url.path
    do throws(Problem) {
      bytes = try HeldFile.contents(of: url.path, kind: "list")
    } catch {
      if error.kind == .changed { throw error }
      throw .usage(
        at: Place(file: url.path), "the file cannot be read", remedy: "Check that it is there and its permissions.")
    }
  }

  func place(_ line: Int) -> Place { Place(file: path, line: line) }

  /// Calls `body` with every record that is not an empty line.
  /// - Throws: `Problem` with the line of a quote that is not closed, of text after a closed quote, of a field that is
  ///   too long or not UTF-8; and what `body` throws.
  func forEachRecord(_ body: (Record) throws(Problem) -> Void) throws(Problem) {
    // `Data` lends its bytes to closures that throw any error only.
    let result = bytes.withUnsafeBytes { (raw: UnsafeRawBufferPointer) -> Result<Void, Problem> in
      do throws(Problem) {
        var scanner = Scanner(bytes: raw.bindMemory(to: UInt8.self), path: path)
        while let record = try scanner.next() { try body(record) }
        return .success(())
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  private struct Scanner {
    let bytes: UnsafeBufferPointer<UInt8>
    let path: String
    var position = 0
    var line = 1

    init(bytes: UnsafeBufferPointer<UInt8>, path: String) {
      self.bytes = bytes
      self.path = path
      if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    private static let comma = UInt8(ascii: ",")
    private static let quote = UInt8(ascii: "\"")
    private static let newline = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    mutating func next() throws(Problem) -> Record? {
      while position < bytes.count {
        let start = line
        var fields: [String] = []
        repeat { fields.append(try field()) } while take(Self.comma)
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
      _ = take(Self.carriageReturn)
      if take(Self.newline) { line += 1 }
    }

    private var isAtEnd: Bool {
      guard position < bytes.count else { return true }
      let byte = bytes[position]
      return byte == Self.comma || byte == Self.newline
        || (byte == Self.carriageReturn && (position + 1 == bytes.count || bytes[position + 1] == Self.newline))
    }

    private mutating func skipSpaces() {
      while position < bytes.count, bytes[position] == UInt8(ascii: " ") || bytes[position] == UInt8(ascii: "\t") {
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
        return try text(Array(bytes[start..<position]), line)
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
          if byte == Self.newline { line += 1 }
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
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw .usage(
          at: Place(file: path, line: line), "a field is not UTF-8", remedy: "Save the file in UTF-8.")
      }
      return text
    }
  }
}
