import Support
import Tensors

/// High-resolution class activation maps (Draelos, Carin, "Use HiResCAM instead of Grad-CAM for faithful explanations of
/// convolutional neural networks", arXiv:2011.08891, 2020).
public struct HiResCAM: Explanation {
  public static let key = "hires-cam"
  public static let title = "HiResCAM"
  public static let expansion: String? = "high-resolution class activation mapping"
  public static let references = [
    Publication(
      "R. L. Draelos, L. Carin",
      "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural networks",
      "Preprint", 2020, "arXiv:2011.08891")
  ]
  public static let help =
    "Activations times their own gradients, element by element (Draelos and Carin, arXiv:2011.08891)."
  public static let unit = "in units of the logit"
  public static let options: [DeclaredOption<HiResCAM>] = []

  public init() {}

  public var methods: String {
    "the activations of a layer, each times the gradient of the class’s logit with respect to it, summed over the maps and cut "
      + "at 0"
  }

  /// M = max(0, sum_k G_k A_k), element by element.
  public func rawMap(
    activations: FeatureMaps, gradients: FeatureMaps, folding: ChannelFolding?
  ) throws(Problem) -> RawMap {
    try ChannelSums.check(activations, gradients, folding)
    return try RawMap(
      sums: ChannelSums.overChannels(activations, gradients, folding) { gradient, activation in gradient * activation },
      of: activations)
  }
}
