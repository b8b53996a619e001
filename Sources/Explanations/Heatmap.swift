import Tensors

/// A raw map stretched to the input's size: `size` x `size` values in [0, 1], row-major.
public struct Heatmap: Sendable, Equatable {
  /// Height and width in pixels, those of the network's input.
  public let size: Int
  /// Row y, column x is number y `size` + x.
  public let values: [Float]

  /// - Precondition: `values` holds size x size numbers.
  public init(size: Int, values: [Float]) {
    precondition(values.count == size * size, "a heatmap of \(size) x \(size) does not hold \(values.count) values")
    self.size = size
    self.values = values
  }
}

/// Steps 3 to 5 of Grad-CAM in the measurement protocol, in Float32 as pytorch-grad-cam and OpenCV compute them:
/// M <- (M - min M) / (1e-7 + max(M - min M)), bilinear to the input's size, and the first step once more.
///
/// A dead map gives zeros.
public func heatmap(of map: RawMap, size: Int) -> Heatmap {
  guard !map.isDead else { return Heatmap(size: size, values: [Float](repeating: 0, count: size * size)) }
  let values = stretched(enlarged(stretched(map.values), height: map.height, width: map.width, size: size))
  return Heatmap(size: size, values: values)
}

/// A raw map at the input's size in its own unit, for pictures that show magnitude: `size` x `size` values, row-major;
/// bilinear, as `heatmap(of:size:)`.
public func enlarged(_ map: RawMap, size: Int) -> [Float] {
  enlarged(map.values, height: map.height, width: map.width, size: size)
}

/// (x - min x) / (1e-7 + max(x - min x))
func stretched(_ values: consuming [Float]) -> [Float] {
  let (least, greatest) = range(of: values)
  let divisor = 1e-7 + (greatest - least)
  // In place where nobody else has the values.
  var target = values.mutableSpan
  for i in target.indices { target[i] = (target[i] - least) / divisor }
  return values
}

/// Least and greatest value; zeros where there are none.
private func range(of values: [Float]) -> (least: Float, greatest: Float) {
  guard let first = values.first else { return (0, 0) }
  // Sixteen lanes beside each other: `min()` compares one by one.
  var least = SIMD16<Float>(repeating: first)
  var greatest = least
  let whole = values.count / 16 * 16
  for i in stride(from: 0, to: whole, by: 16) {
    let some = values.span.sixteen(from: i)
    least.replace(with: some, where: some .< least)
    greatest.replace(with: some, where: some .> greatest)
  }
  return (
    values[whole...].reduce(least.min()) { Swift.min($0, $1) },
    values[whole...].reduce(greatest.max()) { Swift.max($0, $1) }
  )
}

/// Bilinear, half-pixel centres, edges clamped, no antialiasing: OpenCV's `INTER_LINEAR`.
func enlarged(_ values: [Float], height: Int, width: Int, size: Int) -> [Float] {
  let columns = taps(from: width, to: size)
  let rows = taps(from: height, to: size)
  precondition(columns.allSatisfy { $0.first >= 0 && $0.second < width })
  var horizontal = [Float](repeating: 0, count: height * size)
  for y in 0..<height {
    let source = values.span.extracting(y * width..<(y + 1) * width)
    var target = horizontal.mutableSpan
    let start = y * size
    precondition(columns.count == size && start + size <= target.count)
    unsafe source.withUnsafeBufferPointer { source in
      for x in 0..<size {
        let tap = columns[x]
        target[start &+ x] = unsafe source[tap.first] * (1 - tap.weight) + source[tap.second] * tap.weight
      }
    }
  }
  var output = [Float](repeating: 0, count: size * size)
  for y in 0..<size {
    let tap = rows[y]
    let upper = horizontal.span.extracting(tap.first * size..<(tap.first + 1) * size)
    let lower = horizontal.span.extracting(tap.second * size..<(tap.second + 1) * size)
    var target = output.mutableSpan
    let start = y * size
    // Compared once, so that the loop needs no checks and becomes vector code.
    precondition(start + size <= target.count)
    for x in 0..<size { target[start &+ x] = upper[x] * (1 - tap.weight) + lower[x] * tap.weight }
  }
  return output
}

/// The two source elements of each target element, and the weight of the second.
private func taps(from source: Int, to target: Int) -> [(first: Int, second: Int, weight: Float)] {
  let scale = Double(source) / Double(target)
  return (0..<target).map { index in
    // In double precision, as OpenCV's optimised path on x86 has it: a Float32 position past 64 keeps 17 bits for the
    // weight, which would cost 1e-5 on the large maps of early layers.
    let position = (Double(index) + 0.5) * scale - 0.5
    let floor = position.rounded(.down)
    let first = Int(floor)
    if first < 0 { return (0, 0, 0) }
    if first >= source - 1 { return (source - 1, source - 1, 0) }
    return (first, first + 1, Float(position - floor))
  }
}
