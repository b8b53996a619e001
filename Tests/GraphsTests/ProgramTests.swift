import EngineConformance
import Support
import Tensors
import Testing

@testable import Graphs

/// What is fused, and where values and gradients lie.
@Suite struct ProgramTests {
  private func program(_ names: [String]) throws -> Program {
    let graph = try SmallNetwork.network().graph
    return try Program(graph, layers: graph.resolve(layers: names))
  }

  @Test func whatIsNotExplainedIsFused() throws {
    #expect(
      try program([]).steps.map(\.name) == [
        "value 0", "stem.relu", "a.relu", "d", "d.pointwise", "average", "joined", "skip", "inner.relu", "inner.bn",
        "maximum", "sum.relu", "fused.relu", "adaptive", "hidden.relu", "classifier",
      ])
    #expect(
      try program(["stem", "fused.sum"]).steps.map(\.name) == [
        "value 0", "stem.bn", "stem.relu", "a.relu", "d", "d.pointwise", "average", "joined", "skip", "inner.relu",
        "inner.bn", "maximum", "sum.relu", "fused.sum", "fused.relu", "adaptive", "hidden.relu", "classifier",
      ])
  }

  /// A convolution's own value is told from a normalisation that is folded into it, but not from a sum.
  @Test func aConvolutionThatIsExplainedTakesInNoSum() throws {
    var b = GraphBuilder(input: [4, 5, 5])
    let x = b.image()
    let y = b.batchNormalisation("bn", b.convolution("conv", x, channels: 4, kernel: 1), epsilon: 1e-5)
    _ = b.linear("fc", b.relu("relu", b.add("sum", x, y)), features: 2)
    let graph = try b.graph(name: "small", lastLayer: "relu")
    func names(_ layers: [String]) throws -> [String] {
      try Program(graph, layers: graph.resolve(layers: layers)).steps.map(\.name)
    }
    #expect(try graph.onceExplainedAsSums(graph.resolve(layers: ["conv", "bn", "sum", "relu"])) == ["conv"])
    #expect(try names([]) == ["value 0", "relu", "fc"])
    #expect(try names(["conv"]) == ["value 0", "bn", "relu", "fc"])
    #expect(try names(["sum"]) == ["value 0", "sum", "relu", "fc"])
  }

  /// No value lies where another one is that is still needed.
  @Test(arguments: [[], ["last"], ["all"]], [1, 3])
  func valuesDoNotOverwriteEachOther(_ layers: [String], _ batch: Int) throws {
    let program = try program(layers)
    let steps = program.steps
    let counts = steps.map(\.shape.count)
    let explained = Set(program.explained.map(\.step))
    let keeps = steps.indices.map(explained.contains)
    // The last ones read more weights than values.
    let weights = steps.indices.map { $0 < steps.count - 2 ? 0 : 1 << 20 }
    let plan = MemoryPlan(program, counts: counts, weightCounts: weights, keeps: keeps, batch: batch)
    #expect(plan.runs.flatMap { Array($0) } == Array(steps.indices))
    #expect((plan.runs.count > 1) == (batch > 1))
    for (first, step) in steps.enumerated() {
      let lastUse =
        keeps[first] || first == steps.count - 1
        ? steps.count : steps.lastIndex { $0.inputs.contains(first) } ?? first
      let range = place(plan.locations[first], counts[first])
      #expect(range.1.upperBound <= (range.0 ? plan.sharedCount : plan.ownCount), "\(step.name)")
      for second in steps.indices.dropFirst(first + 1) where second <= lastUse {
        let other = place(plan.locations[second], counts[second])
        #expect(
          range.0 != other.0 || !range.1.overlaps(other.1), "\(step.name) is overwritten by \(steps[second].name)")
      }
    }
  }

  /// Whether shared, and which floats.
  private func place(_ location: MemoryPlan.Location, _ count: Int) -> (Bool, Range<Int>) {
    switch location {
    case .own(let offset): (false, offset..<offset + count)
    case .shared(let offset): (true, offset..<offset + count)
    }
  }

  /// Every gradient that is needed is made, within the memory, and never where its own step's still lies.
  @Test(arguments: [["last"], ["all"], []]) func gradientsAreHandedOn(_ layers: [String]) throws {
    let program = try program(layers)
    let targets = layers.isEmpty ? [0] : program.explained.map(\.step)
    let needed = program.valuesNeedingGradient(toReach: targets)
    let counts = program.steps.map(\.shape.count)
    let plan = GradientPlan(program, counts: counts, needed: needed)
    for step in program.steps.indices {
      #expect((plan.offsets[step] != nil) == (needed[step]), "\(program.steps[step].name)")
      guard let offset = plan.offsets[step] else { continue }
      #expect(offset + counts[step] <= plan.count)
      let own = offset..<offset + counts[step]
      for transfer in plan.transfers[step] {
        let source = counts[program.steps[step].inputs[transfer.input]]
        #expect(!own.overlaps(transfer.offset..<transfer.offset + source))
        if let sum = transfer.sum {
          #expect(!(sum..<sum + source).overlaps(transfer.offset..<transfer.offset + source))
        }
      }
    }
    // To the last layer only the network's head: none of what stands before it.
    if layers == ["last"] { #expect(needed.count { $0 } == 4) }
  }
}
