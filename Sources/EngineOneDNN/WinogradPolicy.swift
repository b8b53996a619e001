import COneDNN
import Graphs
import Support
import Tensors

/// Where convolutions go by Winograd's algorithm (Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks",
/// CVPR 2016), which needs 2.25 to 4 times fewer multiplications for 3 x 3 filters at stride 1.
///
/// It sums in another order, as every other processor does too: `Documentation/Speed.md` has how far gradients are from
/// those of double precision either way.
struct WinogradPolicy {
  /// Of one step.
  struct Use: Sendable {
    var forward = false
    /// Whether whatever reads the step's value goes by Winograd's algorithm too, which has a layout of its own.
    var keepsLayout = false
    var gradient = false
  }

  /// By step.
  let uses: [Use]

  /// - Parameter context: of the oneDNN that is asked whether it has such a convolution: version 2 with AVX-512 has.
  init(_ program: Program, context: OneDNNContext) throws(Problem) {
    let convolutions = program.steps.map(\.convolution)
    let suitable = zip(program.steps, convolutions).map { step, convolution in
      convolution.map { WinogradPolicy.suits($0, step.shape) } ?? false
    }
    let work = zip(program.steps, convolutions).map { step, convolution in
      convolution?.multiplyAdds(to: step.shape) ?? 0
    }
    let served = zip(work, suitable).reduce(0) { $0 + ($1.1 ? $1.0 : 0) }
    // Where little is served, what is saved goes into rearranging activations between the two kinds.
    guard 5 * served > work.reduce(0, +), let first = suitable.firstIndex(of: true),
      let convolution = convolutions[first],
      try WinogradPolicy.isThere(convolution, program.steps[first], context)
    else {
      uses = suitable.map { _ in Use() }
      return
    }
    // From the output side: a pooling hands its input's layout on.
    var keeps = program.steps.map { _ in true }
    for (index, step) in program.steps.enumerated().reversed() {
      var isWanted = suitable[index]
      if case .pooling = step.kind { isWanted = keeps[index] }
      for input in step.inputs where !isWanted { keeps[input] = false }
    }
    uses = program.steps.indices.map { index in
      let shape = program.steps[index].shape
      return Use(
        forward: suitable[index], keepsLayout: keeps[index],
        // The arranged filters are up to four times as large as the plain ones, which small maps are not worth twice.
        gradient: suitable[index] && min(shape[1], shape[2]) >= 28)
    }
  }

  /// Few channels and small maps leave too little between the transformations.
  private static func suits(_ convolution: ConvolutionGeometry, _ output: Shape) -> Bool {
    let window = convolution.window
    return [0, 1].contains { window == Window(kernel: 3, stride: 1, padding: $0) } && convolution.groups == 1
      && min(convolution.inputChannels, convolution.outputChannels) >= 64 && min(output[1], output[2]) >= 8
  }

  private static func isThere(_ convolution: ConvolutionGeometry, _ step: Program.Step, _ context: OneDNNContext)
    throws(Problem) -> Bool
  {
    let border = 2 - 2 * convolution.window.vertical.paddingBefore
    let input: Shape = [convolution.inputChannels, step.shape[1] + border, step.shape[2] + border]
    return try OneDNNPrimitive.byWinograd(
      "convolve \(step.name)", cdnn_convolution(convolution, from: input, to: step.shape), context) != nil
  }
}

extension Program.Step {
  fileprivate var convolution: ConvolutionGeometry? {
    if case .convolution(let convolution) = kind { convolution.geometry } else { nil }
  }
}
