import Foundation
import Graphs
import Results
import Store
import Support
import Synchronization
import Tensors

/// One model's images, handed out to the threads in order.
final class ModelPass: Sendable {
  struct State: Sendable {
    /// The next of `work.items` to hand out.
    var next = 0
    var done: Int
    var computedRows = 0
    var conflicts: [StoreConflict] = []
    var skipped: [Int: SkippedImage]
    var wasStopped = false
    /// The problem of the first image, in the plan's order, that failed.
    var failure: (image: Int, problem: Problem)?
    /// Whether a thread has taken it on to look inside the network.
    var isLookedInto: Bool
    /// Whether it found NaN or infinity there: then nothing is stored.
    var isUnsound = false
    /// What each thread takes of memory, as the first one tells.
    var bytesOfThread = 0
  }

  private let runner: Runner
  private let model: PlannedModel
  private let work: MissingWork
  /// Nil for a model that is not run.
  private let prepared: (any PreparedNetwork)?
  private let sources: [String: PreparedSource]
  private let total: Int
  private let shouldStop: @Sendable () -> Bool
  private let observe: @Sendable (RunEvent) -> Void
  private let state: Mutex<State>
  /// Entered while a thread looks inside the network.
  private let look = DispatchGroup()
  /// Signalled when the first thread has told what it takes.
  private let ready = DispatchSemaphore(value: 0)

  init(
    runner: Runner, model: PlannedModel, work: MissingWork, prepared: (any PreparedNetwork)?,
    sources: [String: PreparedSource], done: Int, total: Int,
    skipped: [Int: SkippedImage], isLookedInto: Bool, shouldStop: @escaping @Sendable () -> Bool,
    observe: @escaping @Sendable (RunEvent) -> Void
  ) {
    self.runner = runner
    self.model = model
    self.work = work
    self.prepared = prepared
    self.sources = sources
    self.total = total
    self.shouldStop = shouldStop
    self.observe = observe
    state = Mutex(State(done: done, skipped: skipped, isLookedInto: isLookedInto))
  }

  func run() throws(Problem) -> State {
    // Before the first thread takes anything: it tells what each takes.
    let rooms = runner.memory()
    let group = DispatchGroup()
    start(thread: 0, in: group)
    ready.wait()
    let wanted = min(runner.threads, work.items.count)
    let workers = Workers(wanted: wanted, bytes: state.withLock { $0.bytesOfThread }, rooms: rooms)
    if let reason = workers.reason {
      let event = RunEvent.fewerThreads(model: model.record.name, count: workers.count, of: wanted, reason: reason)
      // The first thread may be telling of an image.
      state.withLock { _ in observe(event) }
    }
    for number in 1..<max(1, workers.count) { start(thread: number, in: group) }
    group.wait()
    let end = state.withLock { $0 }
    do {
      try runner.store.commit()
    } catch {
      // What failed first is what is told.
      throw end.failure?.problem ?? error
    }
    if let failure = end.failure { throw failure.problem }
    return end
  }

  private func start(thread number: Int, in group: DispatchGroup) {
    group.enter()
    let thread = Thread { [unowned self] in
      work(asThread: number)
      group.leave()
    }
    thread.name = "heatdrift-\(number)"
    // Engines recurse over graphs of some hundred nodes; the default of 512 KiB on some systems is close.
    thread.stackSize = 8 << 20
    thread.start()
  }

  private func work(asThread number: Int) {
    let imageWork: any UnitOfWork
    var isReady = number != 0
    func tell(_ bytes: Int) {
      guard !isReady else { return }
      isReady = true
      state.withLock { $0.bytesOfThread = bytes }
      ready.signal()
    }
    defer { tell(0) }
    var numberCheck: NumberCheck?
    do {
      if runner.checksEveryImage, let network = model.network {
        numberCheck = try HeldFile.whileUnchanged(model.files) { () throws(Problem) in
          try NumberCheck(network)
        }
      }
      if let prepared {
        imageWork = try ImageWork(
          experiment: runner.plan.experiment, model: model, keys: work.keys, prepared: prepared, sources: sources)
      } else {
        imageWork = try MapsWork(experiment: runner.plan.experiment, model: model, keys: work.keys)
      }
    } catch {
      fail(image: -1, error)
      return
    }
    tell(imageWork.bytes)
    while let item = nextItem() {
      let image = runner.plan.images[item.image]
      var input: Tensor?
      do {
        if imageWork.needsInput(keepsPhotograph: item.needsPhotograph) { input = try runner.load(image, for: model) }
      } catch {
        if error.kind == .changed { fail(image: item.image, error) } else { skip(item.image, error) }
        continue
      }
      do {
        if let input {
          try lookInside(image.record, input, imageWork)
          try numberCheck?.check(input)
        }
        let result = try imageWork.measure(
          image.record, image: input, levels: item.levels, hasControl: item.hasControl,
          keepsPhotograph: item.needsPhotograph)
        look.wait()
        guard !state.withLock({ $0.isUnsound }) else { return }
        try runner.checkWeights()
        finish(item.image, try runner.store.save(result, runner.rule))
      } catch {
        fail(image: item.image, runner.cause(of: error))
      }
    }
  }

  /// The first thread that has an image checks the network with it, while the others begin; none of them stores
  /// anything before the network has passed.
  private func lookInside(_ record: ImageRecord, _ image: Tensor, _ work: any UnitOfWork) throws(Problem) {
    let isFirst = state.withLock { state in
      if state.isLookedInto { return false }
      state.isLookedInto = true
      look.enter()
      return true
    }
    guard isFirst else { return }
    defer { look.leave() }
    do {
      try work.check(record, image: image)
    } catch {
      state.withLock { $0.isUnsound = true }
      throw error
    }
  }

  private func nextItem() -> MissingWork.Item? {
    let stops = shouldStop()
    return state.withLock { state in
      while state.failure == nil, state.next < work.items.count {
        if stops {
          state.wasStopped = true
          return nil
        }
        let item = work.items[state.next]
        state.next += 1
        // A file that could not be read for one model will not be read for the next.
        if state.skipped[item.image] != nil {
          state.done += 1
          continue
        }
        return item
      }
      return nil
    }
  }

  private func finish(_ image: Int, _ saved: SavedImage) {
    state.withLock { state in
      state.computedRows += saved.rows
      state.conflicts += saved.conflicts
      state.done += 1
      observe(
        .image(
          model: model.record.name, path: runner.plan.images[image].record.path, done: state.done, of: total))
    }
  }

  private func skip(_ image: Int, _ problem: Problem) {
    let skipped = SkippedImage(path: runner.plan.images[image].record.path, reason: problem.message)
    guard !runner.isStrict else {
      fail(image: image, Runner.unreadable(skipped))
      return
    }
    state.withLock { state in
      state.done += 1
      guard state.skipped.updateValue(skipped, forKey: image) == nil else { return }
      observe(.skipped(skipped))
    }
  }

  private func fail(image: Int, _ problem: Problem) {
    state.withLock { state in
      if let failure = state.failure, failure.image <= image { return }
      state.failure = (image, problem)
    }
  }
}
