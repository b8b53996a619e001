/// Where the values of a session's images lie, and in which order images and steps are run.
///
/// A value that no backward pass needs is overwritten as soon as its last consumer has read it: a forward pass then
/// works in a few megabytes, which stay in the processor's caches, instead of walking through all of its memory.
///
/// Images go through runs of steps one after the other. A step whose weights are larger than its values is a run of its
/// own, so that its weights are read once for all images rather than once for each.
struct MemoryPlan: Sendable {
  enum Location: Sendable, Equatable {
    /// In memory that each image of the batch has for itself.
    case own(offset: Int)
    /// In memory that the images use one after the other.
    case shared(offset: Int)
  }

  /// Steps that one image goes through before the next one does.
  let runs: [Range<Int>]
  let locations: [Location]
  /// Floats per image.
  let ownCount: Int
  let sharedCount: Int

  /// - Parameters:
  ///   - counts: floats of each step's value.
  ///   - weightCounts: floats of weights that each step reads.
  ///   - keeps: whether a step's value is needed after the forward pass.
  ///   - batch: images at a time.
  init(_ program: Program, counts: [Int], weightCounts: [Int], keeps: [Bool], batch: Int) {
    let steps = program.steps
    var lastUse = Array(steps.indices)
    for (index, step) in steps.enumerated() {
      for input in step.inputs { lastUse[input] = index }
    }
    let end = steps.count
    for index in steps.indices where keeps[index] || index == end - 1 { lastUse[index] = end }

    var starts: [Int] = [0]
    for index in steps.indices.dropFirst() where batch > 1 {
      let isAlone = { (step: Int) in
        weightCounts[step] > counts[step] + steps[step].inputs.reduce(0) { $0 + counts[$1] }
      }
      if isAlone(index) || isAlone(index - 1) { starts.append(index) }
    }
    runs = zip(starts, starts.dropFirst() + [end]).map { $0..<$1 }

    var own = Arena()
    var shared = Arena()
    var locations: [Location] = []
    var run = 0
    for index in steps.indices {
      if index >= runs[run].upperBound { run += 1 }
      // The memory of a value is free for steps after its last consumer, whose own value must not lie in it.
      own.release(before: index)
      shared.release(before: index)
      if batch > 1, lastUse[index] < runs[run].upperBound {
        locations.append(.shared(offset: shared.take(counts[index], until: lastUse[index])))
      } else {
        locations.append(.own(offset: own.take(counts[index], until: lastUse[index])))
      }
    }
    self.locations = locations
    ownCount = own.count
    sharedCount = shared.count
  }
}
