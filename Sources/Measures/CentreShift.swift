import Explanations
import Support

/// How far the centre of gravity of a heatmap moved (Ghorbani, Abid, Zou, "Interpretation of Neural Networks Is Fragile",
/// AAAI 2019), in widths of the image: of all pixels, none of them cut off.
public struct CentreShift: Measure {
  public static let key = "centre"
  public static let title = "centre shift"
  public static let references = [Publication.fragileInterpretations]
  public static let help =
    "Distance of the heatmaps' centres of gravity, in widths of the image (Ghorbani et al., AAAI 2019)."
  public static let columns = ["centre"]
  /// From corner to corner.
  public static let bounds: ClosedRange<Double>? = 0...2.0.squareRoot()
  public static let hasGaps = true
  public static let options: [DeclaredOption<CentreShift>] = []

  public init() {}

  public var definition: String { "centre shift = |c(H′) − c(H)| / S" }

  public var methods: String {
    "where *c(H) = Σ p H(p) / Σ H(p)*, over all pixels *p* of a heatmap of *S × S*, is its centre of gravity: the distance in widths "
      + "of the image. A pair in which a heatmap is 0 everywhere, as a dead one is, has no value; a pair of two dead maps has 0."
  }

  public func reference(_ clean: ExplainedMap) throws(Problem) -> any MeasureReference {
    Reference(clean: clean, centre: CentreOfGravity(clean.heatmap))
  }

  private struct Reference: MeasureReference {
    let clean: ExplainedMap
    let centre: CentreOfGravity?

    func compare(with attacked: ExplainedMap) throws(Problem) -> [Double] {
      try checkSizes(clean, attacked)
      return value(CentreOfGravity(attacked.heatmap), of: attacked)
    }

    func compare(with other: any MeasureReference, of map: ExplainedMap) throws(Problem) -> [Double] {
      guard let other = other as? Reference else { return try compare(with: map) }
      try checkSizes(clean, map)
      return value(other.centre, of: map)
    }

    private func value(_ other: CentreOfGravity?, of map: ExplainedMap) -> [Double] {
      if clean.raw.isDead, map.raw.isDead { return [0] }
      guard let centre, let other else { return [.nan] }
      let (x, y) = (other.x - centre.x, other.y - centre.y)
      return [(x * x + y * y).squareRoot()]
    }
  }
}

/// Where the weight of a heatmap lies, in widths of the image: x to the right, y down, pixels at the middle of their squares.
public struct CentreOfGravity: Sendable, Hashable {
  /// From the left edge, in (0, 1).
  public let x: Double
  /// From the upper edge, in (0, 1).
  public let y: Double

  /// - Returns: nil for a heatmap that is 0 everywhere.
  public init?(_ map: Heatmap) {
    let size = map.size
    let values = map.values.span
    var (sum, right, down) = (0.0, 0.0, 0.0)
    for row in 0..<size {
      let line = values.extracting(row * size..<(row + 1) * size)
      var (own, along) = (0.0, 0.0)
      for column in line.indices {
        let value = Double(line[column])
        own += value
        along += value * Double(column)
      }
      sum += own
      right += along
      down += own * Double(row)
    }
    guard sum > 0 else { return nil }
    x = (right / sum + 0.5) / Double(size)
    y = (down / sum + 0.5) / Double(size)
  }
}
