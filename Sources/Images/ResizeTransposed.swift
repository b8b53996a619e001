import Tensors

extension Resize {
  /// The transpose of `bilinear(_:height:width:)`: what a gradient with respect to the resized picture is with respect to the
  /// picture itself. For every x and g, sum(g * bilinear(x)) = sum(transposed(g) * x).
  /// - Parameters:
  ///   - gradient: (3, h, w), h and w what was resized to.
  ///   - height: of the picture that was resized, at least 1.
  ///   - width: likewise.
  /// - Returns: (3, height, width), in Float32; each channel's sums run over the resized picture in ascending order.
  public static func transposed(_ gradient: Tensor, height: Int, width: Int) -> Tensor {
    precondition(gradient.shape.rank == 3 && gradient.shape[0] == 3, "an image is (3, H, W), not \(gradient.shape)")
    let (ownHeight, ownWidth) = (gradient.shape[1], gradient.shape[2])
    let columns = TriangleWeights(from: width, to: ownWidth)
    let rows = TriangleWeights(from: height, to: ownHeight)
    var values = [Float](repeating: 0, count: 3 * height * width)
    for channel in 0..<3 {
      // Back through the columns of the resized picture, then along each of the picture's rows.
      var tall = [Float](repeating: 0, count: height * ownWidth)
      for y in 0..<ownHeight {
        let line = gradient.values.span.extracting(
          (channel * ownHeight + y) * ownWidth..<(channel * ownHeight + y + 1) * ownWidth)
        for tap in 0..<rows.counts[y] {
          let (weight, start) = (rows.weight(y, tap), (rows.starts[y] + tap) * ownWidth)
          var target = tall.mutableSpan
          precondition(start >= 0 && start + ownWidth <= target.count)
          for x in line.indices { target[start &+ x] += weight * line[x] }
        }
      }
      for y in 0..<height {
        let start = (channel * height + y) * width
        for x in 0..<ownWidth {
          let value = tall[y * ownWidth + x]
          for tap in 0..<columns.counts[x] { values[start + columns.starts[x] + tap] += columns.weight(x, tap) * value }
        }
      }
    }
    return Tensor(shape: [3, height, width], values: values)
  }
}
