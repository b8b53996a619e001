import Diagnostics
import Tensors

/// Runs a program forwards and backwards on one thread.
final class ProgramSession: NetworkSession {
  /// Which values outlive the forward pass.
  enum Keeping {
    case forLayers
    case forImage
    case everything
  }

  /// The memory of one image of the batch.
  private struct Slot {
    let values: AlignedBuffer
    /// By step; nil where there is none or no backward pass needs it.
    let workspaces: [AlignedBuffer?]
  }

  private let prepared: PreparedProgram
  private let context: any EngineContext
  private let plan: MemoryPlan
  private let slots: [Slot]
  private let sharedValues: AlignedBuffer
  private let scratch: AlignedBuffer
  /// Row-major copy of the largest value, where data enter and leave.
  private let staging: AlignedBuffer
  /// The same for gradients of explained layers whose order of elements is not one of `FeatureMaps`.
  private var gradientStaging: AlignedBuffer?
  private let neededForLayers: [Bool]
  /// Empty where the session was not made for it.
  private let neededForImage: [Bool]
  /// Gradient buffers that are free again, by size.
  private var spare: [Int: [AlignedBuffer]] = [:]
  /// How many images went through last.
  private var imageCount = 0

  var capacity: Int { slots.count }

  /// Activations that a batch may keep, beyond those of one image: bytes.
  private static let mostBatchBytes = 256 << 20

  private var program: Program { prepared.program }
  private var kernels: [any StepKernel] { prepared.kernels }

  init(_ prepared: PreparedProgram, batch: Int, keeps keeping: Keeping) throws(Problem) {
    self.prepared = prepared
    context = try prepared.factory.makeContext()
    let program = prepared.program
    let kernels = prepared.kernels
    neededForLayers = program.valuesNeedingGradient(toReach: program.explained.map(\.step))
    neededForImage = keeping == .forImage ? program.valuesNeedingGradient(toReach: [0]) : []
    let needed = keeping == .forImage ? neededForImage : neededForLayers
    let explained = Set(program.explained.map(\.step))
    let keeps = program.steps.indices.map { step in
      keeping == .everything || explained.contains(step) || needed[step] && program.steps[step].isKeptForBackward
    }
    func makePlan(batch: Int) -> MemoryPlan {
      MemoryPlan(
        program, counts: kernels.map(\.valueCount), weightCounts: kernels.map(\.weightCount), keeps: keeps,
        batch: batch)
    }
    var plan = makePlan(batch: batch)
    let fitting = max(1, min(batch, ProgramSession.mostBatchBytes / (4 * max(plan.ownCount, 1))))
    if fitting == 1 { plan = makePlan(batch: 1) }
    self.plan = plan
    var slots: [Slot] = []
    for _ in 0..<fitting {
      var workspaces: [AlignedBuffer?] = []
      for (step, kernel) in kernels.enumerated() {
        let isNeeded = kernel.workspaceBytes > 0 && program.steps[step].inputs.contains { needed[$0] }
        workspaces.append(isNeeded ? try AlignedBuffer(count: (kernel.workspaceBytes + 3) / 4) : nil)
      }
      slots.append(Slot(values: try AlignedBuffer(count: plan.ownCount), workspaces: workspaces))
    }
    self.slots = slots
    sharedValues = try AlignedBuffer(count: plan.sharedCount)
    scratch = try AlignedBuffer(count: kernels.map(\.scratchCount).max() ?? 0)
    staging = try AlignedBuffer(count: program.steps.map(\.shape.count).max() ?? 0)
  }

  // MARK: - Memory

  private func value(_ step: Int, of image: Int) -> FloatPointer {
    switch plan.locations[step] {
    case .own(let offset): slots[image].values.pointer + offset
    case .shared(let offset): sharedValues.pointer + offset
    }
  }

  private func inputs(of step: Int, image: Int) -> [FloatPointer] {
    program.steps[step].inputs.map { value($0, of: image) }
  }

  private func memory(of step: Int, image: Int) -> KernelMemory {
    KernelMemory(
      context: context, scratch: scratch.pointer,
      workspace: slots[image].workspaces[step].map { UnsafeMutableRawPointer($0.pointer) })
  }

  private func plainValue(of step: Int, from buffer: FloatPointer) throws(Problem) -> [Float] {
    try kernels[step].unpack(buffer, to: staging.pointer, memory: memory(of: step, image: 0))
    return Array(UnsafeBufferPointer(start: staging.pointer, count: program.steps[step].shape.count))
  }

  // MARK: - Forwards

  func logits(of images: [Tensor]) throws(Problem) -> [[Float]] {
    guard images.count <= slots.count else {
      throw .failure("\(images.count) images for a session of \(slots.count)")
    }
    let shape = program.steps[0].shape
    for image in images where image.shape != shape {
      throw .failure("the network takes an image of shape \(shape), not \(image.shape)")
    }
    context.enterThread()
    imageCount = 0
    for run in plan.runs {
      if run.count == 1, run.lowerBound > 0 {
        try forwardTogether(run.lowerBound, images: images.count)
        continue
      }
      for image in images.indices {
        for step in run {
          if step == 0 {
            normalise(images[image].values)
            try kernels[0].pack(staging.pointer, to: value(0, of: image), memory: memory(of: 0, image: image))
          } else {
            try kernels[step].forward(
              inputs: inputs(of: step, image: image), output: value(step, of: image),
              memory: memory(of: step, image: image))
          }
        }
      }
    }
    let last = program.steps.count - 1
    var logits: [[Float]] = []
    for image in images.indices {
      logits.append(try plainValue(of: last, from: value(last, of: image)))
      guard logits[image].allSatisfy(\.isFinite) else { throw try notFinite(images[image]) }
    }
    imageCount = images.count
    return logits
  }

  private func forwardTogether(_ step: Int, images: Int) throws(Problem) {
    try kernels[step].forward(
      batch: (0..<images).map { inputs(of: step, image: $0) }, outputs: (0..<images).map { value(step, of: $0) },
      memory: (0..<images).map { memory(of: step, image: $0) })
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

  /// Runs the image once more, keeping every value, to find where the first one goes wrong.
  private func notFinite(_ image: Tensor) throws(Problem) -> Problem {
    let session = try ProgramSession(prepared, batch: 1, keeps: .everything)
    return .failure(
      "the logits of \(prepared.network.architecture) are not finite: NaN or infinity first appears in the output of "
        + "`\(try session.firstNonFiniteValue(image) ?? "the last layer")`",
      remedy: "Check the weights file: a network that was trained to the end gives finite numbers.")
  }

  /// Of a session that keeps everything.
  /// - Returns: the name of the first step whose value is not finite, nil when all are.
  func firstNonFiniteValue(_ image: Tensor) throws(Problem) -> String? {
    context.enterThread()
    normalise(image.values)
    try kernels[0].pack(staging.pointer, to: value(0, of: 0), memory: memory(of: 0, image: 0))
    for (index, step) in program.steps.enumerated() {
      if index > 0 { try forwardTogether(index, images: 1) }
      let plain = try plainValue(of: index, from: value(index, of: 0))
      if !plain.allSatisfy(\.isFinite) { return index == 0 ? "the image" : step.name }
    }
    return nil
  }

  /// The greatest magnitude among all values on one image, infinite where one is not finite. Of a session that keeps
  /// everything.
  func greatestValue(_ image: Tensor) throws(Problem) -> Float {
    context.enterThread()
    normalise(image.values)
    try kernels[0].pack(staging.pointer, to: value(0, of: 0), memory: memory(of: 0, image: 0))
    var greatest: Float = 0
    for step in program.steps.indices {
      if step > 0 { try forwardTogether(step, images: 1) }
      greatest = max(greatest, Elementwise.greatest(value(step, of: 0), count: kernels[step].valueCount))
      if greatest == .infinity { break }
    }
    return greatest
  }

  // MARK: - Backwards

  func inputGradient(of score: Score) throws(Problem) -> Tensor {
    guard !neededForImage.isEmpty else {
      throw .failure("an input gradient was asked for of a session that was made for explanations only")
    }
    var result: [Float] = []
    try runBackward([score], needed: neededForImage) { (step, gradients) throws(Problem) in
      if step == 0 { result = try self.plainValue(of: 0, from: gradients[0].pointer) }
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
    _ scores: [Score], visit: (Int, LentEvidence) throws(Problem) -> Void
  ) throws(Problem) {
    try runBackward(scores, needed: neededForLayers) { (step, gradients) throws(Problem) in
      for (layer, explained) in self.program.explained.enumerated() where explained.step == step {
        for (index, score) in scores.enumerated() {
          let activations = try self.maps(of: step, self.value(step, of: score.image), staging: self.staging)
          let gradient = try self.maps(
            of: step, gradients[index].pointer,
            staging: self.kernels[step].channelBlock == nil ? try self.stagingForGradients() : self.staging)
          try visit(
            index,
            LentEvidence(
              layer: layer, activations: activations, gradients: gradient,
              channelOffsets: self.prepared.channelOffsets[layer]))
        }
      }
    }
  }

  private func maps(of step: Int, _ value: FloatPointer, staging: AlignedBuffer) throws(Problem) -> FeatureMaps {
    let shape = program.steps[step].shape
    if let block = kernels[step].channelBlock {
      return FeatureMaps(base: value, channels: shape[0], height: shape[1], width: shape[2], block: block)
    }
    try kernels[step].unpack(value, to: staging.pointer, memory: memory(of: step, image: 0))
    return FeatureMaps(base: staging.pointer, channels: shape[0], height: shape[1], width: shape[2], block: 1)
  }

  private func stagingForGradients() throws(Problem) -> AlignedBuffer {
    if let gradientStaging { return gradientStaging }
    let buffer = try AlignedBuffer(count: staging.count)
    gradientStaging = buffer
    return buffer
  }

  /// Propagates gradients of the logits to the values marked as needed.
  /// - Parameter visit: called with each step's finished gradients, one per score, its own ReLU not yet passed.
  private func runBackward(
    _ scores: [Score], needed: [Bool], visit: (Int, [AlignedBuffer]) throws(Problem) -> Void
  ) throws(Problem) {
    guard !scores.isEmpty else { return }
    for score in scores {
      guard imageCount > 0 else {
        throw .failure("a gradient was asked for before any image went through the network")
      }
      guard score.image < imageCount else {
        throw .failure(
          "a gradient was asked for of image \(score.image), but \(imageCount) images went through the network")
      }
      guard score.logitGradient.count == prepared.network.classCount else {
        throw .failure(
          "\(score.logitGradient.count) logit gradients for a network of \(prepared.network.classCount) classes")
      }
    }
    context.enterThread()
    let last = program.steps.count - 1
    // By step, then by score.
    var gradients = [[AlignedBuffer]?](repeating: nil, count: program.steps.count)
    defer { for buffers in gradients { recycle(buffers ?? []) } }
    gradients[last] = try gradientBuffers(of: last, count: scores.count)
    for (score, buffer) in zip(scores, gradients[last] ?? []) {
      for (index, value) in score.logitGradient.enumerated() { staging.pointer[index] = value }
      try kernels[last].pack(staging.pointer, to: buffer.pointer, memory: memory(of: last, image: score.image))
    }
    for index in stride(from: last, through: 0, by: -1) where needed[index] {
      guard let own = gradients[index] else { continue }
      try visit(index, own)
      let step = program.steps[index]
      let wanted = step.inputs.indices.filter { needed[step.inputs[$0]] }
      if !wanted.isEmpty {
        if step.hasReLU {
          for (score, gradient) in zip(scores, own) {
            Elementwise.mask(
              gradient.pointer, where: value(index, of: score.image), count: kernels[index].valueCount)
          }
        }
        for input in wanted {
          let found = try propagate(step: index, input: input, own, scores)
          let source = step.inputs[input]
          if let sums = gradients[source] {
            for (buffer, sum) in zip(found, sums) {
              Elementwise.accumulate(buffer.pointer, into: sum.pointer, count: kernels[source].valueCount)
            }
            recycle(found)
          } else {
            gradients[source] = found
          }
        }
      }
      recycle(own)
      gradients[index] = nil
    }
  }

  private func propagate(
    step: Int, input: Int, _ gradients: [AlignedBuffer], _ scores: [Score]
  ) throws(Problem) -> [AlignedBuffer] {
    let found = try gradientBuffers(of: program.steps[step].inputs[input], count: scores.count)
    try kernels[step].backward(
      batchOf: input, outputGradients: gradients.map(\.pointer),
      outputs: scores.map { value(step, of: $0.image) }, inputGradients: found.map(\.pointer),
      memory: scores.map { memory(of: step, image: $0.image) })
    return found
  }

  private func gradientBuffers(of step: Int, count: Int) throws(Problem) -> [AlignedBuffer] {
    let size = kernels[step].valueCount
    var buffers: [AlignedBuffer] = []
    for _ in 0..<count {
      if let buffer = spare[size]?.popLast() {
        buffers.append(buffer)
      } else {
        buffers.append(try AlignedBuffer(count: size))
      }
    }
    return buffers
  }

  private func recycle(_ buffers: [AlignedBuffer]) {
    for buffer in buffers { spare[buffer.count, default: []].append(buffer) }
  }
}

extension Program.Step {
  /// Whether the backward pass reads the step's value.
  fileprivate var isKeptForBackward: Bool {
    if case .relu = kind { return true }
    return hasReLU
  }
}
