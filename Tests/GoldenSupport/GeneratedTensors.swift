import Foundation
import Graphs
import Support
import Tensors
import Weights

/// Values in [0, 1) on a grid of 2^-24: SplitMix64 started at the FNV-1a hash of the name, as
/// `Scripts/goldens/golden_networks.py` makes them.
public func generated(_ name: String, count: Int) -> [Double] {
  var state: UInt64 = 0xCBF2_9CE4_8422_2325
  for byte in name.utf8 { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
  return [Double](unsafeUninitializedCapacity: count) { buffer, initialised in
    for index in 0..<count {
      var z = state &+ UInt64(index &+ 1) &* 0x9E37_79B9_7F4A_7C15
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      buffer[index] = Double((z ^ (z >> 31)) >> 40) / 16_777_216
    }
    initialised = count
  }
}

/// The weights of a golden network, made when they are asked for.
public struct GeneratedTensors: NamedTensors {
  public let source = "generated weights"
  public let tensorNames: [String]
  private let shapes: [String: Shape]

  public init(_ expected: [TensorHandle]) {
    tensorNames = expected.map(\.name)
    shapes = Dictionary(uniqueKeysWithValues: expected.map { ($0.name, $0.shape) })
  }

  public func shape(of name: String) -> Shape? { shapes[name] }

  public func values(_ name: String) throws(Problem) -> [Float] {
    guard let shape = shapes[name] else { throw .failure("no generated tensor \(name)") }
    let u = generated(name, count: shape.count)
    if name.hasSuffix("running_var") { return u.map { Float(0.5 + $0) } }
    if shape.rank > 1 {
      let bound = (6 / Double(shape.count / shape[0])).squareRoot()
      return u.map { Float((2 * $0 - 1) * bound) }
    }
    if name.hasSuffix(".weight") {
      let isDamped = name.hasSuffix("bn3.weight") || name.contains(".rep.")
      return isDamped ? u.map { Float(0.2 + 0.2 * $0) } : u.map { Float(0.8 + 0.4 * $0) }
    }
    return u.map { Float((2 * $0 - 1) * 0.1) }
  }
}
