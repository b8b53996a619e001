import Tensors
import Testing

@testable import Graphs

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Functions of elements are as good as single precision can hold them, wherever their argument lies.
@Suite struct ActivationTests {
  private static let functions: [(Activation, @Sendable (Double) -> Double)] = [
    (.sigmoid, { 1 / (1 + exp(-$0)) }),
    (.silu, { $0 / (1 + exp(-$0)) }),
    (.mish, { $0 * tanh(log1p(exp($0))) }),
    (.gelu, { $0 * 0.5 * erfc(-$0 / 2.0.squareRoot()) }),
    (.tanh, { tanh($0) }),
    (.exponential, { exp($0) }),
    (.softplus, { max($0, 0) + log1p(exp(-abs($0))) }),
    (.elu(scale: 1), { $0 > 0 ? $0 : expm1($0) }),
    (.errorFunction, { erf($0) }),
  ]

  /// - Returns: f(x), and f'(x) where it is asked for.
  private func apply(_ activation: Activation, _ x: [Float], derivative: Bool) throws -> ([Float], [Float]) {
    let (source, value, slope) = (
      try AlignedBuffer(copying: x), try AlignedBuffer(count: x.count), try AlignedBuffer(count: x.count)
    )
    if derivative {
      ElementFunction(activation).apply(to: source.floats, value.floats, derivative: slope.floats)
    } else {
      ElementFunction(activation).apply(to: source.floats, value.floats, derivative: nil)
    }
    return (value.floats.values(x.count), slope.floats.values(x.count))
  }

  @Test(arguments: functions.indices) func valuesAreExact(_ index: Int) throws {
    let (activation, function) = Self.functions[index]
    let x = (0...24_000).map { Float($0 - 12_000) / 1000 }
    let (values, slopes) = try apply(activation, x, derivative: true)
    var greatest = 0.0
    var greatestSlope = 0.0
    for (place, argument) in x.enumerated() {
      let (x, step) = (Double(argument), 1e-4)
      let expected = function(x)
      greatest = max(greatest, abs(Double(values[place]) - expected) / max(abs(expected), 1e-37))
      guard abs(x) > step else { continue }
      let slope = (function(x + step) - function(x - step)) / (2 * step)
      greatestSlope = max(greatestSlope, abs(Double(slopes[place]) - slope) / max(abs(slope), 1))
    }
    #expect(greatest < 1e-6, "\(activation)")
    #expect(greatestSlope < 1e-6, "\(activation)")
    // Sessions with and without gradients have the same bits.
    #expect(try apply(activation, x, derivative: false).0 == values)
  }

  @Test func notANumberStaysOne() throws {
    for (activation, _) in Self.functions {
      #expect(
        try apply(activation, [0, .nan, 1], derivative: true).0.map(\.isNaN) == [false, true, false], "\(activation)")
    }
    #expect(try apply(.clip(lowest: 0, highest: 6), [.nan, 7, -1], derivative: false).0.dropFirst() == [6, 0])
  }

  /// PyTorch's: 0 at both bounds.
  @Test func clippingPassesNothingAtItsBounds() throws {
    let (values, slopes) = try apply(.clip(lowest: 0, highest: 6), [-1, 0, 3, 6, 7], derivative: true)
    #expect(values == [0, 0, 3, 6, 6])
    #expect(slopes == [0, 0, 1, 0, 0])
  }
}
