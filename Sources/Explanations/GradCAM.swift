import Support
import Tensors

/// Gradient-weighted class activation maps (Selvaraju et al., ICCV 2017).
public struct GradCAM: MeanGradientExplanation {
  public static let key = "grad-cam"
  public static let title = "Grad-CAM"
  public static let expansion: String? = "gradient-weighted class activation mapping"
  public static let references = [
    Publication(
      "R. R. Selvaraju, M. Cogswell, A. Das, R. Vedantam, D. Parikh, D. Batra",
      "Grad-CAM: Visual Explanations from Deep Networks via Gradient-Based Localization",
      "IEEE International Conference on Computer Vision (ICCV), 618–626", 2017, "doi:10.1109/ICCV.2017.74")
  ]
  public static let help = "Activations weighted by the mean gradient of each channel (Selvaraju et al., ICCV 2017)."
  public static let unit = "in units of the logit"
  public static let options: [DeclaredOption<GradCAM>] = []

  public init() {}

  public var methods: String {
    "the activations of a layer, weighted by the mean gradient of the class’s logit over each map, summed and cut at 0"
  }

  /// M = max(0, sum_k w_k A_k), w_k the mean of the gradient's k-th channel: a factor of the folding cancels.
  public func rawMap(
    activations: FeatureMaps, gradientMeans: [Double], folding: ChannelFolding?
  ) throws(Problem) -> RawMap {
    try ChannelSums.check(activations, gradientMeans, folding)
    return try RawMap(
      sums: ChannelSums.weighted(activations, weights: gradientMeans, offsets: folding?.shifts), of: activations)
  }
}
