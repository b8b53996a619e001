import Support

/// Tells an ONNX file, which has no mark at its beginning, by going through the fields of its outermost message: all of them
/// must be there to the file's last byte, under the numbers and of the types of `onnx.proto`, a graph among them.
enum ONNXMark {
  /// The text fields and messages of `ModelProto`, and its numbers.
  private static let contents: Set<Int> = [2, 3, 4, 6, 7, 8, 14, 20, 25, 26]
  private static let numbers: Set<Int> = [1, 5]
  /// Of a model: some lines of metadata. A file of zeros and ones is not gone through for hours.
  private static let mostFields = 100_000

  /// Whoever says what was found must have called `bytes.check()`.
  static func isModel(_ bytes: FileBytes) -> Bool {
    var fields = WireReader(bytes, in: 0..<bytes.count, file: "")
    var hasGraph = false
    var count = 0
    do throws(Problem) {
      while let field = try fields.next() {
        count += 1
        guard count <= mostFields else { return false }
        switch field.value {
        case .varint where numbers.contains(field.number): break
        case .content(let range) where contents.contains(field.number):
          if field.number == 7, try isGraph(WireReader(bytes, in: range, file: "")) { hasGraph = true }
        default: return false
        }
      }
    } catch {
      return false
    }
    return hasGraph
  }

  /// By its first field, which is one of a graph's.
  private static func isGraph(_ graph: WireReader) throws(Problem) -> Bool {
    var graph = graph
    guard let first = try graph.next(), case .content = first.value else { return false }
    return [1, 2, 5, 10, 11, 12, 13, 14, 15, 16].contains(first.number)
  }
}
