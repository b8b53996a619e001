/// What figures are told of the measure that they show.
public struct MeasureScale: Sendable, Hashable {
  /// As axes and captions call it.
  public var title: String
  /// Between which numbers its values lie; nil where there is no such bound. No axis goes beyond.
  public var bounds: ClosedRange<Double>?

  public init(title: String, bounds: ClosedRange<Double>? = nil) {
    self.title = title
    self.bounds = bounds
  }

  /// The title of an axis of MOD.
  public var modTitle: String { "MOD, the mean \(title)" }
}
