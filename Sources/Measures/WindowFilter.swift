import CMaps

/// Weighted means over a window at every place where it fits: the border that scikit-image leaves off is never made.
///
/// Rows are filtered horizontally as they come and kept in rings as tall as the window, which stays in the first
/// level cache. Each mean is summed afresh, in the same order everywhere: sums that slide along with the window
/// would gather the rounding of a whole row.
struct WindowFilter {
  let width: Int
  /// Where the window fits.
  let rows: Int
  let columns: Int
  private let window: SSIMWindow
  private let radius: Int
  private let halfWeights: [Double]

  /// - Precondition: the window fits.
  init(height: Int, width: Int, window: SSIMWindow) {
    self.width = width
    self.window = window
    radius = window.radius
    rows = height - 2 * radius
    columns = width - 2 * radius
    halfWeights = window.halfWeights
  }

  /// Filters several quantities of the same extents side by side.
  /// - Parameters:
  ///   - fill: writes one row of each quantity, `width` numbers each, one after the other.
  ///   - visit: gets one row of means of each quantity, `columns` numbers each, one after the other.
  func run(
    quantities: Int, fill: (_ row: Int, _ values: inout MutableSpan<Double>) -> Void,
    visit: (_ row: Int, _ means: Span<Double>) -> Void
  ) {
    precondition(radius <= CMAPS_GREATEST_RADIUS && width == columns + 2 * radius)
    let (radius, columns, halfWeights) = (radius, columns, halfWeights)
    var source = [Double](repeating: 0, count: quantities * width)
    let lines = window == .uniform ? Int(CMAPS_UNIFORM_RING) : 2 * radius + 1
    var rings = [Double](repeating: 0, count: quantities * lines * columns)
    var means = [Double](repeating: 0, count: quantities * columns)
    for row in 0..<rows + 2 * radius {
      var values = source.mutableSpan
      fill(row, &values)
      switch window {
      case .uniform: unsafe cmaps_uniform_row(&means, &rings, source, quantities, row, columns)
      case .gaussian:
        unsafe cmaps_window_row(&means, &rings, source, quantities, row, columns, halfWeights, radius)
      }
      if row >= 2 * radius { visit(row - 2 * radius, means.span) }
    }
  }
}
