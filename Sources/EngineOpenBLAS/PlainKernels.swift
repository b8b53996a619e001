import Graphs
import Support
import Tensors
import Weights

/// The image, a ReLU of its own, a sum of its own.
struct PlainPassKernel: PlainKernel {
  enum Kind: Sendable {
    case image
    case rectify
    case add
  }

  let valueCount: Int
  private let kind: Kind
  private let hasReLU: Bool

  init(_ kind: Kind, _ step: Program.Step) {
    self.kind = kind
    hasReLU = step.hasReLU
    valueCount = step.shape.count
  }

  func forward(inputs: LentParts, output: LentFloats, memory: KernelMemory) {
    switch kind {
    case .image: break
    case .rectify: Elementwise.rectify(inputs[0], to: output)
    case .add: Elementwise.add(inputs[0], inputs[1], to: output, rectified: hasReLU)
    }
  }

  func backward(
    input: Int, outputGradient: LentFloats, inputGradient: LentFloats, memory: KernelMemory
  ) {
    inputGradient.copy(outputGradient, count: valueCount)
  }
}

/// Row-major maps joined along channels simply follow each other.
struct PlainConcatenationKernel: PlainKernel {
  let valueCount: Int
  private let counts: [Int]
  private let offsets: [Int]

  init(_ step: Program.Step, _ inputShapes: [Shape]) {
    valueCount = step.shape.count
    counts = inputShapes.map(\.count)
    var offsets: [Int] = []
    var start = 0
    for count in counts {
      offsets.append(start)
      start += count
    }
    self.offsets = offsets
  }

  func forward(inputs: LentParts, output: LentFloats, memory: KernelMemory) {
    for index in 0..<inputs.count { output.part(from: offsets[index]).copy(inputs[index], count: counts[index]) }
  }

  func backward(
    input: Int, outputGradient: LentFloats, inputGradient: LentFloats, memory: KernelMemory
  ) {
    inputGradient.copy(outputGradient.part(from: offsets[input]), count: counts[input])
  }
}

/// Maximum and average pooling by loops over the windows.
struct PlainPoolingKernel: PlainKernel {
  let valueCount: Int
  private let pooling: Pooling
  private let input: Shape
  private let output: Shape

  init(_ step: Program.Step, _ pooling: Pooling, _ input: Shape) {
    self.pooling = pooling
    self.input = input
    output = step.shape
    valueCount = step.shape.count
  }

  /// Of a maximum: the index of its first place in the input, for each output element, as the bits of a float.
  var workspaceBytes: Int { pooling.kind == .maximum ? valueCount * MemoryLayout<Int32>.stride : 0 }

  func forward(inputs: LentParts, output: LentFloats, memory: KernelMemory) {
    let source = unsafe inputs[0].span
    var output = unsafe output.mutableSpan
    let width = input[2]
    let area = Float(pooling.window.kernelHeight * pooling.window.kernelWidth)
    forEachWindow { target, start, rows, columns in
      if pooling.kind == .maximum {
        var best = start &+ rows.lowerBound &* width &+ columns.lowerBound
        for y in rows {
          for x in columns {
            let place = start &+ y &* width &+ x
            if source[place] > source[best] || source[place].isNaN { best = place }
          }
        }
        output[target] = source[best]
        memory.workspace?[target] = Float(bitPattern: UInt32(best))
      } else {
        var sum: Float = 0
        for y in rows { for x in columns { sum += source[start &+ y &* width &+ x] } }
        output[target] = sum / area
      }
    }
  }

  func backward(
    input index: Int, outputGradient: LentFloats, inputGradient: LentFloats, memory: KernelMemory
  ) {
    let width = input[2]
    let area = Float(pooling.window.kernelHeight * pooling.window.kernelWidth)
    inputGradient.clear()
    let outputGradient = unsafe outputGradient.span
    var inputGradient = unsafe inputGradient.mutableSpan
    forEachWindow { target, start, rows, columns in
      if pooling.kind == .maximum {
        if let places = memory.workspace { inputGradient[Int(places[target].bitPattern)] += outputGradient[target] }
      } else {
        let share = outputGradient[target] / area
        for y in rows { for x in columns { inputGradient[start &+ y &* width &+ x] += share } }
      }
    }
  }

  /// - Parameter body: takes the output's index, the start of the input's channel, and the rows and columns of the
  ///   window that lie in the map.
  private func forEachWindow(_ body: (Int, Int, Range<Int>, Range<Int>) -> Void) {
    let window = pooling.window
    let height = input[1]
    let width = input[2]
    var target = 0
    for channel in 0..<output[0] {
      for y in 0..<output[1] {
        let top = y * window.stride - window.paddingHeight
        let rows = max(0, top)..<min(height, top + window.kernelHeight)
        for x in 0..<output[2] {
          let left = x * window.stride - window.paddingWidth
          let columns = max(0, left)..<min(width, left + window.kernelWidth)
          body(target, channel &* height &* width, rows, columns)
          target &+= 1
        }
      }
    }
  }
}

struct PlainAdaptivePoolingKernel: PlainKernel {
  let valueCount: Int
  private let windows: AdaptiveWindows

  init(_ step: Program.Step, _ input: Shape) {
    valueCount = step.shape.count
    windows = AdaptiveWindows(input: input, output: step.shape)
  }

  func forward(inputs: LentParts, output: LentFloats, memory: KernelMemory) {
    windows.average(inputs[0], to: output)
  }

  func backward(
    input: Int, outputGradient: LentFloats, inputGradient: LentFloats, memory: KernelMemory
  ) {
    windows.spread(outputGradient, to: inputGradient)
  }
}

/// A fully connected layer as a matrix-vector product.
struct OpenBLASLinearKernel: PlainKernel {
  let valueCount: Int
  private let weights: AlignedBuffer
  private let bias: AlignedBuffer
  private let linear: Linear
  private let hasReLU: Bool

  private let library: OpenBLASLibrary

  init(
    _ step: Program.Step, _ linear: Linear, _ tensors: any NamedTensors, _ library: OpenBLASLibrary
  ) throws(Problem) {
    self.linear = linear
    self.library = library
    hasReLU = step.hasReLU
    valueCount = linear.outputFeatures
    weights = try tensors.finiteBuffer(linear.weights.name)
    if let handle = linear.bias {
      bias = try tensors.finiteBuffer(handle.name)
    } else {
      bias = try AlignedBuffer(count: linear.outputFeatures)
    }
  }

  func forward(inputs: LentParts, output: LentFloats, memory: KernelMemory) {
    output.copy(bias.floats, count: valueCount)
    library.multiply(
      weights.floats, byVector: inputs[0], rows: linear.outputFeatures, columns: linear.inputFeatures, addingShare: 1,
      to: output)
    if hasReLU { Elementwise.rectify(output) }
  }

  func backward(
    input: Int, outputGradient: LentFloats, inputGradient: LentFloats, memory: KernelMemory
  ) {
    library.multiply(
      weights.floats, isTransposed: true, byVector: outputGradient, rows: linear.outputFeatures,
      columns: linear.inputFeatures, addingShare: 0, to: inputGradient)
  }
}
