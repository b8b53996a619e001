import CConvolutions
import Graphs
import Support
import Tensors

/// A direct convolution, or the gradient of one, that passes over zeros: see CZeroSkipping.h. Behind a ReLU, and on the way back
/// through one, about half of all values are 0.
///
/// Every sum runs over the filter's elements and within each over the channels in their order, whatever the processor's vectors and
/// oneDNN's version.
struct ZeroSkippingConvolution: LoopConvolution {
  let destination: OneDNNLayout
  let scratchCount: Int
  let filters: AlignedBuffer
  let bias: AlignedBuffer
  private let parts: [Part]
  private let geometry: ConvolutionGeometry

  /// Results that are made alike: all of a convolution; of a gradient those of one place within the steps of a stride.
  private struct Part {
    var convolution: czeroskipping_convolution
    var taps: [czeroskipping_tap]
    /// Where its filters start.
    var start: Int
  }

  /// Fewer result channels leave too little to do with a value that was gathered.
  private static let leastResults = 48
  /// Of a filter: more than 7 x 7 would have to be read too often.
  private static let mostElements = 49

  /// Of a gradient, results that are made alike are fewer with every step.
  private static let mostSteps = 8

  /// Nil for another convolution, or for values in an order that the loops do not take.
  /// - Parameters:
  ///   - geometry: of the convolution.
  ///   - input: of the map that is convolved.
  ///   - output: of the result.
  ///   - source: of the input, or of the gradient with respect to the output.
  ///   - isGradient: whether the gradient with respect to the input is made, out of that with respect to the output.
  init?(
    _ geometry: ConvolutionGeometry, from input: Shape, to output: Shape, source: OneDNNLayout, isGradient: Bool
  ) throws(Problem) {
    let (from, to) = isGradient ? (output, input) : (input, output)
    let (rows, columns) = (geometry.window.vertical, geometry.window.horizontal)
    guard geometry.groups == 1, max(rows.stride, columns.stride) <= ZeroSkippingConvolution.mostSteps,
      rows.kernel * columns.kernel <= ZeroSkippingConvolution.mostElements,
      to[0] >= ZeroSkippingConvolution.leastResults, let order = source.vectorOrder(of: from)
    else { return nil }
    let result = order.with(to)
    self.geometry = geometry
    destination = try OneDNNLayout(result.order)
    let whole = result.layout()
    var parts: [Part] = []
    var (filterCount, scratchCount) = (0, 0)
    for vertical in rows.walks(isGradient: isGradient, results: to[1]) {
      for horizontal in columns.walks(isGradient: isGradient, results: to[2]) {
        let taps = vertical.taps.flatMap { row in
          horizontal.taps.map { column in
            czeroskipping_tap(
              element: row.element * columns.kernel + column.element, row: row.place, column: column.place)
          }
        }
        let layout = result.layout(every: vertical.resultStride, horizontal.resultStride)
        var convolution = czeroskipping_convolution(
          lanes: order.lanes, inputs: order.vectors, outputs: result.vectors, taps: taps.count, height: from[1],
          width: from[2], row_stride: vertical.sourceStride, column_stride: horizontal.sourceStride,
          result_height: vertical.count, result_width: horizontal.count, source: order.layout(), destination: layout,
          first: vertical.first * whole.row + horizontal.first * whole.column)
        parts.append(Part(convolution: convolution, taps: taps, start: filterCount))
        filterCount += unsafe czeroskipping_filter_count(&convolution)
        scratchCount = max(scratchCount, unsafe czeroskipping_scratch_count(&convolution))
      }
    }
    self.parts = parts
    self.scratchCount = scratchCount
    filters = try AlignedBuffer(count: filterCount)
    bias = try AlignedBuffer(count: result.vectors * result.lanes)
  }

  func arrange(_ values: [Float], turned: Bool) {
    let (outputs, inputs) = (geometry.outputChannels, geometry.inputChannels)
    let area = geometry.window.kernelHeight * geometry.window.kernelWidth
    precondition(
      values.count == area * inputs * outputs, "\(values.count) weights of \(inputs) to \(outputs) channels")
    let strides = (output: area * inputs, input: area)
    unsafe filters.floats.withPointer { filters in
      for part in parts {
        var convolution = part.convolution
        if turned {
          unsafe czeroskipping_arrange(
            &convolution, part.taps, values, inputs, outputs, strides.input, strides.output, filters + part.start)
        } else {
          unsafe czeroskipping_arrange(
            &convolution, part.taps, values, outputs, inputs, strides.output, strides.input, filters + part.start)
        }
      }
    }
  }

  @unsafe func callLoops(
    _ filters: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ sources: [UnsafePointer<Float>?],
    _ addends: [UnsafePointer<Float>?]?, _ destinations: [UnsafeMutablePointer<Float>?], rectified: Bool,
    _ scratch: UnsafeMutablePointer<Float>
  ) {
    for part in parts {
      var convolution = part.convolution
      unsafe czeroskipping_convolve(
        &convolution, part.taps, filters + part.start, bias, sources, addends, destinations, destinations.count,
        rectified, scratch)
    }
  }
}

/// Results along an axis that are made alike, each by the same elements of the filter.
private struct AxisWalk {
  struct Tap {
    var element: Int
    /// What it reads, from where the result's own filter starts.
    var place: Int
  }
  var taps: [Tap]
  /// The first result, how far it is to the next, and how many there are.
  var first: Int
  var resultStride: Int
  var count: Int
  /// In the source, from one result to the next.
  var sourceStride: Int
}

extension Window.Axis {
  /// - Parameter results: along the axis.
  fileprivate func walks(isGradient: Bool, results: Int) -> [AxisWalk] {
    guard isGradient else {
      let taps = (0..<kernel).map { AxisWalk.Tap(element: $0, place: $0 * dilation - paddingBefore) }
      return [AxisWalk(taps: taps, first: 0, resultStride: 1, count: results, sourceStride: stride)]
    }
    // Output o reads input o * stride + e * dilation - padding through element e, which goes back the same way.
    return (0..<min(stride, results)).map { phase in
      let taps = (0..<kernel).compactMap { element in
        let distance = phase + paddingBefore - element * dilation
        return distance % stride == 0 ? AxisWalk.Tap(element: element, place: distance / stride) : nil
      }
      return AxisWalk(
        taps: taps, first: phase, resultStride: stride, count: (results - phase + stride - 1) / stride, sourceStride: 1)
    }
  }
}

extension Window {
  /// Whether every result comes of one pixel.
  var isPointwise: Bool {
    [vertical, horizontal].allSatisfy { $0.kernel == 1 && $0.paddingBefore == 0 && $0.paddingAfter == 0 }
  }
}
