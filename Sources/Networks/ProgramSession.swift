import Support
import Tensors

/// Runs a program forwards and backwards on one thread.
final class ProgramSession: NetworkSession {
  /// Which values outlive the forward pass.
  enum Keeping {
    case forLayers
    case forImage
    case everything
  }

  /// What is kept of one image of the batch besides its values.
  private struct Slot {
    /// By step; nil where there is none or no backward pass needs it.
    let workspaces: [AlignedBuffer?]
    let rectifiers: RectifierBits
  }

  /// Where things lie in the memory.
  private struct Places {
    /// From one image's own values to the next one's; the first's are at 0.
    var own: Int
    var shared: Int
    var scratch: Int
    /// Of the gradients with respect to the image.
    var gradients: Int
    /// Of everything.
    var count: Int
  }

  private let prepared: PreparedProgram
  private let context: any EngineContext
  private let plan: MemoryPlan
  private let slots: [Slot]
  private let memory: SessionMemory
  private let places: Places
  /// Row-major copy of a value, where data enter and leave.
  private let staging: AlignedBuffer
  /// The same for gradients of explained layers whose order of elements is not one of `FeatureMaps`.
  private var gradientStaging: AlignedBuffer?
  private let gradientsForLayers: GradientPlan
  /// Nil where the session was not made for it.
  private let gradientsForImage: GradientPlan?
  /// One for each score of explained layers that was asked for at once so far.
  private var gradientMemory: [AlignedBuffer] = []
  /// How many images went through last.
  private var imageCount = 0

  var capacity: Int { slots.count }

  /// Activations that a batch may keep, beyond those of one image: bytes.
  private static let mostBatchBytes = 128 << 20

  private var program: Program { prepared.program }
  private var kernels: [any StepKernel] { prepared.kernels }

  /// - Parameter other: a session of the same thread, whose memory this one then uses too.
  init(
    _ prepared: PreparedProgram, batch: Int, keeps keeping: Keeping, beside other: ProgramSession? = nil
  ) throws(Problem) {
    self.prepared = prepared
    context = try prepared.factory.makeContext()
    let program = prepared.program
    let kernels = prepared.kernels
    let counts = kernels.map(\.valueCount)
    let neededForLayers = program.valuesNeedingGradient(toReach: program.explained.map(\.step))
    let neededForImage = program.valuesNeedingGradient(toReach: [0])
    let needed = keeping == .forImage ? neededForImage : neededForLayers
    gradientsForLayers = GradientPlan(program, counts: counts, needed: neededForLayers)
    gradientsForImage = keeping == .forImage ? GradientPlan(program, counts: counts, needed: neededForImage) : nil
    let explained = Set(program.explained.map(\.step))
    let keeps = program.steps.indices.map { keeping == .everything || explained.contains($0) }
    func makePlan(batch: Int) -> MemoryPlan {
      MemoryPlan(program, counts: counts, weightCounts: kernels.map(\.weightCount), keeps: keeps, batch: batch)
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
      slots.append(
        Slot(
          workspaces: workspaces, rectifiers: try RectifierBits(program, counts: counts, needed: needed)))
    }
    self.slots = slots
    let own = plan.ownCount.paddedToCacheLine
    let shared = fitting * own
    let scratch = shared + plan.sharedCount.paddedToCacheLine
    let gradients = scratch + (kernels.map(\.scratchCount).max() ?? 0).paddedToCacheLine
    places = Places(
      own: own, shared: shared, scratch: scratch, gradients: gradients,
      count: gradients + (gradientsForImage?.count ?? 0))
    if let other { memory = other.memory } else { memory = try SessionMemory() }
    try memory.reserve(places.count)
    let leaving = program.steps.indices.filter {
      keeps[$0] || $0 == 0 || $0 == program.steps.count - 1
    }
    staging = try AlignedBuffer(count: leaving.map { program.steps[$0].shape.count }.max() ?? 0)
  }

  // MARK: - Memory

  private func value(_ step: Int, of image: Int) -> FloatPointer {
    switch plan.locations[step] {
    case .own(let offset): memory.pointer + image * places.own + offset
    case .shared(let offset): memory.pointer + places.shared + offset
    }
  }

  private func inputs(of step: Int, image: Int) -> [FloatPointer] {
    program.steps[step].inputs.map { value($0, of: image) }
  }

  private func memory(of step: Int, image: Int) -> KernelMemory {
    KernelMemory(
      context: context, scratch: memory.pointer + places.scratch,
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
    try memory.take(for: self, needing: places.count)
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
            recordRectifier(of: step, image: image)
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
    for image in 0..<images { recordRectifier(of: step, image: image) }
  }

  private func recordRectifier(of step: Int, image: Int) {
    slots[image].rectifiers.record(value(step, of: image), of: step, count: kernels[step].valueCount)
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
    return .numbers(
      "the logits of \(prepared.network.architecture) are not finite: NaN or infinity first appears in the output of "
        + "`\(try session.firstNonFiniteValue(image) ?? "the last layer")`",
      remedy: "Check the weights file: a network that was trained to the end gives finite numbers.")
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
      !(Elementwise.greatest(self.value(step, of: 0), count: self.kernels[step].valueCount) < 1e30)
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
    normalise(image.values)
    try kernels[0].pack(staging.pointer, to: value(0, of: 0), memory: memory(of: 0, image: 0))
    for step in program.steps.indices {
      if step > 0 { try forwardTogether(step, images: 1) }
      if try isFound(step) { return step }
    }
    return nil
  }

  // MARK: - Backwards

  func inputGradient(of score: Score) throws(Problem) -> Tensor {
    guard let gradientsForImage else {
      throw .failure("an input gradient was asked for of a session that was made for explanations only")
    }
    var result: [Float] = []
    try runBackward([score], gradientsForImage, in: [memory.pointer + places.gradients]) {
      (step, gradients) throws(Problem) in
      if step == 0 { result = try self.plainValue(of: 0, from: gradients[0]) }
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
    while gradientMemory.count < scores.count {
      gradientMemory.append(try AlignedBuffer(count: gradientsForLayers.count))
    }
    let memories = gradientMemory[..<scores.count].map(\.pointer)
    try runBackward(scores, gradientsForLayers, in: memories) { (step, gradients) throws(Problem) in
      for (layer, explained) in self.program.explained.enumerated() where explained.step == step {
        for (index, score) in scores.enumerated() {
          let activations = try self.maps(of: step, self.value(step, of: score.image), staging: self.staging)
          let gradient = try self.maps(
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
    for (score, gradient) in zip(scores, memories) {
      for (index, value) in score.logitGradient.enumerated() { staging.pointer[index] = value }
      try kernels[last].pack(
        staging.pointer, to: gradient + (gradients.offsets[last] ?? 0), memory: memory(of: last, image: score.image))
    }
    for step in stride(from: last, through: 0, by: -1) {
      guard let offset = gradients.offsets[step] else { continue }
      let own = memories.map { $0 + offset }
      try visit(step, own)
      guard !gradients.transfers[step].isEmpty else { continue }
      for (score, gradient) in zip(scores, own) {
        slots[score.image].rectifiers.mask(gradient, of: step, count: kernels[step].valueCount)
      }
      for transfer in gradients.transfers[step] {
        try kernels[step].backward(
          batchOf: transfer.input, outputGradients: own, inputGradients: memories.map { $0 + transfer.offset },
          memory: scores.map { memory(of: step, image: $0.image) })
        guard let sum = transfer.sum else { continue }
        let source = program.steps[step].inputs[transfer.input]
        for memory in memories {
          Elementwise.accumulate(memory + transfer.offset, into: memory + sum, count: kernels[source].valueCount)
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
