import Graphs
import Support
import Tensors

let poolingRules: [String: OperatorRule] = [
  "MaxPool": { (tracer, application) throws(Problem) in
    guard try application.int("storage_order", 0) == 0 || application.node.outputs.count < 2 else {
      throw application.unsupported("a column-major `storage_order`", supported: "row-major")
    }
    return try pool(.maximum, tracer, application)
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
]

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
