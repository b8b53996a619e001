import Graphs
import Support
import Tensors

/// The transpose of a convolution is a convolution with turned filters over the map with zeros between its elements (Dumoulin &
/// Visin, A guide to convolution arithmetic for deep learning, 2016).
let transposedConvolution: OperatorRule = { (tracer, application) throws(Problem) in
  let input = try application.input(0)
  let weights = try application.constant(1, "W")
  let (_, spatial, channels) = try tracer.map(input, application)
  let groups = try application.int("group", 1)
  guard weights.shape.count == spatial.count + 2, groups >= 1, weights.shape[0] == channels, channels % groups == 0
  else {
    throw application.wrong(
      "weights of \(tracer.dimensions(weights.shape)) in \(groups) groups for a value of \(tracer.dimensions(input.shape))",
      expected: "weights of as many axes, and of its channels")
  }
  let kernel = Array(weights.shape[2...])
  if let found = try application.ints("kernel_shape"), found != kernel {
    throw application.wrong(
      "a `kernel_shape` of \(found) for weights of \(tracer.dimensions(weights.shape))", expected: "\(kernel)")
  }
  var samplings: [Int: AxisSampling] = [:]
  let placements = try Placement.all(application, kernel: kernel, spatial: spatial)
  for (axis, placement) in placements.enumerated() {
    try fits([placement.count], application)
    samplings[axis + 2] = placement.sampling
  }
  let spread = try tracer.resample(input, .padding, samplings, application)
  let outputs = weights.shape[1] * groups
  let axes = placements.map { Window.Axis(kernel: $0.kernel, dilation: $0.dilation) }
  let geometry = ConvolutionGeometry(
    inputChannels: channels, outputChannels: outputs,
    window: Window(vertical: axes.count == 1 ? Window.Axis(kernel: 1) : axes[0], horizontal: axes[axes.count - 1]),
    groups: groups)
  var bias: TensorHandle?
  if let constant = try application.optionalConstant(2, "B") {
    guard constant.shape == [outputs] else {
      throw application.wrong("a bias of \(tracer.dimensions(constant.shape))", expected: "\(outputs)")
    }
    bias = try tracer.tensor(constant, shape: constant.shape, application: application)
  }
  let filters = try turned(weights, groups: groups, tracer, application)
  let convolution = Convolution(
    name: application.node.title, geometry: geometry,
    weights: try tracer.tensor(filters, shape: geometry.weightsShape.dimensions, application: application), bias: bias)
  let (node, _, _) = try tracer.map(spread, application)
  return [tracer.value(ofMap: try tracer.append(.convolution(convolution), [node]), rank: input.shape.count)]
}

/// (input, output / groups, kernel) as (output, input / groups, kernel), each filter turned by 180 degrees.
private func turned(
  _ weights: Constant, groups: Int, _ tracer: Tracer, _ application: Application
) throws(Problem) -> Constant {
  let shape = weights.shape
  let strides = Constant.strides(shape)
  let kernel = shape.indices.dropFirst(2)
  let inputs = shape[0] / groups
  let last = kernel.reduce(0) { $0 + (shape[$1] - 1) * strides[$1] }
  var turned = try tracer.gathered(
    weights, shape: [groups, shape[1], inputs] + kernel.map { shape[$0] },
    strides: [inputs * strides[0], strides[1], strides[0]] + kernel.map { -strides[$0] }, from: last, application)
  turned.shape = [groups * shape[1], inputs] + kernel.map { shape[$0] }
  return turned
}

/// Where the elements of a map stand along an axis before the turned filters slide over them.
private struct Placement {
  var extent: Int
  var kernel: Int
  var stride: Int
  var dilation: Int
  /// What the convolution that this is the transpose of has around its map: these elements of the result are left out.
  var padding: (before: Int, after: Int)
  /// Elements that are added behind the result.
  var more: Int

  private var reach: Int { (kernel - 1) * dilation }

  /// Elements before the first; negative where some are left out.
  private var before: Int { reach - padding.before }

  var count: Int { (extent - 1) * stride + 1 + before + reach - padding.after + more }

  var sampling: AxisSampling {
    AxisSampling(
      extent: extent,
      taking: (0..<count).map { element in
        let place = element - before
        return place >= 0 && place % stride == 0 && place / stride < extent ? place / stride : nil
      })
  }

  static func all(_ application: Application, kernel: [Int], spatial: [Int]) throws(Problem) -> [Placement] {
    func numbers(_ name: String, _ standard: Int, count: Int) throws(Problem) -> [Int] {
      let found = try application.ints(name) ?? [Int](repeating: standard, count: count)
      guard found.count == count, found.allSatisfy({ (standard...1 << 20).contains($0) }) else {
        throw application.wrong("`\(name)` of \(found)", expected: "\(count) numbers of at least \(standard)")
      }
      return found
    }
    let rank = kernel.count
    let (strides, dilations) = (try numbers("strides", 1, count: rank), try numbers("dilations", 1, count: rank))
    let more = try numbers("output_padding", 0, count: rank)
    var pads = try numbers("pads", 0, count: 2 * rank)
    let automatic = try application.string("auto_pad", "NOTSET")
    guard ["NOTSET", "", "VALID", "SAME_UPPER", "SAME_LOWER"].contains(automatic) else {
      throw application.wrong(
        "`auto_pad` of `\(printable(automatic))`", expected: "NOTSET, VALID, SAME_UPPER or SAME_LOWER")
    }
    var sizes: [Int]?
    if let asked = try application.ints("output_shape"), !asked.isEmpty {
      guard asked.count >= rank else {
        throw application.wrong("an `output_shape` of \(asked)", expected: "\(rank) extents")
      }
      sizes = Array(asked.suffix(rank))
    } else if automatic.hasPrefix("SAME") {
      sizes = zip(spatial, strides).map { $0 * $1 }
    } else if automatic == "VALID" {
      pads = [Int](repeating: 0, count: 2 * rank)
    }
    var placements: [Placement] = []
    for axis in 0..<rank {
      guard (1...1 << 20).contains(kernel[axis]), kernel[axis] * dilations[axis] <= 1 << 20 else {
        throw application.wrong("a kernel of \(kernel)", expected: "extents of at least 1")
      }
      var placement = Placement(
        extent: spatial[axis], kernel: kernel[axis], stride: strides[axis], dilation: dilations[axis], padding: (0, 0),
        more: more[axis])
      if let sizes {
        // What is too much is left out at both ends; of an odd number, one more where `auto_pad` says.
        guard (1...1 << 20).contains(sizes[axis]) else {
          throw application.wrong("an `output_shape` of \(sizes)", expected: "extents of at least 1")
        }
        let total = max(0, placement.count - placement.reach - sizes[axis])
        placement.more += max(0, sizes[axis] - placement.count + placement.reach)
        let lesser = total / 2
        placement.padding = automatic == "SAME_UPPER" ? (lesser, total - lesser) : (total - lesser, lesser)
      } else {
        placement.padding = (pads[axis], pads[axis + rank])
      }
      guard placement.count > placement.reach else {
        throw application.wrong("pads of \(pads)", expected: "some elements to be left")
      }
      placements.append(placement)
    }
    return placements
  }
}
