import Foundation
import Graphs
import Support
import Tensors

/// What can be known before there is an image.
let constantRules: [String: OperatorRule] = [
  "Constant": constant,
  "ConstantOfShape": { (tracer, application) throws(Problem) in
    let shape = try application.integers(0, "input")
    guard shape.allSatisfy({ $0 >= 0 }) else {
      throw application.wrong("the shape \(shape)", expected: "extents of at least 0")
    }
    var element = Constant([0], shape: [1])
    if case .tensor(let tensor) = application.node.attributes["value"] { element = Constant(tensor) }
    guard element.count == 1 else { throw application.wrong("\(element.count) values", expected: "one") }
    element.shape = [Int](repeating: 1, count: shape.count)
    return [try tracer.expand(.constant(element), to: shape, application)]
  },
  "Shape": { (tracer, application) throws(Problem) in
    let shape = try application.input(0).shape
    let rank = shape.count
    func bound(_ name: String, _ standard: Int) throws(Problem) -> Int {
      let found = try application.int(name, standard)
      return max(0, min(found < 0 ? found + rank : found, rank))
    }
    let (start, end) = (try bound("start", 0), try bound("end", rank))
    return [.constant(Constant(start < end ? Array(shape[start..<end]) : []))]
  },
  "Size": { (tracer, application) throws(Problem) in
    [.constant(Constant([try application.input(0).shape.reduce(1, *)], shape: []))]
  },
  "Range": { (tracer, application) throws(Problem) in
    var numbers: [Double] = []
    var isFloating = false
    for (index, name) in ["start", "limit", "delta"].enumerated() {
      let found = try application.constant(index, name)
      isFloating = isFloating || found.isFloating
      guard let number = try ConstantArithmetic(tracer, application).doubles(found).first, number.isFinite else {
        throw application.wrong("no `\(name)`", expected: "a number")
      }
      numbers.append(number)
    }
    guard numbers[2] != 0, abs((numbers[1] - numbers[0]) / numbers[2]) < Double(1 << 20) else {
      throw application.wrong("a range of \(numbers)", expected: "at most \(1 << 20) numbers")
    }
    let count = max(0, Int(((numbers[1] - numbers[0]) / numbers[2]).rounded(.up)))
    try tracer.budget.spend([count], by: application.node)
    let values = (0..<count).map { numbers[0] + Double($0) * numbers[2] }
    return [
      .constant(
        isFloating
          ? Constant(values.map { Float($0) }, shape: [count])
          : Constant(values.map { Int(exactly: $0.rounded()) ?? 0 }, shape: [count]))
    ]
  },
  "Equal": comparison(==),
  "Greater": comparison(>),
  "Less": comparison(<),
  "GreaterOrEqual": comparison(>=),
  "LessOrEqual": comparison(<=),
  "And": comparison { $0 != 0 && $1 != 0 },
  "Or": comparison { $0 != 0 || $1 != 0 },
  "Not": function { $0 == 0 ? 1 : 0 },
  "Floor": function { $0.rounded(.down) },
  "Ceil": function { $0.rounded(.up) },
  "Round": function { $0.rounded(.toNearestOrEven) },
  "Sign": function { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 },
  "Where": choice,
  "Mod": { (tracer, application) throws(Problem) in
    let (first, second) = (try application.constant(0, "A"), try application.constant(1, "B"))
    let arithmetic = ConstantArithmetic(tracer, application)
    let (x, y) = (try arithmetic.doubles(first), try arithmetic.doubles(second))
    guard let shape = Constant.broadcast(first.shape, second.shape), y.allSatisfy({ $0 != 0 }) else {
      throw application.wrong("shapes that cannot be broadcast, or a division by 0", expected: "neither")
    }
    try tracer.budget.spend(shape, by: application.node)
    let isTruncated = try application.int("fmod", 0) != 0
    let values = zip(arithmetic.places(first, shape), arithmetic.places(second, shape)).map { i, j in
      isTruncated ? x[i].truncatingRemainder(dividingBy: y[j]) : x[i] - y[j] * (x[i] / y[j]).rounded(.down)
    }
    if first.isFloating { return [.constant(Constant(values.map { Float($0) }, shape: shape))] }
    return [.constant(Constant(values.map { Int(exactly: $0) ?? 0 }, shape: shape))]
  },
  "DequantizeLinear": dequantised,
]

private let constant: OperatorRule = { (_, application) throws(Problem) in
  let attributes = application.node.attributes
  for (name, value) in attributes.sorted(by: { $0.key < $1.key }) {
    switch (name, value) {
    case ("value", .tensor(let tensor)): return [.constant(Constant(tensor))]
    case ("value_float", .float(let number)): return [.constant(Constant([number], shape: []))]
    case ("value_floats", .floats(let numbers)): return [.constant(Constant(numbers, shape: [numbers.count]))]
    case ("value_int", .int(let number)):
      return [.constant(Constant(shape: [], type: .int64, content: .integers([number])))]
    case ("value_ints", .ints(let numbers)):
      return [.constant(Constant(shape: [numbers.count], type: .int64, content: .integers(numbers)))]
    default: continue
    }
  }
  throw application.unsupported(
    "the attribute \(attributes.keys.sorted().map { "`\(printable($0))`" }.joined(separator: ", "))",
    supported: "numbers")
}

private func comparison(_ isTrue: @escaping @Sendable (Double, Double) -> Bool) -> OperatorRule {
  { (tracer, application) throws(Problem) in
    let (first, second) = (try application.constant(0, "A"), try application.constant(1, "B"))
    return [.constant(try ConstantArithmetic(tracer, application).compared(first, second, isTrue))]
  }
}

private func function(_ body: @escaping @Sendable (Double) -> Double) -> OperatorRule {
  { (tracer, application) throws(Problem) in
    [.constant(try ConstantArithmetic(tracer, application).mapped(application.constant(0, "X"), body))]
  }
}

/// What is not chosen is multiplied by 0.
private let choice: OperatorRule = { (tracer, application) throws(Problem) in
  let condition = try application.constant(0, "condition")
  let numbers = try ConstantArithmetic(tracer, application).doubles(condition).map { $0 != 0 }
  let (first, second) = (try application.input(1), try application.input(2))
  guard let common = Constant.broadcast(first.shape, second.shape),
    let shape = Constant.broadcast(common, condition.shape)
  else { throw application.wrong("shapes that cannot be broadcast", expected: "those that can") }
  try fits(shape, application)
  if numbers.allSatisfy({ $0 }) { return [try tracer.expand(first, to: shape, application)] }
  if !numbers.contains(true) { return [try tracer.expand(second, to: shape, application)] }
  if case .constant(let a) = first, case .constant(let b) = second {
    let places = ConstantArithmetic(tracer, application).places(condition, shape)
    let (x, y) = (
      try tracer.expand(.constant(a), to: shape, application), try tracer.expand(.constant(b), to: shape, application)
    )
    guard case .constant(let a) = x, case .constant(let b) = y else { return [x] }
    switch (try tracer.numbers(of: a, application), try tracer.numbers(of: b, application)) {
    case (.integers(let x), .integers(let y)):
      let chosen = places.enumerated().map { numbers[$1] ? x[$0] : y[$0] }
      return [.constant(Constant(shape: shape, type: a.type, content: .integers(chosen)))]
    case (.floats(let x), .floats(let y)):
      let chosen = places.enumerated().map { numbers[$1] ? x[$0] : y[$0] }
      return [.constant(Constant(shape: shape, type: a.type, content: .floats(chosen)))]
    default: throw application.wrong("values of two types", expected: "one")
    }
  }
  let mask = Constant(numbers.map { $0 ? 1 : 0 }, shape: condition.shape)
  let rest = Constant(numbers.map { $0 ? 0 : 1 }, shape: condition.shape)
  return [
    try tracer.arithmetic(
      .sum, tracer.arithmetic(.product, first, .constant(mask), application),
      tracer.arithmetic(.product, second, .constant(rest), application), application)
  ]
}

/// (x - zero point) scale, for the whole or along an axis.
private let dequantised: OperatorRule = { (tracer, application) throws(Problem) in
  guard case .constant(var constant) = try application.input(0) else {
    throw application.unsupported("activations that are quantised: rounding has no gradient", supported: "constants")
  }
  guard try application.int("block_size", 0) == 0 else {
    throw application.unsupported("blocks", supported: "one scale for a tensor, or along an axis")
  }
  constant = Constant(
    shape: constant.shape, type: constant.type, content: try tracer.numbers(of: constant, application))
  let numbers = try ConstantArithmetic(tracer, application).doubles(constant)
  func spread(_ index: Int, _ name: String) throws(Problem) -> Constant? {
    guard var found = try application.optionalConstant(index, name) else { return nil }
    guard found.count != 1 else {
      found.shape = []
      return found
    }
    let axis = try application.axis(application.int("axis", 1), of: constant.shape.count)
    guard found.shape == [constant.shape[axis]] else {
      throw application.wrong(
        "`\(name)` of \(tracer.dimensions(found.shape))", expected: "one number, or \(constant.shape[axis])")
    }
    found.shape += [Int](repeating: 1, count: constant.shape.count - axis - 1)
    return found
  }
  let floating = Constant(numbers.map { Float($0) }, shape: constant.shape)
  var value = Value.constant(floating)
  if let zero = try spread(2, "x_zero_point") {
    let numbers = try ConstantArithmetic(tracer, application).doubles(zero).map { Float($0) }
    value = try tracer.arithmetic(.difference, value, .constant(Constant(numbers, shape: zero.shape)), application)
  }
  guard let scale = try spread(1, "x_scale") else { throw application.wrong("no `x_scale`", expected: "one") }
  return [try tracer.arithmetic(.product, value, .constant(scale), application)]
}
