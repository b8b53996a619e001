/// Means of several numbers of each image over resamples of the images: the numbers of an image lie side by side, so that a
/// draw reads each image once, however many means are wanted.
struct ResampledMeans: Sendable {
  /// By image, then by number.
  private let values: [Double]
  private let width: Int

  /// - Parameter values: by image; as many numbers for each.
  init(_ values: [[Double]]) {
    width = values.first?.count ?? 0
    self.values = values.flatMap { $0 }
  }

  /// The images' numbers are added in the order of the draw, as a loop over one of them alone would.
  /// - Parameter draw: image indices, each as often as it was drawn.
  func means(of draw: [Int]) -> [Double] {
    var sums = [Double](repeating: 0, count: width)
    unsafe values.withUnsafeBufferPointer { values in
      unsafe sums.withUnsafeMutableBufferPointer { sums in
        for image in draw {
          let row = unsafe UnsafeBufferPointer(rebasing: values[image * width..<(image + 1) * width])
          for column in sums.indices { unsafe sums[column] += row[column] }
        }
      }
    }
    return draw.isEmpty ? sums : sums.map { $0 / Double(draw.count) }
  }
}
