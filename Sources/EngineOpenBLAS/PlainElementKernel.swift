import Graphs
import Support
import Tensors

/// Whatever the loops that both engines share compute.
struct PlainElementKernel: PlainKernel {
  let valueCount: Int
  let scratchCount: Int
  let workspaceBytes: Int
  private let loops: any ElementLoops

  init(_ loops: any ElementLoops) {
    self.loops = loops
    valueCount = loops.output.count
    scratchCount = loops.scratchCount
    workspaceBytes = loops.workspaceCount * MemoryLayout<Float>.stride
  }

  func forward(inputs: LentParts, output: LentFloats, memory: KernelMemory) {
    loops.forward(inputs, to: output, workspace: memory.workspace, scratch: memory.scratch)
  }

  func backward(
    input: Int, outputGradient: LentFloats, inputGradient: LentFloats, memory: KernelMemory
  ) {
    loops.backward(
      input: input, outputGradient, to: inputGradient, workspace: memory.workspace, scratch: memory.scratch)
  }
}

/// Products of two values, each of which is kept for the gradient of the other.
struct OpenBLASProductKernel: PlainKernel {
  let valueCount: Int
  var workspaceBytes: Int { products.workspaceCount * MemoryLayout<Float>.stride }
  private let products: MatrixProducts
  private let library: OpenBLASLibrary

  init(_ step: Program.Step, _ inputShapes: [Shape], _ library: OpenBLASLibrary) {
    valueCount = step.shape.count
    products = MatrixProducts(inputShapes[0], inputShapes[1])
    self.library = library
  }

  func forward(inputs: LentParts, output: LentFloats, memory: KernelMemory) throws(Problem) {
    try products.forward(inputs, to: output, workspace: memory.workspace, library.multiply)
  }

  func backward(
    input: Int, outputGradient: LentFloats, inputGradient: LentFloats, memory: KernelMemory
  ) throws(Problem) {
    try products.backward(
      input: input, outputGradient, to: inputGradient, workspace: memory.workspace, library.multiply)
  }
}
