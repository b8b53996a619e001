/// A run of prose made by a cell; always plain text, never markup.
public struct ProseRun: Sendable, Hashable {
  /// How a run is set; mono is code.
  public enum Style: Sendable { case plain, italic, strong, mono }
  /// Printed as it is.
  public var text: String
  /// Of the whole run.
  public var style: Style

  public init(_ text: String, _ style: Style = .plain) {
    self.text = text
    self.style = style
  }

  /// Text whose asterisks enclose what is emphasised.
  static func emphasised(_ text: String) -> [ProseRun] {
    text.split(separator: "*", omittingEmptySubsequences: false).enumerated().compactMap { index, part in
      part.isEmpty ? nil : ProseRun(String(part), index.isMultiple(of: 2) ? .plain : .italic)
    }
  }

  /// Text whose backticks enclose what is set as code.
  static func marked(_ text: String) -> [ProseRun] {
    text.split(separator: "`", omittingEmptySubsequences: false).enumerated().compactMap { index, part in
      part.isEmpty ? nil : ProseRun(String(part), index.isMultiple(of: 2) ? .plain : .mono)
    }
  }
}

extension Array {
  /// In order, as few parts as possible of at most `most` elements, and as even as possible: a figure that goes on
  /// over pages should not end in a single row.
  func parts(ofAtMost most: Int) -> [[Element]] {
    guard !isEmpty else { return [] }
    let count = (self.count + most - 1) / most
    let size = (self.count + count - 1) / count
    return stride(from: 0, to: self.count, by: size).map { Array(self[$0..<Swift.min($0 + size, self.count)]) }
  }
}
