import Support
import Tensors

/// The backward passes: logits to explained layers and to the image.
extension ProgramSession {
  func inputGradient(of score: Score) throws(Problem) -> Tensor {
    guard let gradientsForImage else {
      throw .failure("an input gradient was asked for of a session that was made for explanations only")
    }
    var result: [Float] = []
    try runBackward([score], gradientsForImage, in: [memory.buffer], from: places.gradients) {
      (step, gradients) throws(Problem) in
      if step == 0 { result = try self.plainValue(of: 0, from: gradients[0]) }
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
    _ scores: [Score], visit: (Int, LentEvidence) throws(Problem) -> Void,
    visitMeans: (Int, LentMeans) throws(Problem) -> Void
  ) throws(Problem) {
    while gradientMemory.count < scores.count {
      gradientMemory.append(try AlignedBuffer(count: gradientsForLayers.count))
    }
    /// By step and score, of each channel.
    var sums: [Int: [[Double]]] = [:]
    try runBackward(
      scores, gradientsForLayers, in: Array(gradientMemory[..<scores.count]), from: 0,
      pass: { (step, gradients) throws(Problem) in try self.add(gradients, of: step, to: &sums) }
    ) { (step, gradients) throws(Problem) in
      for (layer, explained) in self.program.explained.enumerated() where explained.step == step {
        for (index, score) in scores.enumerated() {
          let activations = try self.maps(of: step, self.value(step, of: score.image), staging: self.lend(self.staging))
          let gradient = try self.maps(
            of: step, gradients[index],
            staging: self.kernels[step].channelBlock == nil
              ? self.lend(try self.stagingForGradients()) : self.lend(self.staging))
          try visit(
            index,
            LentEvidence(
              layer: layer, activations: activations, gradients: gradient,
              folding: self.prepared.foldings[layer]))
        }
      }
    }
    for step in sums.keys.sorted(by: >) {
      try handOutMeans(of: step, scores, sums: sums[step] ?? [], to: visitMeans)
    }
  }

  /// Sums the gradients with respect to those inputs of a step of which nothing else is made, and to those of poolings before it.
  /// - Parameter gradients: with respect to its value, one per score, its own ReLU passed.
  private func add(_ gradients: LentParts, of step: Int, to sums: inout [Int: [[Double]]]) throws(Problem) {
    guard let sum = prepared.sums[step] else { return }
    var own: [[Double]] = []
    for index in 0..<gradients.count {
      own.append(sum(try maps(of: step, gradients[index], staging: lend(staging))))
    }
    var source = program.steps[step].inputs[0]
    while layerExtents[source] == .sums {
      let former = sums[source]
      sums[source] = own.enumerated().map { index, own in
        former.map { zip($0[index], own).map { $0 + $1 } } ?? own
      }
      guard case .pooling = program.steps[source].kind else { return }
      source = program.steps[source].inputs[0]
    }
  }

  private func handOutMeans(
    of step: Int, _ scores: [Score], sums: [[Double]], to visit: (Int, LentMeans) throws(Problem) -> Void
  ) throws(Problem) {
    let shape = program.steps[step].shape
    for (layer, explained) in program.explained.enumerated() where explained.step == step {
      for (index, score) in scores.enumerated() {
        try visit(
          index,
          LentMeans(
            layer: layer, activations: maps(of: step, value(step, of: score.image), staging: lend(staging)),
            gradientMeans: sums[index].map { $0 / Double(shape[1] * shape[2]) }, folding: prepared.foldings[layer]))
      }
    }
  }

  /// Nobody writes to them while they are lent: the backward pass waits, and a staging buffer is for one of the two.
  @_lifetime(copy value, copy staging)
  private func maps(of step: Int, _ value: LentFloats, staging: LentFloats) throws(Problem) -> FeatureMaps {
    let shape = program.steps[step].shape
    if let block = kernels[step].channelBlock {
      return unsafe FeatureMaps(value.span, channels: shape[0], height: shape[1], width: shape[2], block: block)
    }
    try kernels[step].unpack(value, to: staging, memory: memory(of: step, image: 0))
    return unsafe FeatureMaps(staging.span, channels: shape[0], height: shape[1], width: shape[2], block: 1)
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
  ///   - start: where in each of them.
  ///   - pass: called with the same gradients as `visit`, their step's ReLU passed, where the plan makes sums of them.
  ///   - visit: called with each step's finished gradients, one per score, its own ReLU not yet passed.
  private func runBackward(
    _ scores: [Score], _ gradients: GradientPlan, in memories: [AlignedBuffer], from start: Int,
    pass: (Int, LentParts) throws(Problem) -> Void = { _, _ in },
    visit: (Int, LentParts) throws(Problem) -> Void
  ) throws(Problem) {
    guard !scores.isEmpty else { return }
    for score in scores { try check(score) }
    context.enterThread()
    let last = program.steps.count - 1
    let images = scores.map(\.image)
    /// The gradients of a step's value, at an offset of the plan.
    func place(_ step: Int, _ offset: Int) -> Range<Int> {
      start + offset..<start + offset + kernels[step].valueCount
    }
    let seeds = LentParts(memories, place(last, gradients.offsets[last] ?? 0), lentBy: self)
    for (index, score) in scores.enumerated() {
      lend(staging).copy(score.logitGradient.span)
      try kernels[last].pack(lend(staging), to: seeds[index], memory: memory(of: last, image: score.image))
    }
    for step in stride(from: last, through: 0, by: -1) {
      guard let offset = gradients.offsets[step] else { continue }
      let own = LentParts(memories, place(step, offset), lentBy: self)
      try visit(step, own)
      guard gradients.goesOn[step] else { continue }
      for (index, image) in images.enumerated() { slots[image].endings.pass(own[index], of: step) }
      if gradients.makesSums[step] { try pass(step, own) }
      for transfer in gradients.transfers[step] {
        let source = program.steps[step].inputs[transfer.input]
        let made = LentParts(memories, place(source, transfer.offset), lentBy: self)
        guard let addend = transfer.addend else {
          try kernels[step].backward(
            input: transfer.input,
            BackwardBatch(step, of: images, outputGradients: own, inputGradients: made, addends: nil, in: self))
          continue
        }
        let addends = LentParts(memories, place(source, addend), lentBy: self)
        let adds = kernels[step].addsGradients(of: transfer.input)
        try kernels[step].backward(
          input: transfer.input,
          BackwardBatch(
            step, of: images, outputGradients: own, inputGradients: made, addends: adds ? addends : nil, in: self))
        guard !adds else { continue }
        for index in images.indices { Elementwise.accumulate(addends[index], into: made[index]) }
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
