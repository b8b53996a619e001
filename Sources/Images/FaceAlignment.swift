import Support
import Tensors

/// How a face is cut out of its picture before the picture is resized to a network's input.
public enum FaceAlignment: Sendable, Hashable {
  /// Both eyes, nose and both corners of the mouth, the face's right side (left in the picture) first, in pixels; they
  /// are laid over `template` by the least-squares similarity transform.
  case landmarks([ImagePoint])
  /// A box in pixels, widened on every side by `margin` of its own width and height, cut off at the picture's edges.
  case box(x: Double, y: Double, width: Double, height: Double, margin: Double)

  /// Height and width of a picture aligned by landmarks.
  public static let size = 256

  /// Where the five landmarks come to lie in the aligned picture: the mean face that InsightFace's ArcFace uses
  /// (112 x 112, J. Deng et al., CVPR 2019), drawn in to 70% around the centre so that the whole head is kept, and
  /// scaled to 256 x 256.
  public static let template: [ImagePoint] = [
    (38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041),
  ].map { x, y in
    let scale = Double(size) / 112
    return ImagePoint(x: (56 + (x - 56) * 0.7) * scale, y: (56 + (y - 56) * 0.7) * scale)
  }

  /// For keys and provenance: what the result depends on beside the picture itself.
  public var description: String {
    switch self {
    case .landmarks(let points):
      "landmarks 1 " + points.map { "\($0.x) \($0.y)" }.joined(separator: " ")
    case .box(let x, let y, let width, let height, let margin): "box 1 \(x) \(y) \(width) \(height) \(margin)"
    }
  }

  /// - Parameter name: what messages call the picture.
  /// - Throws: `Problem` when the landmarks are all at one place, or the box and the picture do not overlap.
  public func align(_ image: RGBImage, name: String) throws(Problem) -> RGBImage {
    switch self {
    case .landmarks(let points):
      guard let transform = SimilarityTransform(from: points, to: Self.template),
        (1e-3...1e3).contains(transform.scale)
      else {
        throw .failure(
          at: Place(file: name), "its landmarks do not span a face",
          remedy: "Correct its line in the list of landmarks, or take the image out.")
      }
      return image.warped(by: transform, size: Self.size)
    case .box(let x, let y, let width, let height, let margin):
      func range(_ start: Double, _ length: Double, _ limit: Int) -> Range<Int>? {
        let low = (start - margin * length).rounded()
        let high = (start + length + margin * length).rounded()
        // Compared as numbers before they are converted: a list may hold anything.
        guard low.isFinite, high.isFinite, high > 0, low < Double(limit), high > low else { return nil }
        return Int(max(0, low))..<Int(min(Double(limit), high))
      }
      guard let columns = range(x, width, image.width), let rows = range(y, height, image.height), width > 0,
        height > 0
      else {
        throw .failure(
          at: Place(file: name),
          "its box (\(x), \(y), \(width) x \(height)) does not lie in the picture of \(image.width) x \(image.height)",
          remedy: "Correct its line in the list of boxes, or take the image out.")
      }
      return image.cropped(columns: columns, rows: rows)
    }
  }
}

extension RGBImage {
  /// - Precondition: ranges within the picture, not empty.
  func cropped(columns: Range<Int>, rows: Range<Int>) -> RGBImage {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(3 * columns.count * rows.count)
    for y in rows {
      let start = 3 * (y * width + columns.lowerBound)
      pixels += self.pixels[start..<start + 3 * columns.count]
    }
    return RGBImage(width: columns.count, height: rows.count, pixels: pixels)
  }

  /// The picture seen through a transform from its pixels to those of a square of `size` pixels, bilinear, with its
  /// edge pixels continued outwards.
  ///
  /// Where the transform shrinks the picture, the picture is first resized by that factor with antialiasing: sampling
  /// it at every second pixel would turn fine structure into noise that an attack's effect could be mistaken for.
  func warped(by transform: SimilarityTransform, size: Int) -> RGBImage {
    let back = transform.inverse
    let shrinks = back.scale
    if shrinks > 1 {
      let small = resized(
        width: max(1, Int((Double(width) / shrinks).rounded())),
        height: max(1, Int((Double(height) / shrinks).rounded())))
      let (fx, fy) = (Double(small.width) / Double(width), Double(small.height) / Double(height))
      return small.sampled(size: size) { x, y in
        let point = back(ImagePoint(x: x, y: y))
        // Half-pixel centres.
        return ((point.x + 0.5) * fx - 0.5, (point.y + 0.5) * fy - 0.5)
      }
    }
    return sampled(size: size) { x, y in
      let point = back(ImagePoint(x: x, y: y))
      return (point.x, point.y)
    }
  }

  private func sampled(size: Int, _ place: (Double, Double) -> (Double, Double)) -> RGBImage {
    var output = [UInt8](repeating: 0, count: 3 * size * size)
    for row in 0..<size {
      for column in 0..<size {
        let (x, y) = place(Double(column), Double(row))
        let left = min(max(x, 0), Double(width - 1))
        let top = min(max(y, 0), Double(height - 1))
        let (x0, y0) = (Int(left), Int(top))
        let (x1, y1) = (min(x0 + 1, width - 1), min(y0 + 1, height - 1))
        let (fx, fy) = (left - Double(x0), top - Double(y0))
        for channel in 0..<3 {
          func pixel(_ x: Int, _ y: Int) -> Double { Double(pixels[3 * (y * width + x) + channel]) }
          let upper = pixel(x0, y0) * (1 - fx) + pixel(x1, y0) * fx
          let lower = pixel(x0, y1) * (1 - fx) + pixel(x1, y1) * fx
          output[3 * (row * size + column) + channel] = UInt8((upper * (1 - fy) + lower * fy) + 0.5)
        }
      }
    }
    return RGBImage(width: size, height: size, pixels: output)
  }
}
