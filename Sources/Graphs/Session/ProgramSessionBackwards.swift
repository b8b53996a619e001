import Support
import Tensors

/// The backward passes: logits to explained layers and to the image.
extension ProgramSession {
  func inputGradient(of score: Score) throws(Problem) -> Tensor {
    guard let gradientsForImage else {
      throw .failure("an input gradient was asked for of a session that was made for explanations only")
    }
    var result: [Float] = []
    try unsafe runBackward([score], gradientsForImage, in: [memory.pointer + places.gradients]) {
      (step, gradients) throws(Problem) in
      if step == 0 { result = try unsafe self.plainValue(of: 0, from: gradients[0]) }
    }
    let shape = program.steps[0].shape
    let area = shape[1] * shape[2]
    let normalisation = prepared.network.normalisation
    let range = Float(normalisation.range)
    var values = [Float](repeating: 0, count: result.count)
    for channel in 0..<shape[0] {
      let deviation = Float(normalisation.standardDeviation[channel])
      let target = normalisation.channels.source(of: channel, count: shape[0]) * area
      for i in 0..<area { values[target + i] = result[channel * area + i] / deviation * range }
    }
    return Tensor(shape: shape, values: values)
  }

  func explainLayers(
    _ scores: [Score], visit: (Int, LentEvidence) throws(Problem) -> Void
  ) throws(Problem) {
    while gradientMemory.count < scores.count {
      gradientMemory.append(try AlignedBuffer(count: gradientsForLayers.count))
    }
    let memories = unsafe gradientMemory[..<scores.count].map(unsafe \.pointer)
    try unsafe runBackward(scores, gradientsForLayers, in: memories) { (step, gradients) throws(Problem) in
      for (layer, explained) in self.program.explained.enumerated() where explained.step == step {
        for (index, score) in scores.enumerated() {
          let activations = try unsafe self.maps(of: step, self.value(step, of: score.image), staging: self.staging)
          let gradient = try unsafe self.maps(
            of: step, gradients[index],
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
      return unsafe FeatureMaps(base: value, channels: shape[0], height: shape[1], width: shape[2], block: block)
    }
    try unsafe kernels[step].unpack(value, to: staging.pointer, memory: memory(of: step, image: 0))
    return unsafe FeatureMaps(base: staging.pointer, channels: shape[0], height: shape[1], width: shape[2], block: 1)
  }

  private func stagingForGradients() throws(Problem) -> AlignedBuffer {
    if let gradientStaging { return gradientStaging }
    let buffer = try AlignedBuffer(count: staging.count)
    gradientStaging = buffer
    return buffer
  }

  /// Propagates gradients of the logits to the values that a plan reaches.
  /// - Parameters:
  ///   - memories: for the gradients of each score.
  ///   - visit: called with each step's finished gradients, one per score, its own ReLU not yet passed.
  private func runBackward(
    _ scores: [Score], _ gradients: GradientPlan, in memories: [FloatPointer],
    visit: (Int, [FloatPointer]) throws(Problem) -> Void
  ) throws(Problem) {
    guard !scores.isEmpty else { return }
    for score in scores { try check(score) }
    context.enterThread()
    let last = program.steps.count - 1
    for unsafe(score, gradient) in unsafe zip(scores, memories) {
      for (index, value) in score.logitGradient.enumerated() { unsafe staging.pointer[index] = value }
      try unsafe kernels[last].pack(
        staging.pointer, to: gradient + (gradients.offsets[last] ?? 0), memory: memory(of: last, image: score.image))
    }
    for step in stride(from: last, through: 0, by: -1) {
      guard let offset = gradients.offsets[step] else { continue }
      let own = unsafe memories.map { unsafe $0 + offset }
      try unsafe visit(step, own)
      guard !gradients.transfers[step].isEmpty else { continue }
      for unsafe(score, gradient) in unsafe zip(scores, own) {
        unsafe slots[score.image].rectifiers.mask(gradient, of: step, count: kernels[step].valueCount)
      }
      for transfer in gradients.transfers[step] {
        try unsafe kernels[step].backward(
          batchOf: transfer.input, outputGradients: own, inputGradients: memories.map { unsafe $0 + transfer.offset },
          memory: scores.map { memory(of: step, image: $0.image) })
        guard let sum = transfer.sum else { continue }
        let source = program.steps[step].inputs[transfer.input]
        let allMemorys = unsafe memories
        for index in unsafe allMemorys.indices {
          let memory = unsafe allMemorys[index]
          unsafe Elementwise.accumulate(memory + transfer.offset, into: memory + sum, count: kernels[source].valueCount)
        }
      }
    }
  }

  private func check(_ score: Score) throws(Problem) {
    guard imageCount == 0 || memory.holdsValues(of: self) else {
      throw .failure("a gradient was asked for after another session of the same memory was used")
    }
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
}
