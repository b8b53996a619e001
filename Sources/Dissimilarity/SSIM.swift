import Diagnostics
import Foundation

/// The window that structural similarity is averaged over.
public enum SSIMWindow: String, Sendable, Hashable, CaseIterable {
  /// 7 x 7, sample covariance, a border of 3 left off: scikit-image's default.
  case uniform
  /// Sigma 1.5 truncated at 3.5 (11 x 11), population covariance, a border of 5 left off (Wang et al. 2004).
  case gaussian

  /// Elements from the centre to the edge.
  public var radius: Int { self == .uniform ? 3 : 5 }

  /// Weights along one axis; their sum is 1.
  var weights: [Double] {
    switch self {
    case .uniform: return [Double](repeating: 1.0 / 7, count: 7)
    case .gaussian:
      let raw = (-5...5).map { exp(-0.5 * Double($0 * $0) / (1.5 * 1.5)) }
      let sum = raw.reduce(0, +)
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
  public let height: Int
  public let width: Int
  public let window: SSIMWindow
  private let values: [Double]
  private let means: [Double]
  private let variances: [Double]

  /// - Parameter values: height x width numbers in [0, 1], row-major.
  /// - Throws: `Problem` when the map is smaller than the window.
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
    self.values = values.map(Double.init)
    let filter = WindowMean(height: height, width: width, window: window)
    means = filter.mean(self.values)
    let squares = filter.mean(self.values.map { $0 * $0 })
    let scale = window.covarianceScale
    variances = zip(squares, means).map { scale * ($0 - $1 * $1) }
  }

  /// Mean structural similarity with another map of the same extents, in [-1, 1].
  public func compare(with other: [Float]) throws(Problem) -> Double {
    guard other.count == values.count else {
      throw .failure("a map of \(height) x \(width) cannot be compared with one of \(other.count) values")
    }
    let filter = WindowMean(height: height, width: width, window: window)
    let y = other.map(Double.init)
    let otherMeans = filter.mean(y)
    let squares = filter.mean(y.map { $0 * $0 })
    let products = filter.mean(zip(values, y).map { $0 * $1 })
    let c1 = 0.01 * 0.01
    let c2 = 0.03 * 0.03
    let scale = window.covarianceScale
    var sum = 0.0
    let count = means.count
    means.withUnsafeBufferPointer { ux in
      otherMeans.withUnsafeBufferPointer { uy in
        for i in 0..<count {
          let vy = scale * (squares[i] - uy[i] * uy[i])
          let vxy = scale * (products[i] - ux[i] * uy[i])
          let a = (2 * ux[i] * uy[i] + c1) * (2 * vxy + c2)
          let b = (ux[i] * ux[i] + uy[i] * uy[i] + c1) * (variances[i] + vy + c2)
          sum += a / b
        }
      }
    }
    return sum / Double(count)
  }
}

/// NISSIM = (1 - SSIM) / 2: 0 for equal maps, 1 for inverted ones.
public func nissim(ssim: Double) -> Double { (1 - ssim) / 2 }

/// Weighted means over a window at every place where it fits: the border that scikit-image leaves off is never made.
private struct WindowMean {
  let height: Int
  let width: Int
  let window: SSIMWindow

  /// - Returns: (height - 2 radius) x (width - 2 radius) means.
  func mean(_ values: [Double]) -> [Double] {
    let weights = window.weights
    let taps = weights.count
    let columns = width - taps + 1
    let rows = height - taps + 1
    var horizontal = [Double](repeating: 0, count: height * columns)
    var result = [Double](repeating: 0, count: rows * columns)
    values.withUnsafeBufferPointer { source in
      horizontal.withUnsafeMutableBufferPointer { horizontal in
        for y in 0..<height {
          for tap in 0..<taps {
            let weight = weights[tap]
            let from = y &* width &+ tap
            let to = y &* columns
            for x in 0..<columns { horizontal[to &+ x] += weight * source[from &+ x] }
          }
        }
        result.withUnsafeMutableBufferPointer { result in
          for y in 0..<rows {
            for tap in 0..<taps {
              let weight = weights[tap]
              let from = (y &+ tap) &* columns
              let to = y &* columns
              for x in 0..<columns { result[to &+ x] += weight * horizontal[from &+ x] }
            }
          }
        }
      }
    }
    return result
  }
}
