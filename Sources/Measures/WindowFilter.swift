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
    quantities: Int, fill: (_ row: Int, _ values: UnsafeMutablePointer<Double>) -> Void,
    visit: (_ row: Int, _ means: UnsafeMutablePointer<Double>) -> Void
  ) {
    let taps = 2 * radius + 1
    let ringSize = taps * columns
    var storage = [Double](repeating: 0, count: quantities * (width + ringSize + columns))
    unsafe storage.withUnsafeMutableBufferPointer { storage in
      guard let source = storage.baseAddress else { return }
      let ring = unsafe source + quantities * width
      let means = unsafe ring + quantities * ringSize
      for row in 0..<rows + 2 * radius {
        unsafe fill(row, source)
        for quantity in 0..<quantities {
          let line = unsafe source + quantity * width
          unsafe weigh(into: ring + quantity * ringSize + row % taps * columns) { unsafe line + $0 }
        }
        guard row >= 2 * radius else { continue }
        for quantity in 0..<quantities {
          let lines = unsafe ring + quantity * ringSize
          // The oldest row of the ring is the one after the newest.
          unsafe weigh(into: means + quantity * columns) { unsafe lines + (row + 1 + $0) % taps * columns }
        }
        unsafe visit(row - 2 * radius, means)
      }
    }
  }

  /// The weighted sum of the window's lines, the centre first, then pairs outwards.
  private func weigh(into output: UnsafeMutablePointer<Double>, line: (_ tap: Int) -> UnsafeMutablePointer<Double>) {
    unsafe withUnsafeTemporaryAllocation(of: UnsafePointer<Double>?.self, capacity: 2 * radius + 1) { lines in
      for tap in lines.indices { unsafe lines.initializeElement(at: tap, to: UnsafePointer(line(tap))) }
      unsafe cmaps_window(output, lines.baseAddress, halfWeights, radius, columns)
    }
  }
}
