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

  func handsOn(input: Int) -> Bool { true }
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
  private let windows: PoolingWindows

  init(_ step: Program.Step, _ pooling: Pooling, _ input: Shape) {
    windows = PoolingWindows(pooling, input: input, output: step.shape)
    valueCount = step.shape.count
  }

  var workspaceBytes: Int { windows.placeCount * MemoryLayout<Float>.stride }

  func forward(inputs: LentParts, output: LentFloats, memory: KernelMemory) {
    windows.pool(inputs[0], to: output, places: memory.workspace)
  }

  func backward(
    input: Int, outputGradient: LentFloats, inputGradient: LentFloats, memory: KernelMemory
  ) {
    windows.spread(outputGradient, to: inputGradient, places: memory.workspace)
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
    _ step: Program.Step, _ fused: FusedLinear, _ tensors: any NamedTensors, _ library: OpenBLASLibrary
  ) throws(Problem) {
    linear = fused.linear
    self.library = library
    hasReLU = step.hasReLU
    valueCount = linear.outputFeatures
    weights = try AlignedBuffer(count: linear.inputFeatures * linear.outputFeatures)
    bias = try AlignedBuffer(count: linear.outputFeatures)
    try fused.load(tensors, weights: weights, bias: bias)
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
