import Explanations
import Measures

/// Sums of heatmaps of one series; those of parts are added in the order of the rows.
struct MapSums: Sendable {
  /// Of heatmaps, each by its level but the clean ones, with how many of them are dead.
  fileprivate struct Sums: Sendable {
    var clean: [Double] = []
    var cleanDead = 0
    var means: [[Double]]
    var dead: [Int]

    init(levels: Int) {
      means = [[Double]](repeating: [], count: levels)
      dead = [Int](repeating: 0, count: levels)
    }

    mutating func add(_ part: Sums) {
      Self.add(part.clean, to: &clean)
      cleanDead += part.cleanDead
      for level in means.indices {
        Self.add(part.means[level], to: &means[level])
        dead[level] += part.dead[level]
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
  }

  /// Of the rows of some images.
  struct Part: Sendable {
    fileprivate let size: Int
    /// By path, into the results' images.
    private let places: [String: Int]
    /// By these places: into the images of the series; -1 for those that are not among them.
    private let own: [Int32]
    fileprivate let epsilons: [Double]
    fileprivate var sums: Sums
    fileprivate var shifts: [[(image: Int, shift: Shift)]]
    // The rows of an image follow each other.
    private var latest: (image: Int, map: RawMap, centre: CentreOfGravity?)?
  }

  /// Of no row.
  let part: Part
  private let images: [Int]
  private var sums: Sums
  private var shifts: [Shifts]

  /// - Parameters:
  ///   - images: that it is over, ascending, into the results'.
  ///   - places: of all paths among the results' images.
  init(_ series: SeriesSummary, images: [Int], places: [String: Int]) {
    part = Part(series, images: images, places: places)
    self.images = images
    sums = part.sums
    shifts = series.levels.map { _ in Shifts(count: images.count) }
  }

  mutating func add(_ part: Part) {
    sums.add(part.sums)
    for level in shifts.indices {
      for (image, shift) in part.shifts[level] { shifts[level][image] = shift }
    }
  }

  func maps(seed: UInt64, flips: Int) -> SeriesMaps {
    let size = part.size
    let count = Double(max(1, images.count))
    func mean(_ sums: [Double]) -> [Double] {
      sums.isEmpty ? [Double](repeating: 0, count: size * size) : sums.map { $0 / count }
    }
    return SeriesMaps(
      size: size, clean: mean(sums.clean), deadCount: sums.cleanDead,
      levels: shifts.indices.map { level in
        SeriesMaps.Level(
          epsilon: part.epsilons[level], mean: mean(sums.means[level]), shifts: shifts[level],
          statistics: ShiftStatistics(shifts[level], seed: seed, flips: flips), deadCount: sums.dead[level])
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
    sums = MapSums.Sums(levels: epsilons.count)
    shifts = epsilons.map { _ in [] }
  }

  mutating func add(_ mapped: MappedRow) {
    guard let image = places[mapped.row.image].map({ Int(own[$0]) }), image >= 0,
      let level = epsilons.firstIndex(of: mapped.row.epsilon)
    else { return }
    if latest?.image != image || latest?.map != mapped.clean {
      let map = heatmap(of: mapped.clean, size: size)
      Self.add(map, to: &sums.clean)
      sums.cleanDead += mapped.clean.isDead ? 1 : 0
      latest = (image, mapped.clean, mapped.clean.isDead ? nil : CentreOfGravity(map))
    }
    let map = heatmap(of: mapped.attacked, size: size)
    Self.add(map, to: &sums.means[level])
    sums.dead[level] += mapped.attacked.isDead ? 1 : 0
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
