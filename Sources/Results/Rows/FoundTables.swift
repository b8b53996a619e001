import Support
import Synchronization

/// What was found of the rows of some results, kept for all copies of these results.
final class FoundTables: Sendable {
  private struct Known {
    var tables: MeasurementTables?
    var orders: [[SeriesIdentity]: DriftOrder] = [:]
    /// Those of the series that was asked for last: who asks goes from series to series.
    var pairs: (series: SeriesIdentity, epsilons: [Double], pairs: [ConfidencePairs])?
    var differences: [FamilyOfDifferences.Key: FamilyOfDifferences] = [:]
    var agreements: [AgreementKey: Result<[Agreement], Problem>] = [:]
    var labels: [LabelsKey: Result<[LabelSummary], Problem>] = [:]
    /// One for each measure, by what the maps are of.
    var unrelated: [SeriesIdentity: Result<[UnrelatedMaps], Problem>] = [:]
    /// Those that were asked for last: of many series they fill some megabytes each.
    var maps: [SeriesIdentity: SeriesMaps] = [:]
  }

  private struct LabelsKey: Hashable {
    var series: SeriesIdentity
    var epsilon: Double
  }

  private struct AgreementKey: Hashable {
    var series: [SeriesIdentity]
    var epsilon: Double
  }

  private let known = Mutex(Known())

  /// What is known of a key, or is made now and kept.
  private func once<Key, Value: Sendable>(
    _ table: WritableKeyPath<Known, [Key: Value]>, _ key: Key, _ make: () -> Value
  ) -> Value {
    if let found = known.withLock({ $0[keyPath: table][key] }) { return found }
    let found = make()
    known.withLock { $0[keyPath: table][key] = found }
    return found
  }

  func tables(_ make: () throws(Problem) -> MeasurementTables) throws(Problem) -> MeasurementTables {
    if let tables = known.withLock({ $0.tables }) { return tables }
    let tables = try make()
    known.withLock { $0.tables = tables }
    return tables
  }

  func order(of series: [SeriesIdentity], _ make: () -> DriftOrder) -> DriftOrder { once(\.orders, series, make) }

  func pairs(
    of series: SeriesIdentity, _ epsilons: [Double], _ make: () throws(Problem) -> [ConfidencePairs]
  ) throws(Problem) -> [ConfidencePairs] {
    if let known = known.withLock({ $0.pairs }), known.series == series, known.epsilons == epsilons {
      return known.pairs
    }
    let pairs = try make()
    known.withLock { $0.pairs = (series, epsilons, pairs) }
    return pairs
  }

  func differences(_ key: FamilyOfDifferences.Key, _ make: () -> FamilyOfDifferences) -> FamilyOfDifferences {
    once(\.differences, key, make)
  }

  func agreements(
    _ series: [SeriesIdentity], epsilon: Double, _ make: () throws(Problem) -> [Agreement]
  ) throws(Problem) -> [Agreement] {
    try once(\.agreements, AgreementKey(series: series, epsilon: epsilon)) {
      Result { () throws(Problem) in try make() }
    }.get()
  }

  func labels(
    of series: SeriesIdentity, epsilon: Double, _ make: () throws(Problem) -> [LabelSummary]
  ) throws(Problem) -> [LabelSummary] {
    try once(\.labels, LabelsKey(series: series, epsilon: epsilon)) {
      Result { () throws(Problem) in try make() }
    }.get()
  }

  /// A failure is kept as well: some thousand maps are not asked for again for every cell.
  func unrelated(
    _ series: SeriesIdentity, _ make: () throws(Problem) -> [UnrelatedMaps]
  ) throws(Problem) -> [UnrelatedMaps] {
    try once(\.unrelated, series) { Result { () throws(Problem) in try make() } }.get()
  }

  /// What was found of unrelated maps; what could not be is left out.
  var knownUnrelated: [(series: SeriesIdentity, maps: [UnrelatedMaps])] {
    known.withLock { $0.unrelated }.compactMap { series, maps in (try? maps.get()).map { (series, $0) } }
  }

  /// - Parameter make: gets the series that are not known yet.
  func maps(
    of series: [SeriesSummary], _ make: ([SeriesSummary]) throws(Problem) -> [SeriesMaps]
  ) throws(Problem) -> [SeriesMaps] {
    var own = known.withLock { $0.maps }
    let missing = series.filter { own[$0.identity.ofAllMeasures] == nil }
    guard !missing.isEmpty else { return series.compactMap { own[$0.identity.ofAllMeasures] } }
    for (one, maps) in zip(missing, try make(missing)) { own[one.identity.ofAllMeasures] = maps }
    let wanted = own
    known.withLock { $0.maps = wanted.filter { key, _ in series.contains { $0.identity.ofAllMeasures == key } } }
    return series.compactMap { own[$0.identity.ofAllMeasures] }
  }

  /// Orders name images, tables do not.
  var underOtherNames: FoundTables {
    let renamed = FoundTables()
    let tables = known.withLock { $0.tables }
    renamed.known.withLock { $0.tables = tables }
    return renamed
  }
}

extension ExperimentResults {
  /// - Throws: `Problem` where a row is missing or damaged.
  var tables: MeasurementTables {
    get throws(Problem) {
      try found.tables { () throws(Problem) in
        if let kept = MeasurementTables(keptOf: self) { return kept }
        return try makeTables { _ in
        } consume: { _ in
        }
      }
    }
  }

  /// Reads all rows, once for everything that a report says of them and for whoever else wants to see them.
  /// - Parameters:
  ///   - transform: makes what is wanted of a part, on any thread.
  ///   - consume: gets what was made, in the order of the rows.
  /// - Throws: `Problem` of either, or where a row is missing or damaged.
  public func read<Output: Sendable>(
    _ transform: @Sendable ([Measurement]) throws(Problem) -> Output, consume: (Output) throws(Problem) -> Void
  ) throws(Problem) {
    _ = try found.tables { () throws(Problem) in try makeTables(transform, consume: consume) }
  }

  private func makeTables<Output: Sendable>(
    _ transform: @Sendable ([Measurement]) throws(Problem) -> Output, consume: (Output) throws(Problem) -> Void
  ) throws(Problem) -> MeasurementTables {
    var tables = MeasurementTables(self)
    try rows.forEachPart(of: nil) { (rows) throws(Problem) in
      (rows, try transform(rows))
    } consume: {
      (part) throws(Problem) in
      tables.add(part.0)
      try consume(part.1)
    }
    tables.end()
    tables.keep(for: self)
    return tables
  }

  /// Reads rows with their raw maps, part by part.
  /// - Parameters:
  ///   - model: `ModelRecord.key`; nil for all.
  ///   - images: `ImageRecord.path` of those that are wanted; nil for all.
  ///   - transform: makes what is wanted of a part, on any thread; the rows of one model on one image are in one part.
  ///   - consume: gets what was made, in the order of the rows.
  /// - Throws: `Problem` of either, or where a row or a map is missing or damaged.
  public func readMaps<Output: Sendable>(
    of model: String? = nil, images: Set<String>? = nil, _ transform: @Sendable ([MappedRow]) throws(Problem) -> Output,
    consume: (Output) throws(Problem) -> Void
  ) throws(Problem) {
    try rows.forEachMappedPart(of: model, images: images, pictures) { (rows) throws(Problem) in
      try transform(rows)
    } consume: { (output) throws(Problem) in
      try consume(output)
    }
  }

  /// Reads all rows for what a report says of them.
  /// - Throws: `Problem` where a row is missing or damaged.
  public func read() throws(Problem) { _ = try tables }
}

extension ExperimentResults {
  /// Images of which there is any row.
  public var measuredImageCount: Int { (try? tables.isMeasured.count { $0 }) ?? 0 }

  /// Different labels of these images.
  public var measuredLabelCount: Int {
    guard let tables = try? tables else { return 0 }
    return Set(zip(images, tables.isMeasured).lazy.filter(\.1).map(\.0.label)).count
  }

  /// Rows, the control's among them.
  public var rowCount: Int { (try? tables.rowCount) ?? 0 }

  /// Rows whose logits are known.
  /// - Parameter models: `ModelRecord.key`; nil for all.
  public func scoredRowCount(of models: Set<String>? = nil) -> Int {
    guard let tables = try? tables else { return 0 }
    return self.models.enumerated().reduce(0) { sum, one in
      models?.contains(one.element.key) ?? true ? sum + tables.scoredRowCounts[ownPlace(of: one.offset)] : sum
    }
  }
}

/// What there is of a series at one attack level, incomplete images too.
public struct RowCounts: Sendable, Hashable {
  /// 0 is the control.
  public var epsilon: Double
  /// How many rows there are.
  public var rows: Int
  /// Rows whose two predictions differ.
  public var flipped: Int
  /// Rows with a dead map.
  public var dead: Int
  /// Rows in which the attack changed nothing.
  public var unmoved: Int
  /// Rows for which the series' measure has no value.
  public var valueless: Int
  /// The greatest value of the series' measure; nil where there is none.
  public var greatest: Double?
  /// Of `Measurement.clippedShare`; nil where it was not stored.
  public var meanClippedShare: Double?
}

extension ExperimentResults {
  /// - Returns: for the control and each level; none for a series that the results do not have.
  public func rowCounts(of summary: SeriesSummary) -> [RowCounts] {
    guard let tables = try? tables, let place = place(of: summary.identity) else { return [] }
    let series = tables.series[place]
    return series.levels.enumerated().map { level, epsilon in
      let traits = series.traits[level]
      return RowCounts(
        epsilon: epsilon, rows: series.count(.measured, level: level), flipped: series.count(.flipped, level: level),
        dead: series.count(.dead, level: level), unmoved: series.count(.unmoved, level: level),
        valueless: zip(traits, series.values[summary.measureIndex][level])
          .count { $0.0.contains(.measured) && $0.1.isNaN },
        greatest: zip(traits, series.values[summary.measureIndex][level]).lazy
          .filter { $0.0.contains(.measured) && !$0.1.isNaN }.map(\.1).max(),
        meanClippedShare: series.clippedCounts[level] == 0
          ? nil : series.clippedSums[level] / Double(series.clippedCounts[level]))
    }
  }

  /// The images of which every level of a series was measured and has a value of its measure, in their order.
  public func completeImages(of series: SeriesIdentity) -> [ImageRecord] {
    completeImageIndices(of: series).map { images[$0] }
  }

  /// The same, into `images`.
  func completeImageIndices(of series: SeriesIdentity) -> [Int] {
    guard let tables = try? tables, let place = place(of: series) else { return [] }
    let measure = measureKeys.firstIndex(of: series.measure)
    return images.indices.filter { tables.series[place].counts($0, measure: measure) }
  }
}
