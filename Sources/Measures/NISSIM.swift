import Explanations
import Support

/// NISSIM = (1 - SSIM) / 2 of the two heatmaps: 0 for equal maps, 1 for inverted ones ("Generalizing Adversarial
/// Explanations with Grad-CAM", CVPRW 2022).
public struct NISSIM: Measure {
  public static let key = "nissim"
  public static let title = "NISSIM"
  public static let expansion: String? = "normalised inverted structural similarity index"
  public static let references: [Publication] = [
    .adversarialExplanations,
    Publication(
      "Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli",
      "Image Quality Assessment: From Error Visibility to Structural Similarity",
      "IEEE Transactions on Image Processing 13, 600–612", 2004, "doi:10.1109/TIP.2003.819861"),
  ]
  public static let help = "(1 - SSIM) / 2 of the heatmaps: 0 the same, 1 inverted."
  public static let columns = ["ssim", "nissim"]
  public static let bounds: ClosedRange<Double>? = 0...1
  public static let options: [DeclaredOption<NISSIM>] = [
    DeclaredOption(
      "window", \.window, .choice, part: .always, help: "Of SSIM: 7 x 7, or `gaussian` (sigma 1.5, 11 x 11).")
  ]

  /// What SSIM averages over; maps smaller than it are refused.
  public var window = SSIMWindow.uniform

  public init() {}

  /// NISSIM of a structural similarity in [-1, 1]: in [0, 1].
  public static func value(ssim: Double) -> Double { (1 - ssim) / 2 }

  public var definition: String { "NISSIM = (1 − SSIM) / 2" }

  public var methods: String {
    let window =
      window == .gaussian
      ? "a Gaussian window (*σ = 1.5*, 11 × 11, population covariance)" : "a uniform 7 × 7 window and sample covariance"
    return
      "between the clean and the attacked heatmap: 0 the same, 1 inverted. SSIM (structural similarity index) uses \(window), *K_1 = 0.01*, *K_2 = 0.03* "
      + "and data range 1."
  }

  /// Keys from before there were other measures hold: they have the window alone, and it comes last.
  public var ingredients: [(name: String, value: String)] { [("window", window.rawValue)] }

  public func reference(_ clean: ExplainedMap) throws(Problem) -> any MeasureReference {
    let size = clean.heatmap.size
    return Reference(
      ssim: try SSIMReference(clean.heatmap.values, height: size, width: size, window: window))
  }

  public func contradiction(in values: [Double]) -> String? {
    guard values.count == 2 else { return "there are \(values.count) values, not 2" }
    // Maps that are nearly the same may give a last digit more than 1.
    guard abs(values[0]) <= 1 + 1e-9, values[1] == NISSIM.value(ssim: values[0]) else {
      return "SSIM \(values[0]) and NISSIM \(values[1]) do not go together"
    }
    return nil
  }

  private struct Reference: MeasureReference {
    let ssim: SSIMReference

    func compare(with attacked: ExplainedMap) throws(Problem) -> [Double] {
      let ssim = try ssim.compare(with: attacked.heatmap.values)
      return [ssim, NISSIM.value(ssim: ssim)]
    }

    func compare(with other: any MeasureReference, of map: ExplainedMap) throws(Problem) -> [Double] {
      guard let other = other as? Reference else { return try compare(with: map) }
      let ssim = try ssim.compare(with: other.ssim)
      return [ssim, NISSIM.value(ssim: ssim)]
    }
  }
}

extension Publication {
  /// Of whom the measure is, and with it MOD and VID.
  public static let adversarialExplanations = Publication(
    "T. Chakraborty, U. Trehan, K. Mallat, J.-L. Dugelay", "Generalizing Adversarial Explanations with Grad-CAM",
    "IEEE/CVF Conference on Computer Vision and Pattern Recognition Workshops (CVPRW), 187–193", 2022,
    "doi:10.1109/CVPRW56347.2022.00031")
}
