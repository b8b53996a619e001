/// What a model says of the image that it takes, as far as it says it.
public struct ImageInput: Sendable, Hashable {
  /// 1 or 3; nil where the file leaves it open.
  public var channels: Int?
  /// In pixels; nil where any height will do.
  public var height: Int?
  /// In pixels, as `height`.
  public var width: Int?

  /// Height and width where they are fixed and the same.
  public var size: Int? { height == width ? height : nil }

  /// "3 x 224 x 224", "3 x ? x ?"
  public var description: String {
    [channels, height, width].map { $0.map(String.init) ?? "?" }.joined(separator: " x ")
  }
}

extension ONNXFile {
  /// Of the graph's only input, be its channels in front of height and width or behind them.
  /// - Returns: nil where the input is no batch of images of 1 or 3 channels, or where the file does not say which axis the
  ///   channels are.
  public var image: ImageInput? {
    guard inputs.count == 1, let dimensions = inputs[0].dimensions, dimensions.count == 4 else { return nil }
    func extent(_ axis: Int) -> Int? { if case .fixed(let extent) = dimensions[axis] { extent } else { nil } }
    func isChannels(_ axis: Int) -> Bool { [1, 3].contains(extent(axis)) }
    switch (isChannels(1), isChannels(3)) {
    case (true, false): return ImageInput(channels: extent(1), height: extent(2), width: extent(3))
    case (false, true): return ImageInput(channels: extent(3), height: extent(1), width: extent(2))
    default: return nil
    }
  }
}
