import Tensors

/// Loops that mean the same in any memory layout, shared by the engines. Counts are compared once, before the loop: the
/// compiler then knows every place to be within bounds, and vectorises.
public enum Elementwise {
  /// x <- max(x, 0); NaN stays NaN, as in PyTorch.
  public static func rectify(_ x: LentFloats) {
    var x = unsafe x.mutableSpan
    for i in x.indices {
      let value = x[i]
      x[i] = value < 0 ? 0 : value
    }
  }

  /// y <- max(x, 0).
  /// - Precondition: x and y are as many, and do not overlap.
  public static func rectify(_ x: LentFloats, to y: LentFloats) {
    let x = unsafe x.span
    var y = unsafe y.mutableSpan
    precondition(x.count == y.count)
    for i in y.indices {
      let value = x[i]
      y[i] = value < 0 ? 0 : value
    }
  }

  /// y <- a + b, and max(y, 0) when asked for.
  /// - Precondition: all three are as many, and y overlaps neither.
  public static func add(_ a: LentFloats, _ b: LentFloats, to y: LentFloats, rectified: Bool) {
    let a = unsafe a.span
    let b = unsafe b.span
    var y = unsafe y.mutableSpan
    precondition(a.count == y.count && b.count == y.count)
    if rectified {
      for i in y.indices {
        let sum = a[i] + b[i]
        y[i] = sum < 0 ? 0 : sum
      }
    } else {
      for i in y.indices { y[i] = a[i] + b[i] }
    }
  }

  /// y <- y + x, and max(y, 0) when asked for.
  /// - Precondition: x and y are as many, and do not overlap.
  public static func accumulate(_ x: LentFloats, into y: LentFloats, rectified: Bool = false) {
    let x = unsafe x.span
    var y = unsafe y.mutableSpan
    precondition(x.count == y.count)
    if rectified {
      for i in y.indices {
        let sum = y[i] + x[i]
        y[i] = sum < 0 ? 0 : sum
      }
    } else {
      for i in y.indices { y[i] += x[i] }
    }
  }

  /// Whether none of them is NaN or infinite.
  public static func isFinite(_ x: Span<Float>) -> Bool {
    // x - x is 0 for every finite x and NaN for the rest. Sums of Float are not reordered by the compiler, so that
    // several beside each other are what makes it vectorise.
    var residue = SIMD16<Float>()
    let whole = x.count / 16 * 16
    for i in stride(from: 0, to: whole, by: 16) {
      let values = x.sixteen(from: i)
      residue += values - values
    }
    return residue.sum() == 0 && (whole..<x.count).allSatisfy { x[$0].isFinite }
  }

  /// The greatest magnitude; infinite where a value is not finite.
  public static func greatest(_ x: Span<Float>) -> Float {
    guard isFinite(x) else { return .infinity }
    var greatest = SIMD16<Float>()
    let whole = x.count / 16 * 16
    for i in stride(from: 0, to: whole, by: 16) {
      let values = x.sixteen(from: i)
      let magnitudes = values.replacing(with: -values, where: values .< 0)
      // `pointwiseMax` would go through the lanes one by one.
      greatest.replace(with: magnitudes, where: magnitudes .> greatest)
    }
    return (whole..<x.count).reduce(greatest.max()) { max($0, abs(x[$1])) }
  }
}
