/// Where the gradients of one backward pass lie: in one piece of memory for each score, every part of which is used
/// again as soon as its gradient has been handed on.
struct GradientPlan: Sendable {
  /// One step's gradient handed on to one of its inputs.
  struct Transfer: Sendable {
    let input: Int
    /// Where the kernel writes.
    let offset: Int
    /// Where to add that, when another consumer of the same value wrote there before.
    let sum: Int?
  }

  /// Offsets by step; nil where no gradient comes by.
  let offsets: [Int?]
  /// By step.
  let transfers: [[Transfer]]
  /// Floats for each score.
  let count: Int

  /// - Parameters:
  ///   - counts: floats of each step's value.
  ///   - needed: which steps' gradients the pass makes.
  init(_ program: Program, counts: [Int], needed: [Bool]) {
    let steps = program.steps
    let last = steps.count - 1
    var arena = Arena()
    var offsets = [Int?](repeating: nil, count: steps.count)
    var transfers = [[Transfer]](repeating: [], count: steps.count)
    // The pass goes from the logits to the image: a step's time is its distance from the logits.
    offsets[last] = arena.take(counts[last], until: 0)
    for index in stride(from: last, through: 0, by: -1) where needed[index] && offsets[index] != nil {
      let time = last - index
      arena.release(before: time)
      for (input, source) in steps[index].inputs.enumerated() where needed[source] {
        if let sum = offsets[source] {
          transfers[index].append(
            Transfer(input: input, offset: arena.take(counts[source], until: time), sum: sum))
        } else {
          let offset = arena.take(counts[source], until: last - source)
          offsets[source] = offset
          transfers[index].append(Transfer(input: input, offset: offset, sum: nil))
        }
      }
    }
    self.offsets = offsets
    self.transfers = transfers
    count = arena.count
  }
}
