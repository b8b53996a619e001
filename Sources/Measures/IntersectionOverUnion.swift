import Explanations
import Support

/// How far the regions that two heatmaps highlight overlap (P. Jaccard, "The Distribution of the Flora in the Alpine Zone",
/// New Phytologist 11, 1912): 0 the same region, 1 none in common.
public struct IntersectionOverUnion: Measure {
  public static let key = "iou"
  public static let title = "1 − IoU"
  public static let expansion: String? = "one minus intersection over union"
  public static let references = [
    Publication(
      "P. Jaccard",
      "The Distribution of the Flora in the Alpine Zone",
      "New Phytologist 11, 37–50", 1912, "doi:10.1111/j.1469-8137.1912.tb05611.x")
  ]
  public static let help = "1 - intersection over union of the regions where the heatmaps reach a threshold."
  public static let columns = ["iou"]
  public static let bounds: ClosedRange<Double>? = 0...1
  public static let options: [DeclaredOption<IntersectionOverUnion>] = [
    DeclaredOption(
      "threshold", \.threshold, .number(in: .above(0, upTo: 1)), part: .always,
      help: "From which on a pixel belongs to the region.")
  ]

  /// Pixels of at least this belong to the region.
  public var threshold = 0.5

  public init() {}

  public var definition: String { "1 − IoU = 1 − |R ∩ R′| / |R ∪ R′|" }

  public var methods: String {
    "where *R* and *R′* are the regions in which the clean and the attacked heatmap reach \(numberText(threshold)): 0 the same region, "
      + "1 none in common; 0 as well where neither has one."
  }

  public func reference(_ clean: ExplainedMap) throws(Problem) -> any MeasureReference {
    Reference(clean: clean, region: region(clean.heatmap), threshold: threshold)
  }

  /// Compared in double precision: a threshold of 0.1 is not rounded to Float32.
  private func region(_ map: Heatmap) -> [Bool] { map.values.map { Double($0) >= threshold } }

  private struct Reference: MeasureReference {
    let clean: ExplainedMap
    let region: [Bool]
    let threshold: Double

    func compare(with attacked: ExplainedMap) throws(Problem) -> [Double] {
      try checkSizes(clean, attacked)
      return value(attacked.heatmap.values.map { Double($0) >= threshold })
    }

    func compare(with other: any MeasureReference, of map: ExplainedMap) throws(Problem) -> [Double] {
      guard let other = other as? Reference, other.threshold == threshold else { return try compare(with: map) }
      try checkSizes(clean, map)
      return value(other.region)
    }

    private func value(_ other: [Bool]) -> [Double] {
      var (both, any) = (0, 0)
      let (own, theirs) = (region.span, other.span)
      for place in own.indices {
        both &+= own[place] && theirs[place] ? 1 : 0
        any &+= own[place] || theirs[place] ? 1 : 0
      }
      return [any == 0 ? 0 : 1 - Double(both) / Double(any)]
    }
  }
}
