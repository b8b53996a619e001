import Tensors

/// Adaptive average pooling in row-major order, as `torch.nn.AdaptiveAvgPool2d` defines it: output row i averages
/// the input rows floor(i h / H) ..< ceil((i + 1) h / H), and columns likewise.
public struct AdaptiveWindows: Sendable {
  private let channels: Int
  private let inputHeight: Int
  private let inputWidth: Int
  private let rows: [Range<Int>]
  private let columns: [Range<Int>]

  /// - Parameters:
  ///   - input: (channels, height, width).
  ///   - output: likewise, of as many channels.
  public init(input: Shape, output: Shape) {
    channels = input[0]
    inputHeight = input[1]
    inputWidth = input[2]
    rows = AdaptiveWindows.ranges(from: input[1], to: output[1])
    columns = AdaptiveWindows.ranges(from: input[2], to: output[2])
  }

  private static func ranges(from input: Int, to output: Int) -> [Range<Int>] {
    (0..<output).map { $0 * input / output..<(($0 + 1) * input + output - 1) / output }
  }

  /// From (channels, height, width) to the output's.
  public func average(_ source: LentFloats, to destination: LentFloats) {
    let source = unsafe source.span
    var destination = unsafe destination.mutableSpan
    forEachWindow { channelStart, row, column, target in
      var sum: Float = 0
      for y in row { for x in column { sum += source[channelStart &+ y &* inputWidth &+ x] } }
      destination[target] = sum / Float(row.count * column.count)
    }
  }

  /// The transpose of `average`.
  public func spread(_ gradient: LentFloats, to destination: LentFloats) {
    destination.clear()
    let gradient = unsafe gradient.span
    var destination = unsafe destination.mutableSpan
    forEachWindow { channelStart, row, column, target in
      let share = gradient[target] / Float(row.count * column.count)
      for y in row { for x in column { destination[channelStart &+ y &* inputWidth &+ x] += share } }
    }
  }

  private func forEachWindow(_ body: (Int, Range<Int>, Range<Int>, Int) -> Void) {
    var target = 0
    for channel in 0..<channels {
      for row in rows {
        for column in columns {
          body(channel &* inputHeight &* inputWidth, row, column, target)
          target &+= 1
        }
      }
    }
  }
}
