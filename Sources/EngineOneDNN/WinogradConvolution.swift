import CConvolutions
import Graphs
import Support
import Tensors

/// A convolution of 3 x 3 filters at stride 1 by Winograd's algorithm: see CWinograd.h.
///
/// It sums in another order than the direct convolution, as every other processor does too: `Documentation/Speed.md` has how
/// far gradients are from those of double precision either way.
struct WinogradConvolution: LoopConvolution {
  let destination: OneDNNLayout
  let scratchCount: Int
  let filters: AlignedBuffer
  let bias: AlignedBuffer
  private let convolution: cwinograd_convolution
  private let geometry: ConvolutionGeometry

  /// Nil where the direct convolution is better, or values lie in an order that the loops do not take.
  /// - Parameters:
  ///   - input: of the map that is convolved, as is `source`.
  ///   - output: of the result.
  init?(_ geometry: ConvolutionGeometry, from input: Shape, to output: Shape, source: OneDNNLayout) throws(Problem) {
    guard WinogradConvolution.suits(geometry, output), let order = source.vectorOrder(of: input) else { return nil }
    let result = order.with(output)
    self.geometry = geometry
    destination = try OneDNNLayout(result.order)
    let window = geometry.window
    convolution = cwinograd_convolution(
      lanes: order.lanes, tile: WinogradConvolution.tile(output), inputs: order.vectors, outputs: result.vectors,
      height: input[1], width: input[2], padding_above: window.vertical.paddingBefore,
      padding_left: window.horizontal.paddingBefore, result_height: output[1], result_width: output[2],
      source: order.layout(), destination: result.layout())
    var convolution = convolution
    filters = try AlignedBuffer(count: unsafe cwinograd_filter_count(&convolution))
    bias = try AlignedBuffer(count: result.vectors * result.lanes)
    scratchCount = unsafe cwinograd_scratch_count(&convolution)
  }

  /// Few channels leave too little between the transformations, as does a map of which a square is most.
  private static func suits(_ convolution: ConvolutionGeometry, _ output: Shape) -> Bool {
    let window = convolution.window
    return [window.vertical, window.horizontal].allSatisfy { axis in
      axis.kernel == 3 && axis.stride == 1 && axis.dilation == 1 && max(axis.paddingBefore, axis.paddingAfter) <= 2
    } && convolution.groups == 1 && min(convolution.inputChannels, convolution.outputChannels) >= 32
      && min(output[1], output[2]) >= 4
  }

  /// Small maps waste much of a square of 4 x 4, and too few squares share its filters, four times as large as they were.
  private static func tile(_ output: Shape) -> Int { min(output[1], output[2]) >= 20 ? 4 : 2 }

  func arrange(_ values: [Float], turned: Bool) {
    let (outputs, inputs) = (geometry.outputChannels, geometry.inputChannels)
    var convolution = convolution
    let strides = turned ? (output: 9, input: 9 * outputs) : (output: 9 * inputs, input: 9)
    precondition(values.count == 9 * inputs * outputs, "\(values.count) weights of \(inputs) to \(outputs) channels")
    unsafe filters.floats.withPointer { filters in
      unsafe cwinograd_arrange(
        &convolution, values, outputs, inputs, strides.output, strides.input, turned, filters)
    }
  }

  @unsafe func callLoops(
    _ filters: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ sources: [UnsafePointer<Float>?],
    _ addends: [UnsafePointer<Float>?]?, _ destinations: [UnsafeMutablePointer<Float>?], rectified: Bool,
    _ scratch: UnsafeMutablePointer<Float>
  ) {
    var convolution = convolution
    unsafe cwinograd_convolve(
      &convolution, filters, bias, sources, addends, destinations, destinations.count, rectified, scratch)
  }
}
