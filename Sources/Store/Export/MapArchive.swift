import ExperimentFile
import Explanations
import Foundation
import Images
import Results
import Support
import Tensors
import Weights

/// The raw maps of a run as one safetensors file: a tensor (images, height, width) for each model, explanation, target, layer,
/// attack and level, images in the run's order. Written as the store is read, at the place of each: never all in memory.
///
///     let archive = try MapArchive(of: run, in: store, MapSelection())
///     try archive.write(to: "maps.safetensors")
public struct MapArchive: Sendable {
  /// A tensor of the file in the words of `results.csv`; of clean maps without attack and level.
  struct Series: Sendable, Hashable, Encodable {
    var model: String
    var explanation: String
    var target: String
    var layer: String
    var attack: String?
    var epsilon: Double?

    /// "MODEL/EXPLANATION/predicted/features.29/ATTACK/0.01", at the end "clean" for clean maps.
    var name: String {
      ([model, explanation, target, layer] + [attack ?? "clean", epsilon.map { "\($0)" }].compactMap { $0 })
        .joined(separator: "/")
    }
  }

  /// A tensor with where it lies.
  private struct Part: Sendable {
    var series: Series
    var height: Int
    var width: Int
    /// Of the control, on which not all images are run, their places among its own.
    var isOfControl: Bool
    /// From the start of the file, in bytes.
    var start = 0
    var mapBytes: Int { 4 * height * width }
  }

  /// Of so many images the header names each; a longer one no reader would take.
  public static let mostNamed = 200_000

  private let run: StoredRun
  private let store: ResultsStore
  private let rows: StoredMeasurements
  private let selection: MapSelection
  private var parts: [Part]
  private let indices: [Series: Int]
  /// By path, into the run's images.
  private let places: [String: Int]
  /// By path, into those on which the control is run.
  private let controlPlaces: [String: Int]
  private let header: [UInt8]

  /// How many tensors it has.
  public var tensorCount: Int { parts.count }
  /// How many maps there are in them.
  public var mapCount: Int { parts.reduce(0) { $0 + count($1) } }
  /// Whether the header names every image.
  public var namesImages: Bool { run.images.count <= Self.mostNamed }

  /// - Throws: `Problem` where the store is damaged, or nothing is left of the run.
  public init(of run: StoredRun, in store: ResultsStore, _ selection: MapSelection) throws(Problem) {
    self.run = run
    self.store = store
    self.selection = selection
    rows = try StoredMeasurements(run, in: store)
    places = Dictionary(
      run.images.enumerated().map { ($1.path, $0) }, uniquingKeysWith: { first, _ in first })
    let control = run.controlImages
    controlPlaces = Dictionary(
      run.images.map(\.path).filter(control.contains).enumerated().map { ($1, $0) },
      uniquingKeysWith: { first, _ in first })
    // Every image has maps of the same series and extents: the first tells, and one on which the control is run.
    let examples = Set(
      [run.images.first?.path, run.images.first { control.contains($0.path) }?.path].compactMap { $0 })
    var found: [Part] = []
    var indices: [Series: Int] = [:]
    func add(_ series: Series, _ map: (height: Int, width: Int)) {
      guard indices[series] == nil else { return }
      indices[series] = found.count
      found.append(
        Part(series: series, height: map.height, width: map.width, isOfControl: series.epsilon == 0))
    }
    try rows.forEachMappedPart(of: nil, images: examples, NoPictures()) { (rows) throws(Problem) in
      rows.map {
        (row: $0.row, clean: ($0.clean.height, $0.clean.width), attacked: ($0.attacked.height, $0.attacked.width))
      }
    } consume: { some in
      for mapped in some where selection.containsClean(mapped.row) {
        add(Self.series(mapped.row, isClean: true), mapped.clean)
        if selection.contains(mapped.row) { add(Self.series(mapped.row, isClean: false), mapped.attacked) }
      }
    }
    guard !found.isEmpty else {
      throw .usage("no map of the run is of what was chosen", remedy: "Leave out some of the choices.")
    }
    let counts = (all: run.images.count, control: controlPlaces.count)
    let entries = found.map { part in
      SafetensorsWriter.Entry(
        name: part.series.name, dataType: .float32,
        shape: Shape([part.isOfControl ? counts.control : counts.all, part.height, part.width]))
    }
    header = SafetensorsWriter.header(
      metadata: try Self.metadata(of: run, found.map(\.series), controlPlaces), entries)
    var start = header.count
    for (index, entry) in entries.enumerated() {
      found[index].start = start
      start += entry.byteCount
    }
    parts = found
    self.indices = indices
  }

  private func count(_ part: Part) -> Int { part.isOfControl ? controlPlaces.count : run.images.count }

  private static func series(_ row: Results.Measurement, isClean: Bool) -> Series {
    Series(
      model: row.model, explanation: row.explanation, target: row.target.rawValue, layer: row.layer,
      attack: isClean ? nil : row.attack, epsilon: isClean ? nil : row.epsilon)
  }

  // MARK: - Header

  private struct NamedImage: Encodable {
    var image: String
    var label: Int
    var labelName: String?
    var sha256: String

    private enum CodingKeys: String, CodingKey {
      case image, label, sha256
      case labelName = "label_name"
    }
  }

  private struct NamedModel: Encodable {
    var model: String
    var name: String
    var weights: String

    private enum CodingKeys: String, CodingKey {
      case model
      case name = "model_name"
      case weights = "weights_sha256"
    }
  }

  /// What `__metadata__` says: texts, as the format wants them, of which those that list something are JSON.
  private static func metadata(
    of run: StoredRun, _ series: [Series], _ control: [String: Int]
  ) throws(Problem) -> [String: String] {
    var metadata = [
      "format": "heatdrift-maps", "version": "1", "heatdrift": Heatdrift.version, "title": run.experiment.title,
      "experiment_sha256": run.experimentSHA256,
      "tensors": try text(
        Dictionary(series.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })),
      "models": try text(
        run.models.map { NamedModel(model: $0.key, name: $0.name, weights: $0.weightsSHA256) }),
    ]
    if run.images.count <= mostNamed {
      metadata["images"] = try text(
        run.images.map { image in
          NamedImage(
            image: image.path, label: image.label,
            labelName: run.classNames.indices.contains(image.label) ? run.classNames[image.label] : nil,
            sha256: image.sha256)
        })
    }
    if series.contains(where: { $0.epsilon == 0 }), control.count < run.images.count {
      metadata["control_images"] = try text(
        control.sorted { $0.value < $1.value }.map(\.key))
    }
    return metadata
  }

  private static func text(_ value: some Encodable) throws(Problem) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(value) else { throw .failure("the header of the maps cannot be written") }
    return String(decoding: data, as: UTF8.self)
  }

  // MARK: - Writing

  /// Maps of one tensor whose images follow each other.
  private struct Stretch: Sendable {
    var part: Int
    var place: Int
    var count: Int
    var bytes: [UInt8]
  }

  /// - Parameter observe: gets how many rows of images and models are written, now and then.
  /// - Throws: `Problem` where a map is missing, damaged or of another size, or the file cannot be written; what stood there
  ///   stays.
  public func write(to path: String, observe: (Int) -> Void = { _ in }) throws(Problem) {
    let output = try AtomicOutput(path: path)
    try output.append(header)
    var written = 0
    try rows.forEachMappedPart(of: nil, images: nil, NoPictures()) { [self] (rows) throws(Problem) in
      (try stretches(rows), rows.count)
    } consume: { (made) throws(Problem) in
      for stretch in made.0 {
        let part = parts[stretch.part]
        try output.write(stretch.bytes, at: part.start + stretch.place * part.mapBytes)
      }
      written += made.1
      observe(written)
    }
    try output.commit()
  }

  private func stretches(_ rows: [MappedRow]) throws(Problem) -> [Stretch] {
    var open: [Int: Stretch] = [:]
    var done: [Stretch] = []
    func add(_ map: RawMap, _ series: Series, _ image: String) throws(Problem) {
      guard let index = indices[series] else { return }
      let part = parts[index]
      guard let place = part.isOfControl ? controlPlaces[image] : places[image] else { return }
      guard map.height == part.height, map.width == part.width else {
        throw .failure(
          at: Place(file: store.path),
          "the raw map of \(series.name) on \(image) has \(map.height) x \(map.width) values, others \(part.height) x \(part.width)",
          remedy: "Move the store away; the next run computes everything again.")
      }
      // Rows of several attacks have one clean map.
      if let before = open[index], place == before.place + before.count - 1 { return }
      if let before = open[index], place != before.place + before.count {
        done.append(before)
        open[index] = nil
      }
      var stretch = open[index] ?? Stretch(part: index, place: place, count: 0, bytes: [])
      open[index] = nil
      stretch.count += 1
      stretch.bytes += StoredMap(map).bytes
      open[index] = stretch
    }
    for mapped in rows where selection.containsClean(mapped.row) {
      try add(mapped.clean, Self.series(mapped.row, isClean: true), mapped.row.image)
      try add(mapped.attacked, Self.series(mapped.row, isClean: false), mapped.row.image)
    }
    return done + open.values
  }
}

/// The store's own rows have their maps.
private struct NoPictures: PictureSource {
  func rawMap(of series: SeriesIdentity, image: String, epsilon: Double?) throws -> RawMap? { nil }
  func photograph(model: String, image: String) throws -> RGBImage? { nil }
}
