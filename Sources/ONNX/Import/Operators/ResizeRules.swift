import Graphs
import Support

/// Maps that are made larger or smaller.
let resizeRules: [String: OperatorRule] = [
  "Upsample": { (tracer, application) throws(Problem) in
    let value = try application.input(0)
    let scales = try application.floats(of: application.constant(1, "scales"))
    return [
      try resize(
        value, scales: scales.map { $0 }, sizes: nil, axes: Array(value.shape.indices),
        Interpolation(
          mode: application.string("mode", "nearest"), coordinates: "asymmetric", rounding: "floor", cubic: -0.75,
          excludesOutside: false),
        tracer, application)
    ]
  },
  "Resize": { (tracer, application) throws(Problem) in
    let value = try application.input(0)
    let rank = value.shape.count
    let isOld = application.opset < 11
    let interpolation = Interpolation(
      mode: try application.string("mode", "nearest"),
      coordinates: isOld ? "asymmetric" : try application.string("coordinate_transformation_mode", "half_pixel"),
      rounding: isOld ? "floor" : try application.string("nearest_mode", "round_prefer_floor"),
      cubic: try application.float("cubic_coeff_a", -0.75),
      excludesOutside: try application.int("exclude_outside", 0) != 0)
    let axes =
      try application.ints("axes").map { (axes) throws(Problem) in try application.axes(axes, of: rank) }
      ?? Array(0..<rank)
    guard try application.string("keep_aspect_ratio_policy", "stretch") == "stretch" else {
      throw application.unsupported("a size that keeps the ratio of height and width", supported: "stretch")
    }
    let scales = try application.optionalConstant(isOld ? 1 : 2, "scales").map { (constant) throws(Problem) in
      try application.floats(of: constant)
    }
    let sizes = isOld ? nil : try application.optionalIntegers(3, "sizes")
    let isSmoothed = try application.int("antialias", 0) != 0
    let result = try resize(
      value, scales: scales.flatMap { $0.isEmpty ? nil : $0 }, sizes: sizes, axes: axes, interpolation, tracer,
      application)
    guard !isSmoothed || zip(value.shape, result.shape).allSatisfy({ $0 <= $1 }) else {
      throw application.unsupported(
        "a map that is made smaller with `antialias`", supported: "larger maps, and smaller ones without it")
    }
    return [result]
  },
]

private struct Interpolation {
  var mode: String
  var coordinates: String
  /// Of `nearest`.
  var rounding: String
  /// The coefficient a of cubic interpolation (Keys 1981).
  var cubic: Float
  var excludesOutside: Bool
}

private func resize(
  _ value: Value, scales: [Float]?, sizes: [Int]?, axes: [Int], _ interpolation: Interpolation, _ tracer: Tracer,
  _ application: Application
) throws(Problem) -> Value {
  guard (scales?.count ?? sizes?.count) == axes.count else {
    throw application.wrong("neither scales nor sizes for \(axes.count) axes", expected: "one of them, for each axis")
  }
  var samplings: [Int: AxisSampling] = [:]
  for (place, axis) in axes.enumerated() {
    let extent = value.shape[axis]
    let size: Int
    let scale: Float
    if let sizes {
      size = sizes[place]
      scale = Float(size) / Float(max(extent, 1))
    } else {
      scale = scales?[place] ?? 1
      guard scale.isFinite, scale > 0, Float(extent) * scale <= Float(1 << 20) else {
        throw application.wrong("a scale of \(scale)", expected: "a number greater than 0")
      }
      size = Int((Float(extent) * scale).rounded(.down))
    }
    guard size >= 1 else { throw application.wrong("a size of \(size)", expected: "at least 1") }
    try fits([size], application)
    guard size != extent || scale != 1 else { continue }
    samplings[axis] = try sampling(extent, size, scale, interpolation, application)
  }
  return try tracer.resample(value, .resize, samplings, application)
}

/// By the formulas of ONNX's Resize, in Float32 as onnxruntime computes them: which element is nearest may hang on it.
private func sampling(
  _ extent: Int, _ size: Int, _ scale: Float, _ interpolation: Interpolation, _ application: Application
) throws(Problem) -> AxisSampling {
  var starts = [0]
  var sources: [Int] = []
  var weights: [Float] = []
  for element in 0..<size {
    let x = try coordinate(Float(element), extent, size, scale, interpolation.coordinates, application)
    var terms: [(Int, Float)]
    switch interpolation.mode {
    case "nearest": terms = [(try nearest(x, interpolation.rounding, application), Float(1))]
    case "linear":
      let bounded = max(0, min(x, Float(extent - 1)))
      let first = Int(bounded.rounded(.down))
      let share = bounded - Float(first)
      terms = share == 0 ? [(first, Float(1))] : [(first, 1 - share), (first + 1, share)]
    case "cubic": terms = cubic(x, interpolation, extent)
    default:
      throw application.wrong("the mode `\(printable(interpolation.mode))`", expected: "nearest, linear or cubic")
    }
    for (source, weight) in terms where weight != 0 {
      sources.append(max(0, min(source, extent - 1)))
      weights.append(weight)
    }
    starts.append(sources.count)
  }
  return AxisSampling(extent: extent, starts: starts, sources: sources, weights: weights)
}

private func coordinate(
  _ x: Float, _ extent: Int, _ size: Int, _ scale: Float, _ mode: String, _ application: Application
) throws(Problem) -> Float {
  switch mode {
  case "half_pixel": return (x + 0.5) / scale - 0.5
  case "pytorch_half_pixel": return size > 1 ? (x + 0.5) / scale - 0.5 : 0
  case "align_corners": return size > 1 ? x * Float(extent - 1) / Float(size - 1) : 0
  case "asymmetric": return x / scale
  case "tf_half_pixel_for_nn": return (x + 0.5) / scale
  case "half_pixel_symmetric":
    let adjustment = Float(size) / (scale * Float(extent))
    return Float(extent) / 2 * (1 - adjustment) + (x + 0.5) / scale - 0.5
  default:
    throw application.unsupported(
      "the coordinates `\(printable(mode))`",
      supported: "half_pixel, pytorch_half_pixel, half_pixel_symmetric, align_corners, asymmetric, tf_half_pixel_for_nn"
    )
  }
}

private func nearest(_ x: Float, _ rounding: String, _ application: Application) throws(Problem) -> Int {
  switch rounding {
  case "round_prefer_floor": return Int((x - 0.5).rounded(.up))
  case "round_prefer_ceil": return Int((x + 0.5).rounded(.down))
  case "floor": return Int(x.rounded(.down))
  case "ceil": return Int(x.rounded(.up))
  default:
    throw application.wrong(
      "the rounding `\(printable(rounding))`", expected: "round_prefer_floor, round_prefer_ceil, floor or ceil")
  }
}

private func cubic(_ x: Float, _ interpolation: Interpolation, _ extent: Int) -> [(Int, Float)] {
  let first = Int(x.rounded(.down))
  let share = x - Float(first)
  let a = interpolation.cubic
  func weight(_ distance: Float) -> Float {
    let d = abs(distance)
    if d <= 1 { return ((a + 2) * d - (a + 3)) * d * d + 1 }
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0
  }
  var terms = (-1...2).map { (first + $0, weight(share - Float($0))) }
  if interpolation.excludesOutside {
    terms = terms.filter { (0..<extent).contains($0.0) }
    let sum = terms.reduce(0) { $0 + $1.1 }
    if sum != 0 { terms = terms.map { ($0.0, $0.1 / sum) } }
  }
  return terms
}
