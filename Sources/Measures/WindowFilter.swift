import CMaps
import Foundation

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

  /// Along one axis from the centre outwards; with the mirrored ones their sum is 1.
  private static let gaussianHalfWeights: [Double] = {
    let raw = (0...Int(CMAPS_GAUSSIAN_RADIUS)).map { exp(-0.5 * Double($0 * $0) / (1.5 * 1.5)) }
    let sum = raw.dropFirst().reduce(raw[0]) { $0 + 2 * $1 }
    return raw.map { $0 / sum }
  }()

  /// - Precondition: the window fits.
  init(height: Int, width: Int, window: SSIMWindow) {
    self.width = width
    self.window = window
    rows = height - 2 * window.radius
    columns = width - 2 * window.radius
  }

  /// Filters several quantities of the same extents side by side.
  /// - Parameters:
  ///   - fill: writes one row of each quantity, `width` numbers each, one after the other.
  ///   - visit: gets one row of means of each quantity, `columns` numbers each, one after the other.
  func run(
    quantities: Int, fill: (_ row: Int, _ values: inout MutableSpan<Double>) -> Void,
    visit: (_ row: Int, _ means: Span<Double>) -> Void
  ) {
    let (radius, columns) = (window.radius, columns)
    precondition(window == .uniform || radius == CMAPS_GAUSSIAN_RADIUS)
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
        unsafe cmaps_gaussian_row(
          &means, &rings, source, quantities, row, columns, WindowFilter.gaussianHalfWeights)
      }
      if row >= 2 * radius { visit(row - 2 * radius, means.span) }
    }
  }
}
