import Foundation

/// The index of the greatest value, the first of several; 0 for none.
public func argmax(_ values: [Float]) -> Int {
  var best = 0
  for index in values.indices where values[index] > values[best] { best = index }
  return best
}

/// exp(z_c) / sum exp(z), in double precision, the greatest logit subtracted first so that nothing overflows.
public func softmax(_ logits: [Float]) -> [Double] {
  guard let greatest = logits.max() else { return [] }
  let powers = logits.map { exp(Double($0) - Double(greatest)) }
  let sum = powers.reduce(0, +)
  return powers.map { $0 / sum }
}

/// The gradient of the cross-entropy of a label with respect to the logits: softmax(z) - onehot(label).
/// - Precondition: the label is a class.
public func crossEntropyGradient(logits: [Float], label: Int) -> [Float] {
  precondition(logits.indices.contains(label), "label \(label) of \(logits.count) classes")
  var gradient = softmax(logits)
  // 1 - p is made from the other classes' shares where p is nearly 1, or the subtraction would cancel to 0 and the
  // attack of a sure network would have no direction.
  gradient[label] = -gradient.enumerated().reduce(0) { $1.offset == label ? $0 : $0 + $1.element }
  return gradient.map { Float($0) }
}
