import Support
import Tensors

/// Grad-CAM++ (Chattopadhay, Sarkar, Howlader, Balasubramanian, "Grad-CAM++: Generalized Gradient-Based Visual Explanations
/// for Deep Convolutional Networks", WACV 2018), as pytorch-grad-cam 1.5.7 has it: of the logit, not of its exponential.
public struct GradCAMPlusPlus: Explanation {
  public static let key = "grad-cam++"
  public static let title = "Grad-CAM++"
  public static let expansion: String? = "generalized gradient-weighted class activation mapping"
  public static let references = [
    Publication(
      "A. Chattopadhay, A. Sarkar, P. Howlader, V. N. Balasubramanian",
      "Grad-CAM++: Generalized Gradient-Based Visual Explanations for Deep Convolutional Networks",
      "IEEE Winter Conference on Applications of Computer Vision (WACV), 839–847", 2018, "doi:10.1109/WACV.2018.00097")
  ]
  public static let help =
    "Activations weighted by positive gradients, each by how much its place counts (Chattopadhay et al., WACV 2018)."
  public static let unit = "in units of the logit"
  public static let options: [DeclaredOption<GradCAMPlusPlus>] = []

  public init() {}

  public var methods: String {
    "the activations of a layer, weighted by a sum over each map of the positive gradients of the class’s logit, each times "
      + "*g² / (2 g² + g³ Σ A)*, summed and cut at 0"
  }

  /// M = max(0, sum_k w_k A_k), w_k = sum_ij max(0, G_kij) a_kij with a = G^2 / (2 G^2 + (sum_ij A_kij) G^3 + 1e-6), and 0
  /// where G is 0.
  public func rawMap(
    activations: FeatureMaps, gradients: FeatureMaps, folding: ChannelFolding?
  ) throws(Problem) -> RawMap {
    try ChannelSums.check(activations, gradients, folding)
    let totals = ChannelSums.overPlaces(activations, gradients, folding) { _, _, activation in activation }
    let weights = ChannelSums.overPlaces(activations, gradients, folding) { channel, gradient, _ in
      // Not gradient > 0, which NaN is not either.
      guard !(gradient <= 0) else { return 0 }
      let square = gradient * gradient
      return gradient * square / (2 * square + totals[channel] * square * gradient + 1e-6)
    }
    return try RawMap(
      sums: ChannelSums.weighted(activations, weights: weights, of: folding), of: activations)
  }
}
