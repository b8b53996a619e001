import Graphs
import Support
import Tensors

/// Functions that exporters write out, recognised.
extension Simplification {
  /// (x - mean) / sqrt(mean of squares + epsilon)
  mutating func normalise(_ index: NodeIndex) {
    guard case .arithmetic(.quotient) = operation(index) else { return }
    let (difference, root) = (nodes[index].inputs[0], nodes[index].inputs[1])
    guard case .arithmetic(.difference) = operation(difference), case .activation(.squareRoot) = operation(root),
      case .affine(_, let affine) = operation(input(root)), affine.scale == nil,
      let epsilon = try? number(affine.shift)
    else { return }
    let variance = input(input(root))
    let (value, mean) = (nodes[difference].inputs[0], nodes[difference].inputs[1])
    guard let axes = meanAxes(mean), axes == meanAxes(variance), input(mean) == value else { return }
    let squares = input(variance)
    switch operation(squares) {
    case .activation(.power(exponent: 2)) where isSame(input(squares), difference): break
    case .arithmetic(.product) where nodes[squares].inputs.allSatisfy({ isSame($0, difference) }): break
    default: return
    }
    replace(index, .standardisation(Standardisation(axes: axes, epsilon: Double(epsilon))), [value])
  }

  /// Some exporters write the same difference twice.
  private func isSame(_ first: NodeIndex, _ second: NodeIndex) -> Bool {
    if first == second { return true }
    guard case .arithmetic(.difference) = operation(first), case .arithmetic(.difference) = operation(second),
      nodes[first].inputs[0] == nodes[second].inputs[0]
    else { return false }
    let (a, b) = (nodes[first].inputs[1], nodes[second].inputs[1])
    return a == b || (meanAxes(a) != nil && meanAxes(a) == meanAxes(b) && input(a) == input(b))
  }

  private func meanAxes(_ index: NodeIndex) -> [Int]? {
    switch operation(index) {
    case .reduction(let reduction) where reduction.kind == .mean: reduction.axes
    case .adaptiveAveragePooling(1, 1): [1, 2]
    default: nil
    }
  }

  mutating func recognise(_ index: NodeIndex) throws(Problem) {
    switch operation(index) {
    case .arithmetic(.product):
      let inputs = nodes[index].inputs
      for (value, gate) in [(inputs[0], inputs[1]), (inputs[1], inputs[0])] {
        if let (activation, source) = try product(value, by: gate) {
          replace(index, .activation(activation), [source])
          return
        }
      }
    case .affine:
      // x (x + 3, clipped to [0, 6]) / 6 and 0.5 x (1 + erf): the constant stands last.
      let before = input(index)
      guard let scale = try scale(index), case .arithmetic(.product) = operation(before), consumers[before] == 1 else {
        return try recogniseHardSigmoid(index)
      }
      let inputs = nodes[before].inputs
      for (value, gate) in [(inputs[0], inputs[1]), (inputs[1], inputs[0])] {
        if Self.isNear(scale, 1.0 / 6), try isClippedSum(gate, of: value) {
          return replace(index, .activation(.hardSwish), [value])
        }
        if Self.isNear(scale, 0.5), try isErrorFunctionPlusOne(gate, of: value) {
          return replace(index, .activation(.gelu), [value])
        }
      }
    default: break
    }
  }

  /// What value x gate is, where the gate is made of the value.
  private func product(_ value: NodeIndex, by gate: NodeIndex) throws(Problem) -> (Activation, NodeIndex)? {
    switch operation(gate) {
    case .activation(.sigmoid) where input(gate) == value: return (.silu, value)
    case .activation(.hardSigmoid(let slope, let offset)) where input(gate) == value && offset == 0.5:
      return Self.isNear(slope, 1.0 / 6) ? (.hardSwish, value) : nil
    case .activation(.tanh):
      let inner = input(gate)
      if case .activation(.softplus) = operation(inner), input(inner) == value { return (.mish, value) }
      return nil
    default: break
    }
    // 0.5 x times 1 + erf.
    if let scale = try scale(value), Self.isNear(scale, 0.5), try isErrorFunctionPlusOne(gate, of: input(value)) {
      return (.gelu, input(value))
    }
    // x times 0.5 (1 + erf), which was merged to one step.
    if case .affine(_, let affine) = operation(gate), Self.isNear(try number(affine.scale), 0.5),
      Self.isNear(try number(affine.shift), 0.5), try isErrorFunction(input(gate), of: value)
    {
      return (.gelu, value)
    }
    return nil
  }

  private func isErrorFunctionPlusOne(_ index: NodeIndex, of value: NodeIndex) throws(Problem) -> Bool {
    guard let shift = try shift(index), shift == 1 else { return false }
    return try isErrorFunction(input(index), of: value)
  }

  private func isErrorFunction(_ index: NodeIndex, of value: NodeIndex) throws(Problem) -> Bool {
    guard case .activation(.errorFunction) = operation(index), input(input(index)) == value else { return false }
    return Self.isNear(try scale(input(index)), 0.5.squareRoot())
  }

  /// x + 3, clipped to [0, 6]
  private func isClippedSum(_ index: NodeIndex, of value: NodeIndex) throws(Problem) -> Bool {
    guard case .activation(.clip(lowest: 0, highest: 6)) = operation(index), input(input(index)) == value else {
      return false
    }
    return try shift(input(index)) == 3
  }

  private mutating func recogniseHardSigmoid(_ index: NodeIndex) throws(Problem) {
    let clip = input(index)
    guard let scale = try scale(index), Self.isNear(scale, 1.0 / 6), case .activation(.clip) = operation(clip),
      case .affine = operation(input(clip))
    else { return }
    let value = input(input(clip))
    guard try isClippedSum(clip, of: value) else { return }
    replace(index, .activation(.hardSigmoid(slope: 1.0 / 6, offset: 0.5)), [value])
  }
}
