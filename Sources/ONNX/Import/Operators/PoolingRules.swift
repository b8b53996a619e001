import Graphs
import Support
import Tensors

let poolingRules: [String: OperatorRule] = [
  "MaxPool": { (tracer, application) throws(Problem) in
    // `storage_order` is that of the second output, the places, which is not computed.
    try pool(.maximum, tracer, application)
  },
  "AveragePool": { (tracer, application) throws(Problem) in try pool(.average, tracer, application) },
  "GlobalAveragePool": { (tracer, application) throws(Problem) in
    let value = try application.input(0)
    guard value.shape.count >= 3 else {
      throw application.wrong("a value of \(tracer.dimensions(value.shape))", expected: "a map")
    }
    return [
      try tracer.reduce(.mean, value, axes: Array(value.shape.indices.dropFirst(2)), keepsAxes: true, application)
    ]
  },
  "GlobalMaxPool": { (tracer, application) throws(Problem) in
    let value = try application.input(0)
    let (node, _, _) = try tracer.map(value, application)
    let shape = tracer.shape(of: node)
    let window = Window(kernelHeight: shape[1], kernelWidth: shape[2], stride: 1, paddingHeight: 0, paddingWidth: 0)
    return [
      tracer.value(
        ofMap: try tracer.append(.pooling(Pooling(kind: .maximum, window: window)), [node]), rank: value.shape.count)
    ]
  },
  "LpPool": normPooling,
  "GlobalLpPool": { (tracer, application) throws(Problem) in
    let value = try application.input(0)
    guard value.shape.count >= 3 else {
      throw application.wrong("a value of \(tracer.dimensions(value.shape))", expected: "a map")
    }
    return [
      try tracer.norm(exponent(application), value, axes: Array(value.shape.indices.dropFirst(2)), application)
    ]
  },
]

private func exponent(_ application: Application) throws(Problem) -> Int {
  let exponent = try application.int("p", 2)
  guard (1...64).contains(exponent) else { throw application.wrong("a `p` of \(exponent)", expected: "1 or more") }
  return exponent
}

/// (sum |x|^p)^(1/p) over windows: the mean of the powers, what lies outside being 0, times their number.
private let normPooling: OperatorRule = { (tracer, application) throws(Problem) in
  let input = try application.input(0)
  let exponent = try exponent(application)
  guard let kernel = try application.ints("kernel_shape") else {
    throw application.wrong("no `kernel_shape`", expected: "one")
  }
  let (node, spatial, _) = try tracer.map(tracer.powers(exponent, of: input, application), application)
  let window = try WindowAttributes(application, kernel: kernel, spatial: spatial).window
  guard !window.roundsUp else { throw application.unsupported("`ceil_mode`", supported: "windows that lie inside") }
  let pooling = Pooling(kind: .average, window: window, countsPadding: true)
  let mean = tracer.value(ofMap: try tracer.append(.pooling(pooling), [node]), rank: input.shape.count)
  let count = Constant([Float(kernel.reduce(1, *))], shape: [])
  return [
    try tracer.root(exponent, ofSum: tracer.arithmetic(.product, mean, .constant(count), application), application)
  ]
}

private func pool(
  _ kind: Pooling.Kind, _ tracer: Tracer, _ application: Application
) throws(Problem) -> [Value] {
  let input = try application.input(0)
  let (node, spatial, _) = try tracer.map(input, application)
  guard let kernel = try application.ints("kernel_shape") else {
    throw application.wrong("no `kernel_shape`", expected: "one")
  }
  let window = try WindowAttributes(application, kernel: kernel, spatial: spatial).window
  // By default the padding does not count.
  let pooling = Pooling(
    kind: kind, window: window,
    countsPadding: kind == .maximum ? true : try application.int("count_include_pad", 0) != 0)
  return [tracer.value(ofMap: try tracer.append(.pooling(pooling), [node]), rank: input.shape.count)]
}
