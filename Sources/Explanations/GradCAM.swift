import Diagnostics
import Tensors

/// Gradient-weighted class activation maps (Selvaraju et al., ICCV 2017).
public enum GradCAM {
  /// M = max(0, sum_k w_k (A_k - t_k)), w_k the mean of the gradient's k-th channel.
  /// - Parameters:
  ///   - activations: A, (K, h, w).
  ///   - gradients: d logit / d A, (K, h, w).
  ///   - channelOffsets: t, K numbers; nil for zeros.
  /// - Returns: (h, w), non-negative. Sums are made in double precision.
  /// - Throws: `Problem` when the shapes differ, or when a sum is NaN or infinite: such a map would else pass for a
  ///   dead one, since the maximum with 0 of NaN is 0.
  public static func rawMap(
    activations: Tensor, gradients: Tensor, channelOffsets: [Float]? = nil
  ) throws(Problem) -> RawMap {
    let shape = activations.shape
    guard shape.rank == 3, gradients.shape == shape else {
      throw .failure("activations of shape \(shape) were given gradients of shape \(gradients.shape)")
    }
    if let channelOffsets, channelOffsets.count != shape[0] {
      throw .failure("\(channelOffsets.count) channel offsets for \(shape[0]) channels")
    }
    let area = shape[1] * shape[2]
    var sums = [Double](repeating: 0, count: area)
    activations.values.withUnsafeBufferPointer { a in
      gradients.values.withUnsafeBufferPointer { g in
        sums.withUnsafeMutableBufferPointer { sums in
          for channel in 0..<shape[0] {
            let start = channel &* area
            var weight = 0.0
            for i in 0..<area { weight += Double(g[start &+ i]) }
            weight /= Double(area)
            guard weight != 0 else { continue }
            let offset = Double(channelOffsets?[channel] ?? 0)
            for i in 0..<area { sums[i] += weight * (Double(a[start &+ i]) - offset) }
          }
        }
      }
    }
    let values = sums.map { Float($0) }
    if let place = values.firstIndex(where: { !$0.isFinite }) {
      throw .failure(
        "the class activation map is \(values[place]) at row \(place / shape[2]), column \(place % shape[2])",
        remedy: "Check the weights: activations or gradients overflow.")
    }
    return RawMap(height: shape[1], width: shape[2], values: values.map { max(0, $0) })
  }
}
