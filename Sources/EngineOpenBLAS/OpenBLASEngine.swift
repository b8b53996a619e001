import Graphs
import Support
import Tensors
import Weights

/// The second engine: row-major everywhere, convolutions as matrix products (im2col), plain loops for the rest.
/// Short rather than fast, it is the independent check of the first.
public struct OpenBLASEngine: Engine {
  public let name = EngineKind.openblas.name
  public var version: String {
    // Name and version are enough for people.
    library.configuration.split(separator: " ").prefix(2).joined(separator: " ")
  }

  private let library: OpenBLASLibrary

  /// - Throws: `Problem` where OpenBLAS is not installed.
  public init() throws(Problem) { library = try .load() }

  /// The processor that OpenBLAS takes this one for: "Zen".
  public var core: String { library.core }

  public func prepare(_ network: Network, layers: [ResolvedLayer]) throws(Problem) -> any PreparedNetwork {
    try PreparedProgram(network, layers: layers, factory: factory)
  }

  /// What makes its kernels.
  public var factory: any KernelFactory { OpenBLASKernels(library: library) }
}

extension EngineKind {
  /// What is known of OpenBLAS before it is loaded.
  public static let openblas = EngineKind(
    name: "openblas", library: "OpenBLAS",
    remedy:
      "The library is libopenblas. Try again with OPENBLAS_CORETYPE=Haswell in the environment (ARMV8 on ARM), or "
      + "install another version of it; until it passes, do not give `--engine openblas` to run.",
    instructionSet: { () throws(Problem) in try OpenBLASEngine().core },
    make: { () throws(Problem) in try OpenBLASEngine() })
}

struct OpenBLASKernels: KernelFactory {
  let library: OpenBLASLibrary

  final class Context: EngineContext {
    private let library: OpenBLASLibrary

    init(_ library: OpenBLASLibrary) { self.library = library }

    func enterThread() { library.useOneThread() }
  }

  func makeContext() -> any EngineContext { Context(library) }

  func kernels(for program: Program, weights: any NamedTensors) throws(Problem) -> [any StepKernel] {
    var kernels: [any StepKernel] = []
    for step in program.steps {
      let inputShapes = step.inputs.map { program.steps[$0].shape }
      switch step.kind {
      case .image: kernels.append(PlainPassKernel(.image, step))
      case .relu: kernels.append(PlainPassKernel(.rectify, step))
      case .add: kernels.append(PlainPassKernel(.add, step))
      case .concatenation: kernels.append(PlainConcatenationKernel(step, inputShapes))
      case .pooling(let pooling): kernels.append(PlainPoolingKernel(step, pooling, inputShapes[0]))
      case .adaptiveAveragePooling: kernels.append(PlainAdaptivePoolingKernel(step, inputShapes[0]))
      case .other(.matrixProduct): kernels.append(OpenBLASProductKernel(step, inputShapes, library))
      case .other(let operation):
        guard let loops = try operation.loops(inputShapes.map { ElementOrder($0) }, to: step.shape, weights: weights)
        else {
          throw .failure("at \(step.name) (\(operation.kind)): no kernel computes it")
        }
        kernels.append(PlainElementKernel(loops))
      case .linear(let linear): kernels.append(try OpenBLASLinearKernel(step, linear, weights, library))
      case .convolution(let convolution):
        kernels.append(
          try OpenBLASConvolutionKernel(
            step, convolution, FoldedConvolution(convolution, weights: weights), inputShapes[0], library))
      }
    }
    return kernels
  }
}

/// A kernel whose value is row-major.
protocol PlainKernel: OneByOneKernel {}

extension PlainKernel {
  var channelBlock: Int? { 1 }

  func unpack(_ value: LentFloats, to plain: LentFloats, memory: KernelMemory) {
    plain.copy(value, count: valueCount)
  }

  func pack(_ plain: LentFloats, to value: LentFloats, memory: KernelMemory) {
    value.copy(plain, count: valueCount)
  }
}
