/// Where the gradients of one backward pass lie: in one piece of memory for each score, every part of which is used
/// again as soon as its gradient has been handed on.
struct GradientPlan: Sendable {
  /// One step's gradient handed on to one of its inputs.
  struct Transfer: Sendable {
    let input: Int
    /// Where the kernel writes.
    let offset: Int
    /// What to add to that, when another consumer of the same value wrote there before.
    let addend: Int?
  }

  /// By step: where its gradient lies at its turn; nil where none comes by.
  let offsets: [Int?]
  /// By step, without an input whose gradient lies where the step's own does.
  let transfers: [[Transfer]]
  /// By step: whether an input needs a sum over each channel only.
  let makesSums: [Bool]
  /// By step: whether its gradient goes on to any input.
  let goesOn: [Bool]
  /// Floats for each score.
  let count: Int

  /// - Parameters:
  ///   - counts: floats of each step's value.
  ///   - extents: what the pass makes of each step's gradient.
  ///   - handsOn: whether a step's gradient is that of one of its inputs as it is.
  init(
    _ program: Program, counts: [Int], extents: [GradientExtent], handsOn: (_ step: Int, _ input: Int) -> Bool
  ) {
    let needed = extents.map { $0 == .everywhere }
    let steps = program.steps
    let last = steps.count - 1
    var arena = Arena()
    var offsets = [Int?](repeating: nil, count: steps.count)
    var transfers = [[Transfer]](repeating: [], count: steps.count)
    let makesSums = steps.map { step in step.inputs.contains { extents[$0] == .sums } }
    var goesOn = makesSums
    // The pass goes from the logits to the image: a step's time is its distance from the logits.
    offsets[last] = arena.take(counts[last], until: 0)
    for index in stride(from: last, through: 0, by: -1) where needed[index] {
      guard let own = offsets[index] else { continue }
      let time = last - index
      arena.release(before: time)
      let inputs = steps[index].inputs
      // One input can have the step's own memory, once the others have read it: its first gradient, where nothing writes
      // there before its own turn.
      let heir = inputs.indices.first { input in
        let source = inputs[input]
        return needed[source] && offsets[source] == nil && counts[source] == counts[index]
          && inputs.count { $0 == source } == 1 && handsOn(index, input)
      }
      for (input, source) in inputs.enumerated() where needed[source] {
        goesOn[index] = true
        guard input != heir else { continue }
        let former = offsets[source]
        let offset = arena.take(counts[source], until: last - source)
        transfers[index].append(Transfer(input: input, offset: offset, addend: former))
        offsets[source] = offset
        if let former { arena.keep(former, until: time) }
      }
      if let heir {
        offsets[inputs[heir]] = own
        arena.keep(own, until: last - inputs[heir])
      }
    }
    self.offsets = offsets
    self.transfers = transfers
    self.makesSums = makesSums
    self.goesOn = goesOn
    count = arena.count
  }
}
