import Tensors

/// Grey pictures for networks of one channel: luma by ITU-R BT.601, Y = 0.299 R + 0.587 G + 0.114 B, the weights in 16 bits as
/// Pillow's `convert("L")` has them.
enum Luma {
  /// Of red, green and blue; they add up to 65536, so that a grey pixel stays what it is.
  static let weights = [19595, 38470, 7471]
  /// The same, adding up to 1 exactly.
  static let shares = weights.map { Float($0) / 65536 }
}

extension RGBImage {
  /// Each pixel's luma in place of its colour, rounded to 8 bits as `convert("L")` does.
  public var grey: RGBImage {
    var pixels = pixels
    let (red, green, blue) = (Luma.weights[0], Luma.weights[1], Luma.weights[2])
    for start in stride(from: 0, to: pixels.count, by: 3) {
      let sum = red * Int(pixels[start]) + green * Int(pixels[start + 1]) + blue * Int(pixels[start + 2])
      let luma = UInt8((sum + 32768) >> 16)
      pixels[start] = luma
      pixels[start + 1] = luma
      pixels[start + 2] = luma
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }
}

/// Images of one channel among those of three, and gradients back: for attacks that a network of the one kind takes over from one
/// of the other.
public enum GreyConversion {
  /// The image with so many channels: grey repeated, colours by their luma, not rounded.
  /// - Parameters:
  ///   - image: (1, H, W) or (3, H, W).
  ///   - channels: 1 or 3.
  public static func converted(_ image: Tensor, channels: Int) -> Tensor {
    switch (image.shape[0], channels) {
    case (1, 3): Tensor(shape: image.shape(of: 3), values: image.values + image.values + image.values)
    case (3, 1): image.summed(Luma.shares)
    default: image
    }
  }

  /// The transpose of `converted`: what a gradient with respect to the converted image is with respect to the image itself.
  /// - Parameters:
  ///   - gradient: (1, H, W) or (3, H, W).
  ///   - channels: of the image that was converted, 1 or 3.
  public static func transposed(_ gradient: Tensor, channels: Int) -> Tensor {
    switch (gradient.shape[0], channels) {
    case (1, 3):
      Tensor(
        shape: gradient.shape(of: 3), values: Luma.shares.flatMap { share in gradient.values.map { share * $0 } })
    case (3, 1): gradient.summed([1, 1, 1])
    default: gradient
    }
  }
}

extension Tensor {
  fileprivate func shape(of channels: Int) -> Shape { [channels, shape[1], shape[2]] }

  /// The three planes, each times its weight, added in their order.
  fileprivate func summed(_ weights: [Float]) -> Tensor {
    let area = shape[1] * shape[2]
    let values = (0..<area).map { index in
      weights[0] * self.values[index] + weights[1] * self.values[area + index]
        + weights[2] * self.values[2 * area + index]
    }
    return Tensor(shape: shape(of: 1), values: values)
  }
}
