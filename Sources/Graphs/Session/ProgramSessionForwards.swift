import Support
import Tensors

/// The forward pass: image to logits.
extension ProgramSession {
  func logits(of images: [Tensor]) throws(Problem) -> [[Float]] {
    guard images.count <= slots.count else {
      throw .failure("\(images.count) images for a session of \(slots.count)")
    }
    let shape = program.steps[0].shape
    for image in images where image.shape != shape {
      throw .failure("the network takes an image of shape \(shape), not \(image.shape)")
    }
    context.enterThread()
    try memory.take(for: self, needing: places.count)
    imageCount = 0
    for run in plan.runs {
      if run.count == 1, run.lowerBound > 0 {
        try forward(run.lowerBound, images: images.indices)
        continue
      }
      for image in images.indices {
        for step in run {
          if step == 0 {
            try enter(images[image], as: image)
          } else {
            try forward(step, images: image..<image + 1)
          }
        }
      }
    }
    let last = program.steps.count - 1
    var logits: [[Float]] = []
    for image in images.indices {
      logits.append(try plainValue(of: last, from: value(last, of: image)))
      guard logits[image].allSatisfy(\.isFinite) else { throw notFinite(images[image]) }
    }
    imageCount = images.count
    return logits
  }

  private func forward(_ step: Int, images: Range<Int>) throws(Problem) {
    try kernels[step].forward(ForwardBatch(step, of: images, in: self))
    for image in images {
      slots[image].endings.finish(value(step, of: image), of: step)
    }
  }

  /// (range x - mean) / standardDeviation, in Float32 as torchvision's `Normalize` does, in the layout of the first step.
  private func enter(_ image: Tensor, as index: Int) throws(Problem) {
    let shape = program.steps[0].shape
    let area = shape[1] * shape[2]
    let normalisation = prepared.network.normalisation
    let values = image.values.span
    for channel in 0..<shape[0] {
      let mean = Float(normalisation.mean[channel])
      let deviation = Float(normalisation.standardDeviation[channel])
      let range = Float(normalisation.range)
      let start = normalisation.channels.source(of: channel, count: shape[0]) * area
      let source = values.extracting(start..<start + area)
      var target = unsafe lend(staging).part(channel * area..<(channel + 1) * area).mutableSpan
      for i in target.indices { target[i] = (range * source[i] - mean) / deviation }
    }
    try kernels[0].pack(lend(staging), to: value(0, of: index), memory: memory(of: 0, image: index))
  }

  /// Runs the image once more, keeping every value, to find where the first one goes wrong.
  private func notFinite(_ image: Tensor) -> Problem {
    var message = "the logits of \(prepared.network.architecture) are not finite"
    // Where there is no memory for that, the numbers are still what went wrong.
    if let session = try? ProgramSession(prepared, batch: 1, keeps: .everything),
      let place = try? session.firstNonFiniteValue(image)
    {
      message += ": NaN or infinity first appears in the output of `\(place)`"
    }
    return .numbers(
      message, remedy: "Check the weights file: a network that was trained to the end gives finite numbers.")
  }

  /// Of a session that keeps everything.
  /// - Returns: the name of the first step whose value is not finite, nil when all are.
  func firstNonFiniteValue(_ image: Tensor) throws(Problem) -> String? {
    let step = try firstStep(image) { (step) throws(Problem) in
      try !self.plainValue(of: step, from: self.value(step, of: 0)).allSatisfy(\.isFinite)
    }
    return step.map { $0 == 0 ? "the image" : program.steps[$0].name }
  }

  func staysFinite(_ image: Tensor) throws(Problem) -> Bool {
    try firstStep(image) { (step) in
      unsafe !(Elementwise.greatest(self.value(step, of: 0).span) < 1e30)
    } == nil
  }

  /// Runs one image as far as the first step, if there is one, whose value is as asked.
  /// - Parameter isFound: called with each step as soon as it has its value: a later one may overwrite it.
  private func firstStep(
    _ image: Tensor, where isFound: (Int) throws(Problem) -> Bool
  ) throws(Problem) -> Int? {
    context.enterThread()
    try memory.take(for: self, needing: places.count)
    imageCount = 0
    try enter(image, as: 0)
    for step in program.steps.indices {
      if step > 0 { try forward(step, images: 0..<1) }
      if try isFound(step) { return step }
    }
    return nil
  }
}
