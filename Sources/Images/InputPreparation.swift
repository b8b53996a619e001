import Support
import Tensors

/// How a picture of any proportions becomes a square.
public enum Fit: Sendable, Hashable {
  /// Both sides are resized to the input's size, each by its own factor.
  case squash
  /// The shorter side is resized to `resize` pixels, then the centre is cut out, as torchvision's `Resize` and
  /// `CenterCrop` do.
  case crop(resize: Int)
}

/// A picture as a network's input: resized with antialiasing (`Resize`), values in [0, 1], not normalised.
///
///     let preparation = try InputPreparation(size: 224, fit: .crop(resize: 256))
///     let x = try preparation(photograph)  // (3, 224, 224)
public struct InputPreparation: Sendable, Hashable {
  /// Height and width of the result in pixels.
  public let size: Int
  /// What happens to pictures that are not square.
  public let fit: Fit
  /// Whether the network takes one channel: pictures become grey before they are resized.
  public let isGrey: Bool

  /// The largest `size` and `resize`, in pixels.
  static let maximumSide = 8192

  /// - Throws: `Problem` (usage) when the size is not 1 to 8192, or `resize` not from the size to 8192.
  public init(size: Int, fit: Fit = .squash, isGrey: Bool = false) throws(Problem) {
    guard (1...Self.maximumSide).contains(size) else {
      throw .usage("an input of \(size) pixels", remedy: "`size` must be from 1 to \(Self.maximumSide).")
    }
    if case .crop(let resize) = fit, !(size...Self.maximumSide).contains(resize) {
      throw .usage(
        "`resize` is \(resize), with an input of \(size) pixels",
        remedy: "Choose a `resize` from \(size) to \(Self.maximumSide), or `fit: squash`.")
    }
    self.size = size
    self.fit = fit
    self.isGrey = isGrey
  }

  /// - Returns: (3, size, size), or (1, size, size) for a grey one; float32 in [0, 1].
  /// - Throws: `Problem` when the picture has no pixels.
  public func callAsFunction(_ image: RGBImage) throws(Problem) -> Tensor {
    guard image.width > 0, image.height > 0 else { throw .failure("the picture has no pixels") }
    var (width, height) = (size, size)
    if case .crop(let resize) = fit {
      // The longer side is rounded down.
      let long = resize * max(image.width, image.height) / min(image.width, image.height)
      (width, height) = image.width <= image.height ? (resize, long) : (long, resize)
    }
    let resized = Resize.bilinear(
      isGrey ? image.grey : image, columns: TriangleWeights(from: image.width, to: width, part: centre(of: width)),
      rows: TriangleWeights(from: image.height, to: height, part: centre(of: height)))
    // The three channels of a grey picture are the same, and stay so.
    return isGrey ? Tensor(shape: [1, size, size], values: Array(resized.values.prefix(size * size))) : resized
  }

  /// What is kept of a side; nothing outside of it is computed.
  private func centre(of length: Int) -> Range<Int> {
    // torchvision rounds with Python's round(): halves to the even number.
    let start = Int((Double(length - size) / 2).rounded(.toNearestOrEven))
    return start..<(start + size)
  }
}
