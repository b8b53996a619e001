import Tensors

/// Maximum and average pooling of any kind in row-major order: windows that are dilated, padded unevenly, or rounded up.
public struct PoolingWindows: Sendable {
  /// Along one axis, what one place of a window sees of the map: every `dilation`-th element from `first` on.
  private struct Place {
    let first: Int
    let count: Int
    /// Of an average: so many elements it divides by.
    let divisor: Int
  }

  private let isMaximum: Bool
  private let channels: Int
  private let inputHeight: Int
  private let inputWidth: Int
  private let rowStep: Int
  private let columnStep: Int
  private let rows: [Place]
  private let columns: [Place]

  /// - Parameters:
  ///   - input: (channels, height, width).
  ///   - output: what the graph says that the pooling makes of it.
  public init(_ pooling: Pooling, input: Shape, output: Shape) {
    isMaximum = pooling.kind == .maximum
    channels = input[0]
    inputHeight = input[1]
    inputWidth = input[2]
    let window = pooling.window
    rowStep = window.vertical.dilation
    columnStep = window.horizontal.dilation
    rows = Self.places(window.vertical, input[1], output[1], countsPadding: pooling.countsPadding)
    columns = Self.places(window.horizontal, input[2], output[2], countsPadding: pooling.countsPadding)
  }

  private static func places(_ axis: Window.Axis, _ extent: Int, _ count: Int, countsPadding: Bool) -> [Place] {
    /// Elements of the kernel that lie before `end`, where its first one is at `start`.
    func elements(from start: Int, before end: Int) -> Int {
      max(0, min(axis.kernel, (end - start + axis.dilation - 1) / axis.dilation))
    }
    return (0..<count).map { place in
      let start = place * axis.stride - axis.paddingBefore
      let before = start < 0 ? (-start + axis.dilation - 1) / axis.dilation : 0
      let inMap = elements(from: start, before: extent) - before
      return Place(
        first: start + before * axis.dilation, count: inMap,
        divisor: countsPadding ? elements(from: start, before: extent + axis.paddingAfter) : inMap)
    }
  }

  /// Floats that `pool` leaves for `spread`: of a maximum, where in the map it stood, as the bits of a float.
  public var placeCount: Int { isMaximum ? channels * rows.count * columns.count : 0 }

  /// From (channels, height, width) to the output's.
  /// - Parameter places: `placeCount` floats; nil where `spread` will not be asked for.
  public func pool(_ source: LentFloats, to destination: LentFloats, places: LentFloats?) {
    let source = unsafe source.span
    var destination = unsafe destination.mutableSpan
    forEachWindow { target, start, row, column in
      if isMaximum {
        var best = start &+ row.first &* inputWidth &+ column.first
        for y in 0..<row.count {
          let line = start &+ (row.first &+ y &* rowStep) &* inputWidth &+ column.first
          for x in 0..<column.count {
            let place = line &+ x &* columnStep
            if source[place] > source[best] || source[place].isNaN { best = place }
          }
        }
        destination[target] = source[best]
        places?[target] = Float(bitPattern: UInt32(best))
      } else {
        var sum: Float = 0
        for y in 0..<row.count {
          let line = start &+ (row.first &+ y &* rowStep) &* inputWidth &+ column.first
          for x in 0..<column.count { sum += source[line &+ x &* columnStep] }
        }
        destination[target] = sum / Float(row.divisor * column.divisor)
      }
    }
  }

  /// The transpose of `pool`.
  /// - Parameter places: what it left there.
  public func spread(_ gradient: LentFloats, to destination: LentFloats, places: LentFloats?) {
    destination.clear()
    let gradient = unsafe gradient.span
    var destination = unsafe destination.mutableSpan
    forEachWindow { target, start, row, column in
      if isMaximum {
        if let places { destination[Int(places[target].bitPattern)] += gradient[target] }
      } else {
        let share = gradient[target] / Float(row.divisor * column.divisor)
        for y in 0..<row.count {
          let line = start &+ (row.first &+ y &* rowStep) &* inputWidth &+ column.first
          for x in 0..<column.count { destination[line &+ x &* columnStep] += share }
        }
      }
    }
  }

  private func forEachWindow(_ body: (_ target: Int, _ channelStart: Int, Place, Place) -> Void) {
    var target = 0
    for channel in 0..<channels {
      for row in rows {
        for column in columns {
          body(target, channel &* inputHeight &* inputWidth, row, column)
          target &+= 1
        }
      }
    }
  }
}
