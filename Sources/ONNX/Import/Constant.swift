import Support

/// A value that is known before there is an image: of an initialiser, a node, or computed of such.
struct Constant: Sendable {
  enum Content: Sendable {
    case integers([Int64])
    case floats([Float])
    /// Left in the file until somebody asks for its numbers. A matrix may be meant with rows and columns exchanged.
    case file(ModelTensor, isTransposed: Bool)
  }

  /// Outermost axis first; empty for a single number.
  var shape: [Int]
  var type: ModelDataType
  var content: Content

  init(shape: [Int], type: ModelDataType, content: Content) {
    self.shape = shape
    self.type = type
    self.content = content
  }

  init(_ tensor: ModelTensor) {
    self.init(shape: tensor.shape.dimensions, type: tensor.dataType, content: .file(tensor, isTransposed: false))
  }

  init(_ integers: [Int], shape: [Int]? = nil) {
    self.init(shape: shape ?? [integers.count], type: .int64, content: .integers(integers.map { Int64($0) }))
  }

  init(_ floats: [Float], shape: [Int]) { self.init(shape: shape, type: .float, content: .floats(floats)) }

  var count: Int { shape.reduce(1, *) }

  var isFloating: Bool { type.reading == .floats }

  /// Beside each other, row-major: how far it is from one element to the next along each axis.
  static func strides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
    return strides
  }

  /// Of every element of a value of this shape, row-major, the place in memory where axes have these strides.
  static func places(_ shape: [Int], strides: [Int]) -> [Int] {
    let count = shape.reduce(1, *)
    guard count > 0 else { return [] }
    var places = [Int](repeating: 0, count: count)
    var index = [Int](repeating: 0, count: shape.count)
    var place = 0
    for element in 0..<count {
      places[element] = place
      var axis = shape.count - 1
      while axis >= 0 {
        index[axis] += 1
        place += strides[axis]
        if index[axis] < shape[axis] { break }
        place -= strides[axis] * shape[axis]
        index[axis] = 0
        axis -= 1
      }
    }
    return places
  }

  /// The shape that NumPy's broadcasting gives; nil where there is none.
  static func broadcast(_ first: [Int], _ second: [Int]) -> [Int]? {
    let rank = max(first.count, second.count)
    let (a, b) = (padded(first, rank), padded(second, rank))
    var shape: [Int] = []
    for axis in 0..<rank {
      guard a[axis] == b[axis] || a[axis] == 1 || b[axis] == 1 else { return nil }
      shape.append(a[axis] == 1 ? b[axis] : a[axis])
    }
    return shape
  }

  /// With axes of 1 before it.
  static func padded(_ shape: [Int], _ rank: Int) -> [Int] {
    [Int](repeating: 1, count: max(0, rank - shape.count)) + shape
  }
}

extension Constant.Content {
  /// The elements at some places; nil where they are in the file.
  func gathered(_ places: [Int]) -> Constant.Content? {
    switch self {
    case .integers(let values): .integers(places.map { values[$0] })
    case .floats(let values): .floats(places.map { values[$0] })
    case .file: nil
    }
  }
}
