import Support

/// The paired sign-flip test: whether the mean of differences, one of each image, lies further from 0 than it does where the
/// sign of each is as likely to be the other (R. A. Fisher, "The Design of Experiments", 1935).
struct SignFlips: Sendable {
  let seed: UInt64
  /// How many flips.
  let flips: Int

  /// So few images have no more ways to flip their signs than that: all of them are gone through.
  static let fewImages = 13
  /// What is as far away as the mean itself counts, whatever rounding makes of it.
  private static let tolerance = 1 - 1e-10

  /// The least p that differences of so many images can have: of the two ways in which all signs agree, or of the draws.
  func leastProbability(images: Int) -> Double {
    if images <= Self.fewImages { return 2 / Double(1 << images) }
    return images < IntervalRule.many ? 1 / Double(1 + flips) : 0
  }

  /// Two-sided.
  /// - Parameters:
  ///   - columns: a number of each image in each, all finite; as many in all.
  ///   - pairs: the columns whose difference is tested, in order.
  /// - Returns: for each pair p = (1 + flips at least as far away) / (1 + flips), of few images the share of all ways to flip; of
  ///   many that of the normal distribution, which is their limit. 1 where nothing differs, NaN without images.
  func probabilities(of columns: [[Double]], pairs: [(Int, Int)]) -> [Double] {
    guard let images = columns.first?.count, images > 0 else { return pairs.map { _ in .nan } }
    if images <= Self.fewImages {
      return pairs.map { pair in Self.exact(zip(columns[pair.0], columns[pair.1]).map { $0 - $1 }) }
    }
    if images >= IntervalRule.many {
      return concurrentMap(pairs) { pair in Self.limit(columns[pair.0], columns[pair.1]) }
    }
    return drawn(columns, pairs)
  }

  private static func exact(_ differences: [Double]) -> Double {
    let whole = abs(differences.reduce(0, +))
    let ways = 1 << differences.count
    let far = (0..<ways).count { signs in
      var sum = 0.0
      for (image, difference) in differences.enumerated() {
        sum += signs >> image & 1 == 1 ? difference : -difference
      }
      return abs(sum) >= whole * tolerance
    }
    return Double(far) / Double(ways)
  }

  private static func limit(_ first: [Double], _ second: [Double]) -> Double {
    var (sum, squares) = (0.0, 0.0)
    for (one, other) in zip(first, second) {
      sum += one - other
      squares += (one - other) * (one - other)
    }
    return squares == 0 ? 1 : Normal.twoSided(sum / squares.squareRoot())
  }

  /// The sum of flipped differences is that of flipped first numbers less that of flipped second ones, so that each column is
  /// gone through once, whatever the number of pairs.
  private func drawn(_ columns: [[Double]], _ pairs: [(Int, Int)]) -> [Double] {
    let images = columns[0].count
    var table = ResampledTable(images: images, width: columns.count)
    for (place, column) in columns.enumerated() {
      for (image, value) in column.enumerated() { table[image, place] = value }
    }
    let whole = columns.map { $0.reduce(0, +) }
    // Not the draws of the intervals.
    let halves = Resamples(imageCount: images, seed: seed ^ 0x5157_464C_4950_5321, count: flips, .halves)
      .sums(of: [table])[0]
    return concurrentMap(pairs) { pair in
      let (a, b) = pair
      // Differences of equal columns are 0 but for the order in which they were added.
      if columns[a] == columns[b] { return 1 }
      let observed = abs(whole[a] - whole[b])
      let far = (0..<flips).count { draw in
        let sum = 2 * (halves[a * flips + draw] - halves[b * flips + draw]) - (whole[a] - whole[b])
        return abs(sum) >= observed * Self.tolerance
      }
      return Double(1 + far) / Double(1 + flips)
    }
  }
}
