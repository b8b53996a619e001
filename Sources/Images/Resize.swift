import Tensors

/// Bilinear resizing with antialiasing, in the arithmetic of PyTorch's
/// `interpolate(mode="bilinear", antialias=True, align_corners=False)` on the CPU: float32, half-pixel centres, a
/// triangle filter that grows with the scale when the picture shrinks, first along rows, then along columns.
///
/// Results differ from PyTorch's by less than 3e-7: its kernels fuse multiplication and addition on processors
/// that can.
public enum Resize {
  /// - Parameter image: (3, H, W), at least 1 x 1.
  /// - Returns: (3, height, width), not clamped.
  public static func bilinear(_ image: Tensor, height: Int, width: Int) -> Tensor {
    precondition(image.shape.rank == 3 && image.shape[0] == 3, "an image is (3, H, W), not \(image.shape)")
    let (sourceHeight, sourceWidth) = (image.shape[1], image.shape[2])
    let plane = sourceHeight * sourceWidth
    let values = resample(
      columns: TriangleWeights(from: sourceWidth, to: width), rows: TriangleWeights(from: sourceHeight, to: height),
      sourceWidth: sourceWidth, isClamped: false
    ) { y, row in
      let start = y * sourceWidth
      let red = image.values.span.extracting(start..<start + sourceWidth)
      let green = image.values.span.extracting(plane + start..<plane + start + sourceWidth)
      let blue = image.values.span.extracting(2 * plane + start..<2 * plane + start + sourceWidth)
      precondition(row.count == sourceWidth)
      for x in row.indices { row[x] = SIMD4(red[x], green[x], blue[x], 0) }
    }
    return Tensor(shape: [3, height, width], values: values)
  }

  /// A part of the resized picture, from values n/255 and clamped to [0, 1]: (3, rows, columns).
  static func bilinear(_ image: RGBImage, columns: TriangleWeights, rows: TriangleWeights) -> Tensor {
    let width = image.width
    let values = resample(columns: columns, rows: rows, sourceWidth: width, isClamped: true) { y, row in
      let source = image.pixels.span.extracting(3 * y * width..<3 * (y + 1) * width)
      precondition(row.count == width)
      var offset = 0
      for x in row.indices {
        let pixel = SIMD4<Int32>(Int32(source[offset]), Int32(source[offset &+ 1]), Int32(source[offset &+ 2]), 0)
        row[x] = SIMD4<Float>(pixel) / 255
        offset &+= 3
      }
    }
    return Tensor(shape: [3, rows.count, columns.count], values: values)
  }

  /// Pixels travel as four lanes (the fourth unused), so that each step of the sums is one vector operation and each
  /// channel's sum runs over the source in ascending order, as PyTorch's does.
  /// - Parameter fillRow: Writes row y of the source.
  @inline(__always)
  private static func resample(
    columns: TriangleWeights, rows: TriangleWeights, sourceWidth: Int, isClamped: Bool,
    fillRow: (_ y: Int, _ row: inout MutableSpan<SIMD4<Float>>) -> Void
  ) -> [Float] {
    let firstRow = rows.starts.min() ?? 0
    let lastRow = zip(rows.starts, rows.counts).map { $0 + $1 }.max() ?? 0
    let (width, height) = (columns.count, rows.count)
    var sourceRow = [SIMD4<Float>](repeating: .zero, count: sourceWidth)
    var narrowed = [SIMD4<Float>](repeating: .zero, count: max(lastRow - firstRow, 0) * width)
    for y in firstRow..<max(firstRow, lastRow) {
      var row = sourceRow.mutableSpan
      fillRow(y, &row)
      resampleRow(sourceRow.span, into: &narrowed, at: (y - firstRow) * width, columns: columns)
    }
    var values = [Float](repeating: 0, count: 3 * height * width)
    var sums = [SIMD4<Float>](repeating: .zero, count: width)
    for y in 0..<height {
      addRows(narrowed.span, from: rows.starts[y] - firstRow, taps: rows.taps(y), to: &sums)
      if isClamped { for x in sums.indices { sums[x].clamp(lowerBound: .zero, upperBound: .one) } }
      write(sums.span, to: &values, at: y * width, plane: height * width)
    }
    return values
  }

  /// The weighted sums of each row's taps.
  private static func resampleRow(
    _ source: Span<SIMD4<Float>>, into target: inout [SIMD4<Float>], at place: Int, columns: TriangleWeights
  ) {
    var target = target.mutableSpan
    let weights = columns.weights.span
    let starts = columns.starts.span
    let counts = columns.counts.span
    precondition(counts.count == starts.count && place + starts.count <= target.count)
    for x in starts.indices {
      let count = counts[x]
      let first = source.extracting(starts[x]..<starts[x] + count)
      let taps = weights.extracting(x * columns.stride..<x * columns.stride + count)
      var value = first[0] * taps[0]
      for tap in 1..<count { value += first[tap] * taps[tap] }
      target[place &+ x] = value
    }
  }

  /// The weighted sums of as many rows as there are taps, row by row: each place's sum runs over them in ascending order.
  private static func addRows(
    _ source: Span<SIMD4<Float>>, from row: Int, taps: ArraySlice<Float>, to sums: inout [SIMD4<Float>]
  ) {
    var sums = sums.mutableSpan
    let width = sums.count
    for (index, weight) in taps.enumerated() {
      let line = source.extracting((row + index) * width..<(row + index + 1) * width)
      if index == 0 {
        for x in line.indices { sums[x] = line[x] * weight }
      } else {
        for x in line.indices { sums[x] += line[x] * weight }
      }
    }
  }

  /// A row's channels into the three planes.
  private static func write(_ row: Span<SIMD4<Float>>, to values: inout [Float], at place: Int, plane: Int) {
    var values = values.mutableSpan
    precondition(2 * plane + place + row.count <= values.count)
    for x in row.indices {
      values[place &+ x] = row[x][0]
      values[plane &+ place &+ x] = row[x][1]
      values[2 &* plane &+ place &+ x] = row[x][2]
    }
  }
}
