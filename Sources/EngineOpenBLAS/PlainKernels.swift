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

  func forward(inputs: [FloatPointer], output: FloatPointer, memory: KernelMemory) {
    switch kind {
    case .image: break
    case .rectify: unsafe Elementwise.rectify(inputs[0], to: output, count: valueCount)
    case .add: unsafe Elementwise.add(inputs[0], inputs[1], to: output, count: valueCount, rectified: hasReLU)
    }
  }

  func backward(
    input: Int, outputGradient: FloatPointer, inputGradient: FloatPointer, memory: KernelMemory
  ) {
    unsafe inputGradient.update(from: outputGradient, count: valueCount)
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

  func forward(inputs: [FloatPointer], output: FloatPointer, memory: KernelMemory) {
    for unsafe(index, input) in unsafe inputs.enumerated() {
      unsafe (output + offsets[index]).update(from: input, count: counts[index])
    }
  }

  func backward(
    input: Int, outputGradient: FloatPointer, inputGradient: FloatPointer, memory: KernelMemory
  ) {
    unsafe inputGradient.update(from: outputGradient + offsets[input], count: counts[input])
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

  /// Of a maximum: the index of its first place in the input, for each output element.
  var workspaceBytes: Int { pooling.kind == .maximum ? valueCount * MemoryLayout<Int32>.stride : 0 }

  private func places(_ memory: KernelMemory) -> UnsafeMutablePointer<Int32>? {
    unsafe memory.workspace?.assumingMemoryBound(to: Int32.self)
  }

  func forward(inputs: [FloatPointer], output: FloatPointer, memory: KernelMemory) {
    let source = unsafe inputs[0]
    let area = Float(pooling.window.kernelHeight * pooling.window.kernelWidth)
    let places = unsafe places(memory)
    forEachWindow { target, start, rows, columns in
      if pooling.kind == .maximum {
        var best = start &+ rows.lowerBound &* input[2] &+ columns.lowerBound
        for y in rows {
          for x in columns {
            let place = start &+ y &* input[2] &+ x
            if unsafe source[place] > source[best] || source[place].isNaN { best = place }
          }
        }
        unsafe output[target] = unsafe source[best]
        unsafe places?[target] = Int32(best)
      } else {
        var sum: Float = 0
        for y in rows { for x in columns { unsafe sum += source[start &+ y &* input[2] &+ x] } }
        unsafe output[target] = sum / area
      }
    }
  }

  func backward(
    input index: Int, outputGradient: FloatPointer, inputGradient: FloatPointer, memory: KernelMemory
  ) {
    let area = Float(pooling.window.kernelHeight * pooling.window.kernelWidth)
    let places = unsafe places(memory)
    unsafe inputGradient.update(repeating: 0, count: input.count)
    forEachWindow { target, start, rows, columns in
      if pooling.kind == .maximum {
        if let places = unsafe places { unsafe inputGradient[Int(places[target])] += outputGradient[target] }
      } else {
        let share = unsafe outputGradient[target] / area
        for y in rows { for x in columns { unsafe inputGradient[start &+ y &* input[2] &+ x] += share } }
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

  func forward(inputs: [FloatPointer], output: FloatPointer, memory: KernelMemory) {
    unsafe windows.average(inputs[0], to: output)
  }

  func backward(
    input: Int, outputGradient: FloatPointer, inputGradient: FloatPointer, memory: KernelMemory
  ) {
    unsafe windows.spread(outputGradient, to: inputGradient)
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

  func forward(inputs: [FloatPointer], output: FloatPointer, memory: KernelMemory) {
    unsafe output.update(from: bias.pointer, count: valueCount)
    unsafe library.multiply(
      weights.pointer, byVector: inputs[0], rows: linear.outputFeatures, columns: linear.inputFeatures, addingShare: 1,
      to: output)
    if hasReLU { unsafe Elementwise.rectify(output, count: valueCount) }
  }

  func backward(
    input: Int, outputGradient: FloatPointer, inputGradient: FloatPointer, memory: KernelMemory
  ) {
    unsafe library.multiply(
      weights.pointer, isTransposed: true, byVector: outputGradient, rows: linear.outputFeatures,
      columns: linear.inputFeatures, addingShare: 0, to: inputGradient)
  }
}
