import Graphs
import Tensors
import Weights

/// SplitMix64 started at a name; values in (-1, 1).
public struct Generator {
  private var state: UInt64

  public init(seed: String) {
    state = seed.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  public mutating func next() -> Float {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Float((z ^ (z >> 31)) >> 40) / 8_388_608 - 1
  }
}

/// Values in (-1, 1), the same for the same name; variances and scales are positive.
public func randomTensors(_ handles: [TensorHandle], source: String = "random weights") -> DictionaryTensors {
  var result: [String: Tensor] = [:]
  for handle in handles {
    var generator = Generator(seed: handle.name)
    let fanIn = handle.shape.rank > 1 ? handle.shape.count / handle.shape[0] : 1
    let bound = handle.shape.rank > 1 ? (6 / Float(fanIn)).squareRoot() : 0.3
    let isPositive = handle.name.hasSuffix("var") || (handle.shape.rank == 1 && handle.name.hasSuffix("weight"))
    result[handle.name] = Tensor(
      shape: handle.shape,
      values: (0..<handle.shape.count).map { _ in
        let value = generator.next()
        return isPositive ? 1 + 0.5 * value : bound * value
      })
  }
  return DictionaryTensors(result, source: source)
}

/// An image in (0, 1).
public func randomImage(_ shape: Shape, _ name: String = "image") -> Tensor {
  var generator = Generator(seed: name)
  return Tensor(shape: shape, values: (0..<shape.count).map { _ in 0.5 + 0.5 * generator.next() })
}
