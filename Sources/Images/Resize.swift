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
      precondition(row.count == width && 3 * (y + 1) * width <= image.pixels.count)
      unsafe image.pixels.withUnsafeBufferPointer { source in
        unsafe row.withUnsafeMutableBufferPointer { row in
          var offset = 3 &* y &* width
          for x in row.indices {
            let pixel = unsafe SIMD4<Int32>(
              Int32(source[offset]), Int32(source[offset &+ 1]), Int32(source[offset &+ 2]), 0)
            unsafe row[x] = SIMD4<Float>(pixel) / 255
            offset &+= 3
          }
        }
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
    let lastRow = rows.reach
    let (width, height) = (columns.count, rows.count)
    var sourceRow = [SIMD4<Float>](repeating: .zero, count: sourceWidth)
    let narrowed = [SIMD4<Float>](capacity: max(lastRow - firstRow, 0) * width) { narrowed in
      for y in firstRow..<max(firstRow, lastRow) {
        var row = sourceRow.mutableSpan
        fillRow(y, &row)
        resampleRow(sourceRow.span, into: &narrowed, columns: columns)
      }
    }
    return unsafe [Float](unsafeUninitializedCapacity: 3 * height * width) { output, initialised in
      unsafe rows.withPointers { starts, counts, weights in
        unsafe narrowed.withUnsafeBufferPointer { narrowed in
          for y in 0..<height {
            let taps = unsafe weights + y &* rows.stride
            let first = unsafe (starts[y] &- firstRow) &* width
            for x in 0..<width {
              var value = unsafe narrowed[first &+ x] * taps[0]
              var tap = 1
              while unsafe tap < counts[y] {
                unsafe value += narrowed[first &+ tap &* width &+ x] * taps[tap]
                tap &+= 1
              }
              if isClamped { value = value.clamped(lowerBound: .zero, upperBound: .one) }
              let index = y &* width &+ x
              unsafe output[index] = value[0]
              unsafe output[height &* width &+ index] = value[1]
              unsafe output[2 &* height &* width &+ index] = value[2]
            }
          }
        }
      }
      initialised = 3 * height * width
    }
  }

  private static func resampleRow(
    _ source: Span<SIMD4<Float>>, into target: inout OutputSpan<SIMD4<Float>>, columns: TriangleWeights
  ) {
    precondition(columns.reach <= source.count)
    unsafe columns.withPointers { starts, counts, weights in
      unsafe source.withUnsafeBufferPointer { source in
        for x in 0..<columns.count {
          let taps = unsafe weights + x &* columns.stride
          let start = unsafe starts[x]
          var value = unsafe source[start] * taps[0]
          var tap = 1
          while unsafe tap < counts[x] {
            unsafe value += source[start &+ tap] * taps[tap]
            tap &+= 1
          }
          target.append(value)
        }
      }
    }
  }
}
