/// A layer's maps where an engine keeps them: (K, h, w), lent for as long as the lender says.
///
/// Element (c, y, x) lies at ((c / block) h w + y w + x) block + c % block: with a block of 1 that is row-major, with
/// one of K the channels come last, and vectorised engines like something between, such as 8.
///
/// The compiler lets nobody keep them longer than that; `tensor` is a copy to keep.
public struct FeatureMaps: ~Escapable {
  /// Element (0, 0, 0) first; at least as many as the extents and the block ask for, the last block filled up.
  public let values: Span<Float>
  /// K.
  public let channels: Int
  /// h, in rows of the layer's map.
  public let height: Int
  /// w, in columns of the layer's map.
  public let width: Int
  /// Channels that lie beside each other; the last block has room for as many, whether there are so many or not.
  public let block: Int

  /// - Precondition: as many values as the extents and the block ask for, or more.
  @_lifetime(copy values)
  public init(_ values: Span<Float>, channels: Int, height: Int, width: Int, block: Int) {
    precondition(
      values.count >= (channels + block - 1) / block * block * height * width,
      "\(values.count) values for \(channels) maps of \(height) x \(width) in blocks of \(block)")
    self.values = values
    self.channels = channels
    self.height = height
    self.width = width
    self.block = block
  }

  /// (K, h, w), whatever the block.
  public var shape: Shape { [channels, height, width] }

  /// A copy, row-major.
  public var tensor: Tensor {
    let area = height * width
    var plain = [Float](repeating: 0, count: channels * area)
    var output = plain.mutableSpan
    for channel in 0..<channels {
      let start = channel / block &* area &* block &+ channel % block
      for i in 0..<area { output[channel &* area &+ i] = values[start &+ i &* block] }
    }
    return Tensor(shape: shape, values: plain)
  }
}

extension FeatureMaps {
  /// Adds whole places of a block of maps to a sum for each of its channels: places in ascending order, whatever the block.
  /// - Parameters:
  ///   - values: `block` numbers for each place.
  ///   - first: of `sums`, the block's first channel.
  ///   - lanes: channels that the block has.
  public static func addPlaces(
    _ values: Span<Float>, block: Int, to sums: inout [Double], at first: Int, lanes: Int
  ) {
    if block == 1 {
      var sum = sums[first]
      for i in values.indices { sum += Double(values[i]) }
      sums[first] = sum
      return
    }
    var sums = sums.mutableSpan
    for start in stride(from: 0, to: values.count, by: block) {
      let some = values.extracting(start..<start &+ lanes)
      for lane in some.indices { sums[first &+ lane] += Double(some[lane]) }
    }
  }
}

extension Tensor {
  /// Lends the values of a (K, h, w) tensor as row-major maps; valid only inside `body`.
  /// - Precondition: the tensor has three axes.
  /// - Returns: nil for a tensor without values.
  public func withFeatureMaps<Result, Failure: Error>(
    _ body: (FeatureMaps) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    precondition(shape.rank == 3, "maps are (K, h, w), not \(shape)")
    guard !values.isEmpty else { return nil }
    return try body(FeatureMaps(values.span, channels: shape[0], height: shape[1], width: shape[2], block: 1))
  }
}
