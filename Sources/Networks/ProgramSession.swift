import Diagnostics
import Tensors

/// A prepared network of any engine: a program and its kernels.
struct PreparedProgram: PreparedNetwork {
  let network: Network
  let layers: [ResolvedLayer]
  let program: Program
  let kernels: [any StepKernel]
  /// For each explained layer, see `LayerEvidence.channelOffsets`.
  let channelOffsets: [[Float]?]
  let factory: any KernelFactory

  init(_ network: Network, layers: [ResolvedLayer], factory: any KernelFactory) throws(Problem) {
    self.network = network
    self.layers = layers
    self.factory = factory
    program = Program(network, layers: layers)
    kernels = try factory.kernels(for: program, network: network)
    var offsets: [[Float]?] = []
    for value in program.explained {
      if let folded = value.folded {
        offsets.append(try ChannelAffine(folded, weights: network.weights).shift.map { Float($0) })
      } else {
        offsets.append(nil)
      }
    }
    channelOffsets = offsets
  }

  func makeSession() throws(Problem) -> any NetworkSession { try ProgramSession(self) }
}

/// Runs a program forwards and backwards on one thread.
final class ProgramSession: NetworkSession {
  private let prepared: PreparedProgram
  private let context: any EngineContext
  private let values: [AlignedBuffer]
  private let workspaces: [AlignedBuffer]
  private let scratch: AlignedBuffer
  /// Row-major copy of the largest value, where data enter and leave.
  private let staging: AlignedBuffer
  private var gradients: [AlignedBuffer?]
  /// Gradient buffers that are free again, by size.
  private var spare: [Int: [AlignedBuffer]] = [:]
  private let neededForLayers: [Bool]
  private let neededForImage: [Bool]
  private var hasImage = false

  private var program: Program { prepared.program }
  private var kernels: [any StepKernel] { prepared.kernels }

  init(_ prepared: PreparedProgram) throws(Problem) {
    self.prepared = prepared
    context = try prepared.factory.makeContext()
    var values: [AlignedBuffer] = []
    var workspaces: [AlignedBuffer] = []
    for kernel in prepared.kernels {
      values.append(try AlignedBuffer(count: kernel.valueCount))
      workspaces.append(try AlignedBuffer(count: (kernel.workspaceBytes + 3) / 4))
    }
    self.values = values
    self.workspaces = workspaces
    scratch = try AlignedBuffer(count: prepared.kernels.map(\.scratchCount).max() ?? 0)
    staging = try AlignedBuffer(count: prepared.program.steps.map(\.shape.count).max() ?? 0)
    gradients = Array(repeating: nil, count: prepared.kernels.count)
    neededForLayers = prepared.program.valuesNeedingGradient(toReach: prepared.program.explained.map(\.step))
    neededForImage = prepared.program.valuesNeedingGradient(toReach: [0])
  }

  private func memory(of step: Int) -> KernelMemory {
    KernelMemory(
      context: context, scratch: scratch.pointer, workspace: UnsafeMutableRawPointer(workspaces[step].pointer))
  }

  func logits(of image: Tensor) throws(Problem) -> [Float] {
    let network = prepared.network
    let shape = program.steps[0].shape
    guard image.shape == shape else {
      throw .failure("the network takes an image of shape \(shape), not \(image.shape)")
    }
    context.enterThread()
    hasImage = false
    normalise(image.values)
    try kernels[0].pack(staging.pointer, to: values[0].pointer, memory: memory(of: 0))
    for (index, step) in program.steps.enumerated().dropFirst() {
      try kernels[index].forward(
        inputs: step.inputs.map { values[$0].pointer }, output: values[index].pointer, memory: memory(of: index))
    }
    let last = program.steps.count - 1
    let logits = try plainValue(of: last, from: values[last])
    guard logits.allSatisfy(\.isFinite) else {
      throw .failure(
        "the logits of \(network.architecture) are not finite: NaN or infinity first appears in the output of "
          + "`\(try firstNonFiniteStep())`",
        remedy: "Check the weights file: a network that was trained to the end gives finite numbers.")
    }
    hasImage = true
    return logits
  }

  private func firstNonFiniteStep() throws(Problem) -> String {
    for (index, step) in program.steps.enumerated() {
      let plain = try plainValue(of: index, from: values[index])
      if !plain.allSatisfy(\.isFinite) { return index == 0 ? "the image" : step.name }
    }
    return "the last layer"
  }

  /// (range x - mean) / standardDeviation into the staging buffer, in Float32 as torchvision's `Normalize` does.
  private func normalise(_ image: [Float]) {
    let area = program.steps[0].shape[1] * program.steps[0].shape[2]
    let network = prepared.network
    image.withUnsafeBufferPointer { image in
      for channel in 0..<3 {
        let mean = Float(network.mean[channel])
        let deviation = Float(network.standardDeviation[channel])
        let range = Float(network.range)
        let start = channel &* area
        let source = network.channels.source(of: channel) &* area
        for i in 0..<area { staging.pointer[start &+ i] = (range * image[source &+ i] - mean) / deviation }
      }
    }
  }

  private func plainValue(of step: Int, from buffer: AlignedBuffer) throws(Problem) -> [Float] {
    try kernels[step].unpack(buffer.pointer, to: staging.pointer, memory: memory(of: step))
    return Array(UnsafeBufferPointer(start: staging.pointer, count: program.steps[step].shape.count))
  }

  func inputGradient(logitGradient seed: [Float]) throws(Problem) -> Tensor {
    var result: [Float] = []
    try runBackward(seed: seed, needed: neededForImage) { (step, gradient) throws(Problem) in
      if step == 0 { result = try self.plainValue(of: 0, from: gradient) }
    }
    let shape = program.steps[0].shape
    let area = shape[1] * shape[2]
    let network = prepared.network
    let range = Float(network.range)
    var values = [Float](repeating: 0, count: result.count)
    for channel in 0..<3 {
      let deviation = Float(network.standardDeviation[channel])
      let target = network.channels.source(of: channel) * area
      for i in 0..<area { values[target + i] = result[channel * area + i] / deviation * range }
    }
    return Tensor(shape: shape, values: values)
  }

  func explainLayers(
    logitGradient seed: [Float], visit: (LayerEvidence) throws(Problem) -> Void
  ) throws(Problem) {
    try runBackward(seed: seed, needed: neededForLayers) { (step, gradient) throws(Problem) in
      for (layer, value) in self.program.explained.enumerated() where value.step == step {
        let shape = self.program.steps[step].shape
        try visit(
          LayerEvidence(
            layer: layer,
            activations: Tensor(shape: shape, values: try self.plainValue(of: step, from: self.values[step])),
            gradients: Tensor(shape: shape, values: try self.plainValue(of: step, from: gradient)),
            channelOffsets: self.prepared.channelOffsets[layer]))
      }
    }
  }

  /// Propagates a gradient of the logits to the values marked as needed.
  /// - Parameter visit: called with each finished gradient, the step's own ReLU not yet passed.
  private func runBackward(
    seed: [Float], needed: [Bool], visit: (Int, AlignedBuffer) throws(Problem) -> Void
  ) throws(Problem) {
    guard hasImage else {
      throw .failure("a gradient was asked for before any image went through the network")
    }
    guard seed.count == prepared.network.classCount else {
      throw .failure("\(seed.count) logit gradients for a network of \(prepared.network.classCount) classes")
    }
    context.enterThread()
    let last = program.steps.count - 1
    defer { for index in gradients.indices { release(index) } }
    seed.withUnsafeBufferPointer { seed in
      for (index, value) in seed.enumerated() { staging.pointer[index] = value }
    }
    let start = try gradientBuffer(kernels[last].valueCount)
    try kernels[last].pack(staging.pointer, to: start.pointer, memory: memory(of: last))
    gradients[last] = start
    for index in stride(from: last, through: 0, by: -1) where needed[index] {
      guard let gradient = gradients[index] else { continue }
      try visit(index, gradient)
      let step = program.steps[index]
      let wanted = step.inputs.indices.filter { needed[step.inputs[$0]] }
      if !wanted.isEmpty {
        if step.hasReLU {
          Elementwise.mask(gradient.pointer, where: values[index].pointer, count: kernels[index].valueCount)
        }
        for input in wanted { try propagate(step: index, input: input, gradient) }
      }
      release(index)
    }
  }

  private func propagate(step index: Int, input: Int, _ gradient: AlignedBuffer) throws(Problem) {
    let step = program.steps[index]
    let source = step.inputs[input]
    let count = kernels[source].valueCount
    let buffer = try gradientBuffer(count)
    try kernels[index].backward(
      input: input, outputGradient: gradient.pointer, inputValues: step.inputs.map { values[$0].pointer },
      output: values[index].pointer, inputGradient: buffer.pointer, memory: memory(of: index))
    if let sum = gradients[source] {
      Elementwise.accumulate(buffer.pointer, into: sum.pointer, count: count)
      spare[count, default: []].append(buffer)
    } else {
      gradients[source] = buffer
    }
  }

  private func gradientBuffer(_ count: Int) throws(Problem) -> AlignedBuffer {
    if let buffer = spare[count]?.popLast() { return buffer }
    return try AlignedBuffer(count: count)
  }

  private func release(_ index: Int) {
    guard let buffer = gradients[index] else { return }
    gradients[index] = nil
    spare[buffer.count, default: []].append(buffer)
  }
}
