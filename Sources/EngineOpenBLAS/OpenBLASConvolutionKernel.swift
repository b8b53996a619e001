import Graphs
import Support
import Tensors

/// A convolution as the product of its weights (output, input x kernel) with the matrix of the input's windows
/// (input x kernel, output height x output width), group by group; its transpose goes backwards. Filters of one channel each
/// are plain loops.
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

  func forward(inputs: LentParts, output: LentFloats, memory: KernelMemory) {
    let columns = patches.columns
    if convolution.isDepthwise {
      patches.filterEachChannel(inputs[0], weights: weights.floats, to: output)
    } else {
      let matrix = patches.isTheInputItself ? inputs[0] : memory.scratch.part(0..<scratchCount)
      if !patches.isTheInputItself { patches.gather(inputs[0], to: matrix) }
      forEachGroup { group in
        library.multiply(
          weights.floats.part(group.weights), by: matrix.part(group.matrix), rows: group.outputs, columns: columns,
          depth: group.depth, to: output.part(group.output))
      }
    }
    for channel in 0..<convolution.outputChannels {
      var row = unsafe output.part(channel * columns..<(channel + 1) * columns).mutableSpan
      let value = bias[channel]
      for i in row.indices { row[i] += value }
    }
    if addsInput {
      Elementwise.accumulate(inputs[1], into: output, rectified: hasReLU)
    } else if hasReLU {
      Elementwise.rectify(output)
    }
  }

  func backward(
    input: Int, outputGradient: LentFloats, inputGradient: LentFloats, memory: KernelMemory
  ) {
    if input == 1 {
      inputGradient.copy(outputGradient, count: valueCount)
      return
    }
    if convolution.isDepthwise {
      patches.spreadEachChannel(outputGradient, weights: weights.floats, to: inputGradient)
      return
    }
    let columns = patches.columns
    let matrix = patches.isTheInputItself ? inputGradient : memory.scratch.part(0..<scratchCount)
    forEachGroup { group in
      library.multiply(
        weights.floats.part(group.weights), isTransposed: true, by: outputGradient.part(group.output),
        rows: group.depth, columns: columns, depth: group.outputs, to: matrix.part(group.matrix))
    }
    if !patches.isTheInputItself { patches.scatter(matrix, to: inputGradient) }
  }
}

extension OpenBLASConvolutionKernel {
  /// A product of its own: filters that see some of the input channels alone.
  private struct Group {
    let outputs: Int
    /// Rows of the matrix.
    let depth: Int
    let weights: Range<Int>
    let matrix: Range<Int>
    let output: Range<Int>
  }

  private func forEachGroup(_ body: (Group) -> Void) {
    let outputs = convolution.outputChannels / convolution.groups
    let depth = patches.rows / convolution.groups
    func part(_ group: Int, _ count: Int) -> Range<Int> { group * count..<(group + 1) * count }
    for group in 0..<convolution.groups {
      body(
        Group(
          outputs: outputs, depth: depth, weights: part(group, outputs * depth),
          matrix: part(group, depth * patches.columns), output: part(group, outputs * patches.columns)))
    }
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
    [window.vertical, window.horizontal].allSatisfy {
      $0.kernel == 1 && $0.stride == 1 && $0.paddingBefore == 0 && $0.paddingAfter == 0
    }
  }

  /// The output columns x for which the input column x * stride - padding + kx * dilation lies in the map.
  private func validColumns(_ kx: Int) -> Range<Int> {
    let axis = window.horizontal
    let offset = kx * axis.dilation
    let first = max(0, (axis.paddingBefore - offset + axis.stride - 1) / axis.stride)
    let end = min(outputWidth, (width - 1 + axis.paddingBefore - offset) / axis.stride + 1)
    return offset > width - 1 + axis.paddingBefore || end <= first ? 0..<0 : first..<end
  }

  /// The input row that the element ky of the kernel sees at the output row y; it may lie outside of the map.
  private func sourceRow(_ y: Int, _ ky: Int) -> Int {
    let axis = window.vertical
    return y &* axis.stride &- axis.paddingBefore &+ ky &* axis.dilation
  }

  /// From the start of a row of the map to the column that the element kx of the kernel sees at the output column 0.
  private func sourceColumn(_ kx: Int) -> Int { kx &* window.horizontal.dilation &- window.horizontal.paddingBefore }

  /// im2col; what lies outside the map is 0. Lines are short: what is checked for each of them took twice as long.
  func gather(_ map: LentFloats, to matrix: LentFloats) {
    precondition(map.count >= channels * height * width && matrix.count >= rows * columns)
    unsafe withPointers(map, matrix) { map, matrix in
      forEachRow { row, channel, ky, kx in
        let valid = validColumns(kx)
        let stride = window.horizontal.stride
        for y in 0..<outputHeight {
          let target = unsafe matrix + (row &* columns &+ y &* outputWidth)
          let sourceY = sourceRow(y, ky)
          guard sourceY >= 0, sourceY < height, !valid.isEmpty else {
            unsafe target.update(repeating: 0, count: outputWidth)
            continue
          }
          let source = unsafe map + ((channel &* height &+ sourceY) &* width &+ sourceColumn(kx))
          for x in 0..<valid.lowerBound { unsafe target[x] = 0 }
          for x in valid { unsafe target[x] = unsafe source[x &* stride] }
          for x in valid.upperBound..<outputWidth { unsafe target[x] = 0 }
        }
      }
    }
  }

  /// The transpose of `gather`: adds every matrix element to where it came from.
  func scatter(_ matrix: LentFloats, to map: LentFloats) {
    map.clear()
    let matrix = unsafe matrix.span
    var map = unsafe map.mutableSpan
    forEachLine { line in
      let start = line.matrix.lowerBound
      add(
        matrix.extracting(start + line.valid.lowerBound..<start + line.valid.upperBound), times: 1, to: &map,
        at: line.map)
    }
  }

  /// One filter per channel, weights (channels, kernel height, kernel width).
  func filterEachChannel(_ map: LentFloats, weights: LentFloats, to output: LentFloats) {
    output.clear()
    let map = unsafe map.span
    let weights = unsafe weights.span
    var output = unsafe output.mutableSpan
    forEachLine { line in
      let source = map.extracting(line.map)
      let weight = weights[line.row]
      let start = line.output.lowerBound + line.valid.lowerBound
      // Compared once, so that the loops need fewer checks.
      precondition(start + line.valid.count <= output.count)
      let stride = window.horizontal.stride
      if stride == 1 {
        for i in source.indices { output[start &+ i] += weight * source[i] }
      } else {
        for i in 0..<line.valid.count { output[start &+ i] += weight * source[i &* stride] }
      }
    }
  }

  /// The transpose of `filterEachChannel`.
  func spreadEachChannel(_ gradient: LentFloats, weights: LentFloats, to map: LentFloats) {
    map.clear()
    let gradient = unsafe gradient.span
    let weights = unsafe weights.span
    var map = unsafe map.mutableSpan
    forEachLine { line in
      let start = line.output.lowerBound
      add(
        gradient.extracting(start + line.valid.lowerBound..<start + line.valid.upperBound), times: weights[line.row],
        to: &map, at: line.map)
    }
  }

  /// map[place + i stride] += factor source[i]
  private func add(
    _ source: Span<Float>, times factor: Float, to map: inout MutableSpan<Float>, at place: Range<Int>
  ) {
    let start = place.lowerBound
    // Compared once, so that the loop of stride 1 needs no checks and becomes vector code.
    precondition(place.upperBound <= map.count && start >= 0)
    let stride = window.horizontal.stride
    if stride == 1 {
      precondition(source.count == place.count)
      for i in source.indices { map[start &+ i] += factor * source[i] }
    } else {
      for i in source.indices { map[start &+ i &* stride] += factor * source[i] }
    }
  }

  /// What one element of a kernel does for one line of the output.
  private struct Line {
    /// Of the matrix.
    let row: Int
    /// The line of that row, in the matrix.
    let matrix: Range<Int>
    /// The line of the channel's output, where every channel has a filter of its own.
    let output: Range<Int>
    /// The places of the line for which there is an element of the map.
    let valid: Range<Int>
    /// These elements, from the first to the last.
    let map: Range<Int>
  }

  private func forEachLine(_ body: (Line) -> Void) {
    forEachRow { row, channel, ky, kx in
      let columns = validColumns(kx)
      for y in 0..<outputHeight {
        let sourceY = sourceRow(y, ky)
        let valid = sourceY >= 0 && sourceY < height ? columns : 0..<0
        let start = (channel * height + sourceY) * width + sourceColumn(kx)
        let stride = window.horizontal.stride
        let first = start + valid.lowerBound * stride
        body(
          Line(
            row: row, matrix: line(row, y), output: line(channel, y), valid: valid,
            map: valid.isEmpty ? 0..<0 : first..<first + (valid.count - 1) * stride + 1))
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

  private func line(_ row: Int, _ y: Int) -> Range<Int> {
    let start = row * columns + y * outputWidth
    return start..<start + outputWidth
  }
}
