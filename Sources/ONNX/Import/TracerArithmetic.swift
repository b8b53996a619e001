import Foundation
import Graphs
import Support
import Tensors

/// What is computed of elements: of constants at once, of values as nodes.
extension Tracer {
  /// Of two values, broadcast as NumPy does it.
  func arithmetic(
    _ kind: Arithmetic, _ first: Value, _ second: Value, _ application: Application
  ) throws(Problem) -> Value {
    guard let shape = Constant.broadcast(first.shape, second.shape) else {
      throw application.wrong(
        "values of \(dimensions(first.shape)) and \(dimensions(second.shape))", expected: "shapes that can be broadcast"
      )
    }
    switch (first, second) {
    case (.constant(let a), .constant(let b)):
      return .constant(try ConstantArithmetic(self, application).combined(kind, a, b, shape))
    case (.traced(let a), .traced(let b)): return try combined(kind, a, b, shape, application)
    case (.traced(let a), .constant(let b)): return try affine(kind, a, b, isFirst: true, shape, application)
    case (.constant(let a), .traced(let b)): return try affine(kind, b, a, isFirst: false, shape, application)
    }
  }

  private func combined(
    _ kind: Arithmetic, _ first: Traced, _ second: Traced, _ shape: [Int], _ application: Application
  ) throws(Problem) -> Value {
    let (a, b) = (padded(first, shape.count), padded(second, shape.count))
    var arrangement: [Int?]
    if a.shape == shape {
      arrangement = self.arrangement(of: a)
    } else if b.shape == shape {
      arrangement = self.arrangement(of: b)
    } else {
      arrangement = shape.indices.filter { $0 > 0 || !Self.drops(shape) }
    }
    if arrangement.isEmpty { arrangement = [nil] }
    let nodes = [try node(of: a, arranged: arrangement), try node(of: b, arranged: arrangement)]
    let isSum = kind == .sum && self.shape(of: nodes[0]) == self.shape(of: nodes[1])
    let node = try append(isSum ? .add : .arithmetic(kind), nodes)
    return .traced(Traced(node: node, shape: shape, arrangement: arrangement))
  }

  private func padded(_ value: Traced, _ rank: Int) -> Traced {
    let missing = max(0, rank - value.shape.count)
    return Traced(
      node: value.node, shape: Constant.padded(value.shape, rank),
      axes: [Int](repeating: -1, count: missing) + value.axes)
  }

  /// - Parameter isFirst: whether the value that is computed is the first operand.
  private func affine(
    _ kind: Arithmetic, _ value: Traced, _ constant: Constant, isFirst: Bool, _ shape: [Int], _ application: Application
  ) throws(Problem) -> Value {
    guard case .traced(let value) = try expand(.traced(padded(value, shape.count)), to: shape, application) else {
      return .traced(value)
    }
    let numbers = try application.floats(of: constant)
    try budget.spend(constant.shape, by: application.node)
    if numbers.allSatisfy({ $0 == numbers[0] }) {
      switch kind {
      case .sum where numbers[0] == 0, .difference where numbers[0] == 0 && isFirst,
        .product where numbers[0] == 1, .quotient where numbers[0] == 1 && isFirst:
        return .traced(value)
      case .maximum: return try activate(.clip(lowest: numbers[0], highest: .infinity), value)
      case .minimum: return try activate(.clip(lowest: -.infinity, highest: numbers[0]), value)
      default: break
      }
    }
    switch kind {
    case .sum: return try affine(value, scale: nil, shift: (constant, numbers), application)
    case .difference where isFirst:
      return try affine(value, scale: nil, shift: (constant, numbers.map { -$0 }), application)
    case .difference:
      let minus = Constant([-1], shape: [])
      return try affine(value, scale: (minus, [-1]), shift: (constant, numbers), application)
    case .product: return try affine(value, scale: (constant, numbers), shift: nil, application)
    case .quotient where isFirst:
      return try affine(value, scale: (constant, numbers.map { 1 / $0 }), shift: nil, application)
    case .quotient:
      guard case .traced(let reciprocal) = try activate(.reciprocal, value) else { return .traced(value) }
      return try affine(reciprocal, scale: (constant, numbers), shift: nil, application)
    case .maximum, .minimum:
      // max(x, c) = ReLU(x - c) + c, min(x, c) = c - ReLU(c - x)
      let minus = numbers.map { -$0 }
      let turning = Constant([-1], shape: [])
      let isMaximum = kind == .maximum
      let difference = try affine(
        value, scale: isMaximum ? nil : (turning, [-1]), shift: (constant, isMaximum ? minus : numbers), application)
      guard case .traced(let difference) = difference, case .traced(let excess) = try elementwise(.relu, difference)
      else {
        return .traced(value)
      }
      return try affine(excess, scale: isMaximum ? nil : (turning, [-1]), shift: (constant, numbers), application)
    }
  }

  /// scale x + shift.
  /// - Parameters:
  ///   - scale: numbers and the constant whose shape they have.
  func affine(
    _ value: Traced, scale: (Constant, [Float])?, shift: (Constant, [Float])?, _ application: Application
  ) throws(Problem) -> Value {
    let arrangement = arrangement(of: value)
    func tensor(_ numbers: (Constant, [Float])?) throws(Problem) -> TensorHandle? {
      guard let (constant, numbers) = numbers else { return nil }
      guard numbers.allSatisfy(\.isFinite) else {
        throw application.wrong("a constant that is not finite", expected: "finite numbers")
      }
      let padded = Constant(numbers, shape: Constant.padded(constant.shape, value.shape.count))
      let wide = padded.shape.indices.filter { padded.shape[$0] != 1 }
      guard wide.allSatisfy({ value.axes[$0] >= 0 }) else {
        throw application.wrong("constants of \(dimensions(constant.shape))", expected: "those that fit")
      }
      return try self.tensor(padded, arranged: arrangement, application: application)
    }
    let affine = Affine(scale: try tensor(scale), shift: try tensor(shift))
    let node = try append(.affine(name: application.node.title, affine), [value.node])
    return .traced(Traced(node: node, shape: value.shape, axes: value.axes))
  }

  // MARK: - Of one value

  func activate(_ activation: Activation, _ value: Value, _ application: Application) throws(Problem) -> Value {
    switch value {
    case .traced(let traced): return try activate(activation, traced)
    case .constant(let constant):
      return .constant(try ConstantArithmetic(self, application).activated(activation, constant))
    }
  }

  func activate(_ activation: Activation, _ value: Traced) throws(Problem) -> Value {
    try elementwise(activation == .clip(lowest: 0, highest: .infinity) ? .relu : .activation(activation), value)
  }

  /// Any operation that leaves shape and axes as they are.
  func elementwise(_ operation: Graphs.Operation, _ value: Traced) throws(Problem) -> Value {
    .traced(Traced(node: try append(operation, [value.node]), shape: value.shape, axes: value.axes))
  }

  /// - Parameter axes: of the model's value.
  func reduce(
    _ kind: Reduction.Kind, _ value: Value, axes: [Int], keepsAxes: Bool, _ application: Application
  ) throws(Problem) -> Value {
    let shape = value.shape.indices.map { axes.contains($0) ? 1 : value.shape[$0] }
    let result: Value
    switch value {
    case .constant(let constant):
      result = .constant(try ConstantArithmetic(self, application).reduced(kind, constant, axes, shape))
    case .traced(let traced):
      let own = axes.map { traced.axes[$0] }.filter { $0 >= 0 && self.shape(of: traced.node)[$0] != 1 }.sorted()
      if own.isEmpty {
        result = kind == .euclideanNorm ? try activate(.absolute, traced) : value
      } else {
        let isGlobal = kind == .mean && own == [1, 2] && self.shape(of: traced.node).rank == 3
        let node = try append(
          isGlobal ? .adaptiveAveragePooling(1, 1) : .reduction(Reduction(kind, axes: own)), [traced.node])
        result = .traced(Traced(node: node, shape: shape, axes: traced.axes))
      }
    }
    guard !keepsAxes else { return result }
    return try reshape(result, to: shape.indices.filter { !axes.contains($0) }.map { shape[$0] }, application)
  }

  /// log sum exp(x) along some axes, which stay with an extent of 1. The greatest element is taken out of the sum, so that none
  /// overflows; its gradient, through both places where it stands, is 0.
  func logarithmOfSum(_ value: Value, axes: [Int], _ application: Application) throws(Problem) -> Value {
    let greatest = try reduce(.maximum, value, axes: axes, keepsAxes: true, application)
    let powers = try activate(.exponential, arithmetic(.difference, value, greatest, application), application)
    let sum = try reduce(.sum, powers, axes: axes, keepsAxes: true, application)
    return try arithmetic(.sum, activate(.logarithm, sum, application), greatest, application)
  }

  /// (sum |x|^p)^(1/p) of numbers whose powers |x|^p were summed. At 0, where the root is infinitely steep, the gradient is 0, as
  /// that of the Euclidean norm.
  func root(_ exponent: Int, ofSum sum: Value, _ application: Application) throws(Problem) -> Value {
    guard exponent != 1 else { return sum }
    let positive = try activate(.clip(lowest: .leastNormalMagnitude, highest: .infinity), sum, application)
    return try activate(exponent == 2 ? .squareRoot : .power(exponent: 1 / Float(exponent)), positive, application)
  }

  /// |x|^p.
  func powers(_ exponent: Int, of value: Value, _ application: Application) throws(Problem) -> Value {
    guard exponent != 2 else { return try activate(.power(exponent: 2), value, application) }
    let size = try activate(.absolute, value, application)
    return exponent == 1 ? size : try activate(.power(exponent: Float(exponent)), size, application)
  }

  /// The norm of order p along some axes, which stay with an extent of 1.
  func norm(_ exponent: Int, _ value: Value, axes: [Int], _ application: Application) throws(Problem) -> Value {
    guard exponent != 2 else { return try reduce(.euclideanNorm, value, axes: axes, keepsAxes: true, application) }
    let sum = try reduce(.sum, powers(exponent, of: value, application), axes: axes, keepsAxes: true, application)
    return try root(exponent, ofSum: sum, application)
  }
}
