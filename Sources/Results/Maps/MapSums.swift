import Explanations
import Measures

/// Sums of heatmaps of one series; those of parts are added in the order of the rows.
struct MapSums: Sendable {
  /// Of the rows of some images.
  struct Part: Sendable {
    fileprivate let size: Int
    /// By path, into the results' images.
    private let places: [String: Int]
    /// By these places: into the images of the series; -1 for those that are not among them.
    private let own: [Int32]
    fileprivate let epsilons: [Double]
    fileprivate var clean: [Double] = []
    fileprivate var cleanDead = 0
    fileprivate var means: [[Double]]
    fileprivate var dead: [Int]
    fileprivate var shifts: [[(image: Int, shift: Shift)]]
    // The rows of an image follow each other.
    private var latest: (image: Int, map: RawMap, centre: CentreOfGravity?)?
  }

  /// Of no row.
  let part: Part
  private let images: [Int]
  private var clean: [Double] = []
  private var cleanDead = 0
  private var means: [[Double]]
  private var dead: [Int]
  private var shifts: [Shifts]

  /// - Parameters:
  ///   - images: that it is over, ascending, into the results'.
  ///   - places: of all paths among the results' images.
  init(_ series: SeriesSummary, images: [Int], places: [String: Int]) {
    part = Part(series, images: images, places: places)
    self.images = images
    means = series.levels.map { _ in [] }
    dead = series.levels.map { _ in 0 }
    shifts = series.levels.map { _ in Shifts(count: images.count) }
  }

  mutating func add(_ part: Part) {
    Self.add(part.clean, to: &clean)
    cleanDead += part.cleanDead
    for level in means.indices {
      Self.add(part.means[level], to: &means[level])
      dead[level] += part.dead[level]
      for (image, shift) in part.shifts[level] { shifts[level][image] = shift }
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
    let size = part.size
    let count = Double(max(1, images.count))
    func mean(_ sums: [Double]) -> [Double] {
      sums.isEmpty ? [Double](repeating: 0, count: size * size) : sums.map { $0 / count }
    }
    return SeriesMaps(
      size: size, clean: mean(clean), deadCount: cleanDead,
      levels: means.indices.map { level in
        SeriesMaps.Level(
          epsilon: part.epsilons[level], mean: mean(means[level]), shifts: shifts[level],
          statistics: ShiftStatistics(shifts[level], seed: seed, flips: flips), deadCount: dead[level])
      }, images: images)
  }
}

extension MapSums.Part {
  fileprivate init(_ series: SeriesSummary, images: [Int], places: [String: Int]) {
    size = series.model.inputSize
    self.places = places
    var own = [Int32](repeating: -1, count: (places.values.max() ?? -1) + 1)
    for (place, image) in images.enumerated() where own.indices.contains(image) {
      own[image] = Int32(truncatingIfNeeded: place)
    }
    self.own = own
    epsilons = series.levels.map(\.epsilon)
    means = epsilons.map { _ in [] }
    dead = epsilons.map { _ in 0 }
    shifts = epsilons.map { _ in [] }
  }

  mutating func add(_ mapped: MappedRow) {
    guard let image = places[mapped.row.image].map({ Int(own[$0]) }), image >= 0,
      let level = epsilons.firstIndex(of: mapped.row.epsilon)
    else { return }
    if latest?.image != image || latest?.map != mapped.clean {
      let map = heatmap(of: mapped.clean, size: size)
      Self.add(map, to: &clean)
      cleanDead += mapped.clean.isDead ? 1 : 0
      latest = (image, mapped.clean, mapped.clean.isDead ? nil : CentreOfGravity(map))
    }
    let map = heatmap(of: mapped.attacked, size: size)
    Self.add(map, to: &means[level])
    dead[level] += mapped.attacked.isDead ? 1 : 0
    if let before = latest?.centre, !mapped.attacked.isDead, let after = CentreOfGravity(map) {
      shifts[level].append((image, Shift(x: after.x - before.x, y: after.y - before.y)))
    }
  }

  private static func add(_ map: Heatmap, to sums: inout [Double]) {
    if sums.isEmpty { sums = [Double](repeating: 0, count: map.values.count) }
    let values = map.values.span
    var target = sums.mutableSpan
    precondition(values.count == target.count)
    for index in values.indices { target[index] += Double(values[index]) }
  }
}
