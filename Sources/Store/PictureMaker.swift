import Images
import Results

/// Pictures that the store does not have: of large runs it keeps those only that a report shows.
public protocol PictureMaker: Sendable {
  /// The image as the network sees it, 8-bit; nil where its file is gone, or is another one now.
  func photograph(model: String, image: String) -> RGBImage?
  /// Nil where it cannot be computed any more, or the attack has none.
  /// - Parameter attack: into the experiment's attacks.
  func direction(model: String, image: String, attack: Int) -> PerturbationSigns?
  /// Whether the store is to keep what was made.
  var areKept: Bool { get }
}
