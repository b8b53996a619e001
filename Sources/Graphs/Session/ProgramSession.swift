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
  struct Slot {
    /// By step; nil where there is none or no backward pass needs it.
    let workspaces: [AlignedBuffer?]
    let endings: StepEndings
  }

  /// Where things lie in the memory.
  struct Places {
    /// From one image's own values to the next one's; the first's are at 0.
    var own: Int
    var shared: Int
    var scratch: Int
    /// Of the gradients with respect to the image.
    var gradients: Int
    /// Of everything.
    var count: Int

    var scratchRange: Range<Int> { scratch..<gradients }
  }

  let prepared: PreparedProgram
  let context: any EngineContext
  let plan: MemoryPlan
  let slots: [Slot]
  let memory: SessionMemory
  /// Whether the memory is another session's.
  private let isGuest: Bool
  let places: Places
  /// Row-major copy of a value, where data enter and leave.
  let staging: AlignedBuffer
  /// The same for gradients of explained layers whose order of elements is not one of `FeatureMaps`.
  var gradientStaging: AlignedBuffer?
  let gradientsForLayers: GradientPlan
  /// Of the backward pass to the explained layers.
  let layerExtents: [GradientExtent]
  /// Nil where the session was not made for it.
  let gradientsForImage: GradientPlan?
  /// One for each score of explained layers that was asked for at once so far.
  var gradientMemory: [AlignedBuffer] = []
  /// How many images went through last.
  var imageCount = 0

  var capacity: Int { slots.count }

  /// Activations that a batch may keep, beyond those of one image: bytes.
  private static let mostBatchBytes = 128 << 20

  var program: Program { prepared.program }
  var kernels: [any StepKernel] { prepared.kernels }

  /// - Parameters:
  ///   - gradients: what is asked of those of explained layers.
  ///   - other: a session of the same thread, whose memory this one then uses too.
  init(
    _ prepared: PreparedProgram, batch: Int, keeps keeping: Keeping, gradients: LayerGradients = .everywhere,
    beside other: ProgramSession? = nil
  ) throws(Problem) {
    self.prepared = prepared
    context = try prepared.factory.makeContext()
    let program = prepared.program
    let kernels = prepared.kernels
    let counts = kernels.map(\.valueCount)
    layerExtents = program.gradientExtents(meansAreEnough: gradients == .means)
    let imageExtents = program.valuesNeedingGradient(toReach: [0]).map { $0 ? GradientExtent.everywhere : .none }
    let needed = (keeping == .forImage ? imageExtents : layerExtents).map { $0 == .everywhere }
    func makeGradientPlan(_ extents: [GradientExtent]) -> GradientPlan {
      GradientPlan(program, counts: counts, extents: extents) { kernels[$0].handsOn(input: $1) }
    }
    gradientsForLayers = makeGradientPlan(layerExtents)
    gradientsForImage = keeping == .forImage ? makeGradientPlan(imageExtents) : nil
    let explained = Set(program.explained.map(\.step))
    let keeps = program.steps.indices.map { keeping == .everything || explained.contains($0) }
    func makePlan(batch: Int) -> MemoryPlan {
      MemoryPlan(program, counts: counts, weightCounts: kernels.map(\.weightCount), keeps: keeps, batch: batch)
    }
    var plan = makePlan(batch: batch)
    func isKept(_ step: Int) -> Bool {
      kernels[step].workspaceBytes > 0 && program.steps[step].inputs.contains { needed[$0] }
    }
    let workspaces = program.steps.indices.reduce(0) { $0 + (isKept($1) ? kernels[$1].workspaceBytes : 0) }
    let endings = StepEndings.floatCount(program, counts: counts, needed: needed)
    let bytes = max(workspaces + 4 * (plan.ownCount + endings), 1)
    let fitting = max(1, min(batch, ProgramSession.mostBatchBytes / bytes))
    if fitting == 1 { plan = makePlan(batch: 1) }
    self.plan = plan
    var slots: [Slot] = []
    for _ in 0..<fitting {
      var workspaces: [AlignedBuffer?] = []
      for (step, kernel) in kernels.enumerated() {
        workspaces.append(isKept(step) ? try AlignedBuffer(count: (kernel.workspaceBytes + 3) / 4) : nil)
      }
      slots.append(
        Slot(
          workspaces: workspaces, endings: try StepEndings(program, counts: counts, needed: needed)))
    }
    self.slots = slots
    let own = plan.ownCount.paddedToCacheLine
    let shared = fitting * own
    let scratch = shared + plan.sharedCount.paddedToCacheLine
    let gradients = scratch + (kernels.map(\.scratchCount).max() ?? 0).paddedToCacheLine
    places = Places(
      own: own, shared: shared, scratch: scratch, gradients: gradients,
      count: gradients + (gradientsForImage?.count ?? 0))
    isGuest = other != nil
    if let other { memory = other.memory } else { memory = try SessionMemory() }
    try memory.reserve(places.count)
    let makesSums = gradientsForLayers.makesSums
    let leaving = program.steps.indices.filter {
      keeps[$0] || $0 == 0 || $0 == program.steps.count - 1 || makesSums[$0]
    }
    staging = try AlignedBuffer(count: leaving.map { program.steps[$0].shape.count }.max() ?? 0)
  }

  // MARK: - Memory

  func bytes(explaining scores: Int) -> Int {
    var floats = (isGuest ? 0 : memory.buffer.count) + staging.count + scores * gradientsForLayers.count
    if program.explained.contains(where: { kernels[$0.step].channelBlock == nil }) { floats += staging.count }
    for slot in slots {
      floats += slot.endings.floatCount + slot.workspaces.reduce(0) { $0 + ($1?.count ?? 0) }
    }
    return 4 * floats
  }

  /// Where a step's value lies in the memory.
  func place(of step: Int, image: Int) -> Range<Int> {
    let start =
      switch plan.locations[step] {
      case .own(let offset): image * places.own + offset
      case .shared(let offset): places.shared + offset
      }
    return start..<start + kernels[step].valueCount
  }

  @_lifetime(borrow self)
  func value(_ step: Int, of image: Int) -> LentFloats {
    LentFloats(memory.buffer, place(of: step, image: image), lentBy: self)
  }

  @_lifetime(borrow self)
  func memory(of step: Int, image: Int) -> KernelMemory { KernelMemory(step, image: image, of: self, lentBy: self) }

  /// All of a buffer that is the session's own.
  @_lifetime(borrow self)
  func lend(_ buffer: AlignedBuffer) -> LentFloats { LentFloats(buffer, 0..<buffer.count, lentBy: self) }

  func plainValue(of step: Int, from value: LentFloats) throws(Problem) -> [Float] {
    try kernels[step].unpack(value, to: lend(staging), memory: memory(of: step, image: 0))
    return lend(staging).values(program.steps[step].shape.count)
  }
}
