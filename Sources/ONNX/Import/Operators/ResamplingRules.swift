import Graphs
import Support

/// Elements that are taken, left out, or taken again along axes.
let resamplingRules: [String: OperatorRule] = [
  "Slice": slice,
  "Split": split,
  "Gather": gather,
  "Pad": pad,
  "Expand": { (tracer, application) throws(Problem) in
    let value = try application.input(0)
    let shape = try application.integers(1, "shape")
    guard shape.allSatisfy({ $0 >= 0 }), let target = Constant.broadcast(value.shape, shape) else {
      throw application.wrong(
        "the shape \(shape) for \(tracer.dimensions(value.shape))", expected: "one that it can be broadcast to")
    }
    try fits(target, application)
    return [try tracer.expand(value, to: target, application)]
  },
  "Tile": { (tracer, application) throws(Problem) in
    let value = try application.input(0)
    let repeats = try application.integers(1, "repeats")
    guard repeats.count == value.shape.count, repeats.allSatisfy({ (0...1 << 30).contains($0) }) else {
      throw application.wrong("repeats of \(repeats)", expected: "\(value.shape.count) numbers of at least 0")
    }
    var axes: [Int: AxisSampling] = [:]
    for (axis, count) in repeats.enumerated() where count != 1 {
      let (extent, overflows) = value.shape[axis].multipliedReportingOverflow(by: count)
      try fits([overflows ? Int.max : extent], application)
      axes[axis] = AxisSampling(
        extent: value.shape[axis], taking: (0..<count * value.shape[axis]).map { $0 % value.shape[axis] })
    }
    return [try tracer.resample(value, .repetition, axes, application)]
  },
]

/// The most elements of a list of places along an axis.
private let mostPlaces = 1 << 20

func fits(_ shape: [Int], _ application: Application) throws(Problem) {
  guard shape.allSatisfy({ (0...mostPlaces).contains($0) }), let count = ModelTensor.count(of: shape),
    count <= Int(Int32.max)
  else {
    throw application.unsupported("a value of \(shape)", supported: "at most \(mostPlaces) elements along an axis")
  }
}

/// Starts, ends and axes are attributes up to version 9, inputs behind it.
private let slice: OperatorRule = { (tracer, application) throws(Problem) in
  let value = try application.input(0)
  let (starts, ends): ([Int], [Int])
  let axes: [Int]
  var steps: [Int]?
  if application.opset < 10 {
    guard let first = try application.ints("starts"), let second = try application.ints("ends") else {
      throw application.wrong("no `starts` or `ends`", expected: "both")
    }
    (starts, ends) = (first, second)
    axes = try application.ints("axes") ?? Array(first.indices)
  } else {
    starts = try application.integers(1, "starts")
    ends = try application.integers(2, "ends")
    axes = try application.optionalIntegers(3, "axes") ?? Array(starts.indices)
    steps = try application.optionalIntegers(4, "steps")
  }
  guard starts.count == ends.count, starts.count == axes.count, steps?.count ?? axes.count == axes.count else {
    throw application.wrong(
      "\(starts.count) starts, \(ends.count) ends and \(axes.count) axes", expected: "as many of each")
  }
  var samplings: [Int: AxisSampling] = [:]
  for (place, axis) in try application.axes(axes, of: value.shape.count).enumerated() {
    let extent = value.shape[axis]
    try fits([extent], application)
    let step = steps?[place] ?? 1
    guard step != 0 else { throw application.wrong("a step of 0", expected: "another number") }
    func bounded(_ index: Int, _ range: ClosedRange<Int>) -> Int {
      max(range.lowerBound, min(index < 0 ? index + extent : index, range.upperBound))
    }
    let elements: [Int?]
    if step > 0 {
      elements = Array(stride(from: bounded(starts[place], 0...extent), to: bounded(ends[place], 0...extent), by: step))
    } else {
      elements =
        extent == 0
        ? []
        : Array(
          stride(from: bounded(starts[place], 0...extent - 1), to: bounded(ends[place], -1...extent - 1), by: step))
    }
    samplings[axis] = AxisSampling(extent: extent, taking: elements)
  }
  return [try tracer.resample(value, .slice, samplings, application)]
}

/// Sizes are an attribute up to version 12, an input behind it.
private let split: OperatorRule = { (tracer, application) throws(Problem) in
  let value = try application.input(0)
  let axis = try application.axis(application.int("axis", 0), of: value.shape.count)
  let extent = value.shape[axis]
  let count = application.node.outputs.count
  let sizes: [Int]
  if let found = try application.ints("split", orInput: 1) {
    sizes = found
  } else {
    let parts = try application.int("num_outputs", count)
    guard parts == count, count > 0 else {
      throw application.wrong("\(parts) parts for \(count) outputs", expected: "as many")
    }
    // The last part is the smaller one.
    let size = (extent + count - 1) / count
    sizes = (0..<count).map { max(0, min(size, extent - $0 * size)) }
  }
  guard sizes.count == count, sizes.allSatisfy({ (0...extent).contains($0) }), sizes.reduce(0, +) == extent else {
    throw application.wrong(
      "parts of \(sizes) of \(extent) for \(count) outputs", expected: "parts that make up the whole")
  }
  try fits([extent], application)
  var parts: [Value] = []
  var start = 0
  for (index, size) in sizes.enumerated() {
    defer { start += size }
    guard !application.node.outputs[index].isEmpty else {
      parts.append(value)
      continue
    }
    let elements: [Int?] = Array(start..<start + size)
    parts.append(
      try tracer.resample(value, .slice, [axis: AxisSampling(extent: extent, taking: elements)], application))
  }
  return parts
}

private let gather: OperatorRule = { (tracer, application) throws(Problem) in
  let value = try application.input(0)
  let places = try application.constant(1, "indices")
  let axis = try application.axis(application.int("axis", 0), of: value.shape.count)
  let extent = value.shape[axis]
  var elements: [Int?] = []
  for place in try application.integers(of: places) {
    guard place >= -extent, place < extent else {
      throw application.wrong("index \(place) of an axis of \(extent)", expected: "\(-extent) to \(extent - 1)")
    }
    elements.append(place < 0 ? place + extent : place)
  }
  let taken = try tracer.resample(value, .slice, [axis: AxisSampling(extent: extent, taking: elements)], application)
  guard places.shape.count != 1 else { return [taken] }
  return [
    try tracer.reshape(taken, to: value.shape[..<axis] + places.shape + value.shape[(axis + 1)...], application)
  ]
}

/// Pads are an attribute up to version 10, an input behind it.
private let pad: OperatorRule = { (tracer, application) throws(Problem) in
  let value = try application.input(0)
  let rank = value.shape.count
  guard let pads = try application.ints("pads", orInput: 1) else {
    throw application.wrong("no `pads`", expected: "some")
  }
  let axes =
    try application.optionalIntegers(3, "axes").map { (axes) throws(Problem) in try application.axes(axes, of: rank) }
    ?? Array(0..<rank)
  guard pads.count == 2 * axes.count, pads.allSatisfy({ abs($0) <= mostPlaces }) else {
    throw application.wrong(
      "pads of \(pads)", expected: "\(2 * axes.count) numbers of at most \(mostPlaces) elements")
  }
  let mode = try application.string("mode", "constant")
  var filling: Float = try application.opset < 11 ? application.float("value", 0) : 0
  if application.opset >= 11, let constant = try application.optionalConstant(2, "constant_value") {
    filling = try application.floats(of: constant).first ?? 0
  }
  var samplings: [Int: AxisSampling] = [:]
  var inside: [[Bool]] = value.shape.map { [Bool](repeating: true, count: $0) }
  for (place, axis) in axes.enumerated() where pads[place] != 0 || pads[place + axes.count] != 0 {
    let extent = value.shape[axis]
    let (before, after) = (pads[place], pads[place + axes.count])
    try fits([extent + max(before, 0) + max(after, 0)], application)
    guard extent + before + after > 0 else {
      throw application.wrong("pads of \(before) and \(after) around \(extent) elements", expected: "some to be left")
    }
    var elements: [Int?] = []
    for element in -before..<extent + after {
      if (0..<extent).contains(element) {
        elements.append(element)
        continue
      }
      switch mode {
      case "constant": elements.append(nil)
      case "edge": elements.append(element < 0 ? 0 : extent - 1)
      case "wrap": elements.append(((element % extent) + extent) % extent)
      case "reflect":
        let reflected = element < 0 ? -element : 2 * (extent - 1) - element
        guard (0..<extent).contains(reflected) else {
          throw application.wrong(
            "a reflection of \(max(before, after)) elements of \(extent)", expected: "fewer than there are")
        }
        elements.append(reflected)
      default: throw application.wrong("the mode `\(printable(mode))`", expected: "constant, reflect, edge or wrap")
      }
    }
    samplings[axis] = AxisSampling(extent: extent, taking: elements)
    inside[axis] = elements.map { $0 != nil }
  }
  let padded = try tracer.resample(value, .padding, samplings, application)
  guard filling != 0, inside.contains(where: { $0.contains(false) }) else { return [padded] }
  guard filling.isFinite else {
    throw application.unsupported("padding with \(filling)", supported: "finite numbers")
  }
  // What is not inside along every axis gets the number.
  let shape = padded.shape
  try tracer.budget.spend(shape, by: application.node)
  var numbers = [Float](repeating: filling, count: shape.reduce(1, *))
  let strides = Constant.strides(shape)
  for index in numbers.indices
  where shape.indices.allSatisfy({ inside[$0][index / strides[$0] % shape[$0]] }) { numbers[index] = 0 }
  return [try tracer.arithmetic(.sum, padded, .constant(Constant(numbers, shape: shape)), application)]
}
