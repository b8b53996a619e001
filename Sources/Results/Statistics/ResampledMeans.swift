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
    let values = values.span
    do {
      var sums = sums.mutableSpan
      for image in draw {
        let row = values.extracting(image * width..<(image + 1) * width)
        for column in row.indices { sums[column] += row[column] }
      }
    }
    return draw.isEmpty ? sums : sums.map { $0 / Double(draw.count) }
  }
}
