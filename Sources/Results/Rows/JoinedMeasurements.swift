import Explanations
import Images
import Measures
import Support

/// The rows of several runs, one run behind the other; the models of each are called otherwise than those of the others.
public struct JoinedMeasurements: MeasurementSource {
  /// One of the runs.
  public struct Part: Sendable {
    /// `ModelRecord.key`
    let models: Set<String>
    let source: any MeasurementSource
    let alignment: MeasureAlignment?

    /// - Parameters:
    ///   - models: `ModelRecord.key` of those that the rows are of.
    ///   - measures: by which they were measured.
    ///   - all: those of the results that they become a part of.
    public init(
      models: [String], source: any MeasurementSource, measures: [any Measure], among all: [any Measure]
    ) {
      self.models = Set(models)
      self.source = source
      alignment = MeasureAlignment(of: measures, among: all)
    }

    fileprivate func aligned(_ rows: [Measurement]) -> [Measurement] {
      alignment.map { alignment in rows.map(alignment.aligned) } ?? rows
    }
  }

  private let parts: [Part]

  public init(_ parts: [Part]) { self.parts = parts }

  private func parts(of model: String?) -> [Part] {
    parts.filter { part in model.map { part.models.contains($0) } ?? true }
  }

  public func forEachPart<Output: Sendable>(
    of model: String?, _ transform: @Sendable ([Measurement]) throws(Problem) -> Output,
    consume: (Output) throws(Problem) -> Void
  ) throws(Problem) {
    for part in parts(of: model) {
      try part.source.forEachPart(of: model) { (rows) throws(Problem) in
        try transform(part.aligned(rows))
      } consume: { (output) throws(Problem) in
        try consume(output)
      }
    }
  }

  public func forEachMappedPart<Output: Sendable>(
    of model: String?, images: Set<String>?, _ pictures: any PictureSource,
    _ transform: @Sendable ([MappedRow]) throws(Problem) -> Output, consume: (Output) throws(Problem) -> Void
  ) throws(Problem) {
    for part in parts(of: model) {
      try part.source.forEachMappedPart(of: model, images: images, pictures) { (rows) throws(Problem) in
        guard let alignment = part.alignment else { return try transform(rows) }
        return try transform(
          rows.map { MappedRow(row: alignment.aligned($0.row), clean: $0.clean, attacked: $0.attacked) })
      } consume: { (output) throws(Problem) in
        try consume(output)
      }
    }
  }

  public func rows(model: String, image: String) throws(Problem) -> [Measurement] {
    var rows: [Measurement] = []
    for part in parts(of: model) { rows += part.aligned(try part.source.rows(model: model, image: image)) }
    return rows
  }
}

/// Where the values of a run's measures stand among those of several runs; NaN stands for what it was not measured by.
struct MeasureAlignment: Sendable {
  /// Of each of all measures: where its value is in the run's rows, and its parts; nil where the run does not have it.
  private var places: [(value: Int, parts: Range<Int>)?] = []
  /// How many parts each of all measures has.
  private var partCounts: [Int] = []

  /// - Returns: nil where both are the same.
  init?(of own: [any Measure], among all: [any Measure]) {
    func keys(_ measures: [any Measure]) -> [String] { measures.map { type(of: $0).key } }
    guard keys(own) != keys(all) else { return nil }
    var known: [String: (value: Int, parts: Range<Int>)] = [:]
    var part = 0
    for (index, measure) in own.enumerated() {
      let count = type(of: measure).columns.count - 1
      known[type(of: measure).key] = (index, part..<part + count)
      part += count
    }
    for measure in all {
      places.append(known[type(of: measure).key])
      partCounts.append(type(of: measure).columns.count - 1)
    }
  }

  func aligned(_ row: Measurement) -> Measurement {
    var row = row
    let (values, parts) = (row.dissimilarities, row.parts)
    row.dissimilarities = places.map { place in
      place.flatMap { values.indices.contains($0.value) ? values[$0.value] : nil } ?? .nan
    }
    row.parts = zip(places, partCounts).flatMap { place, count in
      guard let place, place.parts.upperBound <= parts.count else { return [Double](repeating: .nan, count: count) }
      return Array(parts[place.parts])
    }
    return row
  }
}

/// Photographs and maps of several runs, each asked for its own models.
public struct JoinedPictures: PictureSource {
  private let sources: [String: any PictureSource]

  /// - Parameter sources: by `ModelRecord.key`.
  public init(_ sources: [String: any PictureSource]) { self.sources = sources }

  public func rawMap(of series: SeriesIdentity, image: String, epsilon: Double?) throws -> RawMap? {
    try sources[series.model]?.rawMap(of: series, image: image, epsilon: epsilon)
  }

  public func photograph(model: String, image: String) throws -> RGBImage? {
    try sources[model]?.photograph(model: model, image: image)
  }

  public func perturbation(model: String, image: String, attack: String) throws -> PerturbationSigns? {
    try sources[model]?.perturbation(model: model, image: image, attack: attack)
  }

  public func scores(model: String, image: String, attack: String, epsilon: Double) throws -> ClassScores? {
    try sources[model]?.scores(model: model, image: image, attack: attack, epsilon: epsilon)
  }
}
