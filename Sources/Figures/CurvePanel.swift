/// One measured value at an attack level, with its 95% interval.
public struct CurvePoint: Sendable, Hashable {
  /// The attack level.
  public var epsilon: Double
  /// In the units of the vertical axis.
  public var value: Double
  /// The interval's lower end.
  public var lower: Double
  /// And its upper end.
  public var upper: Double

  public init(epsilon: Double, value: Double, lower: Double, upper: Double) {
    self.epsilon = epsilon
    self.value = value
    self.lower = lower
    self.upper = upper
  }
}

/// A curve: points by ascending epsilon, the name that is printed at its end, and its look.
public struct CurveSeries: Sendable, Hashable {
  /// Printed at the curve's end.
  public var label: String
  /// Its colour, dash and marker.
  public var style: SeriesStyle
  /// By ascending epsilon.
  public var points: [CurvePoint]

  public init(label: String, style: SeriesStyle, points: [CurvePoint]) {
    self.label = label
    self.style = style
    self.points = points
  }
}

/// One pair of axes of a curve figure.
public struct CurvePanel: Sendable, Hashable {
  /// Printed above the axes.
  public var title: String
  /// In the order in which they are drawn: the last lies on top.
  public var series: [CurveSeries]
  /// The vertical axis; nil takes rounded limits around 0 and every interval.
  public var range: ClosedRange<Double>?
  /// Beyond which there are no values, so that the axis ends there.
  public var bounds: ClosedRange<Double>?

  /// What the curves are held against: dotted, without intervals and names.
  public var companions: [CurveSeries] = []
  /// Values that do not depend on the attack level: short ticks inside the right end of the axes, where no curve runs.
  public var marks: [Mark] = []
  /// Whether the values are shares, which the axis prints as percent.
  public var isShare = false

  /// A tick on the vertical axis.
  public struct Mark: Sendable, Hashable {
    /// On the vertical axis.
    public var value: Double
    /// Its colour.
    public var style: SeriesStyle
    /// What it stands for.
    public var label: String

    public init(value: Double, style: SeriesStyle, label: String) {
      self.value = value
      self.style = style
      self.label = label
    }
  }

  public init(
    title: String, series: [CurveSeries], range: ClosedRange<Double>? = nil, bounds: ClosedRange<Double>? = nil
  ) {
    self.bounds = bounds
    self.title = title
    self.series = series
    self.range = range
  }
}

extension CurvePanel {
  /// Everything that the vertical axis has to hold.
  var values: [Double] {
    (series.flatMap { $0.points.flatMap { [$0.value, $0.lower, $0.upper] } }
      + companions.flatMap { $0.points.map(\.value) } + marks.map(\.value)).filter(\.isFinite)
  }

  /// Of the vertical axis.
  var ticks: Ticks {
    Ticks(enclosing: range ?? Ticks.range(withZero: values)).within(bounds)
  }

  /// Of the ticks, as they are printed.
  var tickLabels: [String] {
    let ticks = ticks
    return isShare ? ticks.values.map { Numbers.fixed(100 * $0, max(0, ticks.decimals - 2)) } : ticks.labels
  }

  /// What a point tells.
  func told(_ point: CurvePoint) -> String {
    isShare
      ? Numbers.toldShare(point.value, point.lower, point.upper) : Numbers.told(point.value, point.lower, point.upper)
  }
}
