import Graphs
import Support
import Tensors

let convolutionRules: [String: OperatorRule] = [
  "Conv": { (tracer, application) throws(Problem) in
    let input = try application.input(0)
    let weights = try application.constant(1, "W")
    let (node, spatial, channels) = try tracer.map(input, application)
    guard weights.shape.count == spatial.count + 2 else {
      throw application.wrong(
        "weights of \(tracer.dimensions(weights.shape)) for a value of \(tracer.dimensions(input.shape))",
        expected: "weights of as many axes")
    }
    let kernel = Array(weights.shape[2...])
    if let found = try application.ints("kernel_shape"), found != kernel {
      throw application.wrong(
        "a `kernel_shape` of \(found) for weights of \(tracer.dimensions(weights.shape))", expected: "\(kernel)")
    }
    let groups = try application.int("group", 1)
    guard groups >= 1, channels % groups == 0, weights.shape[0] % groups == 0, weights.shape[1] == channels / groups
    else {
      throw application.wrong(
        "weights of \(tracer.dimensions(weights.shape)) in \(groups) groups for \(channels) channels",
        expected: "as many input channels in each group")
    }
    let window = try WindowAttributes(application, kernel: kernel, spatial: spatial).window
    let geometry = ConvolutionGeometry(
      inputChannels: channels, outputChannels: weights.shape[0], window: window, groups: groups)
    var bias: TensorHandle?
    if let constant = try application.optionalConstant(2, "B") {
      guard constant.shape == [weights.shape[0]] else {
        throw application.wrong("a bias of \(tracer.dimensions(constant.shape))", expected: "\(weights.shape[0])")
      }
      bias = try tracer.tensor(constant, shape: constant.shape, application: application)
    }
    let convolution = Convolution(
      name: application.node.title, geometry: geometry,
      weights: try tracer.tensor(weights, shape: geometry.weightsShape.dimensions, application: application), bias: bias
    )
    return [tracer.value(ofMap: try tracer.append(.convolution(convolution), [node]), rank: input.shape.count)]
  },
  "ConvTranspose": transposedConvolution,
]
