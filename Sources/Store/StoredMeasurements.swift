import ExperimentFile
import Foundation
import GRDB
import Results
import Support

/// The rows of a run, out of its store: read again whenever they are asked for, some hundred images at a time.
struct StoredMeasurements: MeasurementSource {
  /// A model's keys, and what of its passes the rows are made of.
  struct Model: Sendable {
    var record: ModelRecord
    var keys: KeyMaker
    /// Of network and preparation.
    var digests: (network: Data, preparation: Data)
    fileprivate var plans: [PlanKey: RowPlan]
  }

  /// Images that have passes of the same layouts have their rows in the same places.
  fileprivate struct PlanKey: Hashable {
    var layouts: [Int64]
    /// Whether the control is run on the image.
    var hasControl: Bool
  }

  /// Images whose passes are read at once.
  private static let imagesAtOnce = 256

  let store: ResultsStore
  let run: StoredRun
  let passes: RunPasses
  let models: [Model]
  private let control: ControlImages
  private let environmentDigests: [Int64: Data]
  private let places: [String: Int]
  /// In which the rows were computed.
  let environments: RowEnvironments

  /// - Throws: `Problem` where a row of the run is missing.
  init(_ run: StoredRun, in store: ResultsStore) throws(Problem) {
    self.store = store
    self.run = run
    control = run.controlImages
    let found = try store.reading { [control] reader in
      let keys = run.models.indices.map { run.keys(of: $0) }
      let passes = try reader.passes(of: keys, on: run.images)
      var models: [Model] = []
      var environments = RowEnvironments()
      var digests: [Int64: Data] = [:]
      for (index, record) in run.models.enumerated() {
        let own = keys[index]
        var model = Model(
          record: record, keys: own, digests: (reader.digest(own.network), reader.digest(own.preparation)), plans: [:])
        let wanted = try WantedRows(own, layers: record.layers, reader)
        for image in run.images.indices {
          let heads = passes[index, image]
          let layouts = heads.map(\.layout)
          let key = PlanKey(layouts: layouts, hasControl: control.contains(run.images[image].path))
          let plan: RowPlan
          if let known = model.plans[key] {
            plan = known
          } else {
            plan = RowPlan(
              run.experiment, record, hasControl: key.hasControl, wanted, try layouts.map { try reader.layout($0) })
            model.plans[key] = plan
          }
          if let missing = plan.missing {
            throw Problem.failure(
              at: Place(file: store.path),
              "\(record.key) has no result for \(run.images[image].path) at layer \(missing.layer) and epsilon "
                + "\(missing.level?.epsilon ?? 0)",
              remedy: "`heatdrift run` computes what is missing.")
          }
          for (pass, rows) in plan.used {
            try environments.add(heads[heads.startIndex + pass].environment, rows: rows, reader)
          }
          for head in heads where digests[head.environment] == nil {
            digests[head.environment] = reader.digest(try reader.text(head.environment))
          }
        }
        models.append(model)
      }
      try environments.addConflicts(of: run, reader)
      return (passes, models, environments, digests)
    }
    (passes, models, environments, environmentDigests) = found
    places = Dictionary(
      run.images.enumerated().map { ($1.path, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// What tells the table of these rows from that of any others: what is stored of every pass, what of it is wanted, and what
  /// it is called.
  /// - Throws: `Problem` where the store cannot be read.
  var content: String {
    get throws(Problem) {
      var hash = SHA256()
      hash.update(data: Data("\(Heatdrift.version)\n\(run.experiment.withoutReport.canonicalText())\n".utf8))
      for model in run.models { hash.update(data: Data("\(model.key)\n\(model.name)\n\(model.layers)\n".utf8)) }
      hash.update(data: Data("\(ResultsCSV.names) \(run.classNames)\n".utf8))
      for image in run.images { hash.update(data: Data("\(image.label) \(image.path)\n".utf8)) }
      for part in parts(of: nil) {
        try store.reading { reader in try add(part, to: &hash, reader) }
      }
      return Checksum.text(hash.finalize())
    }
  }

  /// Which passes each image has, and their digests in the order of their identifiers.
  private func add(_ part: Part, to hash: inout SHA256, _ reader: StoreReader) throws {
    var heads = ByteWriter()
    for image in part.images {
      let own = passes[part.model, image]
      heads.add(UInt32(own.count))
      for head in own { heads.add(head.id) }
    }
    hash.update(data: heads.bytes)
    let wanted = Set(part.images.flatMap { passes[part.model, $0].map(\.id) }).sorted()
    var next = wanted.startIndex
    try forEachPass(wanted, reader, columns: "sha256") { id, row in
      guard next < wanted.endIndex, id == wanted[next] else { return }
      next += 1
      try unsafe row.withUnsafeData(atIndex: 1) { if let data = $0 { hash.update(data: data) } }
    }
  }

  /// What an image's passes have for its rows.
  /// - Parameters:
  ///   - model: into `models`.
  ///   - image: into the run's.
  func plan(model: Int, image: Int) -> RowPlan? {
    models[model].plans[
      PlanKey(layouts: passes[model, image].map(\.layout), hasControl: control.contains(run.images[image].path))]
  }

  // MARK: - Reading

  /// The bytes of the passes of some images of one model.
  private struct Part: Sendable {
    var model: Int
    var images: Range<Int>
    /// By the identifiers of the passes.
    var bytes: [Int64: (digest: Data, numbers: Data)] = [:]
  }

  func forEachPart<Output: Sendable>(
    of model: String?, _ transform: @Sendable ([Results.Measurement]) throws(Problem) -> Output,
    consume: (Output) throws(Problem) -> Void
  ) throws(Problem) {
    try inOrder(parts(of: model)) { (part) throws(Problem) in
      try read(part)
    } make: { (part) throws(Problem) in
      try transform(rows(of: part))
    } consume: { (output) throws(Problem) in
      try consume(output)
    }
  }

  private func parts(of model: String?) -> [Part] {
    models.indices.filter { model == nil || models[$0].record.key == model }.flatMap { index in
      stride(from: 0, to: run.images.count, by: Self.imagesAtOnce).map { start in
        Part(model: index, images: start..<min(start + Self.imagesAtOnce, run.images.count))
      }
    }
  }

  func rows(model: String, image: String) throws(Problem) -> [Results.Measurement] {
    guard let index = models.firstIndex(where: { $0.record.key == model }), let place = places[image] else { return [] }
    return try rows(of: read(Part(model: index, images: place..<place + 1)))
  }

  private func read(_ part: Part) throws(Problem) -> Part {
    var part = part
    let heads = part.images.flatMap { passes[part.model, $0].map(\.id) }
    part.bytes = try store.reading { reader in
      var bytes: [Int64: (digest: Data, numbers: Data)] = [:]
      bytes.reserveCapacity(heads.count)
      try forEachPass(heads, reader, columns: "sha256, numbers") { id, row in
        bytes[id] = (try row.decode(atIndex: 1), try row.decode(atIndex: 2))
      }
      return bytes
    }
    return part
  }

  /// Calls `body` with each of some passes, and with others between them.
  private func forEachPass(
    _ heads: [Int64], _ reader: StoreReader, columns: String, _ body: (Int64, Row) throws -> Void
  ) throws {
    guard let first = heads.min(), let last = heads.max() else { return }
    // Those of one model follow each other, where threads finished out of order nearly so.
    // Identifiers may be anything in a damaged store.
    if UInt64(bitPattern: last &- first) < 4 * UInt64(heads.count) {
      let rows = try Row.fetchCursor(
        reader.db.cachedStatement(sql: "SELECT id, \(columns) FROM passes WHERE id BETWEEN ? AND ? ORDER BY id"),
        arguments: [first, last])
      while let row = try rows.next() { try body(row.decode(atIndex: 0), row) }
    } else {
      let statement = try reader.db.cachedStatement(sql: "SELECT id, \(columns) FROM passes WHERE id = ?")
      for head in heads {
        if let row = try Row.fetchOne(statement, arguments: [head]) { try body(head, row) }
      }
    }
  }

  private func rows(of part: Part) throws(Problem) -> [Results.Measurement] {
    let model = models[part.model]
    var rows: [Results.Measurement] = []
    // Images that follow each other were measured in the same way, nearly all.
    var known: (key: PlanKey, plan: RowPlan)?
    do {
      for place in part.images {
        let image = run.images[place]
        let heads = passes[part.model, place]
        let hasControl = control.contains(image.path)
        if known?.key.hasControl != hasControl || !(known?.key.layouts.elementsEqual(heads.lazy.map(\.layout)) ?? false)
        {
          let key = PlanKey(layouts: heads.map(\.layout), hasControl: hasControl)
          known = model.plans[key].map { (key, $0) }
        }
        guard let plan = known?.plan else { continue }
        if rows.isEmpty { rows.reserveCapacity(part.images.count * plan.rowCount) }
        let numbers = try numbers(heads, of: image, model, plan) { part.bytes[$0] }
        plan.append(numbers, model.record, image, to: &rows)
      }
    } catch {
      throw ResultsStore.problem(from: error, path: store.path)
    }
    return rows
  }

  /// The numbers of an image's passes.
  /// - Parameters:
  ///   - heads: of the passes.
  ///   - bytes: of a pass, by its identifier.
  /// - Throws: `Problem` when some are missing, or not those that were stored.
  func numbers(
    _ heads: ArraySlice<PassHead>, of image: ImageRecord, _ model: Model, _ plan: RowPlan, keepsMaps: Bool = false,
    _ bytes: (Int64) -> (digest: Data, numbers: Data)?
  ) throws -> [PassNumbers] {
    let subject = Data(model.keys.subject(of: image).own.utf8)
    var found: [PassNumbers] = []
    for (head, layout) in zip(heads, plan.layouts) {
      guard let bytes = bytes(head.id) else { throw StoreReader.damaged("the numbers of a pass are missing") }
      found.append(try read(bytes, layout, head, model, subject, keepsMaps: keepsMaps))
    }
    return found
  }

  /// - Throws: `Problem` when the numbers are not those that were stored.
  private func read(
    _ bytes: (digest: Data, numbers: Data), _ layout: StoredLayout, _ head: PassHead, _ model: Model, _ subject: Data,
    keepsMaps: Bool
  ) throws -> PassNumbers {
    var hash = SHA256()
    hash.update(data: model.digests.network)
    hash.update(data: model.digests.preparation)
    hash.update(data: subject)
    hash.update(data: environmentDigests[head.environment] ?? Data())
    hash.update(data: layout.digest)
    hash.update(data: bytes.numbers)
    guard Data(hash.finalize()) == bytes.digest,
      let numbers = PassNumbers(bytes.numbers, layout: layout.layout, keepsMaps: keepsMaps)
    else { throw StoreReader.damaged("numbers are not those that were stored") }
    return numbers
  }
}

/// Where in the passes of an image the rows of an experiment are.
struct RowPlan: Sendable {
  struct Row: Sendable {
    /// Into the experiment's.
    var attack: Int
    var explanation: String
    var target: Results.ExplanationTarget
    var layer: String
    var epsilon: Double
    /// Into `levels`.
    var level: Int
    /// Of each measure: the pass, the pair in it, and where its values are.
    var values: [(pass: Int, pair: Int, position: Int)]
  }

  /// An attack at one of its levels.
  struct Level: Sendable {
    /// The pass that has its logits, and the level in it; nil where none has.
    var scores: (pass: Int, level: Int)?
    /// The pass that noted whether its gradient is 0, and the direction in it.
    var direction: (pass: Int, direction: Int)?
  }

  let layouts: [StoredLayout]
  private let attackKeys: [String]
  private(set) var rows: [Row] = []
  private var levels: [Level] = []
  var rowCount: Int { rows.count }
  /// The first pair that no pass has.
  private(set) var missing: KeyMaker.MapCoordinates?
  /// The passes that the rows are of, in the order in which they come, with how many values each has.
  private(set) var used: [(pass: Int, rows: Int)] = []

  init(
    _ experiment: Experiment, _ model: ModelRecord, hasControl: Bool, _ wanted: WantedRows, _ layouts: [StoredLayout]
  ) {
    self.layouts = layouts
    attackKeys = experiment.attacks.map(\.key)
    let pairs = experiment.pairs(at: nil, layers: model.layers)
    for (attack, setting) in experiment.attacks.enumerated() where wanted.keys.includes(attack: attack) {
      let direction = wanted.directions[attack].flatMap { settings in
        layouts.enumerated().lazy.compactMap { pass, layout in
          layout.layout.directions.firstIndex { $0.settings == settings }.map { (pass: pass, direction: $0) }
        }.first
      }
      let own = ([0] + setting.levels).map { KeyMaker.Level(attack: attack, epsilon: $0) }
      let start = levels.count
      for level in own {
        let scores = wanted.level(level).flatMap { level in
          layouts.enumerated().lazy.compactMap { pass, layout in
            layout.hasScores(at: level) ? layout.levels[level].map { (pass: pass, level: $0) } : nil
          }.first
        }
        levels.append(Level(scores: scores, direction: direction))
      }
      for pair in pairs {
        for (number, level) in own.enumerated() where level.epsilon > 0 || hasControl {
          var pair = pair
          pair.level = level
          guard wanted.keys.includes(pair) else { continue }
          guard let values = Self.values(of: pair, wanted, layouts) else {
            missing = missing ?? pair
            continue
          }
          for value in values { count(value.pass) }
          rows.append(
            Row(
              attack: attack, explanation: type(of: experiment.explain.methods[pair.explanation]).key,
              target: pair.target, layer: pair.layer, epsilon: level.epsilon, level: start + number, values: values))
        }
      }
    }
  }

  private mutating func count(_ pass: Int) {
    if let index = used.firstIndex(where: { $0.pass == pass }) {
      used[index].rows += 1
    } else {
      used.append((pass, 1))
    }
  }

  private static func values(
    of pair: KeyMaker.MapCoordinates, _ wanted: WantedRows, _ layouts: [StoredLayout]
  ) -> [(pass: Int, pair: Int, position: Int)]? {
    guard let key = wanted.key(pair) else { return nil }
    var values: [(pass: Int, pair: Int, position: Int)] = []
    for measure in wanted.measures {
      guard let measure else { return nil }
      let found = layouts.enumerated().lazy.compactMap { pass, layout in
        layout.pairs[key].flatMap { pair in
          layout.position(ofMeasure: measure, in: pair).map { (pass: pass, pair: pair, position: $0) }
        }
      }.first
      guard let found else { return nil }
      values.append(found)
    }
    return values
  }

  /// - Parameter numbers: of the image's passes.
  func append(
    _ numbers: [PassNumbers], _ model: ModelRecord, _ image: ImageRecord, to rows: inout [Results.Measurement]
  ) {
    for row in self.rows {
      guard let first = row.values.first else { continue }
      let (layout, own) = (layouts[first.pass].layout.pairs[first.pair], numbers[first.pass])
      let (pair, level, place) = (own.pairs[first.pair], own.levels[layout.level], levels[row.level])
      let scores = place.scores.flatMap { numbers[$0.pass].levels[$0.level].scores }
      var measurement = Results.Measurement(
        model: model.key, image: image.path, label: image.label, attack: attackKeys[row.attack],
        explanation: row.explanation, target: row.target, layer: row.layer, epsilon: row.epsilon,
        cleanPrediction: own.prediction, adversarialPrediction: level.prediction, cleanConfidence: own.confidence,
        adversarialConfidence: level.confidence, dissimilarities: [], parts: [],
        cleanPeak: own.series[layout.series].peak, adversarialPeak: pair.peak,
        cleanClassConfidence: scores?[own.prediction]?.probability, clippedShare: scores?.clippedShare,
        gradientIsZero: place.direction.map { numbers[$0.pass].zeroDirections[$0.direction] })
      measurement.setValues(count: row.values.count) { index in
        let place = row.values[index]
        return numbers[place.pass].pairs[place.pair].values[place.position]
      }
      rows.append(measurement)
    }
  }
}
