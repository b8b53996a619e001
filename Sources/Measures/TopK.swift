import Explanations
import Support

/// How many of the highest places two heatmaps have in common (Ghorbani, Abid, Zou, "Interpretation of Neural Networks Is
/// Fragile", AAAI 2019): 0 all of them, 1 none.
public struct TopK: Measure {
  public static let key = "top-k"
  public static let title = "top-k"
  public static let references = [Publication.fragileInterpretations]
  public static let help = "1 - the share of their highest pixels that both heatmaps have (Ghorbani et al., AAAI 2019)."
  public static let columns = ["top-k"]
  public static let bounds: ClosedRange<Double>? = 0...1
  public static let options: [DeclaredOption<TopK>] = [
    DeclaredOption(
      "share", \.share, .number(in: .above(0, upTo: 1)), part: .always, help: "Of all pixels, that are looked at.")
  ]

  /// k as a share of all pixels.
  public var share = 0.05

  public init() {}

  public var definition: String { "top-k = 1 − |T ∩ T′| / k" }

  public var methods: String {
    "where *T* and *T′* are the *k* highest pixels of the clean and of the attacked heatmap, *k* = \(numberText(share * 100))% of all, of "
      + "equal ones those that come first: 0 the same pixels, 1 none in common."
  }

  public func reference(_ clean: ExplainedMap) throws(Problem) -> any MeasureReference {
    let count = clean.heatmap.values.count
    let k = min(count, max(1, Int((share * Double(count)).rounded(.toNearestOrEven))))
    return Reference(clean: clean, top: TopPixels(clean.heatmap.values, count: k), k: k)
  }

  private struct Reference: MeasureReference {
    let clean: ExplainedMap
    let top: TopPixels
    let k: Int

    func compare(with attacked: ExplainedMap) throws(Problem) -> [Double] {
      try checkSizes(clean, attacked)
      return value(TopPixels(attacked.heatmap.values, count: k))
    }

    func compare(with other: any MeasureReference, of map: ExplainedMap) throws(Problem) -> [Double] {
      guard let other = other as? Reference, other.k == k else { return try compare(with: map) }
      try checkSizes(clean, map)
      return value(other.top)
    }

    private func value(_ other: TopPixels) -> [Double] { [1 - Double(top.common(with: other)) / Double(k)] }
  }
}

/// - Throws: `Problem` for heatmaps of different sizes.
func checkSizes(_ clean: ExplainedMap, _ attacked: ExplainedMap) throws(Problem) {
  guard clean.heatmap.values.count == attacked.heatmap.values.count else {
    throw .failure(
      "a heatmap of \(clean.heatmap.size) x \(clean.heatmap.size) pixels was compared with one of "
        + "\(attacked.heatmap.size) x \(attacked.heatmap.size)")
  }
}

extension Publication {
  /// Of whom three of the measures are.
  static let fragileInterpretations = Publication(
    "A. Ghorbani, A. Abid, J. Zou", "Interpretation of Neural Networks Is Fragile",
    "AAAI Conference on Artificial Intelligence 33, 3681–3688", 2019, "doi:10.1609/aaai.v33i01.33013681")
}
