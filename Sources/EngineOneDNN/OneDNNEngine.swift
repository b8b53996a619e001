import COneDNN
import Graphs
import Support
import Tensors
import Weights

/// oneDNN: its own blocked layouts inside the network, row-major only where data enter and leave.
public struct OneDNNEngine: Engine {
  public let name = EngineKind.onednn.name
  public let version: String
  private let context: OneDNNContext

  /// - Throws: `Problem` where the library that is loaded is none that this was made for.
  public init() throws(Problem) {
    var major: Int32 = 0
    var minor: Int32 = 0
    var patch: Int32 = 0
    unsafe cdnn_version(&major, &minor, &patch)
    version = "oneDNN \(major).\(minor).\(patch)"
    context = try OneDNNContext()
  }

  /// The instruction set that oneDNN has chosen on this processor: "AVX2".
  public static var instructionSet: String { unsafe String(cString: cdnn_instruction_set()) }

  public func prepare(_ network: Network, layers: [ResolvedLayer]) throws(Problem) -> any PreparedNetwork {
    context.enterThread()
    return try PreparedProgram(network, layers: layers, factory: OneDNNKernels(context: context))
  }
}

extension EngineKind {
  /// What is known of oneDNN before it is loaded.
  public static let onednn = EngineKind(
    name: "onednn", library: "oneDNN",
    remedy: "The library is libdnnl. Try again with DNNL_MAX_CPU_ISA=AVX2 in the environment (ONEDNN_MAX_CPU_ISA from "
      + "oneDNN 3 on), or install another version of it; until it passes, give `--engine openblas` to run.",
    instructionSet: { OneDNNEngine.instructionSet },
    make: { () throws(Problem) in try OneDNNEngine() })
}

/// Makes a kernel for each step, deciding layouts from the input side on.
struct OneDNNKernels: KernelFactory {
  let context: OneDNNContext

  func makeContext() throws(Problem) -> any EngineContext { try OneDNNContext(sharing: context) }

  func kernels(for program: Program, weights: any NamedTensors) throws(Problem) -> [any StepKernel] {
    let loading = WeightsLoading()
    var kernels: [any StepKernel] = []
    /// Of every value so far.
    var layouts: [OneDNNLayout] = []
    for step in program.steps {
      let inputs = step.inputs.map { layouts[$0] }
      let inputShapes = step.inputs.map { program.steps[$0].shape }
      let kernel: any OneDNNKernel
      switch step.kind {
      case .image: kernel = try OneDNNPassKernel(.image, step, inputs, context)
      case .relu: kernel = try OneDNNPassKernel(.rectify, step, inputs, context)
      case .add: kernel = try OneDNNPassKernel(.add, step, inputs, context)
      case .concatenation:
        if inputs.count <= OneDNNConcatenationKernel.mostInputs {
          kernel = try OneDNNConcatenationKernel(step, inputs, inputShapes, context)
        } else {
          kernel = try OneDNNElementKernel(step, .concatenation(axis: 0), inputs, inputShapes, weights, context)
        }
      case .pooling(let pooling):
        if pooling.isOneDNNs(from: inputShapes[0], to: step.shape) {
          kernel = try OneDNNPoolingKernel(step, pooling, inputs[0], inputShapes[0], context)
        } else {
          kernel = try OneDNNPlainPoolingKernel(step, pooling, inputs[0], inputShapes[0], context)
        }
      case .adaptiveAveragePooling:
        if let pooling = Pooling.adaptive(from: inputShapes[0], to: step.shape) {
          kernel = try OneDNNPoolingKernel(step, pooling, inputs[0], inputShapes[0], context)
        } else {
          kernel = try OneDNNAdaptivePoolingKernel(step, inputs[0], inputShapes[0], context)
        }
      case .other(let operation):
        kernel = try OneDNNElementKernel(step, operation, inputs, inputShapes, weights, context)
      case .linear(let linear):
        let made = try OneDNNLinearKernel(step, linear, inputs[0], inputShapes[0], context)
        loading.add { (_) throws(Problem) in try made.load(weights) }
        kernel = made
      case .convolution(let convolution):
        if let made = try LoopConvolutionKernel(
          step, convolution, inputs, inputShapes[0], isRectified: program.isRectified(step.inputs[0]), context)
        {
          loading.add { (_) throws(Problem) in made.load(try FoldedConvolution(convolution, weights: weights)) }
          kernel = made
        } else {
          let made = try OneDNNConvolutionKernel(
            step, convolution, inputs, inputShapes[0], sharesInput: program.consumerCounts[step.inputs[0]] > 1, context)
          loading.add { (context) throws(Problem) in
            try made.load(FoldedConvolution(convolution, weights: weights), context)
          }
          kernel = made
        }
      }
      kernels.append(kernel)
      layouts.append(kernel.layout)
    }
    try loading.run(context)
    return kernels
  }
}

/// A kernel whose value has a oneDNN layout.
protocol OneDNNKernel: StepKernel {
  var layout: OneDNNLayout { get }
  /// Between `layout` and row-major.
  var exchange: OneDNNExchange { get }
}

/// The reorders by which a value leaves and a gradient enters.
struct OneDNNExchange: Sendable {
  let unpack: OneDNNReorder
  let pack: OneDNNReorder

  init(_ layout: OneDNNLayout, _ shape: Shape, _ context: OneDNNContext) throws(Problem) {
    let plain = try OneDNNLayout(shape.batchExtents)
    unpack = try OneDNNReorder(from: layout, to: plain, context: context)
    pack = try OneDNNReorder(from: plain, to: layout, context: context)
  }

  var scratchpadCount: Int { max(unpack.scratchpadCount, pack.scratchpadCount) }
}

extension OneDNNKernel {
  var valueCount: Int { layout.count }
  var channelBlock: Int? { layout.channelBlock }

  func unpack(_ value: LentFloats, to plain: LentFloats, memory: KernelMemory) throws(Problem) {
    try exchange.unpack.run(value, to: plain, context: memory.oneDNN(), scratchpad: memory.scratch)
  }

  func pack(_ plain: LentFloats, to value: LentFloats, memory: KernelMemory) throws(Problem) {
    try exchange.pack.run(plain, to: value, context: memory.oneDNN(), scratchpad: memory.scratch)
  }
}

extension KernelMemory {
  func oneDNN() throws(Problem) -> OneDNNContext {
    guard let context = context as? OneDNNContext else {
      throw .failure("a oneDNN kernel was given another engine's memory")
    }
    return context
  }
}

extension Shape {
  /// With a batch axis of 1 before it. What is no map lies row-major, whatever its axes.
  var batchExtents: [Int] { rank == 3 ? [1] + dimensions : [1, count] }
}

extension Pooling {
  /// The average pooling that equals an adaptive one, where the sizes divide.
  static func adaptive(from input: Shape, to output: Shape) -> Pooling? {
    guard input[1] % output[1] == 0, input[2] % output[2] == 0, input[1] / output[1] == input[2] / output[2] else {
      return nil
    }
    return Pooling(
      kind: .average, window: Window(kernel: input[1] / output[1], stride: input[1] / output[1], padding: 0))
  }
}
