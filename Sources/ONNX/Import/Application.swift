import Support

/// A node of a model with the values that it is applied to: what the rule of an operator is given.
struct Application {
  let node: ModelNode
  /// Of ONNX's own operators.
  let opset: Int
  /// Nil for those that are left out.
  let inputs: [Value?]
  /// Reads constants.
  let file: ONNXFile

  // MARK: - Inputs

  func input(_ index: Int) throws(Problem) -> Value {
    guard let value = optionalInput(index) else { throw wrong("no input \(index + 1)", expected: "one") }
    return value
  }

  func optionalInput(_ index: Int) -> Value? { index < inputs.count ? inputs[index] : nil }

  /// - Parameter name: as ONNX calls the input.
  func constant(_ index: Int, _ name: String) throws(Problem) -> Constant {
    guard case .constant(let constant) = try input(index) else {
      throw unsupported("`\(name)` that is computed from the image", supported: "a constant")
    }
    return constant
  }

  func optionalConstant(_ index: Int, _ name: String) throws(Problem) -> Constant? {
    optionalInput(index) == nil ? nil : try constant(index, name)
  }

  func integers(_ index: Int, _ name: String) throws(Problem) -> [Int] {
    try integers(of: constant(index, name))
  }

  func optionalIntegers(_ index: Int, _ name: String) throws(Problem) -> [Int]? {
    optionalInput(index) == nil ? nil : try integers(index, name)
  }

  // MARK: - Values of constants

  /// Of an integer type or BOOL; floats that are whole numbers pass.
  func integers(of constant: Constant) throws(Problem) -> [Int] {
    let values: [Int64]
    switch constant.content {
    case .integers(let found): values = found
    case .file(let tensor, _) where tensor.dataType.reading == .integers:
      guard constant.count <= 1 << 20 else {
        throw unsupported("\(constant.count) numbers as a shape, as axes or as places", supported: "at most \(1 << 20)")
      }
      values = try file.integers(of: tensor)
    default: throw wrong("\(constant.type.name) values", expected: "integers")
    }
    return values.map(Self.bounded)
  }

  func floats(of constant: Constant) throws(Problem) -> [Float] {
    switch constant.content {
    case .floats(let values): return values
    case .integers(let values): return values.map { Float($0) }
    case .file(let tensor, let isTransposed): return try file.floats(of: tensor, isTransposed: isTransposed)
    }
  }

  /// Some exporters write the greatest number there is for "to the end", with which one cannot count on.
  private static func bounded(_ number: Int64) -> Int { Int(max(min(number, 1 << 40), -(1 << 40))) }

  // MARK: - Attributes

  func int(_ name: String, _ standard: Int) throws(Problem) -> Int {
    switch node.attributes[name] {
    case nil: return standard
    case .int(let value): return Self.bounded(value)
    default: throw wrong("another type of the attribute `\(name)`", expected: "an integer")
    }
  }

  func float(_ name: String, _ standard: Float) throws(Problem) -> Float {
    switch node.attributes[name] {
    case nil: return standard
    case .float(let value): return value
    default: throw wrong("another type of the attribute `\(name)`", expected: "a number")
    }
  }

  /// A small number that frameworks have in double precision and files in Float32: 1e-5, and not the Float32 that is next to it.
  func epsilon(_ standard: Double) throws(Problem) -> Double {
    guard node.attributes["epsilon"] != nil else { return standard }
    let found = try float("epsilon", 0)
    return Double("\(found)") ?? Double(found)
  }

  func string(_ name: String, _ standard: String) throws(Problem) -> String {
    switch node.attributes[name] {
    case nil: return standard
    case .string(let value): return value
    default: throw wrong("another type of the attribute `\(name)`", expected: "a text")
    }
  }

  func ints(_ name: String) throws(Problem) -> [Int]? {
    switch node.attributes[name] {
    case nil: return nil
    case .ints(let values): return values.map(Self.bounded)
    default: throw wrong("another type of the attribute `\(name)`", expected: "integers")
    }
  }

  /// The same, an attribute of older versions and an input of newer ones.
  func ints(_ name: String, orInput index: Int) throws(Problem) -> [Int]? {
    if let found = try optionalIntegers(index, name) { return found }
    return try ints(name)
  }

  // MARK: - Axes

  /// An axis counted from either end.
  func axis(_ axis: Int, of rank: Int) throws(Problem) -> Int {
    guard axis >= -rank, axis < rank else {
      throw wrong("axis \(axis) of a value of \(rank) axes", expected: "\(-rank) to \(rank - 1)")
    }
    return axis < 0 ? axis + rank : axis
  }

  func axes(_ axes: [Int], of rank: Int) throws(Problem) -> [Int] {
    var result: [Int] = []
    for axis in axes { result.append(try self.axis(axis, of: rank)) }
    guard Set(result).count == result.count else { throw wrong("an axis twice among \(axes)", expected: "each once") }
    return result
  }

  // MARK: - Problems

  /// The file contradicts the standard, or itself.
  func wrong(_ found: String, expected: String) -> Problem {
    .usage(at: node.place, "at \(node.title): found \(found), expected \(expected)")
  }

  /// What the standard allows, and is not computed.
  func unsupported(_ found: String, supported: String) -> Problem {
    .usage(
      at: node.place, "at \(node.title): found \(found), which is not computed; supported: \(supported)",
      remedy: "Export the network without it.")
  }
}
