/// For each output position along one axis: where its source positions begin, how many there are, and their weights.
///
/// The steps that PyTorch takes in float64 before it rounds to float32 are taken in float64 here, too
/// (`_compute_indices_min_size_weights_aa` in ATen/native/cpu/UpSampleKernel.cpp, with its linear filter).
struct TriangleWeights {
  private(set) var starts: [Int] = []
  /// At least 1 each.
  private(set) var counts: [Int] = []
  /// `stride` values per output position.
  private var weights: [Float] = []
  let stride: Int

  var count: Int { starts.count }

  /// One past the last source position that is read.
  private(set) var reach = 0

  /// - Parameters:
  ///   - source: How many positions there are to read, at least 1.
  ///   - target: How many positions the whole axis is resized to, at least 1.
  ///   - part: Which of the target's positions are wanted; all when nil.
  init(from source: Int, to target: Int, part: Range<Int>? = nil) {
    let scale = Float(source) / Float(target)
    let support = scale >= 1 ? scale : 1
    let inverse = scale >= 1 ? Float(1 / Double(scale)) : 1
    stride = Int(support.rounded(.up)) * 2 + 1
    for position in part ?? 0..<target {
      let centre = Float(Double(scale) * (Double(position) + 0.5))
      let start = max(Int(Double(centre - support) + 0.5), 0)
      let end = min(Int(Double(centre + support) + 0.5), source)
      let count = min(max(end - start, 1), stride)
      var taps = (0..<count).map { tap in
        let distance = Float((Double(Float(tap + start) - centre) + 0.5) * Double(inverse)).magnitude
        return distance < 1 ? 1 - distance : 0
      }
      let total = taps.reduce(0, +)
      if total != 0 { taps = taps.map { $0 / total } }
      starts.append(start)
      counts.append(count)
      reach = max(reach, start + count)
      weights += taps + [Float](repeating: 0, count: stride - count)
    }
  }

  /// - Parameter tap: from 0 to below the position's count.
  func weight(_ position: Int, _ tap: Int) -> Float { weights[position * stride + tap] }

  /// For the loops of `Resize`, in which checks took half as long again.
  /// - Parameter body: must not keep the pointers.
  @inline(__always)
  func withPointers(
    _ body: (_ starts: UnsafePointer<Int>, _ counts: UnsafePointer<Int>, _ weights: UnsafePointer<Float>) -> Void
  ) {
    unsafe starts.withUnsafeBufferPointer { starts in
      unsafe counts.withUnsafeBufferPointer { counts in
        unsafe weights.withUnsafeBufferPointer { weights in
          guard let starts = starts.baseAddress, let counts = counts.baseAddress, let weights = weights.baseAddress
          else { return }
          unsafe body(starts, counts, weights)
        }
      }
    }
  }
}
