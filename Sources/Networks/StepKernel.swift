import Support
import Tensors

typealias FloatPointer = UnsafeMutablePointer<Float>

/// The memory that one session lends a kernel for one call.
struct KernelMemory {
  /// Whatever an engine needs per session, such as a oneDNN stream.
  let context: any EngineContext
  /// Free for any use during the call; as many floats as the greatest `scratchCount`.
  let scratch: FloatPointer
  /// The kernel's own, kept from the forward to the backward call; `workspaceBytes` of them. Nil where no backward
  /// call will follow.
  let workspace: UnsafeMutableRawPointer?
}

/// What an engine keeps per session.
protocol EngineContext: AnyObject {
  /// Called at the start of every pass, on the thread that runs it.
  func enterThread()
}

/// One step of a program, prepared by an engine. Values and their gradients have the same layout, which is the
/// kernel's own choice; only `unpack` knows it.
protocol StepKernel: Sendable {
  /// Floats that the value takes, padding of blocked layouts included.
  var valueCount: Int { get }
  /// Floats of scratch memory for either call.
  var scratchCount: Int { get }
  var workspaceBytes: Int { get }
  /// Floats of weights that a call reads.
  var weightCount: Int { get }
  /// See `FeatureMaps.block`; nil where the value lies in no such order.
  var channelBlock: Int? { get }

  /// Computes the value, the step's ReLU included.
  func forward(inputs: [FloatPointer], output: FloatPointer, memory: KernelMemory) throws(Problem)

  /// Writes the gradient with respect to one input. `outputGradient` has already been masked by the step's ReLU.
  /// - Parameter input: which of the step's inputs.
  func backward(
    input: Int, outputGradient: FloatPointer, inputGradient: FloatPointer, memory: KernelMemory
  ) throws(Problem)

  /// `forward` for several images that go through the step together, for kernels that can share something.
  func forward(
    batch inputs: [[FloatPointer]], outputs: [FloatPointer], memory: [KernelMemory]
  ) throws(Problem)

  /// `backward` for several gradients together.
  func backward(
    batchOf input: Int, outputGradients: [FloatPointer], inputGradients: [FloatPointer], memory: [KernelMemory]
  ) throws(Problem)

  /// Copies a value or gradient of this step to row-major order without padding.
  func unpack(_ value: FloatPointer, to plain: FloatPointer, memory: KernelMemory) throws(Problem)

  /// Fills a gradient of this step from row-major order.
  func pack(_ plain: FloatPointer, to value: FloatPointer, memory: KernelMemory) throws(Problem)
}

extension StepKernel {
  var scratchCount: Int { 0 }
  var workspaceBytes: Int { 0 }
  var weightCount: Int { 0 }

  func forward(
    batch inputs: [[FloatPointer]], outputs: [FloatPointer], memory: [KernelMemory]
  ) throws(Problem) {
    for index in inputs.indices {
      try forward(inputs: inputs[index], output: outputs[index], memory: memory[index])
    }
  }

  func backward(
    batchOf input: Int, outputGradients: [FloatPointer], inputGradients: [FloatPointer], memory: [KernelMemory]
  ) throws(Problem) {
    for index in outputGradients.indices {
      try backward(
        input: input, outputGradient: outputGradients[index], inputGradient: inputGradients[index],
        memory: memory[index])
    }
  }
}

/// What differs between engines: how a program's steps become kernels.
protocol KernelFactory: Sendable {
  /// The kernels of all steps, in order.
  func kernels(for program: Program, network: Network) throws(Problem) -> [any StepKernel]
  func makeContext() throws(Problem) -> any EngineContext
}
