import CLinear
import Testing

/// The loops of fully connected layers against sums in double precision, at sizes that fill no block.
@Suite struct LinearLoopTests {
  private func values(_ count: Int, _ salt: Int) -> [Float] {
    (0..<count).map { Float(($0 &* 7919 &+ salt &* 104_729) % 2001) / 1000 - 1 }
  }

  private func forward(
    _ weights: [Float], _ bias: [Float], _ sources: [[Float]], outputs: Int, relu: Bool
  ) -> [[Float]] {
    let inputs = sources[0].count
    let source = sources.map { UnsafeMutableBufferPointer<Float>.allocate(capacity: $0.count) }
    let target = sources.map { _ in UnsafeMutableBufferPointer<Float>.allocate(capacity: outputs) }
    defer { (source + target).forEach { $0.deallocate() } }
    for (buffer, row) in zip(source, sources) { _ = buffer.initialize(from: row) }
    clinear_forward(
      weights, bias, inputs, outputs, source.map { $0.baseAddress.map { UnsafePointer($0) } },
      target.map(\.baseAddress), sources.count, relu)
    return target.map(Array.init)
  }

  private func backward(_ weights: [Float], _ gradients: [[Float]], inputs: Int) -> [[Float]] {
    let outputs = gradients[0].count
    let source = gradients.map { UnsafeMutableBufferPointer<Float>.allocate(capacity: $0.count) }
    let target = gradients.map { _ in UnsafeMutableBufferPointer<Float>.allocate(capacity: inputs) }
    defer { (source + target).forEach { $0.deallocate() } }
    for (buffer, row) in zip(source, gradients) { _ = buffer.initialize(from: row) }
    clinear_backward(
      weights, inputs, outputs, source.map { $0.baseAddress.map { UnsafePointer($0) } }, target.map(\.baseAddress),
      gradients.count)
    return target.map(Array.init)
  }

  @Test(arguments: [(1, 1), (7, 3), (8, 2), (4099, 5), (4096, 4), (2051, 9)])
  func sumsAreThoseOfDoublePrecision(_ inputs: Int, _ outputs: Int) {
    let weights = values(inputs * outputs, 1)
    let bias = values(outputs, 2)
    // More than go through together.
    let rows = (0..<10).map { values(inputs, 3 + $0) }
    // With zeros, as behind a ReLU: what all rows have at 0 is not even read.
    let gradients = (0..<10).map { row in
      values(outputs, 30 + row).enumerated().map { $0 % 3 == 1 || ($0 + row) % 4 == 0 ? 0 : $1 }
    }
    let found = forward(weights, bias, rows, outputs: outputs, relu: false)
    let back = backward(weights, gradients, inputs: inputs)
    for row in rows.indices {
      for output in 0..<outputs {
        var sum = Double(bias[output])
        for i in 0..<inputs { sum += Double(weights[output * inputs + i]) * Double(rows[row][i]) }
        #expect(abs(Double(found[row][output]) - sum) <= 2e-5 * Double(inputs).squareRoot())
      }
      for input in stride(from: 0, to: inputs, by: max(1, inputs / 50)) {
        var sum = 0.0
        for o in 0..<outputs { sum += Double(weights[o * inputs + input]) * Double(gradients[row][o]) }
        #expect(abs(Double(back[row][input]) - sum) <= 1e-5)
      }
    }
    for count in 1..<10 {
      #expect(
        forward(weights, bias, Array(rows.prefix(count)), outputs: outputs, relu: false) == Array(found.prefix(count)))
      #expect(backward(weights, Array(gradients.prefix(count)), inputs: inputs) == Array(back.prefix(count)))
    }
    #expect(
      forward(weights, bias, rows, outputs: outputs, relu: true) == found.map { $0.map { max(0, $0) } })
  }
}
