/// Loops that mean the same in any memory layout, shared by the engines. Written on raw pointers with wrapping
/// index arithmetic, because checks in the loop keep the compiler from vectorising it.
public enum Elementwise {
  /// x <- max(x, 0); NaN stays NaN, as in PyTorch.
  public static func rectify(_ x: FloatPointer, count: Int) {
    for i in 0..<count { unsafe x[i] = unsafe x[i] < 0 ? 0 : x[i] }
  }

  /// y <- max(x, 0).
  public static func rectify(_ x: FloatPointer, to y: FloatPointer, count: Int) {
    for i in 0..<count { unsafe y[i] = unsafe x[i] < 0 ? 0 : x[i] }
  }

  /// y <- a + b, and max(y, 0) when asked for.
  public static func add(_ a: FloatPointer, _ b: FloatPointer, to y: FloatPointer, count: Int, rectified: Bool) {
    if rectified {
      for i in 0..<count {
        let sum = unsafe a[i] + b[i]
        unsafe y[i] = sum < 0 ? 0 : sum
      }
    } else {
      for i in 0..<count { unsafe y[i] = unsafe a[i] + b[i] }
    }
  }

  /// y <- x + y.
  public static func accumulate(_ x: FloatPointer, into y: FloatPointer, count: Int) {
    for i in 0..<count { unsafe y[i] += x[i] }
  }

  /// Whether none of them is NaN or infinite.
  public static func isFinite(_ x: UnsafePointer<Float>, count: Int) -> Bool {
    // x - x is 0 for every finite x and NaN for the rest. Sums of Float are not reordered by the compiler, so that
    // several beside each other are what makes it vectorise.
    var residue = SIMD16<Float>()
    let whole = count / 16 * 16
    for i in stride(from: 0, to: whole, by: 16) {
      let values = unsafe UnsafeRawPointer(x + i).loadUnaligned(as: SIMD16<Float>.self)
      residue += values - values
    }
    return residue.sum() == 0 && (whole..<count).allSatisfy { unsafe x[$0].isFinite }
  }

  /// The greatest magnitude; infinite where a value is not finite.
  public static func greatest(_ x: UnsafePointer<Float>, count: Int) -> Float {
    guard unsafe isFinite(x, count: count) else { return .infinity }
    var greatest = SIMD16<Float>()
    let whole = count / 16 * 16
    for i in stride(from: 0, to: whole, by: 16) {
      let values = unsafe UnsafeRawPointer(x + i).loadUnaligned(as: SIMD16<Float>.self)
      let magnitudes = values.replacing(with: -values, where: values .< 0)
      // `pointwiseMax` would go through the lanes one by one.
      greatest.replace(with: magnitudes, where: magnitudes .> greatest)
    }
    return (whole..<count).reduce(greatest.max()) { unsafe max($0, abs(x[$1])) }
  }
}
