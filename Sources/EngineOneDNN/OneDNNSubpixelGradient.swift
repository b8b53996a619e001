import COneDNN
import Graphs
import Support
import Tensors

/// The gradient of a convolution of stride 2 over few channels with respect to its input: a network's first layer.
///
/// Input places of one parity are reached by every second element of the filter only. So the gradients at the four
/// parities of rows and columns are four times as many channels of one convolution of stride 1, of the output's gradient
/// with filters of half the extent, and are then put side by side: the sub-pixel convolution of Shi et al. (CVPR 2016),
/// with the filters of the network. Vector units are full where oneDNN's backward convolution has 3 lanes to fill.
struct OneDNNSubpixelGradient: ConvolutionGradient {
  let scratchCount: Int
  private let convolution: ConvolutionGeometry
  private let rows: Axis
  private let columns: Axis
  private let primitive: OneDNNPrimitive
  private let weights: ArrangedWeights
  private let bias: AlignedBuffer
  private let enter: OneDNNReorder
  /// To row-major.
  private let unpack: OneDNNReorder
  private let leave: OneDNNReorder
  /// Floats of scratch for the rearranged output gradient, the convolution's result, that row-major, and the input's
  /// gradient row-major.
  private let counts: [Int]

  /// One axis of the map. The input place y, the element k of the filter and the output place o belong together where
  /// y + padding = 2 o + k; with y + padding = 2 m + parity and k = 2 j + parity, that is o = m - j.
  private struct Axis: Sendable {
    let extent: Int
    let padding: Int
    let kernel: Int
    /// The least m.
    let first: Int
    /// How many m there are.
    let count: Int
    /// How many j there are, for the parity that has more.
    let taps: Int

    init(extent: Int, kernel: Int, padding: Int) {
      self.extent = extent
      self.kernel = kernel
      self.padding = padding
      first = padding / 2
      count = (extent - 1 + padding) / 2 - first + 1
      taps = (kernel + 1) / 2
    }

    /// Before the output's gradient, so that the convolution's place 0 is m = first.
    var paddingBefore: Int { taps - 1 - first }
    /// Behind `output` places of it.
    func paddingBehind(output: Int) -> Int { count + first - output }

    /// Of the convolution.
    func window(output: Int) -> Window.Axis {
      Window.Axis(kernel: taps, paddingBefore: paddingBefore, paddingAfter: paddingBehind(output: output))
    }
  }

  /// Nil for other convolutions than those of stride 2 over at most 4 channels.
  init?(
    _ name: String, _ convolution: ConvolutionGeometry, from inputShape: Shape, to outputShape: Shape,
    input: OneDNNLayout,
    output: OneDNNLayout, _ context: OneDNNContext
  ) throws(Problem) {
    let window = convolution.window
    guard [window.vertical, window.horizontal].allSatisfy({ $0.stride == 2 && $0.dilation == 1 }),
      convolution.groups == 1, convolution.inputChannels <= 4
    else { return nil }
    rows = Axis(extent: inputShape[1], kernel: window.kernelHeight, padding: window.vertical.paddingBefore)
    columns = Axis(extent: inputShape[2], kernel: window.kernelWidth, padding: window.horizontal.paddingBefore)
    guard min(rows.paddingBefore, columns.paddingBefore) >= 0, rows.paddingBehind(output: outputShape[1]) >= 0,
      columns.paddingBehind(output: outputShape[2]) >= 0
    else { return nil }
    self.convolution = convolution
    var subpixel = convolution
    subpixel.inputChannels = convolution.outputChannels
    subpixel.outputChannels = 4 * convolution.inputChannels
    subpixel.window = Window(
      vertical: rows.window(output: outputShape[1]), horizontal: columns.window(output: outputShape[2]))
    let shape: Shape = [subpixel.outputChannels, rows.count, columns.count]
    primitive = try OneDNNPrimitive.convolution(
      "propagate through \(name)", cdnn_convolution(subpixel, from: outputShape, to: shape), context)
    weights = try ArrangedWeights(subpixel, for: primitive)
    bias = try AlignedBuffer(count: subpixel.outputChannels)
    let entering = try primitive.layout(.source)
    let result = try primitive.layout(.destination)
    enter = try OneDNNReorder(from: output, to: entering, context: context)
    unpack = try OneDNNReorder(from: result, to: OneDNNLayout(shape.batchExtents), context: context)
    leave = try OneDNNReorder(from: OneDNNLayout(inputShape.batchExtents), to: input, context: context)
    counts = [entering.count, result.count, shape.count, inputShape.count].map(\.paddedToCacheLine)
    scratchCount =
      counts.reduce(0, +)
      + [primitive.scratchpadCount, enter.scratchpadCount, unpack.scratchpadCount, leave.scratchpadCount].reduce(0, max)
  }

  func fill(_ values: [Float], _ context: OneDNNContext) throws(Problem) {
    let inputs = convolution.inputChannels
    let outputs = convolution.outputChannels
    var split = [Float](repeating: 0, count: 4 * inputs * outputs * rows.taps * columns.taps)
    for output in 0..<outputs {
      for input in 0..<inputs {
        for y in 0..<rows.kernel {
          for x in 0..<columns.kernel {
            let channel = 4 * input + 2 * (y % 2) + x % 2
            // A convolution's elements count upwards where j counts downwards.
            let row = rows.taps - 1 - y / 2
            let column = columns.taps - 1 - x / 2
            split[((channel * outputs + output) * rows.taps + row) * columns.taps + column] =
              values[((output * inputs + input) * rows.kernel + y) * columns.kernel + x]
          }
        }
      }
    }
    try weights.fill(split, context)
  }

  var adds: Bool { false }

  func run(
    outputGradient: LentFloats, addend: LentFloats?, inputGradient: LentFloats, memory: KernelMemory
  ) throws(Problem) {
    let context = try memory.oneDNN()
    let entering = memory.scratch
    let result = entering.part(from: counts[0])
    let plain = result.part(from: counts[1])
    let joined = plain.part(from: counts[2])
    let scratchpad = joined.part(from: counts[3])
    try enter.run(outputGradient, to: entering, context: context, scratchpad: scratchpad)
    try primitive.run(
      on: context, source: entering, weights: weights.floats, bias: bias.floats, destination: result,
      scratchpad: scratchpad)
    try unpack.run(result, to: plain, context: context, scratchpad: scratchpad)
    join(plain.part(0..<counts[2]), to: joined.part(0..<counts[3]))
    try leave.run(joined, to: inputGradient, context: context, scratchpad: scratchpad)
  }

  /// (channels 2 2, m, m) to (channels, height, width).
  private func join(_ parts: LentFloats, to whole: LentFloats) {
    let parts = unsafe parts.span
    var whole = unsafe whole.mutableSpan
    for channel in 0..<convolution.inputChannels {
      for y in 0..<rows.extent {
        let row = y + rows.padding
        let target = (channel * rows.extent + y) * columns.extent
        for parity in 0..<2 {
          let part = 4 * channel + 2 * (row % 2) + parity
          let source = (part * rows.count + row / 2 - rows.first) * columns.count
          var x = (parity + columns.padding) % 2
          while x < columns.extent {
            whole[target &+ x] = parts[source &+ (x &+ columns.padding) / 2 &- columns.first]
            x &+= 2
          }
        }
      }
    }
  }
}
