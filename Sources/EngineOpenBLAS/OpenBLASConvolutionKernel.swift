import Graphs
import Support
import Tensors

/// A convolution as the product of its weights (output, input x kernel) with the matrix of the input's windows
/// (input x kernel, output height x output width); its transpose goes backwards. Filters of one channel each are
/// plain loops.
struct OpenBLASConvolutionKernel: PlainKernel {
  let valueCount: Int
  let scratchCount: Int
  private let weights: AlignedBuffer
  private let bias: [Float]
  private let convolution: ConvolutionGeometry
  private let patches: Patches
  private let hasReLU: Bool
  private let addsInput: Bool
  private let library: OpenBLASLibrary

  init(
    _ step: Program.Step, _ fused: FusedConvolution, _ folded: FoldedConvolution, _ inputShape: Shape,
    _ library: OpenBLASLibrary
  ) throws(Problem) {
    convolution = fused.geometry
    self.library = library
    addsInput = fused.addsInput
    hasReLU = step.hasReLU
    valueCount = step.shape.count
    patches = Patches(window: convolution.window, input: inputShape, output: step.shape)
    weights = try AlignedBuffer(copying: folded.weights)
    bias = folded.bias
    scratchCount = patches.isTheInputItself || convolution.isDepthwise ? 0 : patches.rows * patches.columns
  }

  func forward(inputs: [FloatPointer], output: FloatPointer, memory: KernelMemory) {
    let columns = patches.columns
    if convolution.isDepthwise {
      unsafe patches.filterEachChannel(inputs[0], weights: weights.pointer, to: output)
    } else {
      let matrix = unsafe patches.isTheInputItself ? inputs[0] : memory.scratch
      if !patches.isTheInputItself { unsafe patches.gather(inputs[0], to: matrix) }
      unsafe library.multiply(
        weights.pointer, by: matrix, rows: convolution.outputChannels, columns: columns, depth: patches.rows, to: output
      )
    }
    unsafe bias.withUnsafeBufferPointer { bias in
      for channel in 0..<convolution.outputChannels {
        let row = unsafe output + channel &* columns
        let value = unsafe bias[channel]
        for i in 0..<columns { unsafe row[i] += value }
      }
    }
    if addsInput {
      unsafe Elementwise.add(output, inputs[1], to: output, count: valueCount, rectified: hasReLU)
    } else if hasReLU {
      unsafe Elementwise.rectify(output, count: valueCount)
    }
  }

  func backward(
    input: Int, outputGradient: FloatPointer, inputGradient: FloatPointer, memory: KernelMemory
  ) {
    if input == 1 {
      unsafe inputGradient.update(from: outputGradient, count: valueCount)
      return
    }
    if convolution.isDepthwise {
      unsafe patches.spreadEachChannel(outputGradient, weights: weights.pointer, to: inputGradient)
      return
    }
    let columns = patches.columns
    let matrix = unsafe patches.isTheInputItself ? inputGradient : memory.scratch
    unsafe library.multiply(
      weights.pointer, isTransposed: true, by: outputGradient, rows: patches.rows, columns: columns,
      depth: convolution.outputChannels, to: matrix)
    if !patches.isTheInputItself { unsafe patches.scatter(matrix, to: inputGradient) }
  }
}

/// The windows of a map as a matrix: a row for each channel and kernel element, a column for each output element.
struct Patches: Sendable {
  private let window: Window
  private let channels: Int
  private let height: Int
  private let width: Int
  private let outputHeight: Int
  private let outputWidth: Int

  init(window: Window, input: Shape, output: Shape) {
    self.window = window
    channels = input[0]
    height = input[1]
    width = input[2]
    outputHeight = output[1]
    outputWidth = output[2]
  }

  var rows: Int { channels * window.kernelHeight * window.kernelWidth }
  var columns: Int { outputHeight * outputWidth }

  /// A 1 x 1 window at every element: the matrix is the map.
  var isTheInputItself: Bool {
    window.kernelHeight == 1 && window.kernelWidth == 1 && window.stride == 1 && window.paddingHeight == 0
      && window.paddingWidth == 0
  }

  /// The output columns x for which the input column x * stride - padding + offset lies in the map.
  private func validColumns(_ offset: Int) -> Range<Int> {
    let first = max(0, (window.paddingWidth - offset + window.stride - 1) / window.stride)
    let end = min(outputWidth, (width - 1 + window.paddingWidth - offset) / window.stride + 1)
    return offset > width - 1 + window.paddingWidth || end <= first ? 0..<0 : first..<end
  }

  /// im2col; what lies outside the map is 0.
  func gather(_ map: FloatPointer, to matrix: FloatPointer) {
    forEachRow { row, channel, ky, kx in
      let valid = validColumns(kx)
      for y in 0..<outputHeight {
        let target = unsafe matrix + (row &* columns &+ y &* outputWidth)
        let sourceY = y &* window.stride &- window.paddingHeight &+ ky
        guard sourceY >= 0, sourceY < height, !valid.isEmpty else {
          unsafe target.update(repeating: 0, count: outputWidth)
          continue
        }
        let source = unsafe map + ((channel &* height &+ sourceY) &* width &- window.paddingWidth &+ kx)
        for x in 0..<valid.lowerBound { unsafe target[x] = 0 }
        for x in valid { unsafe target[x] = unsafe source[x &* window.stride] }
        for x in valid.upperBound..<outputWidth { unsafe target[x] = 0 }
      }
    }
  }

  /// The transpose of `gather`: adds every matrix element to where it came from.
  func scatter(_ matrix: FloatPointer, to map: FloatPointer) {
    unsafe map.update(repeating: 0, count: channels * height * width)
    forEachRow { row, channel, ky, kx in
      let valid = validColumns(kx)
      guard !valid.isEmpty else { return }
      for y in 0..<outputHeight {
        let sourceY = y &* window.stride &- window.paddingHeight &+ ky
        guard sourceY >= 0, sourceY < height else { continue }
        let source = unsafe matrix + (row &* columns &+ y &* outputWidth)
        let target = unsafe map + ((channel &* height &+ sourceY) &* width &- window.paddingWidth &+ kx)
        for x in valid { unsafe target[x &* window.stride] += source[x] }
      }
    }
  }

  /// One filter per channel, weights (channels, kernel height, kernel width).
  func filterEachChannel(_ map: FloatPointer, weights: FloatPointer, to output: FloatPointer) {
    unsafe output.update(repeating: 0, count: channels * columns)
    forEachRow { row, channel, ky, kx in
      let valid = validColumns(kx)
      let weight = unsafe weights[row]
      for y in 0..<outputHeight {
        let sourceY = y &* window.stride &- window.paddingHeight &+ ky
        guard sourceY >= 0, sourceY < height else { continue }
        let source = unsafe map + ((channel &* height &+ sourceY) &* width &- window.paddingWidth &+ kx)
        let target = unsafe output + (channel &* columns &+ y &* outputWidth)
        for x in valid { unsafe target[x] += weight * source[x &* window.stride] }
      }
    }
  }

  /// The transpose of `filterEachChannel`.
  func spreadEachChannel(_ gradient: FloatPointer, weights: FloatPointer, to map: FloatPointer) {
    unsafe map.update(repeating: 0, count: channels * height * width)
    forEachRow { row, channel, ky, kx in
      let valid = validColumns(kx)
      let weight = unsafe weights[row]
      for y in 0..<outputHeight {
        let sourceY = y &* window.stride &- window.paddingHeight &+ ky
        guard sourceY >= 0, sourceY < height else { continue }
        let source = unsafe gradient + (channel &* columns &+ y &* outputWidth)
        let target = unsafe map + ((channel &* height &+ sourceY) &* width &- window.paddingWidth &+ kx)
        for x in valid { unsafe target[x &* window.stride] += weight * source[x] }
      }
    }
  }

  private func forEachRow(_ body: (_ row: Int, _ channel: Int, _ ky: Int, _ kx: Int) -> Void) {
    var row = 0
    for channel in 0..<channels {
      for ky in 0..<window.kernelHeight {
        for kx in 0..<window.kernelWidth {
          body(row, channel, ky, kx)
          row &+= 1
        }
      }
    }
  }
}
