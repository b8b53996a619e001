import CConvolutions

/// Where channel, row and column of a map lie for the loops of convolutions.
struct LoopOrder {
  var layout: cconvolutions_layout
  var lanes: Int
  /// Floats.
  var count: Int

  /// - Parameters:
  ///   - last: whether all channels of a pixel lie beside each other.
  ///   - stride: from one row and column that counts to the next.
  init(channels: Int, _ height: Int, _ width: Int, lanes: Int, last: Bool, stride: Int = 1) {
    let vectors = (channels + lanes - 1) / lanes
    let pixel = last ? channels : lanes
    layout = cconvolutions_layout(
      vector: last ? lanes : height * width * lanes, row: stride * width * pixel, column: stride * pixel,
      last: last ? channels - (vectors - 1) * lanes : lanes)
    self.lanes = lanes
    count = last ? channels * height * width : vectors * lanes * height * width
  }

  /// Of rows and columns that count.
  func place(_ channel: Int, _ row: Int, _ column: Int) -> Int {
    channel / lanes * layout.vector + row * layout.row + column * layout.column + channel % lanes
  }
}

/// Between -1 and 1.
func loopValues(_ count: Int, _ salt: Int) -> [Float] {
  (0..<count).map { Float(($0 &* 7919 &+ salt &* 104_729) % 2001) / 1000 - 1 }
}

/// Memory that a test hands to a loop; to be deallocated.
func floats(_ values: [Float]) -> UnsafeMutableBufferPointer<Float> {
  let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: values.count)
  _ = buffer.initialize(from: values)
  return buffer
}
