import Support
import Tensors
import Weights

/// Values and gradients in memory that an engine lends or is lent, in the layout of the step whose they are.
public typealias FloatPointer = UnsafeMutablePointer<Float>

/// The memory that one session lends a kernel for one call.
@safe public struct KernelMemory {
  /// Whatever an engine needs per session, such as a oneDNN stream.
  public let context: any EngineContext
  /// Free for any use during the call; as many floats as the greatest `scratchCount`.
  public let scratch: FloatPointer
  /// The kernel's own, kept from the forward to the backward call; `workspaceBytes` of them. Nil where no backward
  /// call will follow.
  public let workspace: UnsafeMutableRawPointer?
}

/// What an engine keeps per session.
public protocol EngineContext: AnyObject {
  /// Called at the start of every pass, on the thread that runs it.
  func enterThread()
}

/// One step of a program, prepared by an engine. Values and their gradients have the same layout, which is the
/// kernel's own choice; only `unpack` knows it.
public protocol StepKernel: Sendable {
  /// Floats that the value takes, padding of blocked layouts included.
  var valueCount: Int { get }
  /// Floats of scratch memory for either call.
  var scratchCount: Int { get }
  /// What the forward call leaves for the backward call, in bytes.
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
  public var scratchCount: Int { 0 }
  public var workspaceBytes: Int { 0 }
  public var weightCount: Int { 0 }

  public func forward(
    batch inputs: [[FloatPointer]], outputs: [FloatPointer], memory: [KernelMemory]
  ) throws(Problem) {
    for index in unsafe inputs.indices {
      try unsafe forward(inputs: inputs[index], output: outputs[index], memory: memory[index])
    }
  }

  public func backward(
    batchOf input: Int, outputGradients: [FloatPointer], inputGradients: [FloatPointer], memory: [KernelMemory]
  ) throws(Problem) {
    for index in unsafe outputGradients.indices {
      try unsafe backward(
        input: input, outputGradient: outputGradients[index], inputGradient: inputGradients[index],
        memory: memory[index])
    }
  }
}

/// What differs between engines: how a program's steps become kernels.
public protocol KernelFactory: Sendable {
  /// The kernels of all steps, in order.
  /// - Parameter weights: hold every tensor of the program's graph; what is read of them is checked by the functions that
  ///   read it (`FoldedConvolution`, `copyFinite`).
  /// - Throws: `Problem` that names the tensor whose values are not finite, and whatever the engine's library says.
  func kernels(for program: Program, weights: any NamedTensors) throws(Problem) -> [any StepKernel]
  /// For one session.
  func makeContext() throws(Problem) -> any EngineContext
}
