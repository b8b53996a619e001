/// Kendall's tau-b of two orders of the same few things (M. Kendall, Biometrika 33, 1945), as `scipy.stats.kendalltau` has it:
///
///     tau = (concordant - discordant) / sqrt((pairs - tied in x) (pairs - tied in y))
public enum Kendall {
  /// - Parameters: numbers of the same things by which they are ordered, all finite; as many in both.
  /// - Returns: in [-1, 1]: 1 the same order, -1 the opposite one; nil of fewer than two things, or where all are equal in one of
  ///   both.
  public static func tau(_ x: [Double], _ y: [Double]) -> Double? {
    precondition(x.count == y.count)
    var (difference, inX, inY) = (0, 0, 0)
    for i in x.indices {
      for j in x.indices.dropFirst(i + 1) {
        let (a, b) = (order(x[i], x[j]), order(y[i], y[j]))
        difference += a * b
        inX += a * a
        inY += b * b
      }
    }
    guard inX > 0, inY > 0 else { return nil }
    return Double(difference) / (Double(inX) * Double(inY)).squareRoot()
  }

  private static func order(_ a: Double, _ b: Double) -> Int { a < b ? -1 : a > b ? 1 : 0 }
}
