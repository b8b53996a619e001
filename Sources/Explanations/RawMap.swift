import Support
import Tensors

/// A class activation map before any normalisation: non-negative Float32 values, (height, width), row-major.
///
/// Step 2 of Grad-CAM in the measurement protocol, M = max(0, sum_k w_k A_k).
public struct RawMap: Sendable, Equatable {
  /// Rows: those of the layer's activations, not the image's.
  public let height: Int
  /// Columns of the layer's activations.
  public let width: Int
  /// Row y, column x is number y `width` + x; in the explanation's unit.
  public let values: [Float]

  /// - Precondition: `values` holds height x width numbers.
  public init(height: Int, width: Int, values: [Float]) {
    precondition(values.count == height * width, "a \(height)x\(width) map does not hold \(values.count) values")
    self.height = height
    self.width = width
    self.values = values
  }

  /// The greatest value; 0 for a dead map.
  public var peak: Float { values.reduce(0, max) }

  /// Without any positive value: there is nothing that the class score rests on, and its heatmap is all 0.
  public var isDead: Bool { !(peak > 0) }
}

extension RawMap {
  /// What explanations make of their sums: cut at 0.
  /// - Parameter sums: a number for each place, row by row.
  /// - Throws: `Problem` when a sum is NaN or infinite: such a map would else pass for a dead one, since the maximum with 0
  ///   of NaN is 0.
  init(sums: [Double], of maps: FeatureMaps) throws(Problem) {
    let values = sums.map { Float($0) }
    if let place = values.firstIndex(where: { !$0.isFinite }) {
      throw .numbers(
        "the class activation map is \(values[place]) at row \(place / maps.width), column \(place % maps.width)",
        remedy: "Check the weights: activations or gradients overflow.")
    }
    self.init(height: maps.height, width: maps.width, values: values.map { max(0, $0) })
  }
}
