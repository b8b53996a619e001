import Graphs
import Support
import Tensors

/// What several nodes of a model say together is made one: functions that exporters write out, constants one after the other,
/// reshapes that change nothing.
struct Simplification {
  private(set) var nodes: [Node]
  private(set) var tensors: [String: ImportedTensors.Entry]
  private let file: ONNXFile
  private var number = 0
  private(set) var consumers: [Int]
  /// Elements of constants that may still be computed of others.
  private var left = 1 << 26

  init(_ nodes: [Node], _ tensors: [String: ImportedTensors.Entry], of file: ONNXFile) throws(Problem) {
    self.nodes = nodes
    self.tensors = tensors
    self.file = file
    consumers = [Int](repeating: 0, count: nodes.count)
    for node in nodes { for input in node.inputs { consumers[input] += 1 } }
    for index in nodes.indices {
      try mergeRearrangements(index)
      try mergeAffine(index)
      normalise(index)
      try recognise(index)
    }
    for index in nodes.indices { try foldable(index) }
  }

  // MARK: - Looking

  func operation(_ index: NodeIndex) -> Graphs.Operation { nodes[index].operation }

  func input(_ index: NodeIndex) -> NodeIndex { nodes[index].inputs[0] }

  mutating func replace(_ index: NodeIndex, _ operation: Graphs.Operation, _ inputs: [NodeIndex]) {
    for input in nodes[index].inputs { consumers[input] -= 1 }
    for input in inputs { consumers[input] += 1 }
    nodes[index].operation = operation
    nodes[index].inputs = inputs
  }

  func numbers(_ handle: TensorHandle) throws(Problem) -> [Float] {
    guard let entry = tensors[handle.name] else { return [] }
    return try ImportedTensors([handle.name: entry], of: file).values(handle.name)
  }

  /// Of a constant that is one number.
  func number(_ handle: TensorHandle?) throws(Problem) -> Float? {
    guard let handle, handle.shape.count == 1 else { return nil }
    return try numbers(handle).first
  }

  /// Of a step that only scales by one number, or only shifts.
  func scale(_ index: NodeIndex) throws(Problem) -> Float? {
    guard case .affine(_, let affine) = operation(index), affine.shift == nil else { return nil }
    return try number(affine.scale)
  }

  func shift(_ index: NodeIndex) throws(Problem) -> Float? {
    guard case .affine(_, let affine) = operation(index), affine.scale == nil else { return nil }
    return try number(affine.shift)
  }

  static func isNear(_ number: Float?, _ expected: Double) -> Bool {
    number.map { abs(Double($0) - expected) <= 1e-6 * abs(expected) } ?? false
  }

  private mutating func declare(_ values: [Float], _ shape: Shape) -> TensorHandle {
    number += 1
    let name = "folded value \(number)"
    tensors[name] = ImportedTensors.Entry(shape: shape, source: .values(values))
    return TensorHandle(name: name, shape: shape)
  }

  // MARK: - Rearrangements

  private mutating func mergeRearrangements(_ index: NodeIndex) throws(Problem) {
    switch operation(index) {
    case .rearrangement(var own):
      guard case .rearrangement(let before) = operation(input(index)) else { return }
      let source = input(input(index))
      if before.isReshape {
        replace(index, .rearrangement(own), [source])
      } else if own.isReshape {
        own = Rearrangement(view: before.view, order: before.order, shape: own.shape)
        replace(index, .rearrangement(own), [source])
      } else {
        return
      }
      try mergeRearrangements(index)
    case .linear(let linear):
      // A fully connected layer flattens its input itself; other orders are those of its weights' columns.
      guard case .rearrangement(let before) = operation(input(index)) else { return }
      let source = input(input(index))
      var changed = linear
      if !before.isReshape {
        let strides = Constant.strides(before.view.dimensions)
        let places = Constant.places(before.order.map { before.view[$0] }, strides: before.order.map { strides[$0] })
        var order = [Int](repeating: 0, count: places.count)
        for (column, place) in places.enumerated() { order[place] = column }
        changed.weights = try reordered(linear.weights, columns: order)
      }
      replace(index, .linear(changed), [source])
      try mergeRearrangements(index)
    default: break
    }
  }

  private mutating func reordered(_ handle: TensorHandle, columns order: [Int]) throws(Problem) -> TensorHandle {
    guard let entry = tensors[handle.name] else { return handle }
    number += 1
    let name = "\(handle.name), columns reordered \(number)"
    let source: ImportedTensors.Source
    switch entry.source {
    case .file(let tensor, let isTransposed): source = .columns(tensor, isTransposed: isTransposed, order: order)
    case .columns(let tensor, let isTransposed, let before):
      source = .columns(tensor, isTransposed: isTransposed, order: order.map { before[$0] })
    case .values(let values): source = .values(ImportedTensors.reordered(values, columns: order))
    }
    tensors[name] = ImportedTensors.Entry(shape: handle.shape, source: source)
    return TensorHandle(name: name, shape: handle.shape)
  }

  // MARK: - Constants

  /// scale2 (scale1 x + shift1) + shift2
  private mutating func mergeAffine(_ index: NodeIndex) throws(Problem) {
    guard case .affine(let name, let second) = operation(index), case .affine(_, let first) = operation(input(index)),
      consumers[input(index)] == 1
    else { return }
    func product(_ a: TensorHandle?, _ b: TensorHandle?, _ shape: [Int]) throws(Problem) -> [Double]? {
      guard a != nil || b != nil else { return nil }
      let (x, y) = (try spread(a, shape, 1), try spread(b, shape, 1))
      return zip(x, y).map { $0 * $1 }
    }
    let shapes = [first.scale, first.shift, second.scale, second.shift].compactMap { $0?.shape.dimensions }
    var shape = shapes[0]
    for other in shapes { shape = Constant.broadcast(shape, other) ?? shape }
    guard shape.reduce(1, *) <= min(1 << 20, left / 2) else { return }
    left -= 2 * shape.reduce(1, *)
    let scale = try product(first.scale, second.scale, shape)
    var shift = try product(first.shift, first.shift == nil ? nil : second.scale, shape)
    if second.shift != nil {
      let added = try spread(second.shift, shape, 0)
      shift = shift.map { zip($0, added).map { $0 + $1 } } ?? added
    }
    let merged = Affine(
      scale: scale.map { declare($0.map { Float($0) }, Shape(shape)) },
      shift: shift.map { declare($0.map { Float($0) }, Shape(shape)) })
    replace(index, .affine(name: name, merged), [input(input(index))])
    try mergeAffine(index)
  }

  private func spread(_ handle: TensorHandle?, _ shape: [Int], _ standard: Double) throws(Problem) -> [Double] {
    guard let handle else { return [Double](repeating: standard, count: shape.reduce(1, *)) }
    var strides = Constant.strides(handle.shape.dimensions)
    for axis in strides.indices where handle.shape[axis] == 1 { strides[axis] = 0 }
    let values = try numbers(handle)
    return Constant.places(shape, strides: strides).map { Double(values[$0]) }
  }

  /// Constants for each channel behind a convolution or a fully connected layer are folded into it as batch normalisation is.
  private mutating func foldable(_ index: NodeIndex) throws(Problem) {
    guard case .affine(let name, let affine) = operation(index), consumers[input(index)] == 1 else { return }
    switch operation(input(index)) {
    case .convolution, .linear: break
    default: return
    }
    let shape = nodes[index].shape
    let channels = shape[0]
    let perChannel = [channels] + [Int](repeating: 1, count: shape.rank - 1)
    for handle in [affine.scale, affine.shift].compactMap({ $0 }) {
      guard handle.shape.dimensions.dropFirst().allSatisfy({ $0 == 1 }) else { return }
    }
    let scale = try spread(affine.scale, perChannel, 1).map { Float($0) }
    let shift = try spread(affine.shift, perChannel, 0).map { Float($0) }
    let extents: Shape = [channels]
    let normalisation = BatchNormalisation(
      name: name, channels: channels, epsilon: 0, scale: declare(scale, extents), shift: declare(shift, extents),
      mean: declare([Float](repeating: 0, count: channels), extents),
      variance: declare([Float](repeating: 1, count: channels), extents))
    replace(index, .batchNormalisation(normalisation), nodes[index].inputs)
  }
}
