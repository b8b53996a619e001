import CDraws
import Support
import Synchronization

/// Numbers of each image side by side, whose sums over draws of the images are wanted.
struct ResampledTable: Sendable {
  /// Wanted of an image.
  let width: Int
  /// So many columns at a time, image by image; those that follow to fill the last are 0.
  private(set) var groups: [[Double]]

  /// - Parameter width: numbers of an image; all are 0.
  init(images: Int, width: Int) {
    self.width = width
    let count = (width + Resamples.lanes - 1) / Resamples.lanes
    groups = (0..<count).map { _ in [Double](repeating: 0, count: images * Resamples.lanes) }
  }

  subscript(image: Int, column: Int) -> Double {
    get { groups[column / Resamples.lanes][image * Resamples.lanes + column % Resamples.lanes] }
    set { groups[column / Resamples.lanes][image * Resamples.lanes + column % Resamples.lanes] = newValue }
  }
}

/// Draws of a set of images, for many tables at once: drawing is dear where there are thousands of images, and each draw
/// serves all tables.
///
/// A sum is made of the sums over blocks of images, in their order, each added in the order of the draw: for as many images as
/// fit into a block in the order of the draw alone, for more so that what is drawn lies in the cache. It does not depend on how
/// many threads there are.
struct Resamples: Sendable {
  /// What a draw is.
  enum Kind: Sendable {
    /// As many images as there are, with replacement.
    case withReplacement
    /// Each image or not, as a coin falls.
    case halves
  }

  /// Numbers that are added at a time.
  static let lanes = Int(CDRAWS_LANES)
  /// Images of a block: their numbers of one group lie in the cache. A part of the result's last digits.
  static let blockSize = 512
  /// Draws that a thread makes before it adds.
  private static let drawnAtOnce = 32

  let imageCount: Int
  let seed: UInt64
  let count: Int
  private let kind: Kind

  /// - Parameter count: how many draws.
  init(imageCount: Int, seed: UInt64, count: Int, _ kind: Kind = .withReplacement) {
    self.imageCount = imageCount
    self.seed = seed
    self.count = count
    self.kind = kind
  }

  /// - Returns: of each table its columns one behind the other, of each column a sum for each draw.
  func sums(of tables: [ResampledTable]) -> [[Double]] {
    let drawing = Mutex((drawn: 0, generator: SplitMix64(seed: seed)))
    let found = Mutex(tables.map { [Double](repeating: 0, count: $0.width * count) })
    _ = concurrentMap(Array(0..<min(Threads.count, max(1, count / Self.drawnAtOnce)))) { _ in
      while true {
        // Draws follow each other, whoever makes them.
        var first = 0
        let draws = drawing.withLock { state -> [BlockedDraw] in
          first = state.drawn
          let some = min(Self.drawnAtOnce, count - first)
          state.drawn += some
          return (0..<some).map { _ in BlockedDraw(of: imageCount, kind, &state.generator) }
        }
        guard !draws.isEmpty else { return }
        for (index, table) in tables.enumerated() {
          for (group, values) in table.groups.enumerated() {
            let sums = sums(of: values, draws)
            let columns = group * Self.lanes..<min((group + 1) * Self.lanes, table.width)
            found.withLock { found in
              for column in columns {
                for (place, sum) in sums.enumerated() {
                  found[index][column * count + first + place] = sum[column - columns.lowerBound]
                }
              }
            }
          }
        }
      }
    }
    return found.withLock { $0 }
  }

  private func sums(of values: [Double], _ draws: [BlockedDraw]) -> [SIMD16<Double>] {
    var sums = [SIMD16<Double>](repeating: .zero, count: draws.count)
    for block in 0..<BlockedDraw.blockCount(of: imageCount) {
      for (index, draw) in draws.enumerated() {
        draw.withImages(of: block) { images in sums[index] += Self.sum(of: values, block: block, images) }
      }
    }
    return sums
  }

  /// Sums of neighbouring columns, lane by lane in the order of the draw.
  /// - Parameter images: within their block.
  private static func sum(of values: [Double], block: Int, _ images: Span<UInt16>) -> SIMD16<Double> {
    let first = block * blockSize * lanes
    precondition(first < values.count || images.isEmpty, "a draw of images that the table has not")
    var sums = SIMD16<Double>.zero
    unsafe values.withUnsafeBufferPointer { values in
      unsafe images.withUnsafeBufferPointer { images in
        unsafe withUnsafeMutableBytes(of: &sums) { sums in
          guard let rows = unsafe values.baseAddress, let drawn = unsafe images.baseAddress,
            let sums = unsafe sums.assumingMemoryBound(to: Double.self).baseAddress
          else { return }
          unsafe cdraws_sums(rows + first, drawn, images.count, sums)
        }
      }
    }
    return sums
  }
}

/// A draw, its images block by block, within each in the order in which they were drawn.
private struct BlockedDraw: Sendable {
  /// Within their block.
  private var images: [UInt16]
  private var starts: [Int]

  static func blockCount(of images: Int) -> Int { (images + Resamples.blockSize - 1) / Resamples.blockSize }

  init(of imageCount: Int, _ kind: Resamples.Kind, _ generator: inout SplitMix64) {
    let blocks = Self.blockCount(of: imageCount)
    let drawn: [UInt32]
    switch kind {
    case .withReplacement: drawn = Self.drawn(of: imageCount, &generator)
    case .halves: drawn = Self.half(of: imageCount, &generator)
    }
    starts = [Int](repeating: 0, count: blocks + 1)
    for image in drawn { starts[Int(image) / Resamples.blockSize + 1] += 1 }
    for block in 0..<blocks { starts[block + 1] += starts[block] }
    images = [UInt16](repeating: 0, count: drawn.count)
    var next = starts
    for image in drawn {
      let block = Int(image) / Resamples.blockSize
      images[next[block]] = UInt16(truncatingIfNeeded: Int(image) % Resamples.blockSize)
      next[block] += 1
    }
  }

  private static func drawn(of imageCount: Int, _ generator: inout SplitMix64) -> [UInt32] {
    guard imageCount > 1 else { return [UInt32](repeating: 0, count: imageCount) }
    return IndexDraw(below: imageCount).next(imageCount, &generator)
  }

  /// The lowest bit of a number for the first image, and so on, 64 images a number.
  private static func half(of imageCount: Int, _ generator: inout SplitMix64) -> [UInt32] {
    var drawn: [UInt32] = []
    drawn.reserveCapacity(imageCount)
    for start in stride(from: 0, to: imageCount, by: 64) {
      var bits = generator.next()
      for image in start..<min(start + 64, imageCount) {
        if bits & 1 == 1 { drawn.append(UInt32(image)) }
        bits >>= 1
      }
    }
    return drawn
  }

  func withImages(of block: Int, _ body: (Span<UInt16>) -> Void) {
    body(images.span.extracting(starts[block]..<starts[block + 1]))
  }
}
