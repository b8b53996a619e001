/// What was done to each channel of a layer's values where the batch normalisation behind a convolution was folded into it:
/// in memory lies scale A + shift, of which the gradient is G / scale.
///
/// A scale of 0 says nothing of A any more; the gradient of such a channel is 0, and so is all that it brings to a map.
public struct ChannelFolding: Sendable, Hashable {
  /// gamma / sqrt(variance + epsilon), a number for each channel; of either sign.
  public let scales: [Float]
  /// beta - mean scale, likewise.
  public let shifts: [Float]

  /// - Precondition: as many shifts as scales.
  public init(scales: [Float], shifts: [Float]) {
    precondition(scales.count == shifts.count, "\(scales.count) scales and \(shifts.count) shifts")
    self.scales = scales
    self.shifts = shifts
  }
}
