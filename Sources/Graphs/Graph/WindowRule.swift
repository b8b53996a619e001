import Support
import Tensors

/// Which convolutions and poolings there may be.
extension ShapeRule {
  /// - Parameter map: (channels, height, width).
  func check(_ convolution: Convolution, over map: Shape) throws(Problem) {
    let geometry = convolution.geometry
    for (channels, word) in [(geometry.inputChannels, "input"), (geometry.outputChannels, "output")] {
      guard (1...Self.mostExtent).contains(channels) else {
        throw wrong(counted(channels, "\(word) channel"), expected: "at least 1")
      }
    }
    guard geometry.inputChannels == map[0] else {
      throw wrong(counted(map[0], "channel"), expected: "\(geometry.inputChannels)")
    }
    try check(geometry.window)
    let groups = geometry.groups
    guard groups >= 1, geometry.inputChannels % groups == 0, geometry.outputChannels % groups == 0 else {
      throw wrong(
        "\(counted(groups, "group")) of \(geometry.inputChannels) input and \(geometry.outputChannels) output channels",
        expected: "groups that divide both")
    }
    guard !geometry.window.roundsUp else {
      throw wrong("a size that is rounded up", expected: "that of a pooling only")
    }
    try hold(convolution.weights, geometry.weightsShape)
    if let bias = convolution.bias { try hold(bias, [geometry.outputChannels]) }
  }

  /// - Parameter map: (channels, height, width).
  func check(_ pooling: Pooling, over map: Shape) throws(Problem) {
    let window = pooling.window
    try check(window)
    for (axis, place, word) in [(window.vertical, 1, "rows"), (window.horizontal, 2, "columns")] {
      let extent = map[place]
      // Too small a map is told by whoever slides the window over it.
      guard axis.fits(extent) else { continue }
      // Else a window may lie in the padding alone, which has no maximum.
      guard axis.paddingBefore < axis.reach else {
        throw wrong(
          "\(axis.paddingBefore) \(word) of padding around a window of \(axis.kernel)", expected: "fewer than that")
      }
      let last = (axis.places(extent, roundsUp: window.roundsUp) - 1) * axis.stride - axis.paddingBefore
      guard last < extent else {
        throw wrong(
          "\(axis.paddingAfter) \(word) of padding behind a map of \(extent), in which a window of \(axis.kernel) lies alone",
          expected: "fewer")
      }
      guard axis.paddingBefore == 0 || axis.dilation <= extent else {
        throw wrong(
          "a window whose elements are \(axis.dilation) \(word) apart around a map of \(extent)",
          expected: "elements that do not step over it")
      }
    }
  }

  private func check(_ window: Window) throws(Problem) {
    for (axis, word) in [(window.vertical, "rows"), (window.horizontal, "columns")] {
      for (value, name) in [(axis.kernel, "kernel"), (axis.stride, "stride"), (axis.dilation, "dilation")] {
        guard (1...Self.mostExtent).contains(value) else {
          throw wrong("a \(name) of \(value) over the \(word)", expected: "at least 1")
        }
      }
      for padding in [axis.paddingBefore, axis.paddingAfter] {
        guard (0...Self.mostExtent).contains(padding) else {
          throw wrong("a padding of \(padding) around the \(word)", expected: "at least 0")
        }
      }
    }
  }
}
