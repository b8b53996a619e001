/// A layer's maps where an engine keeps them: (K, h, w), lent for as long as the lender says.
///
/// Element (c, y, x) lies at ((c / block) h w + y w + x) block + c % block: with a block of 1 that is row-major, with
/// one of K the channels come last, and vectorised engines like something between, such as 8.
@safe public struct FeatureMaps {
  /// Element (0, 0, 0).
  public let base: UnsafePointer<Float>
  /// K.
  public let channels: Int
  /// h, in rows of the layer's map.
  public let height: Int
  /// w, in columns of the layer's map.
  public let width: Int
  /// Channels that lie beside each other; the last block has room for as many, whether there are so many or not.
  public let block: Int

  /// - Parameter base: of as many values as the extents and the block ask for, the last block filled up; it must outlive
  ///   the maps.
  public init(base: UnsafePointer<Float>, channels: Int, height: Int, width: Int, block: Int) {
    unsafe self.base = unsafe base
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
    let values = unsafe [Float](unsafeUninitializedCapacity: channels * area) { output, count in
      for channel in 0..<channels {
        let source = unsafe base + (channel / block &* area &* block &+ channel % block)
        for i in 0..<area { unsafe output[channel &* area &+ i] = unsafe source[i &* block] }
      }
      count = channels * area
    }
    return Tensor(shape: shape, values: values)
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
    return try unsafe values.withUnsafeBufferPointer { (buffer) throws(Failure) -> Result? in
      guard let base = buffer.baseAddress else { return nil }
      return unsafe try body(FeatureMaps(base: base, channels: shape[0], height: shape[1], width: shape[2], block: 1))
    }
  }
}
