/// What the drift measures are made of.
public enum Drift {
  /// 0 for none.
  public static func mean(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
  }

  /// Of the population; 0 for none.
  public static func standardDeviation(_ values: [Double]) -> Double { variance(values).squareRoot() }

  static func variance(_ values: [Double]) -> Double {
    let centre = mean(values)
    return values.isEmpty ? 0 : values.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / Double(values.count)
  }
}
