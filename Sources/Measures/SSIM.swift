import CMaps
import Foundation
import Support

/// The window that structural similarity is averaged over.
public enum SSIMWindow: String, Sendable, Hashable, Codable, CaseIterable {
  /// 7 x 7, sample covariance, a border of 3 left off: scikit-image's default.
  case uniform
  /// Sigma 1.5 truncated at 3.5 (11 x 11), population covariance, a border of 5 left off (Wang et al. 2004).
  case gaussian

  /// Elements from the centre to the edge.
  public var radius: Int { self == .uniform ? 3 : 5 }

  /// Of the covariances: n / (n - 1) for sample covariance.
  var covarianceScale: Double { self == .uniform ? 49.0 / 48 : 1 }
}

/// Structural similarity to one map, as `skimage.metrics.structural_similarity` computes it with data range 1,
/// K1 = 0.01, K2 = 0.03, in double precision. What depends on this map alone is computed once.
///
///     let reference = try SSIMReference(clean, height: 224, width: 224, window: .uniform)
///     let ssim = try reference.compare(with: attacked)
///
/// Equal maps give exactly 1: every mean is summed in the same order for both, so numerator and denominator are the
/// same numbers.
public struct SSIMReference: Sendable {
  /// Rows of the map.
  public let height: Int
  /// Columns of the map.
  public let width: Int
  /// What means, variances and the covariance are taken over.
  public let window: SSIMWindow
  /// K1 and K2, squared: the data range is 1.
  private static let c1 = 0.01 * 0.01
  private static let c2 = 0.03 * 0.03
  private let values: [Float]
  private let means: [Double]
  private let variances: [Double]

  /// - Parameter values: height x width numbers in [0, 1], row-major.
  /// - Throws: `Problem` of kind `.usage` when the map is smaller than the window, `.failure` when there are more or
  ///   fewer
  ///   values than it has places.
  public init(_ values: [Float], height: Int, width: Int, window: SSIMWindow) throws(Problem) {
    let side = 2 * window.radius + 1
    guard height >= side, width >= side else {
      throw .usage(
        "a heatmap of \(height) x \(width) is smaller than the \(side) x \(side) window of SSIM",
        remedy: "Choose a larger `input.size`, or `window: uniform`, which takes 7 x 7.")
    }
    guard values.count == height * width else {
      throw .failure("a map of \(height) x \(width) has not \(values.count) values")
    }
    self.height = height
    self.width = width
    self.window = window
    self.values = values
    let filter = WindowFilter(height: height, width: width, window: window)
    let (columns, scale) = (filter.columns, window.covarianceScale)
    var means = [Double](repeating: 0, count: filter.rows * columns)
    var variances = means
    filter.run(quantities: 2) { row, plain in
      SSIMReference.moments(values.span.extracting(row * width..<(row + 1) * width), to: &plain)
    } visit: { row, mean in
      let start = row * columns
      var means = means.mutableSpan
      var variances = variances.mutableSpan
      // Compared once, so that the loop needs no checks and becomes vector code.
      precondition(mean.count == 2 * columns && start + columns <= min(means.count, variances.count))
      for x in 0..<columns {
        let square = mean[columns &+ x]
        means[start &+ x] = mean[x]
        variances[start &+ x] = scale * (square - mean[x] * mean[x])
      }
    }
    self.means = means
    self.variances = variances
  }

  /// Mean structural similarity with another map of the same extents, in [-1, 1].
  /// - Throws: `Problem` when the other map has another number of values.
  public func compare(with other: [Float]) throws(Problem) -> Double {
    guard other.count == values.count else {
      throw .failure("a map of \(height) x \(width) cannot be compared with one of \(other.count) values")
    }
    let filter = WindowFilter(height: height, width: width, window: window)
    let (width, columns, scale) = (self.width, filter.columns, window.covarianceScale)
    var sums = [Double](repeating: 0, count: Int(CMAPS_SUMS))
    filter.run(quantities: 3) { row, plain in
      let line = row * width..<(row + 1) * width
      SSIMReference.moments(other.span.extracting(line), values.span.extracting(line), to: &plain)
    } visit: { row, mean in
      let line = row * columns..<(row + 1) * columns
      SSIMReference.add(
        mean, means: means.span.extracting(line), variances: variances.span.extracting(line), scale: scale, to: &sums)
    }
    return sums.reduce(0, +) / Double(means.count)
  }

  /// The same number to the last bit as of the other's map, at a third of the filtering: the means of the products alone.
  /// - Throws: `Problem` when the other map has other extents, or was made with another window.
  public func compare(with other: SSIMReference) throws(Problem) -> Double {
    guard other.height == height, other.width == width, other.window == window else {
      throw .failure(
        "a map of \(height) x \(width) with the window \(window.rawValue) cannot be compared with one of "
          + "\(other.height) x \(other.width) with \(other.window.rawValue)")
    }
    let filter = WindowFilter(height: height, width: width, window: window)
    let (width, columns, scale) = (self.width, filter.columns, window.covarianceScale)
    var sums = [Double](repeating: 0, count: Int(CMAPS_SUMS))
    filter.run(quantities: 1) { row, products in
      let line = row * width..<(row + 1) * width
      let (own, others) = (values.span.extracting(line), other.values.span.extracting(line))
      precondition(own.count == products.count && others.count == products.count)
      for x in own.indices { products[x] = Double(own[x]) * Double(others[x]) }
    } visit: { row, mean in
      let line = row * columns..<(row + 1) * columns
      SSIMReference.add(
        mean, firstMeans: means.span.extracting(line), firstVariances: variances.span.extracting(line),
        secondMeans: other.means.span.extracting(line), secondVariances: other.variances.span.extracting(line),
        scale: scale, to: &sums)
    }
    return sums.reduce(0, +) / Double(means.count)
  }

  /// `cmaps_moments` of a line: its values, their squares, and the products with another one's where there is one.
  private static func moments(
    _ values: Span<Float>, _ other: Span<Float> = Span(), to moments: inout MutableSpan<Double>
  ) {
    let width = values.count
    precondition(other.isEmpty ? moments.count == 2 * width : other.count == width && moments.count == 3 * width)
    let hasProducts = !other.isEmpty
    unsafe values.withUnsafeBufferPointer { values in
      unsafe other.withUnsafeBufferPointer { other in
        unsafe moments.withUnsafeMutableBufferPointer { moments in
          guard let plain = moments.baseAddress else { return }
          unsafe cmaps_moments(
            values.baseAddress, other.baseAddress, plain, plain + width, hasProducts ? plain + 2 * width : nil, width)
        }
      }
    }
  }

  /// `cmaps_similarity` of a line.
  /// - Parameter mean: the other map's means, its squares' and the products'.
  private static func add(
    _ mean: Span<Double>, means: Span<Double>, variances: Span<Double>, scale: Double, to sums: inout [Double]
  ) {
    let columns = means.count
    precondition(variances.count == columns && mean.count == 3 * columns)
    unsafe means.withUnsafeBufferPointer { means in
      unsafe variances.withUnsafeBufferPointer { variances in
        unsafe mean.withUnsafeBufferPointer { mean in
          guard let first = mean.baseAddress else { return }
          unsafe cmaps_similarity(
            means.baseAddress, variances.baseAddress, first, first + columns, first + 2 * columns, scale, c1, c2,
            columns, &sums)
        }
      }
    }
  }

  /// `cmaps_known_similarity` of a line.
  /// - Parameter mean: of the products.
  private static func add(
    _ mean: Span<Double>, firstMeans: Span<Double>, firstVariances: Span<Double>,
    secondMeans: Span<Double>, secondVariances: Span<Double>, scale: Double, to sums: inout [Double]
  ) {
    let columns = mean.count
    precondition(firstMeans.count == columns && firstVariances.count == columns)
    precondition(secondMeans.count == columns && secondVariances.count == columns)
    unsafe firstMeans.withUnsafeBufferPointer { firstMeans in
      unsafe firstVariances.withUnsafeBufferPointer { firstVariances in
        unsafe secondMeans.withUnsafeBufferPointer { secondMeans in
          unsafe secondVariances.withUnsafeBufferPointer { secondVariances in
            unsafe mean.withUnsafeBufferPointer { mean in
              unsafe cmaps_known_similarity(
                firstMeans.baseAddress, firstVariances.baseAddress, secondMeans.baseAddress,
                secondVariances.baseAddress, mean.baseAddress, scale, c1, c2, columns, &sums)
            }
          }
        }
      }
    }
  }
}
