import Diagnostics
import Tensors

/// The fast gradient sign method (Goodfellow, Shlens, Szegedy, "Explaining and Harnessing Adversarial Examples",
/// ICLR 2015), in pixel units of [0, 1] as torchattacks has it.
public enum FGSM {
  /// How an attacked image is kept.
  public enum Quantisation: Sendable, Hashable {
    /// As Float32.
    case none
    /// Rounded to n/255: what survives an 8-bit file.
    case eightBit
  }

  /// x' = clamp(x + epsilon sign(g), 0, 1), sign(0) = 0.
  /// - Parameters:
  ///   - image: in [0, 1].
  ///   - gradient: of the loss with respect to the image; of the same shape.
  ///   - epsilon: in [0, 1]; 0 gives the image itself.
  /// - Throws: `Problem` when a gradient is NaN or of another shape.
  public static func attack(
    _ image: Tensor, gradient: Tensor, epsilon: Double, quantise: Quantisation = .none
  ) throws(Problem) -> Tensor {
    guard image.shape == gradient.shape else {
      throw .failure("an image of shape \(image.shape) was given a gradient of shape \(gradient.shape)")
    }
    let step = Float(epsilon)
    let count = image.values.count
    // Counted, not returned from: only a loop without a way out becomes vector code.
    var undefined: Int32 = 0
    let values = [Float](unsafeUninitializedCapacity: count) { output, initialised in
      image.values.withUnsafeBufferPointer { x in
        gradient.values.withUnsafeBufferPointer { g in
          for i in 0..<count {
            undefined &+= g[i] == g[i] ? 0 : 1
            let value = moved(x[i], by: step, along: g[i])
            output[i] = value < 0 ? 0 : (value > 1 ? 1 : value)
          }
        }
      }
      if quantise == .eightBit {
        for i in 0..<count { output[i] = (output[i] * 255).rounded(.toNearestOrEven) / 255 }
      }
      initialised = count
    }
    guard undefined == 0 else {
      throw .failure(
        "the gradient of the loss has NaN elements", remedy: "Check the weights: the network does not compute numbers.")
    }
    return Tensor(shape: image.shape, values: values)
  }

  /// The share of an image's values that the step would take below 0 or above 1, where the clamp holds them: there the
  /// attack is weaker than its epsilon says.
  /// - Parameter gradient: of the same shape.
  /// - Returns: in [0, 1]; 0 for an epsilon of 0.
  public static func clippedShare(_ image: Tensor, gradient: Tensor, epsilon: Double) -> Double {
    let step = Float(epsilon)
    let count = min(image.values.count, gradient.values.count)
    var clipped: Int32 = 0
    image.values.withUnsafeBufferPointer { x in
      gradient.values.withUnsafeBufferPointer { g in
        for i in 0..<count {
          let value = moved(x[i], by: step, along: g[i])
          clipped &+= (value < 0 ? 1 : 0) &+ (value > 1 ? 1 : 0)
        }
      }
    }
    return Double(clipped) / Double(max(1, count))
  }

  /// Before any clamp: a step along the gradient's sign, none where the gradient is 0 or NaN.
  @inline(__always)
  private static func moved(_ x: Float, by step: Float, along gradient: Float) -> Float {
    x + step * (gradient > 0 ? 1 : (gradient < 0 ? -1 : 0))
  }
}
