import Support
import Tensors

/// Layer class activation maps (Jiang, Zhang, Hou, Cheng, Wei, "LayerCAM: Exploring Hierarchical Class Activation Maps for
/// Localization", IEEE Transactions on Image Processing 30, 2021).
public struct LayerCAM: Explanation {
  public static let key = "layer-cam"
  public static let title = "LayerCAM"
  public static let expansion: String? = "class activation mapping at any layer"
  public static let references = [
    Publication(
      "P.-T. Jiang, C.-B. Zhang, Q. Hou, M.-M. Cheng, Y. Wei",
      "LayerCAM: Exploring Hierarchical Class Activation Maps for Localization",
      "IEEE Transactions on Image Processing 30, 5875–5888", 2021, "doi:10.1109/TIP.2021.3089943")
  ]
  public static let help =
    "Activations times their own gradients where these are positive (Jiang et al., IEEE TIP 2021)."
  public static let unit = "in units of the logit"
  public static let options: [DeclaredOption<LayerCAM>] = []

  public init() {}

  public var methods: String {
    "the activations of a layer, each times the gradient of the class’s logit with respect to it where that is positive, summed "
      + "over the maps and cut at 0"
  }

  /// M = max(0, sum_k max(0, G_k) A_k), element by element.
  public func rawMap(
    activations: FeatureMaps, gradients: FeatureMaps, folding: ChannelFolding?
  ) throws(Problem) -> RawMap {
    try ChannelSums.check(activations, gradients, folding)
    return try RawMap(
      // Not max(0, g): the maximum with 0 of NaN is 0.
      sums: ChannelSums.overChannels(activations, gradients, folding) { gradient, activation in
        gradient < 0 ? 0 : gradient * activation
      }, of: activations)
  }
}
