import Typesetting

/// What stands in a page's stream where a stretch begins: a rectangle of a size that tells the stretch's number, which
/// `PDFStructure` takes out again. Nothing else is filled there at that size.
enum StructureMark {
  /// Cairo's numbers are multiples of 1/256.
  private static let unit = 1.0 / 256
  /// Numbers begin anew after so many.
  static let limit = 255 * 255

  static func rect(_ number: Int) -> Rect {
    let number = number % limit
    return Rect(x: unit, y: unit, width: Double(number % 255 + 1) * unit, height: Double(number / 255 + 1) * unit)
  }

  /// The number of a mark; nil for another rectangle.
  static func number(_ x: Double, _ y: Double, _ width: Double, _ height: Double) -> Int? {
    let (across, down) = ((width / unit).rounded(), (height / unit).rounded())
    guard abs(x - unit) < 0.001, abs(y - unit) < 0.001, (1...255).contains(across), (1...255).contains(down) else {
      return nil
    }
    return Int(across) - 1 + (Int(down) - 1) * 255
  }

  /// The marks of a page's stream, in their order.
  static func all(in stream: [UInt8]) -> [(number: Int, range: Range<Int>)] {
    var found: [(number: Int, range: Range<Int>)] = []
    var operands: [ContentToken] = []
    /// A rectangle that is a mark if it is filled, and by nothing but "f".
    var candidate: (number: Int, start: Int)?
    for token in ContentTokens(stream) {
      guard case .operator = token.kind else {
        operands.append(token)
        continue
      }
      let word = stream[token.range]
      if let mark = candidate, operands.isEmpty, word.elementsEqual("f".utf8) {
        found.append((mark.number, mark.start..<token.range.upperBound))
      }
      candidate = nil
      if word.elementsEqual("re".utf8), operands.count == 4, let first = operands.first {
        let values = operands.compactMap { token -> Double? in
          if case .number(let value) = token.kind { value } else { nil }
        }
        if values.count == 4, let number = number(values[0], values[1], values[2], values[3]) {
          candidate = (number, first.range.lowerBound)
        }
      }
      operands = []
    }
    return found
  }
}
