import CConvolutions
import Graphs
import Support
import Tensors

/// A convolution of 1 x 1 filters, or the gradient of one, that passes over zeros: see CPointwise.h. Behind a ReLU, and on the way
/// back through one, about half of all values are 0.
///
/// Every sum runs over the input channels in their order, whatever the processor's vectors and oneDNN's version.
struct PointwiseConvolution: LoopConvolution {
  let destination: OneDNNLayout
  let scratchCount: Int
  let filters: AlignedBuffer
  let bias: AlignedBuffer
  private let convolution: cpointwise_convolution
  private let geometry: ConvolutionGeometry
  /// Whether the loops write every element of the destination: not where this is the gradient of a convolution that leaves
  /// out rows or columns.
  private let writesAll: Bool

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
    let (rows, columns) = (geometry.window.vertical, geometry.window.horizontal)
    guard rows.isPointwise, columns.isPointwise, geometry.groups == 1,
      (isGradient ? input : output)[0] >= 64,
      let order = source.vectorOrder(of: isGradient ? output : input)
    else { return nil }
    let result = order.with(isGradient ? input : output)
    self.geometry = geometry
    writesAll = !isGradient || (rows.stride == 1 && columns.stride == 1)
    destination = try OneDNNLayout(result.order)
    convolution = cpointwise_convolution(
      lanes: order.lanes, inputs: order.vectors, outputs: result.vectors, height: output[1], width: output[2],
      source: isGradient ? order.layout() : order.layout(every: rows.stride, columns.stride),
      destination: isGradient ? result.layout(every: rows.stride, columns.stride) : result.layout())
    var convolution = convolution
    filters = try AlignedBuffer(count: unsafe cpointwise_filter_count(&convolution))
    bias = try AlignedBuffer(count: result.vectors * result.lanes)
    scratchCount = unsafe cpointwise_scratch_count(&convolution)
  }

  func arrange(_ values: [Float], turned: Bool) {
    let (outputs, inputs) = (geometry.outputChannels, geometry.inputChannels)
    precondition(values.count == inputs * outputs, "\(values.count) weights of \(inputs) to \(outputs) channels")
    var convolution = convolution
    unsafe filters.floats.withPointer { filters in
      if turned {
        unsafe cpointwise_arrange(&convolution, values, inputs, outputs, 1, inputs, filters)
      } else {
        unsafe cpointwise_arrange(&convolution, values, outputs, inputs, inputs, 1, filters)
      }
    }
  }

  func run(
    _ sources: LentParts, addends: LentParts?, to destinations: LentParts, rectified: Bool, scratch: LentFloats
  ) {
    guard !writesAll else {
      convolve(sources, addends: addends, to: destinations, rectified: rectified, scratch: scratch)
      return
    }
    for image in 0..<destinations.count {
      let result = destinations[image]
      if let addends {
        result.copy(addends[image], count: destination.count)
      } else {
        result.clear()
      }
    }
    convolve(sources, addends: destinations, to: destinations, rectified: rectified, scratch: scratch)
  }

  @unsafe func callLoops(
    _ filters: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ sources: [UnsafePointer<Float>?],
    _ addends: [UnsafePointer<Float>?]?, _ destinations: [UnsafeMutablePointer<Float>?], rectified: Bool,
    _ scratch: UnsafeMutablePointer<Float>
  ) {
    var convolution = convolution
    unsafe cpointwise_convolve(
      &convolution, filters, bias, sources, addends, destinations, destinations.count, rectified, scratch)
  }
}

extension Window.Axis {
  fileprivate var isPointwise: Bool { kernel == 1 && paddingBefore == 0 && paddingAfter == 0 }
}
