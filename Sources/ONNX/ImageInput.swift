extension ONNXFile {
  /// What the graph asks of its image; nil where its input is none.
  public var image: GraphInput? { try? GraphInput(self) }
}

extension GraphInput {
  /// Height and width where they are fixed and the same.
  public var size: Int? { height == width ? height : nil }

  /// "3 x 224 x 224", "3 x ? x ?"
  public var description: String {
    [channels, height, width].map { $0.map(String.init) ?? "?" }.joined(separator: " x ")
  }
}
