import Explanations
import Foundation
import GRDB
import Results
import Support

extension StoredMeasurements {
  /// Rows that a part has at most: of early layers each may have two maps of 200 KB.
  private static let mappedRowsAtOnce = 600

  /// Some images of one model with the bytes of their passes and maps.
  private struct MappedPart: Sendable {
    var model: Int
    var images: [Int]
    /// By the identifiers of the passes.
    var passes: [Int64: (digest: Data, numbers: Data, firstMap: Int64)] = [:]
    /// By their identifiers.
    var maps: [Int64: (height: Int, width: Int, bytes: Data)] = [:]
  }

  func forEachMappedPart<Output: Sendable>(
    of model: String?, images wanted: Set<String>?, _ pictures: any PictureSource,
    _ transform: @Sendable ([MappedRow]) throws(Problem) -> Output, consume: (Output) throws(Problem) -> Void
  ) throws(Problem) {
    let images = run.images.indices.filter { wanted?.contains(run.images[$0].path) ?? true }
    var parts: [MappedPart] = []
    for index in models.indices where model == nil || models[index].record.key == model {
      guard let first = images.first else { continue }
      let rows = plan(model: index, image: first)?.rowCount ?? 1
      let atOnce = max(1, Self.mappedRowsAtOnce / max(1, rows))
      for start in stride(from: 0, to: images.count, by: atOnce) {
        parts.append(MappedPart(model: index, images: Array(images[start..<min(start + atOnce, images.count)])))
      }
    }
    try inOrder(parts) { (part) throws(Problem) in
      try read(part)
    } make: { (part) throws(Problem) in
      try transform(rows(of: part))
    } consume: { (output) throws(Problem) in
      try consume(output)
    }
  }

  private func read(_ part: MappedPart) throws(Problem) -> MappedPart {
    var part = part
    (part.passes, part.maps) = try store.reading { reader in
      var passes: [Int64: (digest: Data, numbers: Data, firstMap: Int64)] = [:]
      var maps: [Int64: (height: Int, width: Int, bytes: Data)] = [:]
      let statement = try reader.db.cachedStatement(sql: "SELECT sha256, numbers, first_map FROM passes WHERE id = ?")
      let ofPass = try reader.db.cachedStatement(
        sql: "SELECT id, height, width, bytes FROM raw_maps WHERE id >= ? ORDER BY id LIMIT ?")
      for image in part.images {
        for head in self.passes[part.model, image] {
          guard let row = try Row.fetchOne(statement, arguments: [head.id]) else { continue }
          let firstMap = try row.decode(Int64.self, atIndex: 2)
          passes[head.id] = (try row.decode(atIndex: 0), try row.decode(atIndex: 1), firstMap)
          let layout = try reader.layout(head.layout).layout
          let rows = try Row.fetchCursor(ofPass, arguments: [firstMap, layout.series.count + layout.pairs.count])
          while let row = try rows.next() {
            maps[try row.decode(atIndex: 0)] = (
              try row.decode(atIndex: 1), try row.decode(atIndex: 2), try row.decode(atIndex: 3)
            )
          }
        }
      }
      return (passes, maps)
    }
    return part
  }

  private func rows(of part: MappedPart) throws(Problem) -> [MappedRow] {
    let model = models[part.model]
    var mapped: [MappedRow] = []
    do {
      for place in part.images {
        let image = run.images[place]
        let heads = passes[part.model, place]
        guard let plan = plan(model: part.model, image: place) else { continue }
        let numbers = try numbers(heads, of: image, model, plan, keepsMaps: true) { id in
          part.passes[id].map { ($0.digest, $0.numbers) }
        }
        let found = zip(heads, zip(plan.layouts, numbers)).map { head, own in
          StoredPass(head: head, layout: own.0, numbers: own.1, firstMap: part.passes[head.id]?.firstMap ?? 0)
        }
        var rows: [Results.Measurement] = []
        plan.append(numbers, model.record, image, to: &rows)
        let set = PassSet(passes: found)
        var known: [Int64: RawMap] = [:]
        func map(_ series: PassLayout.Series, _ level: PassLayout.Level?, _ row: Results.Measurement) throws -> RawMap {
          guard let (pass, index) = set.map(series, level) else { throw missing(row) }
          let id = pass.firstMap &+ Int64(index)
          if let map = known[id] { return map }
          guard let stored = part.maps[id] else { throw missing(row) }
          let map = try StoredMap.map(
            height: stored.height, width: stored.width, bytes: stored.bytes, sha256: pass.numbers.maps[index])
          known[id] = map
          return map
        }
        for (row, own) in zip(rows, plan.rows) {
          guard let value = own.values.first else { continue }
          let layout = found[value.pass].layout.layout
          let pair = layout.key(of: layout.pairs[value.pair])
          mapped.append(
            MappedRow(row: row, clean: try map(pair.series, nil, row), attacked: try map(pair.series, pair.level, row)))
        }
      }
    } catch {
      throw ResultsStore.problem(from: error, path: store.path)
    }
    return mapped
  }

  private func missing(_ row: Results.Measurement) -> Problem {
    .failure(
      at: Place(file: store.path), "the raw map of \(row.model) on \(row.image) at layer \(row.layer) is missing",
      remedy: "Move the store away; the next run computes everything again.")
  }
}
