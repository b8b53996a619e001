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

  /// Weights along one axis from the centre outwards; with the mirrored ones their sum is 1.
  var halfWeights: [Double] {
    switch self {
    case .uniform: return [Double](repeating: 1.0 / 7, count: 4)
    case .gaussian:
      let raw = (0...5).map { exp(-0.5 * Double($0 * $0) / (1.5 * 1.5)) }
      let sum = raw.dropFirst().reduce(raw[0]) { $0 + 2 * $1 }
      return raw.map { $0 / sum }
    }
  }

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
    unsafe values.withUnsafeBufferPointer { values in
      unsafe means.withUnsafeMutableBufferPointer { means in
        unsafe variances.withUnsafeMutableBufferPointer { variances in
          unsafe filter.run(quantities: 2) { row, plain in
            guard let line = values.baseAddress else { return }
            unsafe cmaps_moments(line + row * width, nil, plain, plain + width, nil, width)
          } visit: { row, mean in
            let start = row &* columns
            let squares = unsafe mean + columns
            for x in 0..<columns {
              unsafe means[start &+ x] = unsafe mean[x]
              unsafe variances[start &+ x] = unsafe scale * (squares[x] - mean[x] * mean[x])
            }
          }
        }
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
    let c1 = 0.01 * 0.01
    let c2 = 0.03 * 0.03
    var sum = 0.0
    unsafe values.withUnsafeBufferPointer { first in
      unsafe other.withUnsafeBufferPointer { second in
        unsafe means.withUnsafeBufferPointer { means in
          unsafe variances.withUnsafeBufferPointer { variances in
            guard let first = first.baseAddress, let second = second.baseAddress, let means = means.baseAddress,
              let variances = variances.baseAddress
            else { return }
            unsafe filter.run(quantities: 3) { row, plain in
              unsafe cmaps_moments(
                second + row * width, first + row * width, plain, plain + width, plain + 2 * width, width)
            } visit: { row, mean in
              let similarities = unsafe mean + 2 * columns
              unsafe cmaps_similarity(
                means + row * columns, variances + row * columns, mean, mean + columns, similarities, scale, c1, c2,
                columns)
              for x in 0..<columns { unsafe sum += similarities[x] }
            }
          }
        }
      }
    }
    return sum / Double(means.count)
  }
}
