import Images
import Support

/// Which of an architecture's published forms a network has.
public enum ArchitectureVariant: String, CaseIterable, Sendable, Codable {
  /// torchvision's, or timm's for Xception.
  case standard
  /// A ResNet as its authors published it for Caffe, which the weights for VGGFace2 follow (Q. Cao, L. Shen, W. Xie,
  /// O. M. Parkhi, A. Zisserman, "VGGFace2: A dataset for recognising faces across pose and age", FG 2018): other strides
  /// and padding, channels in the order blue, green, red, values from 0 to 255.
  case caffe
}

extension Architecture {
  /// The forms that it is published in, the default first.
  public var variants: [ArchitectureVariant] { forms.map(\.variant) }

  /// As published.
  public func normalisation(_ variant: ArchitectureVariant) -> Normalisation {
    (forms.first { $0.variant == variant } ?? forms.first)?.normalisation ?? .imageNet
  }

  /// As a report calls it: a network of other widths is never called by the published one's bare name, but "VGG16 ×¼".
  /// - Parameter width: what every channel count is multiplied by.
  public func displayName(_ variant: ArchitectureVariant, width: Double = 1) -> String {
    let name = variant == .caffe ? "\(displayName) (Caffe)" : displayName
    return width == 1 ? name : "\(name) ×\(Self.multiple(width))"
  }

  /// "¼", "0.3", "2".
  static func multiple(_ width: Double) -> String {
    let eighths = ["⅛", "¼", "⅜", "½", "⅝", "¾", "⅞"]
    let count = width * 8
    guard count >= 1, count <= 7, count == count.rounded() else {
      return width == width.rounded() ? String(Int(width)) : numberText(width)
    }
    return eighths[Int(count) - 1]
  }

  /// What to do where an architecture has no such form.
  public static func whoHas(_ variant: ArchitectureVariant) -> String {
    let names = architectures.all.filter { $0.variants.contains(variant) }.map { "`\($0.rawValue)`" }
    return names.isEmpty
      ? "Leave `variant` out."
      : "\(names.joined(separator: " and ")) \(names.count == 1 ? "has" : "have") it: leave `variant` out."
  }
}

extension Normalisation {
  /// Mean and standard deviation of ImageNet's training images, in [0, 1], as torchvision uses them.
  static let imageNet = Normalisation(mean: [0.485, 0.456, 0.406], standardDeviation: [0.229, 0.224, 0.225])
  /// From [0, 1] to [-1, 1].
  static let symmetric = Normalisation(mean: [0.5, 0.5, 0.5], standardDeviation: [0.5, 0.5, 0.5])
  /// The mean of VGGFace2's training images, of values from 0 to 255, as its published weights have it.
  static let vggFace2 = Normalisation(
    mean: [91.4953, 103.8827, 131.0912], standardDeviation: [1, 1, 1], channels: .bgr, range: 255)
}
