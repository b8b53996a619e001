import CMaps

/// Weighted means over a window at every place where it fits: the border that scikit-image leaves off is never made.
///
/// Rows are filtered horizontally as they come and kept in a ring as tall as the window, which stays in the first
/// level cache. Each mean is summed afresh, in the same order everywhere: sums that slide along with the window are
/// faster, but gather the rounding of a whole row.
struct WindowFilter {
  let width: Int
  /// Where the window fits.
  let rows: Int
  let columns: Int
  private let radius: Int
  private let halfWeights: [Double]

  /// - Precondition: the window fits.
  init(height: Int, width: Int, window: SSIMWindow) {
    self.width = width
    radius = window.radius
    rows = height - 2 * radius
    columns = width - 2 * radius
    halfWeights = window.halfWeights
  }

  /// Filters several quantities of the same extents side by side.
  /// - Parameters:
  ///   - fill: writes one row of each quantity, `width` numbers each, one after the other.
  ///   - visit: gets one row of means of each quantity, `columns` numbers each, one after the other, to read and to
  ///     overwrite.
  func run(
    quantities: Int, fill: (_ row: Int, _ values: inout MutableSpan<Double>) -> Void,
    visit: (_ row: Int, _ means: inout MutableSpan<Double>) -> Void
  ) {
    let taps = 2 * radius + 1
    var source = [Double](repeating: 0, count: quantities * width)
    var ring = [Double](repeating: 0, count: quantities * taps * columns)
    var means = [Double](repeating: 0, count: quantities * columns)
    for row in 0..<rows + 2 * radius {
      var values = source.mutableSpan
      fill(row, &values)
      for quantity in 0..<quantities {
        weigh(source.span, to: &ring, at: (quantity * taps + row % taps) * columns) { quantity * width + $0 }
      }
      guard row >= 2 * radius else { continue }
      for quantity in 0..<quantities {
        // The oldest row of the ring is the one after the newest.
        weigh(ring.span, to: &means, at: quantity * columns) { (quantity * taps + (row + 1 + $0) % taps) * columns }
      }
      var found = means.mutableSpan
      visit(row - 2 * radius, &found)
    }
  }

  /// The weighted sum of the window's lines, the centre first, then pairs outwards.
  /// - Parameters:
  ///   - place: where the sums, `columns` of them, begin in `output`.
  ///   - start: where the window's lines, as long, begin in `values`.
  private func weigh(
    _ values: Span<Double>, to output: inout [Double], at place: Int, from start: (_ tap: Int) -> Int
  ) {
    precondition(place >= 0 && place + columns <= output.count)
    unsafe values.withUnsafeBufferPointer { values in
      guard let first = values.baseAddress else { return }
      unsafe withUnsafeTemporaryAllocation(of: UnsafePointer<Double>?.self, capacity: 2 * radius + 1) { lines in
        for tap in lines.indices {
          let line = start(tap)
          precondition(line >= 0 && line + columns <= values.count)
          unsafe lines.initializeElement(at: tap, to: first + line)
        }
        unsafe output.withUnsafeMutableBufferPointer { output in
          guard let sums = output.baseAddress else { return }
          unsafe cmaps_window(sums + place, lines.baseAddress, halfWeights, radius, columns)
        }
      }
    }
  }
}
