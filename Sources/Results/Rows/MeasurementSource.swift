import Explanations
import Images
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

  /// The same of rows with the raw maps that they are of.
  /// - Parameters:
  ///   - images: `ImageRecord.path` of those that are wanted; nil for all.
  ///   - pictures: where the maps are, for a source that has none itself.
  /// - Throws: `Problem` of either, or where a row or a map is missing or damaged.
  func forEachMappedPart<Output: Sendable>(
    of model: String?, images: Set<String>?, _ pictures: any PictureSource,
    _ transform: @Sendable ([MappedRow]) throws(Problem) -> Output, consume: (Output) throws(Problem) -> Void
  ) throws(Problem)

  /// The rows of one model on one image, by their names; none for one that was not measured.
  /// - Throws: `Problem` where a row is missing or damaged.
  func rows(model: String, image: String) throws(Problem) -> [Measurement]
}

/// A row with the raw maps that it is of.
public struct MappedRow: Sendable {
  /// Whose maps these are.
  public var row: Measurement
  /// Of the clean image.
  public var clean: RawMap
  /// Of the attacked one.
  public var attacked: RawMap

  public init(row: Measurement, clean: RawMap, attacked: RawMap) {
    self.row = row
    self.clean = clean
    self.attacked = attacked
  }
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

extension PictureSource {
  fileprivate func map(of row: Measurement, _ epsilon: Double?) throws(Problem) -> RawMap {
    do {
      if let map = try rawMap(of: SeriesIdentity(row), image: row.image, epsilon: epsilon) { return map }
    } catch {
      throw error as? Problem ?? .failure("a raw map cannot be read: \(error)")
    }
    throw .failure("the raw map of \(row.model) on \(row.image) at layer \(row.layer) was not kept")
  }
}

extension MeasurementSource {
  /// By asking for each map alone.
  public func forEachMappedPart<Output: Sendable>(
    of model: String?, images: Set<String>?, _ pictures: any PictureSource,
    _ transform: @Sendable ([MappedRow]) throws(Problem) -> Output, consume: (Output) throws(Problem) -> Void
  ) throws(Problem) {
    try forEachPart(of: model) { (rows) throws(Problem) in
      var mapped: [MappedRow] = []
      for row in rows where images?.contains(row.image) ?? true {
        mapped.append(
          MappedRow(row: row, clean: try pictures.map(of: row, nil), attacked: try pictures.map(of: row, row.epsilon)))
      }
      return try transform(mapped)
    } consume: { (output) throws(Problem) in
      try consume(output)
    }
  }

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

  func forEachMappedPart<Output: Sendable>(
    of model: String?, images: Set<String>?, _ pictures: any PictureSource,
    _ transform: @Sendable ([MappedRow]) throws(Problem) -> Output, consume: (Output) throws(Problem) -> Void
  ) throws(Problem) {
    let pictures = OriginalPictures(source: pictures, names: names)
    try source.forEachMappedPart(
      of: model.map(names.models.original), images: images.map { Set($0.map(names.images.original)) }, pictures
    ) {
      (rows) throws(Problem) in
      try transform(rows.map { MappedRow(row: shown($0.row), clean: $0.clean, attacked: $0.attacked) })
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

/// Pictures that are asked for by the names that they had.
private struct OriginalPictures: PictureSource {
  let source: any PictureSource
  let names: ShownNames

  func rawMap(of series: SeriesIdentity, image: String, epsilon: Double?) throws -> RawMap? {
    var series = series
    series.model = names.models[series.model]
    series.layer = names.layers[series.layer]
    return try source.rawMap(of: series, image: names.images[image], epsilon: epsilon)
  }

  func photograph(model: String, image: String) throws -> RGBImage? {
    try source.photograph(model: names.models[model], image: names.images[image])
  }
}
