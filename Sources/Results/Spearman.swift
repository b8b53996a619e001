import Foundation
import Support

/// Spearman's correlation of two numbers of each image (C. Spearman, American Journal of Psychology 15, 1904), as
/// `scipy.stats.spearmanr` has it: Pearson's r of the ranks, those of equal numbers being their mean.
///
/// Where images are drawn with replacement ranks are those within the draw. Ranks of the whole sample would give other intervals,
/// since they take where an image stands among all images for known.
struct SpearmanSample: Sendable {
  /// By image: which of the column's different numbers it has, the least being 0.
  private let first: [Int]
  private let second: [Int]

  /// - Parameters: a number of each image, all finite; as many in both.
  init(_ first: [Double], _ second: [Double]) {
    precondition(first.count == second.count)
    self.first = Self.places(first)
    self.second = Self.places(second)
  }

  private static func places(_ column: [Double]) -> [Int] {
    var places = [Int](repeating: 0, count: column.count)
    var latest: (number: Double, place: Int)?
    for image in column.indices.sorted(by: { column[$0] < column[$1] }) {
      let place = latest.map { $0.number == column[image] ? $0.place : $0.place + 1 } ?? 0
      places[image] = place
      latest = (column[image], place)
    }
    return places
  }

  private var imageCount: Int { first.count }

  /// Over all images with its 95% interval: from 30 images to fewer than 10,000 (`IntervalRule`) by the percentiles of a bootstrap;
  /// otherwise that of Fisher's z = artanh rho, plus and minus 1.96 standard errors. Of few images a bootstrap-t of rho covers
  /// less than it says, its percentiles too where rho is near 1 (`Scripts/rank-interval-coverage.py`).
  /// - Returns: NaN of fewer than three images, or where one of both columns does not vary; no interval of fewer than five
  ///   images, nor of fewer than thirty in the same or the opposite order: z is infinite.
  func estimate(seed: UInt64, resamples: Int) -> Estimate {
    let count = imageCount
    var workspace = Workspace(images: count)
    for image in 0..<count { workspace.drawn[image] = 1 }
    guard let whole = value(&workspace) else { return Estimate(.nan) }
    switch IntervalRule(images: count, count: count) {
    case .none: return Estimate(whole)
    case .percentile:
      let values = draws(resamples, seed, &workspace)
      return Estimate(whole, Resampling.percentiles(values).map { Estimate.Interval($0.lower, $0.upper) })
    case .studentised, .normal:
      guard abs(whole) < 1 else {
        return count < IntervalRule.percentiles ? Estimate(whole) : Estimate(value: whole, lower: whole, upper: whole)
      }
      let (z, error) = (atanh(whole), error(whole, workspace) / (1 - whole * whole))
      return Estimate(value: whole, lower: tanh(z - Normal.z95 * error), upper: tanh(z + Normal.z95 * error))
    }
  }

  /// The same draws as of all other intervals over as many images.
  /// - Returns: NaN of a draw in which one of both columns does not vary.
  private func draws(_ count: Int, _ seed: UInt64, _ workspace: inout Workspace) -> [Double] {
    var generator = SplitMix64(seed: seed)
    let indices = IndexDraw(below: imageCount)
    return (0..<count).map { _ in
      for image in 0..<imageCount { workspace.drawn[image] = 0 }
      for _ in 0..<imageCount { workspace.drawn[indices.next(&generator)] += 1 }
      return value(&workspace) ?? .nan
    }
  }

  /// What is made of a draw.
  private struct Workspace {
    /// By image: how often.
    var drawn: [Int]
    /// By place in the column: 2 r - (n + 1), r being the rank: whole numbers, whose sums are exact.
    var first: [Int]
    var second: [Int]
    var squares: (first: Int, second: Int) = (0, 0)
    var product = 0

    init(images: Int) {
      drawn = [Int](repeating: 0, count: images)
      first = drawn
      second = drawn
    }
  }

  /// - Returns: nil where a draw has none.
  private func value(_ workspace: inout Workspace) -> Double? {
    workspace.squares.first = rank(first, workspace.drawn, &workspace.first)
    workspace.squares.second = rank(second, workspace.drawn, &workspace.second)
    var product = 0
    for image in 0..<imageCount {
      product += workspace.drawn[image] * workspace.first[first[image]] * workspace.second[second[image]]
    }
    workspace.product = product
    guard imageCount >= 3, workspace.squares.first > 0, workspace.squares.second > 0 else { return nil }
    let rho = Double(product) / (Double(workspace.squares.first) * Double(workspace.squares.second)).squareRoot()
    return min(1, max(-1, rho))
  }

  /// - Returns: the sum of their squares over the draw.
  private func rank(_ places: [Int], _ drawn: [Int], _ ranks: inout [Int]) -> Int {
    for place in ranks.indices { ranks[place] = 0 }
    for image in places.indices { ranks[places[image]] += drawn[image] }
    var (before, squares) = (0, 0)
    for place in ranks.indices {
      let own = ranks[place]
      let rank = 2 * before + own - imageCount
      ranks[place] = rank
      squares += own * rank * rank
      before += own
    }
    return squares
  }

  /// The standard error over all images, by the infinitesimal jackknife: how the correlation changes with the weight of each
  /// image, by its own ranks and by those that it shifts.
  ///
  /// With a = (2 r - n - 1) / 2n of the first column, b of the second, and s(u, v) = 1/2 where u < v, -1/2 where u > v, else 0:
  /// A = mean a b, V = mean a², U = mean b², rho = A / sqrt(V U);
  /// the influence of image m on A is a_m b_m + mean_i s(x_m, x_i) b_i + mean_i s(y_m, y_i) a_i - 3 A, and likewise on V and U.
  private func error(_ rho: Double, _ workspace: Workspace) -> Double {
    let count = Double(imageCount)
    let a = first.map { Double(workspace.first[$0]) / (2 * count) }
    let b = second.map { Double(workspace.second[$0]) / (2 * count) }
    let cube = 4 * count * count * count
    let product = Double(workspace.product) / cube
    let squares = (first: Double(workspace.squares.first) / cube, second: Double(workspace.squares.second) / cube)
    let root = (squares.first * squares.second).squareRoot()
    let (aOfFirst, bOfFirst) = (shifted(a, by: first), shifted(b, by: first))
    let (aOfSecond, bOfSecond) = (shifted(a, by: second), shifted(b, by: second))
    var sum = 0.0
    for image in 0..<imageCount {
      let (u, v) = (a[image], b[image])
      let ofProduct = u * v + bOfFirst[image] + aOfSecond[image] - 3 * product
      let ofFirst = u * u + 2 * aOfFirst[image] - 3 * squares.first
      let ofSecond = v * v + 2 * bOfSecond[image] - 3 * squares.second
      let influence = ofProduct / root - rho / 2 * (ofFirst / squares.first + ofSecond / squares.second)
      sum += influence * influence
    }
    return (sum / (count - 1) / count).squareRoot()
  }

  /// Mean over images i of s(x_m, x_i) times a number of image i, for each image m.
  private func shifted(_ numbers: [Double], by places: [Int]) -> [Double] {
    var sums = [Double](repeating: 0, count: imageCount)
    for image in 0..<imageCount { sums[places[image]] += numbers[image] }
    let whole = sums.reduce(0, +)
    var below = 0.0
    for place in sums.indices {
      let own = sums[place]
      sums[place] = (whole - own - 2 * below) / 2 / Double(imageCount)
      below += own
    }
    return places.map { sums[$0] }
  }
}
