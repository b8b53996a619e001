import Graphs
import Support
import Tensors

/// Reads, folds and arranges weights once the kernels that need them are made: on all processors, since layouts have
/// to be decided one after the other, but weights need not. How many images are measured at a time does not matter here.
final class WeightsLoading {
  private var tasks: [@Sendable (OneDNNContext) throws(Problem) -> Void] = []

  /// - Parameter task: is given a context for the thread that it runs on.
  func add(_ task: @escaping @Sendable (OneDNNContext) throws(Problem) -> Void) { tasks.append(task) }

  /// - Throws: the `Problem` of the first task, in the order in which they were added, that has one.
  func run(_ context: OneDNNContext) throws(Problem) {
    _ = try concurrentMap(tasks) { (task) throws(Problem) in
      let own = try OneDNNContext(sharing: context)
      own.enterThread()
      try task(own)
    }
  }
}

/// A convolution's weights in the layout that a primitive wants.
struct ArrangedWeights: Sendable {
  private let buffer: AlignedBuffer
  private let extents: [Int]
  private let layout: OneDNNLayout

  init(_ convolution: ConvolutionGeometry, for primitive: OneDNNPrimitive) throws(Problem) {
    let window = convolution.window
    extents =
      (convolution.groups > 1 ? [convolution.groups] : []) + [
        convolution.outputChannels / convolution.groups, convolution.inputChannels / convolution.groups,
        window.kernelHeight, window.kernelWidth,
      ]
    layout = try primitive.layout(.weights)
    buffer = try AlignedBuffer(count: layout.count)
  }

  /// Floats that it takes, padding included.
  var count: Int { buffer.count }
  var floats: LentFloats {
    @_lifetime(borrow self) get { LentFloats(buffer, 0..<buffer.count, lentBy: self) }
  }

  /// - Parameter values: row-major: (output, input / groups, kernel height, kernel width).
  func fill(_ values: [Float], _ context: OneDNNContext) throws(Problem) {
    let reorder = try OneDNNReorder(from: OneDNNLayout(extents), to: layout, context: context)
    let scratch = try AlignedBuffer(count: reorder.scratchpadCount)
    try reorder.run(values.span, to: buffer.floats, context: context, scratchpad: scratch.floats)
  }
}
