import COneDNN
import Graphs
import Support
import Tensors
import Weights

/// Whatever the loops that both engines share compute, and products of two values: in the layouts in which the values lie
/// where the loops can take them so, otherwise row-major.
struct OneDNNElementKernel: OneDNNKernel, OneByOneKernel {
  let layout: OneDNNLayout
  let exchange: OneDNNExchange
  let scratchCount: Int
  let workspaceBytes: Int
  private let computation: Computation
  /// By input: into the order that the loops want, and its gradient back.
  private let enters: [OneDNNReorder]
  private let leaves: [OneDNNReorder]
  /// By input: floats of scratch in the order that the loops want; 0 where it lies so.
  private let counts: [Int]

  private enum Computation: Sendable {
    case loops(any ElementLoops)
    case products(MatrixProducts)
  }

  init(
    _ step: Program.Step, _ operation: Operation, _ inputs: [OneDNNLayout], _ shapes: [Shape],
    _ weights: any NamedTensors, _ context: OneDNNContext
  ) throws(Problem) {
    let orders = zip(inputs, shapes).map { $0.order(of: $1) }
    let wanted: [ElementOrder]
    let output: ElementOrder
    let ownScratch: Int
    if operation == .matrixProduct {
      let products = MatrixProducts(shapes[0], shapes[1])
      computation = .products(products)
      wanted = shapes.map { ElementOrder($0) }
      output = ElementOrder(step.shape)
      ownScratch = 0
      workspaceBytes = products.workspaceCount * MemoryLayout<Float>.stride
    } else {
      guard let loops = try operation.loops(orders, to: step.shape, weights: weights) else {
        throw .failure("at \(step.name) (\(operation.kind)): no kernel computes it")
      }
      computation = .loops(loops)
      wanted = loops.inputs
      output = loops.output
      ownScratch = loops.scratchCount
      workspaceBytes = loops.workspaceCount * MemoryLayout<Float>.stride
    }
    // The same object where the order is the same: two layouts of one channel may differ in name only.
    func layout(of order: ElementOrder) throws(Problem) -> OneDNNLayout {
      if let index = orders.firstIndex(of: order), order.block > 1 || inputs[index].channelBlock == 1 {
        return inputs[index]
      }
      return try OneDNNLayout(order)
    }
    self.layout = try layout(of: output)
    exchange = try OneDNNExchange(self.layout, step.shape, context)
    var enters: [OneDNNReorder] = []
    var leaves: [OneDNNReorder] = []
    var counts: [Int] = []
    for (index, order) in wanted.enumerated() {
      let own = order == orders[index] && (order.block > 1 || inputs[index].channelBlock == 1)
      let wanted = own ? inputs[index] : try OneDNNLayout(order)
      enters.append(try OneDNNReorder(from: inputs[index], to: wanted, context: context))
      leaves.append(try OneDNNReorder(from: wanted, to: inputs[index], context: context))
      counts.append(enters[index].isNeeded ? wanted.count.paddedToCacheLine : 0)
    }
    self.enters = enters
    self.leaves = leaves
    self.counts = counts
    let reorders = (enters + leaves).map(\.scratchpadCount).max() ?? 0
    scratchCount = counts.reduce(0, +) + max(ownScratch, max(reorders, exchange.scratchpadCount))
  }

  func forward(inputs: LentParts, output: LentFloats, memory: KernelMemory) throws(Problem) {
    let context = try memory.oneDNN()
    let scratchpad = memory.scratch.part(from: counts.reduce(0, +))
    var entered = LentParts(lentBy: memory)
    var place = 0
    for index in 0..<inputs.count {
      guard enters[index].isNeeded else {
        entered.append(inputs[index])
        continue
      }
      let own = memory.scratch.part(place..<place + counts[index])
      try enters[index].run(inputs[index], to: own, context: context, scratchpad: scratchpad)
      entered.append(own)
      place += counts[index]
    }
    switch computation {
    case .loops(let loops):
      loops.forward(entered, to: output, workspace: memory.workspace, scratch: scratchpad)
    case .products(let products):
      try products.forward(entered, to: output, workspace: memory.workspace, multiply)
    }
  }

  func backward(
    input: Int, outputGradient: LentFloats, inputGradient: LentFloats, memory: KernelMemory
  ) throws(Problem) {
    let scratchpad = memory.scratch.part(from: counts.reduce(0, +))
    let result = leaves[input].isNeeded ? memory.scratch.part(0..<counts[input]) : inputGradient
    switch computation {
    case .loops(let loops):
      loops.backward(
        input: input, outputGradient, to: result, workspace: memory.workspace, scratch: scratchpad)
    case .products(let products):
      try products.backward(input: input, outputGradient, to: result, workspace: memory.workspace, multiply)
    }
    if leaves[input].isNeeded {
      try leaves[input].run(result, to: inputGradient, context: memory.oneDNN(), scratchpad: scratchpad)
    }
  }
}

/// By oneDNN's own product of matrices.
private func multiply(_ product: MatrixProducts.One) throws(Problem) {
  let (rows, columns, depth) = (product.rows, product.columns, product.depth)
  precondition(
    product.a.count >= rows * depth && product.b.count >= depth * columns && product.result.count >= rows * columns)
  let status = unsafe withPointers(product.a, product.b, product.result) { a, b, result in
    unsafe cdnn_product(
      product.isTransposedA, product.isTransposedB, Int64(rows), Int64(columns), Int64(depth), a, b, result)
  }
  try check(status, "multiply two matrices")
}
