import Tensors

/// The same elements in another order and shape: reshapes, transposes, channel shuffles, depth to space.
///
/// The value is taken as row-major elements of the shape `view`; its axes are put in the order `order` (axis i of the result
/// is axis `order[i]` of the view, as NumPy's `transpose`); the result's elements, row-major, are those of `shape`.
public struct Rearrangement: Sendable, Hashable {
  /// What the value is taken as.
  public var view: Shape
  /// Every axis of `view` once.
  public var order: [Int]
  /// Of the result.
  public var shape: Shape

  public init(view: Shape, order: [Int], shape: Shape) {
    self.view = view
    self.order = order
    self.shape = shape
  }

  /// The same elements in the same order.
  public init(reshaping view: Shape, to shape: Shape) {
    self.init(view: view, order: Array(0..<view.rank), shape: shape)
  }

  /// Whether elements stay in their order.
  public var isReshape: Bool { order == Array(0..<view.rank) }
}

/// Along some axes, each element of the result is a sum of elements of the value with constant weights: slices, padding,
/// repetition, and resizing of maps.
public struct Resampling: Sendable, Hashable {
  /// What it was made for.
  /// What there is to make: for lists of layers.
  public enum Purpose: Sendable, Hashable {
    /// Some elements, in any order.
    case slice
    /// Others around.
    case padding
    /// Each several times.
    case repetition
    /// Nearest ones, or weighted sums.
    case resize
  }
  /// What it was made for.
  public var purpose: Purpose
  /// By axis; nil where nothing changes.
  public var axes: [AxisSampling?]

  public init(_ purpose: Purpose, axes: [AxisSampling?]) {
    self.purpose = purpose
    self.axes = axes
  }
}

/// Of what elements along an axis those of the result are made.
public struct AxisSampling: Sendable, Hashable {
  /// Elements of the value.
  public var extent: Int
  /// Element i of the result is made by `terms[starts[i]..<starts[i + 1]]`; of no terms it is 0. One more than elements.
  public var starts: [Int]
  /// Which elements of the value are summed.
  public var sources: [Int]
  /// Beside `sources`.
  public var weights: [Float]

  public init(extent: Int, starts: [Int], sources: [Int], weights: [Float]) {
    self.extent = extent
    self.starts = starts
    self.sources = sources
    self.weights = weights
  }

  /// Each element of the result is one of the value, or 0 where there is nil.
  public init(extent: Int, taking elements: [Int?]) {
    var starts = [0]
    var sources: [Int] = []
    for element in elements {
      if let element { sources.append(element) }
      starts.append(sources.count)
    }
    self.init(
      extent: extent, starts: starts, sources: sources, weights: [Float](repeating: 1, count: sources.count))
  }

  /// Elements of the result.
  public var count: Int { starts.count - 1 }

  /// What is taken where each element is one of the value's or 0; nil where any is a weighted sum.
  public var elements: [Int?]? {
    guard weights.allSatisfy({ $0 == 1 }) else { return nil }
    var elements: [Int?] = []
    for index in 0..<count {
      let terms = starts[index + 1] - starts[index]
      guard terms <= 1 else { return nil }
      elements.append(terms == 1 ? sources[starts[index]] : nil)
    }
    return elements
  }
}
