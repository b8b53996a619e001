import COneDNN
import Diagnostics
import Tensors

/// Where explanations go by Winograd's convolution (Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks",
/// CVPR 2016), which needs 2.25 to 4 times fewer multiplications for 3 x 3 filters at stride 1.
///
/// It sums in another order. The values it gives are as near to the exact ones as the protocol asks, but a ReLU within
/// rounding of 0 may open differently, and gradients with respect to the image jump there. So gradients keep to the
/// direct convolution, and clean and attacked images are explained with one another by the same algorithm: the clean
/// image then goes through the network once more, which only pays where most multiplications are of this kind.
struct WinogradPolicy {
  /// For each step, whether it is to be convolved so.
  let steps: [Bool]

  /// Nil where it does not pay or oneDNN has no such convolution: from version 3 on, and without AVX-512.
  init?(_ program: Program, context: OneDNNContext) {
    var multiplyAdds = 0
    var served = 0
    steps = program.steps.map { step in
      guard let convolution = step.convolution else { return false }
      let products = convolution.multiplyAdds(to: step.shape)
      multiplyAdds += products
      guard WinogradPolicy.suits(convolution, step.shape) else { return false }
      served += products
      return true
    }
    guard 2 * served > multiplyAdds,
      let first = steps.firstIndex(of: true), let convolution = program.steps[first].convolution
    else { return nil }
    let step = program.steps[first]
    var description = cdnn_convolution(
      convolution, from: program.steps[step.inputs[0]].shape, to: step.shape)
    let primitive = try? OneDNNPrimitive("convolve \(step.name)") {
      cdnn_convolution_forward($0, context.handle, &description, nil, nil, nil, false, true)
    }
    if primitive == nil { return nil }
  }

  /// Few channels and small maps leave too little between the transformations.
  private static func suits(_ convolution: Convolution, _ output: Shape) -> Bool {
    convolution.window == Window(kernel: 3, stride: 1, padding: 1) && convolution.groups == 1
      && min(convolution.inputChannels, convolution.outputChannels) >= 64 && min(output[1], output[2]) >= 14
  }
}

extension Program.Step {
  fileprivate var convolution: Convolution? {
    if case .convolution(let convolution, _, _) = kind { convolution } else { nil }
  }
}
