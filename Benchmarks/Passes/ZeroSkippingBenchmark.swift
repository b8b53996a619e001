import CConvolutions
import Support

/// The loops of convolutions that pass over zeros alone, by how many of the values they are given are not 0: `pass-benchmark zeros`
/// prints, for ResNet50's of 1 x 1, shares of the processor's peak of fused multiply-adds, counted as if no zero were passed over.
enum ZeroSkippingBenchmark {
  private static let shapes = [
    (pixels: 3136, inputs: 256, outputs: 64), (3136, 64, 256), (784, 512, 128), (784, 128, 512), (196, 1024, 256),
    (196, 256, 1024), (49, 2048, 512), (49, 512, 2048),
  ]
  private static let densities = [0.2, 0.35, 0.5, 0.65, 0.8, 1]

  static func run(peak: () -> Double, seconds: () -> Double) {
    let peak = (0..<5).map { _ in peak() }.max() ?? 0
    for lanes in [16, 8] where cconvolutions_has_lanes(lanes) {
      print("vectors of \(lanes); not 0: \(densities.map { "\(Int(100 * $0))%" }.joined(separator: ", "))")
      for (pixels, inputs, outputs) in shapes {
        let shares = densities.map { density in
          let best = time(lanes, pixels, inputs, outputs, density, seconds)
          return "\(Int((2e-7 * Double(pixels * inputs * outputs) / best / peak).rounded()))%"
        }
        print("\(pixels) pixels, \(inputs) to \(outputs) channels: \(shares.joined(separator: ", "))")
      }
    }
  }

  /// Of a call, the least of some.
  private static func time(
    _ lanes: Int, _ pixels: Int, _ inputs: Int, _ outputs: Int, _ density: Double, _ seconds: () -> Double
  ) -> Double {
    var generator = SplitMix64(seed: 1)
    func number() -> Float { Float(generator.next() >> 40) / 16_777_216 }
    let layout = cconvolutions_layout(vector: pixels * lanes, row: pixels * lanes, column: lanes, last: lanes)
    let taps = [czeroskipping_tap(element: 0, row: 0, column: 0)]
    var convolution = czeroskipping_convolution(
      lanes: lanes, inputs: inputs / lanes, outputs: outputs / lanes, taps: 1, height: 1, width: pixels, row_stride: 1,
      column_stride: 1, result_height: 1, result_width: pixels, source: layout, destination: layout, first: 0)
    let source = (0..<pixels * inputs).map { _ in Double(number()) < density ? number() + 0.001 : 0 }
    let filters = (0..<inputs * outputs).map { _ in number() - 0.5 }
    let bias = [Float](repeating: 0, count: outputs)
    var best = Double.infinity
    unsafe withBuffer(czeroskipping_filter_count(&convolution)) { arranged in
      unsafe czeroskipping_arrange(&convolution, taps, filters, outputs, inputs, inputs, 1, arranged)
      unsafe withBuffer(czeroskipping_scratch_count(&convolution)) { scratch in
        unsafe withBuffer(pixels * outputs) { destination in
          unsafe withBuffer(source.count) { from in
            unsafe from.update(from: source, count: source.count)
            for _ in 0..<20 {
              let start = seconds()
              unsafe czeroskipping_convolve(
                &convolution, taps, arranged, bias, [UnsafePointer(from)], nil, [destination], 1, false, scratch)
              best = min(best, seconds() - start)
            }
          }
        }
      }
    }
    return best
  }

  /// Floats at the start of a cache line, as a session's are.
  private static func withBuffer(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 4 * count, alignment: 64)
    defer { unsafe memory.deallocate() }
    unsafe body(memory.bindMemory(to: Float.self, capacity: count))
  }
}
