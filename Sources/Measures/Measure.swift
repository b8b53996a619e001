import Explanations
import Support

/// A layer's map of one image, as it was computed and as it is shown.
public struct ExplainedMap: Sendable {
  /// Before any normalisation, (h, w).
  public let raw: RawMap
  /// Stretched to the input's size, in [0, 1].
  public let heatmap: Heatmap

  public init(raw: RawMap, heatmap: Heatmap) {
    self.raw = raw
    self.heatmap = heatmap
  }
}

/// What a measure keeps of the clean image's map, so that each attacked one costs only what is its own.
public protocol MeasureReference: Sendable {
  /// - Returns: a number for each of the measure's columns, the measure's own value last; NaN for a pair that has no value, which
  ///   only a measure with `Measure.hasGaps` gives.
  /// - Throws: `Problem` when the maps do not go together.
  func compare(with attacked: ExplainedMap) throws(Problem) -> [Double]

  /// The same of a map of which a reference by the same measure is at hand, for who compares many maps with each other.
  /// - Parameter map: that of the other reference.
  func compare(with other: any MeasureReference, of map: ExplainedMap) throws(Problem) -> [Double]
}

extension MeasureReference {
  public func compare(with other: any MeasureReference, of map: ExplainedMap) throws(Problem) -> [Double] {
    try compare(with: map)
  }
}

/// A number that says how far the map of an attacked image is from that of the clean one; 0 where they are the same.
///
/// One more measure is one more file beside this one and a line in `measures`.
public protocol Measure: Configurable, Citable {
  /// As experiment files write it: "nissim".
  static var key: String { get }
  /// As reports call it on axes and in captions: "NISSIM".
  static var title: String { get }
  /// One line with the source, for documentation.
  static var help: String { get }
  /// Of `results.csv`: what it is made of, if anything, and the measure itself last.
  static var columns: [String] { get }
  /// Between which numbers values lie; nil where there is no such bound. Axes end there.
  static var bounds: ClosedRange<Double>? { get }
  /// Whether there are pairs for which the formula gives no number. Such a pair is stored and written as one without a value, and
  /// an image with one counts in no mean of this measure.
  static var hasGaps: Bool { get }

  /// "NISSIM = (1 − SSIM) / 2"
  var definition: String { get }
  /// What the methods section says after the definition.
  var methods: String { get }

  /// What the keys of measurements are made of beyond the maps: the measure's name and options.
  var ingredients: [(name: String, value: String)] { get }

  /// - Parameter clean: of the clean image.
  /// - Throws: `Problem` of kind `.usage` when the map is too small for the measure.
  func reference(_ clean: ExplainedMap) throws(Problem) -> any MeasureReference

  /// What is wrong with stored numbers that this measure cannot have given, in words; nil where nothing is.
  /// - Parameter values: one for each of the columns.
  func contradiction(in values: [Double]) -> String?
}

extension Measure {
  public static var bounds: ClosedRange<Double>? { nil }

  public static var hasGaps: Bool { false }

  /// The measure is part of the keys by its name and its options.
  public var ingredients: [(name: String, value: String)] { [("measure", Self.key)] + optionIngredients }

  public func contradiction(in values: [Double]) -> String? {
    guard values.count == Self.columns.count, let value = values.last else {
      return "there are \(values.count) values, not \(Self.columns.count)"
    }
    if value.isNaN { return Self.hasGaps ? nil : "\(Self.title) has no value" }
    guard let bounds = Self.bounds, !bounds.contains(value) else { return nil }
    return "\(Self.title) is \(value), outside of \(bounds.lowerBound) to \(bounds.upperBound)"
  }
}

/// The measures that experiment files can name.
public let measures = Registry<any Measure.Type>(
  "measure",
  [
    NISSIM.self, RankCorrelation.self, TopK.self, CentreShift.self, IntersectionOverUnion.self, Magnitude.self,
  ]
) { $0.key }

/// The one that is meant where a file names none.
public let standardMeasure: any Measure.Type = NISSIM.self
