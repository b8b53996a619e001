import Support

/// The tables of very many rows, as they are kept for reports that are made later.
extension MeasurementTables {
  /// Those that are kept of some results.
  /// - Returns: nil where they are not.
  init?(keptOf results: ExperimentResults) {
    self.init(results)
    end()
    guard results.kept(Self.finding(of: results), { readHead(&$0) ? true : nil }) == true else { return nil }
    for index in series.indices {
      for level in series[index].levels.indices {
        let finding = Self.finding("\(index) \(level)", of: results)
        guard results.kept(finding, { series[index].read(&$0, level: level) ? true : nil }) == true else { return nil }
      }
    }
  }

  /// What rows are expected to predict is in the tables and in no row.
  private static func finding(_ detail: String = "", of results: ExperimentResults) -> Finding? {
    Finding(.rows, (results.labels == .classes ? "" : "\(results.labels.rawValue) labels ") + detail, of: results)
  }

  func keep(for results: ExperimentResults) {
    results.keep(Self.finding(of: results)) { writer in
      writer.add(series.count)
      for predictions in cleanPredictions { writer.add(predictions) }
      writer.add(rowCount)
      for count in scoredRowCounts { writer.add(count) }
      writer.add(isMeasured.map { UInt8($0 ? 1 : 0) })
    }
    for (index, one) in series.enumerated() {
      // Level by level: what is written at once should not take much memory.
      for level in one.levels.indices {
        results.keep(Self.finding("\(index) \(level)", of: results)) { one.write(to: &$0, level: level) }
      }
    }
  }

  /// - Returns: false for bytes that are none of such tables.
  private mutating func readHead(_ reader: inout ByteReader) -> Bool {
    guard reader.count() == series.count else { return false }
    for model in cleanPredictions.indices {
      guard let own = reader.numbers(Int32.self, count: isMeasured.count) else { return false }
      cleanPredictions[model] = own
    }
    guard let rows = reader.count() else { return false }
    rowCount = rows
    for model in scoredRowCounts.indices {
      guard let count = reader.count() else { return false }
      scoredRowCounts[model] = count
    }
    guard let measured = reader.numbers(UInt8.self, count: isMeasured.count) else { return false }
    isMeasured = measured.map { $0 != 0 }
    return true
  }
}

extension MeasurementTables.Series {
  fileprivate func write(to writer: inout ByteWriter, level: Int) {
    for measure in values { writer.add(measure[level]) }
    writer.add(traits[level].map(\.rawValue))
    writer.add(clippedSums[level].bitPattern)
    writer.add(clippedCounts[level])
  }

  /// - Returns: false for bytes that are none of such a level.
  fileprivate mutating func read(_ reader: inout ByteReader, level: Int) -> Bool {
    let images = hasControl.count
    for measure in values.indices {
      guard let column = reader.doubles(images) else { return false }
      values[measure][level] = column
    }
    guard let column = reader.numbers(UInt16.self, count: images), let sum = reader.double(), let count = reader.count()
    else { return false }
    traits[level] = column.map { MeasurementTables.Traits(rawValue: $0) }
    (clippedSums[level], clippedCounts[level]) = (sum, count)
    return true
  }
}
