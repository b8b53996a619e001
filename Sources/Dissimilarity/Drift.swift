/// The drift measures of "Generalizing Adversarial Explanations with Grad-CAM" (CVPRW 2022), over NISSIM values by
/// image and attack level.
public enum Drift {
  /// MOD(e): the mean of NISSIM over images.
  public static func mod(_ nissim: [Double]) -> Double { mean(nissim) }

  /// VID, the paper's formula read per image: the mean over images of the population standard deviation of an image's
  /// NISSIM over the attack levels.
  /// - Parameter nissim: by image, then by level.
  public static func vid(_ nissim: [[Double]]) -> Double { mean(nissim.map(standardDeviation)) }

  /// `vid-of-mod`: the same formula over MOD(e).
  public static func vidOfMOD(_ nissim: [[Double]]) -> Double {
    guard let levels = nissim.first?.count else { return 0 }
    return standardDeviation((0..<levels).map { level in mean(nissim.map { $0[level] }) })
  }

  /// `vid-pooled`: the population standard deviation over all images and levels.
  public static func vidPooled(_ nissim: [[Double]]) -> Double { standardDeviation(nissim.flatMap { $0 }) }

  /// 0 for none.
  public static func mean(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
  }

  /// Of the population; 0 for none.
  public static func standardDeviation(_ values: [Double]) -> Double {
    let centre = mean(values)
    return mean(values.map { ($0 - centre) * ($0 - centre) }).squareRoot()
  }
}
