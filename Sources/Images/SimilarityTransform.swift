import Support

/// x' = s R x + t: a rotation, a scale for both axes and a shift, in pixels, y downwards.
public struct SimilarityTransform: Sendable, Hashable {
  /// s cos of the angle.
  public var cosine: Double
  /// s sin of the angle; positive turns the x axis towards the y axis, clockwise as the picture is seen.
  public var sine: Double
  /// Of t, in pixels to the right.
  public var shiftX: Double
  /// Of t, in pixels downwards.
  public var shiftY: Double

  public init(cosine: Double, sine: Double, shiftX: Double, shiftY: Double) {
    self.cosine = cosine
    self.sine = sine
    self.shiftX = shiftX
    self.shiftY = shiftY
  }

  /// The one with the least sum of squared distances between the mapped points and their targets (S. Umeyama,
  /// "Least-squares estimation of transformation parameters between two point patterns", PAMI 13(4), 1991, in two
  /// dimensions; without reflection, where the singular values need not be computed).
  /// - Returns: nil when there are fewer than two points, the numbers differ, or all points or all targets are one.
  public init?(from points: [ImagePoint], to targets: [ImagePoint]) {
    guard points.count == targets.count, points.count >= 2 else { return nil }
    let count = Double(points.count)
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / count }
    let (px, py) = (mean(points.map(\.x)), mean(points.map(\.y)))
    let (tx, ty) = (mean(targets.map(\.x)), mean(targets.map(\.y)))
    var spread = 0.0
    var along = 0.0
    var across = 0.0
    for (point, target) in zip(points, targets) {
      let (x, y) = (point.x - px, point.y - py)
      let (u, v) = (target.x - tx, target.y - ty)
      spread += x * x + y * y
      along += x * u + y * v
      across += x * v - y * u
    }
    let (cosine, sine) = (along / spread, across / spread)
    guard cosine.isFinite, sine.isFinite, cosine != 0 || sine != 0 else { return nil }
    self.init(
      cosine: cosine, sine: sine, shiftX: tx - (cosine * px - sine * py), shiftY: ty - (sine * px + cosine * py))
  }

  /// s, by which lengths grow.
  public var scale: Double { (cosine * cosine + sine * sine).squareRoot() }

  /// x' of a point.
  public func callAsFunction(_ point: ImagePoint) -> ImagePoint {
    ImagePoint(x: cosine * point.x - sine * point.y + shiftX, y: sine * point.x + cosine * point.y + shiftY)
  }

  /// The transform that leads back.
  public var inverse: SimilarityTransform {
    let square = cosine * cosine + sine * sine
    let (c, s) = (cosine / square, -sine / square)
    return SimilarityTransform(
      cosine: c, sine: s, shiftX: -(c * shiftX - s * shiftY), shiftY: -(s * shiftX + c * shiftY))
  }
}

/// A place in a picture, in pixels from the centre of the upper left pixel.
public struct ImagePoint: Sendable, Hashable, Codable {
  /// To the right.
  public var x: Double
  /// Downwards.
  public var y: Double

  public init(x: Double, y: Double) {
    self.x = x
    self.y = y
  }
}
