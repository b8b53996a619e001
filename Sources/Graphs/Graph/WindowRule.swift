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
    guard groups == 1 || (groups == geometry.inputChannels && groups == geometry.outputChannels) else {
      throw unsupported(
        "\(counted(groups, "group")) of \(geometry.inputChannels) input and \(geometry.outputChannels) output channels",
        supported: "1 group, or one filter for each channel (as many groups as input and as output channels)")
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
    for (axis, word) in [(window.vertical, "rows"), (window.horizontal, "columns")] {
      // Else a window may lie in the padding alone, which has no maximum.
      guard axis.paddingBefore < axis.kernel else {
        throw wrong(
          "\(axis.paddingBefore) \(word) of padding around a window of \(axis.kernel)", expected: "fewer than that")
      }
    }
    guard pooling.kind == .maximum || !window.roundsUp else {
      throw unsupported(
        "an average whose size is rounded up", supported: "that of a maximum, and averages whose size is rounded down")
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
      guard axis.dilation == 1 else {
        throw unsupported("a dilation of \(axis.dilation) over the \(word)", supported: "1")
      }
      guard axis.paddingBefore == axis.paddingAfter else {
        throw unsupported(
          "a padding of \(axis.paddingBefore) before and \(axis.paddingAfter) behind the \(word)",
          supported: "the same on both sides")
      }
    }
    guard window.vertical.stride == window.horizontal.stride else {
      throw unsupported(
        "a stride of \(window.vertical.stride) over the rows and \(window.horizontal.stride) over the columns",
        supported: "one stride for both")
    }
  }
}
