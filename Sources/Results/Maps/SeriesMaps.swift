import Explanations
import Measures
import Support

/// How far the centre of gravity of a heatmap moved, in widths of the image: x to the right, y down.
public struct Shift: Sendable, Hashable {
  /// To the right.
  public var x: Double
  /// Down.
  public var y: Double

  /// Of so many widths.
  public init(x: Double, y: Double) { (self.x, self.y) = (x, y) }

  /// In widths.
  public var length: Double { (x * x + y * y).squareRoot() }

  /// Over some shifts; NaN of none.
  static func mean(_ shifts: [Shift]) -> Shift {
    let (sum, count) = (sum(shifts), Double(shifts.count))
    return Shift(x: sum.x / count, y: sum.y / count)
  }

  static func sum(_ shifts: [Shift]) -> Shift {
    Shift(x: shifts.reduce(0) { $0 + $1.x }, y: shifts.reduce(0) { $0 + $1.y })
  }

  /// Of the angle between both, in [-1, 1]; nil where one has no length.
  func cosine(with other: Shift) -> Double? {
    let product = length * other.length
    guard product > 0 else { return nil }
    return min(1, max(-1, (x * other.x + y * other.y) / product))
  }
}

/// Where the heatmaps of a series lie: their means over images, and how their centres moved.
public struct SeriesMaps: Sendable {
  /// At one attack level.
  public struct Level: Sendable {
    /// In pixel units of [0, 1].
    public var epsilon: Double
    /// Mean of the attacked heatmaps, size x size, row-major, in [0, 1]; a dead map counts as 0 everywhere.
    public var mean: [Double]
    /// Of each image; nil where one of its two maps is dead.
    public var shifts: [Shift?]
    /// What the shifts come to.
    public var statistics: ShiftStatistics
    /// Attacked maps that are dead.
    public var deadCount: Int
  }

  /// Height and width of the heatmaps: the network's input.
  public var size: Int
  /// Of the clean heatmaps, as `Level.mean`.
  public var clean: [Double]
  /// Clean maps that are dead.
  public var deadCount: Int
  /// In the order of the attack's levels, without the control.
  public var levels: [Level]
  /// The images that it is over, in the results' order.
  public var images: [ImageRecord]
  /// Those that the series was measured on: more where `images` are a seeded sample of them.
  public var allCount: Int

  /// So many images are read at most; of more a seeded sample.
  public static let mostImages = 5_000
}

extension ExperimentResults {
  /// Where the heatmaps of some series lie, all read at once.
  /// - Returns: in the order of the series.
  /// - Throws: `Problem` where a map is missing or damaged.
  public func maps(of series: [SeriesSummary]) throws(Problem) -> [SeriesMaps] {
    try found.maps(of: series) { (wanted) throws(Problem) in try makeMaps(of: wanted) }
  }

  private func makeMaps(of series: [SeriesSummary]) throws(Problem) -> [SeriesMaps] {
    // The measure does not matter.
    var sums: [SeriesIdentity: MapSums] = [:]
    for model in Set(series.map(\.model.key)).sorted() {
      var own: [SeriesIdentity: MapSums] = [:]
      var wanted: Set<String> = []
      for one in series where one.model.key == model && own[one.identity.ofAllMeasures] == nil {
        let all = completeImages(of: one.identity)
        let images = all.count > SeriesMaps.mostImages ? sample(of: all) : all
        own[one.identity.ofAllMeasures] = MapSums(one, images: images, allCount: all.count)
        wanted.formUnion(images.map(\.path))
      }
      let empty = own
      try readMaps(of: model, images: wanted) { (rows) throws(Problem) in
        var part = empty
        for row in rows { part[SeriesIdentity(row.row)]?.add(row) }
        return part
      } consume: { part in
        for (identity, sums) in part { own[identity]?.add(sums) }
      }
      sums.merge(own) { first, _ in first }
    }
    let found = sums
    return concurrentMap(series) { found[$0.identity.ofAllMeasures]?.maps(seed: seed, flips: resamples) }
      .compactMap { $0 }
  }

  private func sample(of images: [ImageRecord]) -> [ImageRecord] {
    var generator = SplitMix64(seed: seed ^ 0x4D41_5053_4D41_5053)
    let chosen = Array(images.indices).shuffled(using: &generator).prefix(SeriesMaps.mostImages).sorted()
    return chosen.map { images[$0] }
  }
}

extension SeriesIdentity {
  /// The same without a measure.
  var ofAllMeasures: SeriesIdentity {
    var copy = self
    copy.measure = ""
    return copy
  }
}

/// Sums of heatmaps of one series; those of parts are added in the order of the rows.
private struct MapSums: Sendable {
  private let size: Int
  private let images: [ImageRecord]
  private let allCount: Int
  private let places: [String: Int]
  private let epsilons: [Double]
  private var clean: [Double] = []
  private var cleanDead = 0
  private var means: [[Double]]
  private var dead: [Int]
  private var shifts: [[(image: Int, shift: Shift?)]]
  // The rows of an image follow each other.
  private var latest: (image: Int, map: RawMap, centre: CentreOfGravity?)?

  init(_ series: SeriesSummary, images: [ImageRecord], allCount: Int) {
    size = series.model.inputSize
    self.images = images
    self.allCount = allCount
    places = Dictionary(images.enumerated().map { ($1.path, $0) }, uniquingKeysWith: { first, _ in first })
    epsilons = series.levels.map(\.epsilon)
    means = epsilons.map { _ in [] }
    dead = epsilons.map { _ in 0 }
    shifts = epsilons.map { _ in [] }
  }

  mutating func add(_ mapped: MappedRow) {
    guard let image = places[mapped.row.image], let level = epsilons.firstIndex(of: mapped.row.epsilon) else { return }
    if latest?.image != image || latest?.map != mapped.clean {
      let map = heatmap(of: mapped.clean, size: size)
      Self.add(map, to: &clean)
      cleanDead += mapped.clean.isDead ? 1 : 0
      latest = (image, mapped.clean, mapped.clean.isDead ? nil : CentreOfGravity(map))
    }
    let map = heatmap(of: mapped.attacked, size: size)
    Self.add(map, to: &means[level])
    dead[level] += mapped.attacked.isDead ? 1 : 0
    var shift: Shift?
    if let before = latest?.centre, !mapped.attacked.isDead, let after = CentreOfGravity(map) {
      shift = Shift(x: after.x - before.x, y: after.y - before.y)
    }
    shifts[level].append((image, shift))
  }

  private static func add(_ map: Heatmap, to sums: inout [Double]) {
    if sums.isEmpty { sums = [Double](repeating: 0, count: map.values.count) }
    let values = map.values.span
    var target = sums.mutableSpan
    precondition(values.count == target.count)
    for index in values.indices { target[index] += Double(values[index]) }
  }

  mutating func add(_ part: MapSums) {
    Self.add(part.clean, to: &clean)
    cleanDead += part.cleanDead
    for level in epsilons.indices {
      Self.add(part.means[level], to: &means[level])
      dead[level] += part.dead[level]
      shifts[level] += part.shifts[level]
    }
  }

  private static func add(_ values: [Double], to sums: inout [Double]) {
    guard !values.isEmpty else { return }
    if sums.isEmpty {
      sums = values
    } else {
      for index in values.indices { sums[index] += values[index] }
    }
  }

  func maps(seed: UInt64, flips: Int) -> SeriesMaps {
    let count = Double(max(1, images.count))
    func mean(_ sums: [Double]) -> [Double] {
      sums.isEmpty ? [Double](repeating: 0, count: size * size) : sums.map { $0 / count }
    }
    return SeriesMaps(
      size: size, clean: mean(clean), deadCount: cleanDead,
      levels: epsilons.indices.map { level in
        var own = [Shift?](repeating: nil, count: images.count)
        for (image, shift) in shifts[level] { own[image] = shift }
        return SeriesMaps.Level(
          epsilon: epsilons[level], mean: mean(means[level]), shifts: own,
          statistics: ShiftStatistics(own, seed: seed, flips: flips), deadCount: dead[level])
      }, images: images, allCount: allCount)
  }
}
