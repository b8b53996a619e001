import CConvolutions

/// Where channel, row and column of a map lie for the loops of convolutions.
struct LoopOrder {
  var layout: cconvolutions_layout
  var lanes: Int
  /// Floats.
  var count: Int

  /// - Parameter last: whether all channels of a pixel lie beside each other.
  init(channels: Int, _ height: Int, _ width: Int, lanes: Int, last: Bool) {
    let vectors = (channels + lanes - 1) / lanes
    let pixel = last ? channels : lanes
    layout = cconvolutions_layout(
      vector: last ? lanes : height * width * lanes, row: width * pixel, column: pixel,
      last: last ? channels - (vectors - 1) * lanes : lanes)
    self.lanes = lanes
    count = last ? channels * height * width : vectors * lanes * height * width
  }

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
