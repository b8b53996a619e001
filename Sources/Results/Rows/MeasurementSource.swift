import Support

/// Where the rows of results come from: read as often as they are asked for, in the order of `results.csv`, and never all of
/// them in memory, unless they are held there already.
public protocol MeasurementSource: Sendable {
  /// Reads all rows, or those of one model, part by part; the rows of one model on one image are in one part.
  /// - Parameters:
  ///   - model: `ModelRecord.key`; nil for all.
  ///   - transform: makes what is wanted of a part, on any thread.
  ///   - consume: gets what was made, in the order of the rows, on the caller's thread.
  /// - Throws: `Problem` of either, or where a row is missing or damaged.
  func forEachPart<Output: Sendable>(
    of model: String?, _ transform: @Sendable ([Measurement]) throws(Problem) -> Output,
    consume: (Output) throws(Problem) -> Void
  ) throws(Problem)

  /// The rows of one model on one image, by their names; none for one that was not measured.
  /// - Throws: `Problem` where a row is missing or damaged.
  func rows(model: String, image: String) throws(Problem) -> [Measurement]
}

/// Rows that are in memory.
struct HeldMeasurements: MeasurementSource {
  let rows: [Measurement]

  func forEachPart<Output: Sendable>(
    of model: String?, _ transform: @Sendable ([Measurement]) throws(Problem) -> Output,
    consume: (Output) throws(Problem) -> Void
  ) throws(Problem) {
    try consume(transform(model.map { model in rows.filter { $0.model == model } } ?? rows))
  }

  func rows(model: String, image: String) -> [Measurement] {
    rows.filter { $0.model == model && $0.image == image }
  }
}

extension MeasurementSource {
  /// All rows at once: for results that are known to be few.
  func all() throws(Problem) -> [Measurement] {
    var rows: [Measurement] = []
    try forEachPart(of: nil) {
      $0
    } consume: {
      rows += $0
    }
    return rows
  }
}

/// Rows under other names.
struct RenamedMeasurements: MeasurementSource {
  let source: any MeasurementSource
  /// What of a model, image or layer is shown, by what it is called, and the other way round.
  let names: ShownNames

  func forEachPart<Output: Sendable>(
    of model: String?, _ transform: @Sendable ([Measurement]) throws(Problem) -> Output,
    consume: (Output) throws(Problem) -> Void
  ) throws(Problem) {
    try source.forEachPart(of: model.map(names.models.original)) { (rows) throws(Problem) in
      try transform(rows.map(shown))
    } consume: { (output) throws(Problem) in
      try consume(output)
    }
  }

  func rows(model: String, image: String) throws(Problem) -> [Measurement] {
    try source.rows(model: names.models.original(model), image: names.images.original(image)).map(shown)
  }

  private func shown(_ row: Measurement) -> Measurement {
    var row = row
    row.model = names.models[row.model]
    row.image = names.images[row.image]
    row.layer = names.layers[row.layer]
    return row
  }
}
