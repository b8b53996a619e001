import Support
import Synchronization

/// Numbers of each image side by side, whose sums over resamples of the images are wanted.
struct ResampledTable: Sendable {
  /// Of an image, those that follow to fill the last vector among them.
  let stride: Int
  /// Wanted of an image.
  let width: Int
  /// Image by image.
  private(set) var values: [Double]
  /// Columns whose sum of variance + (mean - centre)² is wanted in place of the variance's, the centre being the resample's
  /// mean of means.
  let spread: (mean: Int, variance: Int)?

  /// - Parameters:
  ///   - width: numbers of an image; all are 0.
  ///   - spread: columns of an image's mean and variance.
  init(images: Int, width: Int, spread: (mean: Int, variance: Int)? = nil) {
    self.width = width
    self.spread = spread
    stride = (width + Resamples.lanes - 1) / Resamples.lanes * Resamples.lanes
    values = [Double](repeating: 0, count: images * stride)
  }

  subscript(image: Int, column: Int) -> Double {
    get { values[image * stride + column] }
    set { values[image * stride + column] = newValue }
  }

  /// The sums over all images, each once and in order.
  var sums: [Double] {
    let images = 0..<values.count / max(1, stride)
    var sums = [Double](repeating: 0, count: width)
    for image in images {
      for column in 0..<width { sums[column] += self[image, column] }
    }
    guard let spread else { return sums }
    let centre = sums[spread.mean] / Double(images.count)
    var squares = 0.0
    for image in images {
      let distance = self[image, spread.mean] - centre
      squares = squares + self[image, spread.variance] + distance * distance
    }
    sums[spread.variance] = squares
    return sums
  }

  /// Enlarges each variance by the square of its mean's distance from a centre: with sum(v + (m - c)²) = sum(v + (m - d)²) -
  /// n (c - d)² the resamples' own centres c need not be known while their sums are made.
  mutating func spreadAround(_ centre: Double) {
    guard let spread else { return }
    for row in Swift.stride(from: 0, to: values.count, by: stride) {
      let distance = values[row + spread.mean] - centre
      values[row + spread.variance] += distance * distance
    }
  }
}

/// Sums of a table's columns.
struct ResampledSums: Sendable {
  /// Over all images, each once.
  var whole: [Double]
  /// Over each resample.
  var draws: [[Double]]
}

/// The resamples of a set of images, the same as `Bootstrap` draws, for many tables at once: drawing is dear where there are
/// hundred thousands of images, and each draw serves all tables.
///
/// A sum is made of the sums over blocks of images, in their order, each added in the order of the draw: for as many images as
/// fit into a block in the order of the draw alone, for more so that what is drawn lies in the cache. It does not depend on how
/// many threads there are.
struct Resamples: Sendable {
  /// Numbers that are added at a time.
  static let lanes = 16
  /// Images of a block: their numbers of one table fill half of a second level cache. A part of the result's last digits.
  static let blockSize = 2048
  /// Resamples that a thread draws before it adds.
  private static let drawnAtOnce = 32

  private let imageCount: Int
  private let seed: UInt64

  init(imageCount: Int, seed: UInt64) {
    self.imageCount = imageCount
    self.seed = seed
  }

  /// - Parameter tables: held by nobody else, or they are copied.
  /// - Returns: of each table.
  func sums(of tables: consuming [ResampledTable]) -> [ResampledSums] {
    let whole = tables.map(\.sums)
    let spreads = tables.map(\.spread)
    // One block is gone through twice, since so few images cost little and their numbers must stay what they were.
    guard imageCount > Self.blockSize else {
      return zip(whole, plainSums(of: tables)).map { ResampledSums(whole: $0, draws: $1) }
    }
    let centres = zip(whole, spreads).map { sums, spread in spread.map { sums[$0.mean] / Double(imageCount) } ?? 0 }
    for index in tables.indices { tables[index].spreadAround(centres[index]) }
    var found = zip(whole, plainSums(of: tables)).map { ResampledSums(whole: $0, draws: $1) }
    for index in found.indices {
      guard let spread = spreads[index] else { continue }
      for draw in found[index].draws.indices {
        let distance = found[index].draws[draw][spread.mean] / Double(imageCount) - centres[index]
        let sum = found[index].draws[draw][spread.variance] - Double(imageCount) * (distance * distance)
        found[index].draws[draw][spread.variance] = max(0, sum)
      }
    }
    return found
  }

  private func plainSums(of tables: [ResampledTable]) -> [[[Double]]] {
    let drawing = Mutex((drawn: 0, generator: SplitMix64(seed: seed)))
    let found = Mutex(
      [[[Double]]](repeating: [[Double]](repeating: [], count: Bootstrap.resamples), count: tables.count))
    _ = concurrentMap(Array(0..<min(Threads.count, Bootstrap.resamples / Self.drawnAtOnce))) { _ in
      while true {
        // Draws follow each other, whoever makes them.
        var first = 0
        let draws = drawing.withLock { state -> [BlockedDraw] in
          first = state.drawn
          let count = min(Self.drawnAtOnce, Bootstrap.resamples - first)
          state.drawn += count
          return (0..<count).map { _ in BlockedDraw(of: imageCount, &state.generator) }
        }
        guard !draws.isEmpty else { return }
        for (index, table) in tables.enumerated() {
          let sums = sums(of: table, draws)
          found.withLock { found in
            for (place, sum) in sums.enumerated() { found[index][first + place] = sum }
          }
        }
      }
    }
    return found.withLock { $0 }
  }

  private func sums(of table: ResampledTable, _ draws: [BlockedDraw]) -> [[Double]] {
    var sums = draws.map { _ in [Double](repeating: 0, count: table.stride) }
    let blocks = 0..<BlockedDraw.blockCount(of: imageCount)
    unsafe table.values.withUnsafeBufferPointer { values in
      for block in blocks {
        for (index, draw) in draws.enumerated() {
          draw.withImages(of: block) { images in
            for start in stride(from: 0, to: table.stride, by: Self.lanes) {
              let part = unsafe Self.sum(of: values, block: block, stride: table.stride, start: start, images)
              for lane in 0..<Self.lanes / 2 {
                sums[index][start + lane] += part.low[lane]
                sums[index][start + Self.lanes / 2 + lane] += part.high[lane]
              }
            }
          }
        }
      }
    }
    if imageCount <= Self.blockSize, let spread = table.spread {
      for (index, draw) in draws.enumerated() {
        let centre = sums[index][spread.mean] / Double(imageCount)
        var squares = 0.0
        draw.withImages(of: 0) { images in
          for place in images.indices {
            let row = Int(images[place]) * table.stride
            let distance = table.values[row + spread.mean] - centre
            squares = squares + table.values[row + spread.variance] + distance * distance
          }
        }
        sums[index][spread.variance] = squares
      }
    }
    return sums.map { Array($0[..<table.width]) }
  }

  /// Sums of neighbouring columns, lane by lane in the order of the draw.
  private static func sum(
    of values: UnsafeBufferPointer<Double>, block: Int, stride: Int, start: Int, _ images: Span<UInt16>
  ) -> (low: SIMD8<Double>, high: SIMD8<Double>) {
    var (low, high) = (SIMD8<Double>.zero, SIMD8<Double>.zero)
    guard let base = unsafe values.baseAddress else { return (low, high) }
    let first = unsafe UnsafeRawPointer(base + (block * blockSize * stride + start))
    let size = stride * MemoryLayout<Double>.size
    for index in images.indices {
      let row = unsafe first + Int(images[index]) &* size
      unsafe low += row.loadUnaligned(as: SIMD8<Double>.self)
      unsafe high += (row + 64).loadUnaligned(as: SIMD8<Double>.self)
    }
    return (low, high)
  }
}

/// A resample, its images block by block, within each in the order in which they were drawn.
private struct BlockedDraw: Sendable {
  /// Within their block.
  private var images: [UInt16]
  private var starts: [Int]

  static func blockCount(of images: Int) -> Int { (images + Resamples.blockSize - 1) / Resamples.blockSize }

  init(of imageCount: Int, _ generator: inout SplitMix64) {
    let blocks = Self.blockCount(of: imageCount)
    let indices = IndexDraw(below: imageCount)
    var drawn = [UInt32](repeating: 0, count: imageCount)
    starts = [Int](repeating: 0, count: blocks + 1)
    for place in drawn.indices {
      let image = indices.next(&generator)
      drawn[place] = UInt32(image)
      starts[image / Resamples.blockSize + 1] += 1
    }
    for block in 0..<blocks { starts[block + 1] += starts[block] }
    images = [UInt16](repeating: 0, count: imageCount)
    var next = starts
    for image in drawn {
      let block = Int(image) / Resamples.blockSize
      images[next[block]] = UInt16(truncatingIfNeeded: Int(image) % Resamples.blockSize)
      next[block] += 1
    }
  }

  func withImages(of block: Int, _ body: (Span<UInt16>) -> Void) {
    body(images.span.extracting(starts[block]..<starts[block + 1]))
  }
}
