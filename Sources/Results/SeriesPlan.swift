/// What is estimated of a series: the sample, and where among its estimates each stands.
struct SeriesPlan: Sendable {
  /// Of one level, into the sample's statistics; nil for what is not there, or is as large as the whole.
  struct Level: Sendable {
    var all: Int
    var alive: Int?
    var held: Int?
    var flipped: Int?
  }

  /// By level, the control first, then by image; NaN where the measure gives none.
  let values: [[Double]]
  /// Likewise.
  let traits: [[MeasurementTables.Traits]]
  private(set) var sample: ImageSample
  private(set) var levels: [Level] = []
  private(set) var vid: Int?
  private(set) var vidWithoutDead: Int?
  private(set) var vidOfMOD: Int?
  private(set) var vidOfMODWithoutDead: Int?
  private(set) var vidPooled: Int?
  private(set) var vidPooledWithoutDead: Int?

  init(values: [[Double]], traits: [[MeasurementTables.Traits]]) {
    self.values = values
    self.traits = traits
    sample = ImageSample(images: values.first?.count ?? 0)
    var columns: [Int] = []
    for level in values.indices { columns.append(addLevel(level)) }
    // One level has no spread, and MOD is wanted of the control too, VID is not.
    if values.count > 2 { addSpreads(Array(columns.dropFirst())) }
  }

  /// The numbers of the images of which something is true, none of the others.
  private func some(_ values: [Double], _ isIn: (Int) -> Bool) -> [Double] {
    values.indices.map { isIn($0) ? values[$0] : .nan }
  }

  private mutating func addStatistic(_ statistic: ImageStatistic) -> Int {
    sample.statistics.append(statistic)
    return sample.statistics.count - 1
  }

  /// - Returns: the level's column.
  private mutating func addLevel(_ index: Int) -> Int {
    let (values, traits) = (values[index], traits[index])
    let column = sample.add(values)
    var level = Level(all: sample.statistics.count - 1)
    if traits.contains(where: { $0.contains(.dead) }) {
      _ = sample.add(some(values) { !traits[$0].contains(.dead) })
      level.alive = sample.statistics.count - 1
    }
    let flipped = traits.count { $0.contains(.flipped) }
    if flipped == 0 {
      level.held = level.all
    } else if flipped == traits.count {
      level.flipped = level.all
    } else {
      let held = sample.add(some(values) { !traits[$0].contains(.flipped) })
      level.held = sample.statistics.count - 1
      level.flipped = addStatistic(.meanWithout(column, held))
    }
    levels.append(level)
    return column
  }

  private mutating func addSpreads(_ columns: [Int]) {
    let images = 0..<sample.imageCount
    let attacked = values.dropFirst()
    let own = images.map { image in attacked.map { $0[image] } }
    let means = own.map(Drift.mean)
    let variances = own.map(Drift.variance)
    let deviations = sample.add(variances.map { $0.squareRoot() })
    vid = sample.statistics.count - 1
    let isAlive = images.map { image in !traits.dropFirst().contains { $0[image].contains(.dead) } }
    let hasDead = isAlive.contains(false)
    func alive(_ column: Int) -> [Double] { some(sample.columns[column]) { isAlive[$0] } }
    if hasDead {
      _ = sample.add(alive(deviations))
      vidWithoutDead = sample.statistics.count - 1
    }
    vidOfMOD = addStatistic(.spreadOfMeans(columns))
    if hasDead { vidOfMODWithoutDead = addStatistic(.spreadOfMeans(columns.map { sample.add(alive($0), false) })) }
    // Less their mean, so that no digits are lost in the difference of squares.
    let known = means.filter { !$0.isNaN }
    let centre = Drift.mean(known)
    let mean = sample.add(means.map { $0 - centre }, false)
    let variance = sample.add(variances, false)
    vidPooled = addStatistic(.pooled(mean: mean, variance: variance))
    if hasDead {
      let (aliveMean, aliveVariance) = (sample.add(alive(mean), false), sample.add(alive(variance), false))
      vidPooledWithoutDead = addStatistic(.pooled(mean: aliveMean, variance: aliveVariance))
    }
  }
}
