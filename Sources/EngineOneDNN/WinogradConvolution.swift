import COneDNN
import CWinograd
import Graphs
import Support
import Tensors

/// A convolution of 3 x 3 filters at stride 1 by Winograd's algorithm: by loops of our own, see CWinograd.h. They take values
/// as they lie between oneDNN's convolutions, so that nothing is rearranged before or behind them.
///
/// It sums in another order than the direct convolution, as every other processor does too: `Documentation/Speed.md` has how
/// far gradients are from those of double precision either way.
struct WinogradConvolution: Sendable {
  let destination: OneDNNLayout
  let scratchCount: Int
  /// Floats of transformed filters.
  var filterCount: Int { filters.count }
  private let convolution: cwinograd_convolution
  private let geometry: ConvolutionGeometry
  private let filters: AlignedBuffer
  private let bias: AlignedBuffer

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
      source: order.layout, destination: result.layout)
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

  /// Called once, before anything is computed.
  /// - Parameters:
  ///   - values: row-major, (output, input, 3, 3), of this convolution, or of the one whose gradient it is.
  ///   - added: to each output channel; nothing where there are none.
  func fill(_ values: [Float], bias added: [Float] = [], turned: Bool) {
    let (outputs, inputs) = (geometry.outputChannels, geometry.inputChannels)
    var convolution = convolution
    let strides = turned ? (output: 9, input: 9 * outputs) : (output: 9 * inputs, input: 9)
    precondition(values.count == 9 * inputs * outputs, "\(values.count) weights of \(inputs) to \(outputs) channels")
    unsafe filters.floats.withPointer { filters in
      unsafe cwinograd_arrange(
        &convolution, values, outputs, inputs, strides.output, strides.input, turned, filters)
    }
    bias.floats.copy(added.span)
  }

  /// - Parameters:
  ///   - addends: in the layout of the destinations; may be these.
  ///   - rectified: whether a ReLU follows.
  func run(
    _ sources: LentParts, addends: LentParts? = nil, to destinations: LentParts, rectified: Bool = false,
    scratch: LentFloats
  ) {
    precondition(scratch.count >= scratchCount, "\(scratch.count) of \(scratchCount) floats of scratch memory")
    var convolution = convolution
    unsafe withPointers(filters.floats, bias.floats, scratch) { filters, bias, scratch in
      unsafe sources.withPointers { sources in
        unsafe destinations.withPointers { destinations in
          let from = unsafe sources.map { unsafe UnsafePointer($0) }
          guard let addends else {
            unsafe cwinograd_convolve(
              &convolution, filters, bias, from, nil, destinations, destinations.count, rectified, scratch)
            return
          }
          unsafe addends.withPointers { addends in
            unsafe cwinograd_convolve(
              &convolution, filters, bias, from, addends.map { unsafe UnsafePointer($0) }, destinations,
              destinations.count, rectified, scratch)
          }
        }
      }
    }
  }
}

/// How the loops find the vectors of a map's channels.
private struct VectorOrder {
  let order: ElementOrder
  let lanes: Int
  var vectors: Int { (order.shape[0] + lanes - 1) / lanes }

  /// Channels in blocks of a vector, or all beside each other.
  var layout: cwinograd_layout {
    let (channels, height, width) = (order.shape[0], order.shape[1], order.shape[2])
    let isBlocked = order.block == lanes
    return cwinograd_layout(
      vector: isBlocked ? height * width * lanes : lanes, row: width * order.block, column: order.block,
      last: isBlocked ? lanes : channels - (vectors - 1) * lanes)
  }

  /// The same order of another map.
  func with(_ shape: Shape) -> VectorOrder {
    VectorOrder(order: ElementOrder(shape, block: order.block == lanes ? lanes : shape[0]), lanes: lanes)
  }
}

extension OneDNNLayout {
  /// Nil for an order, or on a processor, that there are no loops for.
  fileprivate func vectorOrder(of shape: Shape) -> VectorOrder? {
    guard shape.rank == 3, let block = channelBlock else { return nil }
    // oneDNN's own choice of instructions, which the environment may have narrowed, is that of the blocks' width.
    let widths = OneDNNEngine.instructionSet.hasPrefix("AVX-512") ? [16, 8] : [8]
    let lanes =
      block == shape[0] && !widths.contains(block)
      ? widths.first { cwinograd_has_lanes($0) } : widths.first { block == $0 && cwinograd_has_lanes($0) }
    return lanes.map { VectorOrder(order: ElementOrder(shape, block: block), lanes: $0) }
  }
}
