import COpenBLAS
import Diagnostics
import Tensors

/// The second engine: row-major everywhere, convolutions as matrix products (im2col), plain loops for the rest.
/// Short rather than fast, it is the independent check of the first.
public struct OpenBLASEngine: Engine {
  public let name = EngineName.openblas.rawValue
  public var version: String {
    let configuration = String(cString: openblas_get_config())
    // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ..." : name and version are enough for people.
    return configuration.split(separator: " ").prefix(2).joined(separator: " ")
  }

  public init() {}

  /// The processor that OpenBLAS takes this one for: "Zen".
  public static var core: String { String(cString: openblas_get_corename()) }

  public func prepare(_ network: Network, layers: [ResolvedLayer]) throws(Problem) -> any PreparedNetwork {
    try PreparedProgram(network, layers: layers, factory: OpenBLASKernels())
  }
}

struct OpenBLASKernels: KernelFactory {
  /// Images run in parallel, so each product keeps to its own thread.
  final class Context: EngineContext {
    func enterThread() { openblas_set_num_threads(1) }
  }

  func makeContext() -> any EngineContext { Context() }

  func kernels(for program: Program, network: Network) throws(Problem) -> [any StepKernel] {
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
      case .linear(let linear): kernels.append(try OpenBLASLinearKernel(step, linear, network.weights))
      case .convolution(let convolution, let normalisation, let addsInput):
        kernels.append(
          try OpenBLASConvolutionKernel(
            step, convolution, FoldedConvolution(convolution, normalisation, weights: network.weights),
            inputShapes[0], addsInput: addsInput))
      }
    }
    return kernels
  }
}

/// A kernel whose value is row-major.
protocol PlainKernel: StepKernel {}

extension PlainKernel {
  var channelBlock: Int? { 1 }

  func unpack(_ value: FloatPointer, to plain: FloatPointer, memory: KernelMemory) {
    plain.update(from: value, count: valueCount)
  }

  func pack(_ plain: FloatPointer, to value: FloatPointer, memory: KernelMemory) {
    value.update(from: plain, count: valueCount)
  }
}
