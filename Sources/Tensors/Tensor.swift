/// The extents of a tensor, outermost axis first: an image is (channels, height, width).
public struct Shape: Hashable, Sendable, CustomStringConvertible, ExpressibleByArrayLiteral {
  /// Outermost axis first; empty for a scalar.
  public var dimensions: [Int]

  public init(_ dimensions: [Int]) { self.dimensions = dimensions }
  public init(arrayLiteral elements: Int...) { dimensions = elements }

  /// The number of elements; 1 for a scalar.
  public var count: Int { dimensions.reduce(1, *) }
  /// The number of axes; 0 for a scalar.
  public var rank: Int { dimensions.count }
  /// The extent of an axis, counted from the outermost, 0.
  public subscript(axis: Int) -> Int { dimensions[axis] }

  /// `64x3x7x7`
  public var description: String {
    dimensions.isEmpty ? "scalar" : dimensions.map(String.init).joined(separator: "x")
  }
}

/// Float32 values in row-major order with their shape.
///
/// This is the plain form in which images, activations and gradients enter and leave the engines; inside,
/// each engine keeps its own aligned, possibly blocked, storage.
public struct Tensor: Sendable, Equatable {
  /// As many elements as there are `values`.
  public let shape: Shape
  /// The last axis lies together: element (c, y, x) of (C, H, W) is number (c H + y) W + x.
  public var values: [Float]

  /// - Precondition: as many values as the shape holds.
  public init(shape: Shape, values: [Float]) {
    precondition(shape.count == values.count, "shape \(shape) holds \(shape.count) values, not \(values.count)")
    self.shape = shape
    self.values = values
  }

  /// Of zeros.
  public init(zeros shape: Shape) {
    self.init(shape: shape, values: [Float](repeating: 0, count: shape.count))
  }
}
