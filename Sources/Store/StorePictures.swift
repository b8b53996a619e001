import ExperimentFile
import Explanations
import Foundation
import GRDB
import Images
import Results
import Support
import Synchronization

/// The pictures behind the rows of a run, out of its store.
final class StorePictures: PictureSource {
  private let store: ResultsStore
  private let keys: [String: KeyMaker]
  private let images: [ImageRecord]
  /// By path, into `images`: there may be very many.
  private let places: [String: Int]
  private let experiment: Experiment
  private let maker: (any PictureMaker)?
  /// Texts and layouts that were looked up: reports ask for thousands of maps of the same.
  private let known = Mutex(StoreReader.Known())
  /// Of the image that was asked for last: who asks goes from map to map of one image.
  private let latest = Mutex<(subject: KeyMaker.Subject, entry: Int64, passes: PassSet)?>(nil)

  /// - Parameter maker: of pictures that are not stored; what it makes is, so that the report can be made again.
  init(store: ResultsStore, run: StoredRun, maker: (any PictureMaker)?) {
    self.maker = maker
    self.store = store
    experiment = run.experiment
    keys = Dictionary(
      run.models.indices.map { (run.models[$0].key, run.keys(of: $0)) }, uniquingKeysWith: { first, _ in first })
    images = run.images
    places = Dictionary(
      run.images.enumerated().map { ($1.path, $0) }, uniquingKeysWith: { first, _ in first })
  }

  func rawMap(of series: SeriesIdentity, image: String, epsilon: Double?) throws -> RawMap? {
    guard let keys = keys[series.model],
      let explanation = experiment.explain.methods.firstIndex(where: { type(of: $0).key == series.explanation }),
      let attack = index(ofAttack: series.attack)
    else { return nil }
    let place = KeyMaker.MapCoordinates(
      explanation: explanation, target: series.target, layer: series.layer,
      level: epsilon.map { KeyMaker.Level(attack: attack, epsilon: $0) })
    return try reading(model: series.model, image: image) { reader, _, _, set in
      let wanted = try WantedRows(keys, layers: [series.layer], reader)
      guard let series = wanted.series(place) else { return nil }
      guard let level = place.level else {
        return try set.map(series, nil).flatMap { try reader.map($0.index, of: $0.pass) }
      }
      return try wanted.level(level).flatMap {
        try set.map(series, $0).flatMap { try reader.map($0.index, of: $0.pass) }
      }
    }
  }

  private func changing(_ body: (Database) throws -> Void) throws {
    try store.changing(body)
    // A text that was not there may be there now.
    known.withLock { $0 = StoreReader.Known() }
  }

  private func record(_ path: String) -> ImageRecord? { places[path].map { images[$0] } }

  private func index(ofAttack key: String) -> Int? { experiment.attacks.firstIndex { $0.key == key } }

  func photograph(model: String, image: String) throws -> RGBImage? {
    guard let keys = keys[model], let record = record(image) else { return nil }
    let subject = keys.subject(of: record)
    let png = try store.reading { reader in
      try reader.picture(image: subject.image, preparation: subject.preparation)
    }
    if let png { return try ImageDecoder.decode(Array(png), name: image) }
    guard let maker, let made = maker.photograph(model: model, image: image) else { return nil }
    if maker.areKept {
      let png = Data(try ImageEncoder.png(made))
      try changing { db in
        try PassWriter(StoreReader(db)).addPicture(png, image: subject.image, preparation: subject.preparation)
      }
    }
    return made
  }

  func perturbation(model: String, image: String, attack: String) throws -> PerturbationSigns? {
    guard let keys = keys[model], let attack = index(ofAttack: attack) else { return nil }
    let settings = keys.directions[attack]
    let found = try reading(model: model, image: image) { reader, subject, entry, _ in
      (subject, entry, try reader.direction(of: entry, subject, settings: settings))
    }
    guard let (subject, entry, stored) = found, stored == nil else { return found?.2 }
    guard let maker, let made = maker.direction(model: model, image: image, attack: attack) else { return nil }
    if maker.areKept {
      try changing { db in
        try PassWriter(StoreReader(db)).addDirection(
          Data(made.packed), height: made.height, width: made.width, of: entry, subject, settings: settings)
      }
    }
    return made
  }

  func scores(model: String, image: String, attack: String, epsilon: Double) throws -> ClassScores? {
    guard let keys = keys[model], let attack = index(ofAttack: attack) else { return nil }
    return try reading(model: model, image: image) { reader, _, _, set in
      try WantedRows(keys, layers: [], reader).level(KeyMaker.Level(attack: attack, epsilon: epsilon))
        .flatMap { set.scores(at: $0) }
    }
  }

  /// - Returns: nil for an image that the run does not have, or of which nothing is stored.
  private func reading<Result>(
    model: String, image: String,
    _ body: (StoreReader, KeyMaker.Subject, Int64, PassSet) throws -> Result?
  ) throws -> Result? {
    guard let keys = keys[model], let record = record(image) else { return nil }
    let subject = keys.subject(of: record)
    let last = latest.withLock { $0?.subject == subject ? $0 : nil }
    return try store.reading(known) { reader in
      if let last { return try body(reader, subject, last.entry, last.passes) }
      guard let entry = try reader.entry(of: subject) else { return nil }
      let set = PassSet(passes: try entry.passes.map { try reader.pass($0, of: subject) })
      latest.withLock { $0 = (subject, entry.subject, set) }
      return try body(reader, subject, entry.subject, set)
    }
  }
}
