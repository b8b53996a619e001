import Support
import Tensors
import Weights

/// The memory that one session lends a kernel for one call.
public struct KernelMemory: ~Escapable {
  /// Whatever an engine needs per session, such as a oneDNN stream.
  public let context: any EngineContext
  /// Free for any use during the call; as many floats as the greatest `scratchCount`.
  public let scratch: LentFloats
  /// The kernel's own, kept from the forward to the backward call; `workspaceBytes` of them. Nil where no backward
  /// call will follow.
  public let workspace: LentFloats?

  @_lifetime(borrow lender)
  init<Lender: ~Copyable & ~Escapable>(
    _ step: Int, image: Int, of session: ProgramSession, lentBy lender: borrowing Lender
  ) {
    context = session.context
    scratch = LentFloats(session.memory.buffer, session.places.scratchRange, lentBy: lender)
    if let buffer = session.slots[image].workspaces[step] {
      workspace = LentFloats(buffer, 0..<buffer.count, lentBy: lender)
    } else {
      workspace = nil
    }
  }
}

/// What a session lends a kernel for the images that go through a step together.
public struct ForwardBatch: ~Escapable {
  /// How many images these are.
  public var count: Int { images.count }
  private let images: Range<Int>
  private let session: ProgramSession
  private let step: Int

  @_lifetime(borrow session)
  init(_ step: Int, of images: Range<Int>, in session: borrowing ProgramSession) {
    self.images = images
    self.session = copy session
    self.step = step
  }

  /// The values of the step's inputs, in their layouts.
  /// - Precondition: `image` is in 0 ..< `count`.
  @_lifetime(borrow self)
  public func inputs(of image: Int) -> LentParts {
    let places = session.program.steps[step].inputs.map { session.place(of: $0, image: images.lowerBound + image) }
    return LentParts(session.memory.buffer, places, lentBy: self)
  }

  /// Where the step's value goes. It overlaps no input.
  /// - Precondition: `image` is in 0 ..< `count`.
  @_lifetime(borrow self)
  public func output(of image: Int) -> LentFloats {
    LentFloats(session.memory.buffer, session.place(of: step, image: images.lowerBound + image), lentBy: self)
  }

  /// - Precondition: `image` is in 0 ..< `count`.
  @_lifetime(borrow self)
  public func memory(of image: Int) -> KernelMemory {
    KernelMemory(step, image: images.lowerBound + image, of: session, lentBy: self)
  }
}

/// What a session lends a kernel for the gradients that go through a step together.
public struct BackwardBatch: ~Escapable {
  /// With respect to the step's value, for each score; the step's ReLU has been passed.
  public let outputGradients: LentParts
  /// Where those with respect to the input go. None overlaps one of the others.
  public let inputGradients: LentParts
  /// What is to be added to those, in the same layout, one for each score. None overlaps one of the others. Nil for nothing, as always
  /// where the kernel does not say that it `addsGradients`.
  public let addends: LentParts?
  private let images: [Int]
  private let session: ProgramSession
  private let step: Int

  @_lifetime(copy outputGradients, copy inputGradients, copy addends)
  init(
    _ step: Int, of images: [Int], outputGradients: LentParts, inputGradients: LentParts, addends: LentParts?,
    in session: ProgramSession
  ) {
    self.outputGradients = outputGradients
    self.inputGradients = inputGradients
    self.addends = addends
    self.images = images
    self.session = session
    self.step = step
  }

  /// How many gradients these are.
  public var count: Int { images.count }

  /// - Precondition: `index` is in 0 ..< `count`.
  @_lifetime(borrow self)
  public func memory(of index: Int) -> KernelMemory {
    KernelMemory(step, image: images[index], of: session, lentBy: self)
  }
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

  /// Computes the values of some images, the step's ReLU included.
  func forward(_ batch: ForwardBatch) throws(Problem)

  /// Writes some gradients with respect to one input.
  /// - Parameter input: which of the step's inputs.
  func backward(input: Int, _ batch: BackwardBatch) throws(Problem)

  /// Whether the gradients with respect to an input are those with respect to the value, unchanged and in the same layout:
  /// `backward` may then not be called for it.
  func handsOn(input: Int) -> Bool

  /// Whether `backward` takes `BackwardBatch.addends` for an input.
  func addsGradients(of input: Int) -> Bool

  /// Copies a value or gradient of this step to row-major order without padding.
  func unpack(_ value: LentFloats, to plain: LentFloats, memory: KernelMemory) throws(Problem)

  /// Fills a gradient of this step from row-major order.
  func pack(_ plain: LentFloats, to value: LentFloats, memory: KernelMemory) throws(Problem)
}

extension StepKernel {
  public var scratchCount: Int { 0 }
  public var workspaceBytes: Int { 0 }
  public var weightCount: Int { 0 }
  public func handsOn(input: Int) -> Bool { false }
  public func addsGradients(of input: Int) -> Bool { false }
}

/// A kernel whose images have nothing to share: they go through it one by one.
public protocol OneByOneKernel: StepKernel {
  /// Computes the value of one image, the step's ReLU included.
  /// - Parameters:
  ///   - inputs: the values of the step's inputs, in their layouts.
  ///   - output: overlaps none of them.
  func forward(inputs: LentParts, output: LentFloats, memory: KernelMemory) throws(Problem)

  /// Writes the gradient with respect to one input. `outputGradient` has already been masked by the step's ReLU.
  /// - Parameter input: which of the step's inputs.
  func backward(
    input: Int, outputGradient: LentFloats, inputGradient: LentFloats, memory: KernelMemory
  ) throws(Problem)
}

extension OneByOneKernel {
  public func forward(_ batch: ForwardBatch) throws(Problem) {
    for image in 0..<batch.count {
      try forward(inputs: batch.inputs(of: image), output: batch.output(of: image), memory: batch.memory(of: image))
    }
  }

  public func backward(input: Int, _ batch: BackwardBatch) throws(Problem) {
    for index in 0..<batch.count {
      try backward(
        input: input, outputGradient: batch.outputGradients[index], inputGradient: batch.inputGradients[index],
        memory: batch.memory(of: index))
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
