import Support
import Tensors

/// Axiom-based class activation maps (Fu, Hu, Dong, Guo, Gao, Li, "Axiom-based Grad-CAM: Towards Accurate Visualization and
/// Explanation of CNNs", BMVC 2020), as pytorch-grad-cam 1.5.7 has them.
public struct XGradCAM: Explanation {
  public static let key = "xgrad-cam"
  public static let title = "XGrad-CAM"
  public static let expansion: String? = "axiom-based gradient-weighted class activation mapping"
  public static let references = [
    Publication(
      "R. Fu, Q. Hu, X. Dong, Y. Guo, Y. Gao, B. Li",
      "Axiom-based Grad-CAM: Towards Accurate Visualization and Explanation of CNNs",
      "British Machine Vision Conference (BMVC)", 2020, "arXiv:2008.02312")
  ]
  public static let help =
    "Activations weighted by the gradient where each channel is active, its mean weighted by them (Fu et al., BMVC 2020)."
  public static let unit = "in units of the logit"
  public static let options: [DeclaredOption<XGradCAM>] = []

  public init() {}

  public var methods: String {
    "the activations of a layer, weighted by the mean gradient of the class’s logit over each map, in which every place counts "
      + "by its activation, summed and cut at 0"
  }

  /// M = max(0, sum_k w_k A_k), w_k = sum_ij G_kij A_kij / (sum_ij A_kij + 1e-7).
  public func rawMap(
    activations: FeatureMaps, gradients: FeatureMaps, folding: ChannelFolding?
  ) throws(Problem) -> RawMap {
    try ChannelSums.check(activations, gradients, folding)
    let products = ChannelSums.overPlaces(activations, gradients, folding) { _, gradient, activation in
      gradient * activation
    }
    let totals = ChannelSums.overPlaces(activations, gradients, folding) { _, _, activation in activation }
    return try RawMap(
      sums: ChannelSums.weighted(
        activations, weights: zip(products, totals).map { $0 / ($1 + 1e-7) }, of: folding),
      of: activations)
  }
}
