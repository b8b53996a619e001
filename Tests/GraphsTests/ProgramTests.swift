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

  /// A pass that writes down whose gradient every float holds: each step finds its own whole, with the shares of all
  /// consumers, and hands it on before anything else is written there.
  @Test(arguments: [["last"], ["all"], []], [false, true])
  func gradientsAreHandedOn(_ layers: [String], _ handsOn: Bool) throws {
    let program = try program(layers)
    let steps = program.steps
    let targets = layers.isEmpty ? [0] : program.explained.map(\.step)
    let needed = program.valuesNeedingGradient(toReach: targets)
    let counts = steps.map(\.shape.count)
    func passes(_ step: Int, _ input: Int) -> Bool {
      switch steps[step].kind {
      case .add, .relu: handsOn
      case .convolution: handsOn && input == 1
      default: false
      }
    }
    let plan = GradientPlan(
      program, counts: counts, extents: needed.map { $0 ? .everywhere : .none }, handsOn: passes)
    /// By float: the step whose gradient lies there, and the consumers whose share is in it.
    var memory = [(step: Int, consumers: [Int])](repeating: (-1, []), count: plan.count)
    func places(_ offset: Int, of step: Int) -> Range<Int> { offset..<offset + counts[step] }
    var inherited = 0
    let last = steps.count - 1
    for place in places(plan.offsets[last] ?? 0, of: last) { memory[place] = (last, []) }
    for step in steps.indices.reversed() {
      #expect((plan.offsets[step] != nil) == needed[step], "\(steps[step].name)")
      guard let offset = plan.offsets[step] else { continue }
      let consumers = steps.indices.flatMap { index in
        steps[index].inputs.filter { $0 == step }.map { _ in index }
      }.sorted(by: >)
      for place in places(offset, of: step) {
        #expect(memory[place] == (step, consumers), "\(steps[step].name) at \(place)")
      }
      for transfer in plan.transfers[step] {
        let source = steps[step].inputs[transfer.input]
        let former = transfer.addend.map { memory[$0] }
        if let addend = transfer.addend {
          #expect(places(addend, of: source).allSatisfy { memory[$0].step == source })
        }
        for place in places(transfer.offset, of: source) {
          #expect(!places(offset, of: step).contains(place))
          memory[place] = (source, (former?.consumers ?? []) + [step])
        }
      }
      let sources = Set(plan.transfers[step].map(\.input))
      for (input, source) in steps[step].inputs.enumerated() where needed[source] && !sources.contains(input) {
        inherited += 1
        #expect(passes(step, input))
        for place in places(offset, of: step) { memory[place] = (source, [step]) }
      }
      #expect(plan.goesOn[step] == steps[step].inputs.contains { needed[$0] })
    }
    #expect((inherited > 0) == (handsOn && layers != ["last"]))
    // To the last layer only the network's head: none of what stands before it.
    if layers == ["last"] { #expect(needed.count { $0 } == 4) }
  }

  /// Where means are enough, nothing is made of the gradient of what convolutions alone take, up to poolings before them.
  @Test func meansNeedNoGradientsNearestTheImage() throws {
    var b = GraphBuilder(width: 1, inputSize: 17)
    var x = b.relu("stem.relu", b.convolution("stem", b.image(), channels: 6, kernel: 3, padding: 1))
    x = b.pooling("maximum", .maximum, x, kernel: 3, stride: 2, padding: 1)
    let y = b.convolution("y", x, channels: 8, kernel: 3, stride: 2, padding: 1)
    let z = b.convolution("z", x, channels: 8, kernel: 1, stride: 2)
    x = b.pooling("average", .average, b.relu("sum", b.add(nil, y, z)), kernel: 3, stride: 1, padding: 1)
    x = b.pooling("last", .maximum, x, kernel: 2, stride: 2, padding: 0)
    _ = b.linear("fc", x, features: 2)
    let graph = try b.graph(name: "small", lastLayer: "last")
    func summed(_ layers: [String], meansAreEnough: Bool = true) throws -> [String] {
      let program = try Program(graph, layers: graph.resolve(layers: layers))
      let extents = program.gradientExtents(meansAreEnough: meansAreEnough)
      return program.steps.indices.filter { extents[$0] == .sums }.map { program.steps[$0].name }
    }
    #expect(try summed(["stem.relu", "maximum", "sum"]) == ["stem.relu", "maximum"])
    #expect(try summed(["stem.relu", "sum"]) == ["stem.relu", "maximum"])
    #expect(try summed(["maximum", "average"]) == ["maximum"])
    // Its own activations are cut at 0 before the pooling, and the gradient there, but not before the ReLU.
    #expect(try summed(["stem", "maximum"]) == [])
    #expect(try summed(["sum", "average", "last"]) == [])
    #expect(try summed(["stem.relu", "maximum", "sum"], meansAreEnough: false) == [])
  }
}
